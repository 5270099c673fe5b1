function New-AzIoTDpsDeviceKey {
    <#
    .SYNOPSIS
    Derives the symmetric key of a device from the key of its enrollment group.

    .DESCRIPTION
    The key is base64 of the HMAC-SHA256 of the registration id: what a device of a symmetric-key group proves itself with.
    With -SymmetricKey nothing is asked of a service. With -Name the group's primary key is read first. Nothing is changed either way: the same id always has the same key.

    .PARAMETER ResourceGroupName
    The resource group of the provisioning service.

    .PARAMETER DpsName
    The name of the provisioning service.

    .PARAMETER DpsObject
    The provisioning service as Get-AzIoTDeviceProvisioningService returns it, this module's or the Az module's.

    .PARAMETER ResourceId
    The resource id of the provisioning service.

    .PARAMETER ConnectionString
    A connection string of the provisioning service: HostName=...;SharedAccessKeyName=...;SharedAccessKey=... No sign-in is needed.

    .PARAMETER HostName
    The service host of the provisioning service, such as contoso.azure-devices-provisioning.net. The session's sign-in is used.

    .PARAMETER SymmetricKey
    The group's key, primary or secondary.

    .PARAMETER Name
    The id of the enrollment group.

    .PARAMETER RegistrationId
    The registration ids of the devices. Each yields its key, in their order.

    .EXAMPLE
    New-AzIoTDpsDeviceKey -ResourceGroupName emulator -DpsName emulator -Name fleet-01 -RegistrationId pump-7

    Derives the key of one device, with the key that the service has.

    .EXAMPLE
    'pump-7', 'pump-8' | New-AzIoTDpsDeviceKey -SymmetricKey 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='

    Derives the keys of two devices, without any call.

    .OUTPUTS
    System.String

    .LINK
    New-AzIoTDeviceProvisioningServiceEnrollmentGroup

    .LINK
    Get-AzIoTDeviceProvisioningServiceEnrollmentGroup

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(DefaultParameterSetName = 'ResourceSet')]
    [OutputType('System.String')]
    param(
        [Parameter(ParameterSetName = 'ResourceSet', Mandatory, Position = 0)] [ValidateNotNullOrEmpty()]
        [string] $ResourceGroupName,

        [Parameter(ParameterSetName = 'ResourceSet', Mandatory, Position = 1)] [ValidateNotNullOrEmpty()]
        [string] $DpsName,

        [Parameter(ParameterSetName = 'InputObjectSet', Mandatory)] [ValidateNotNull()]
        [PSProvisioningServiceDescription] $DpsObject,

        [Parameter(ParameterSetName = 'ResourceIdSet', Mandatory)] [ValidateNotNullOrEmpty()]
        [string] $ResourceId,

        [Parameter(ParameterSetName = 'ConnectionStringSet', Mandatory)] [ValidateNotNullOrEmpty()]
        [string] $ConnectionString,

        [Parameter(ParameterSetName = 'HostNameSet', Mandatory)] [ValidateNotNullOrEmpty()]
        [string] $HostName,

        [Parameter(ParameterSetName = 'SymmetricKeySet', Mandatory)] [ValidateNotNullOrEmpty()]
        [string] $SymmetricKey,

        [Parameter(ParameterSetName = 'ResourceSet', Mandatory)]
        [Parameter(ParameterSetName = 'InputObjectSet', Mandatory)]
        [Parameter(ParameterSetName = 'ResourceIdSet', Mandatory)]
        [Parameter(ParameterSetName = 'ConnectionStringSet', Mandatory)]
        [Parameter(ParameterSetName = 'HostNameSet', Mandatory)]
        [ValidateNotNullOrEmpty()]
        [string] $Name,

        [Parameter(Mandatory, ValueFromPipeline, ValueFromPipelineByPropertyName)] [ValidateNotNullOrEmpty()]
        [string[]] $RegistrationId
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        foreach ($id in $RegistrationId) {
            $bound = [hashtable] $PSBoundParameters
            $bound['RegistrationId'] = $id
            Invoke-DpsCmdlet -Caller $PSCmdlet -Bound $bound -Operation device_key_derive -OutputType ([string])
        }
    }
}
