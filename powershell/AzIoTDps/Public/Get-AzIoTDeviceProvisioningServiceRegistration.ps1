function Get-AzIoTDeviceProvisioningServiceRegistration {
    <#
    .SYNOPSIS
    Gets what came of a device that provisioned, or lists what came of the devices of an enrollment group.

    .DESCRIPTION
    With -RegistrationId: that registration, shown as a list. With -EnrollmentId: every registration of that enrollment group, page after page as the pipeline takes them. One of the two is needed.
    Each record knows which service it came from: it can be piped to Remove-AzIoTDpsRegistration as it is.

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

    .PARAMETER RegistrationId
    The registration id of the device.

    .PARAMETER EnrollmentId
    The name of the enrollment group.

    .PARAMETER Query
    Accepted so that scripts written for the Az module run: the service knows one query, which lists all.

    .PARAMETER Top
    At most this many of the list.

    .PARAMETER DefaultProfile
    Accepted so that scripts written for the Az module run; not used. See Connect-AzIoTDps.

    .EXAMPLE
    Get-AzIoTDpsRegistration -ResourceGroupName emulator -DpsName emulator -RegistrationId dev-01

    Gets one registration.

    .EXAMPLE
    Get-AzIoTDpsRegistration emulator emulator -EnrollmentId fleet-01

    Lists the registrations of an enrollment group.

    .EXAMPLE
    Get-AzIoTDpsRegistration emulator emulator -EnrollmentId fleet-01 | Where-Object Status -eq Failed

    Lists those that failed.

    .OUTPUTS
    PSDeviceRegistrationState

    .LINK
    Remove-AzIoTDeviceProvisioningServiceRegistration

    .LINK
    Get-AzIoTDeviceProvisioningServiceEnrollmentGroup

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(DefaultParameterSetName = 'ResourceSet')]
    [OutputType('PSDeviceRegistrationState')]
    [Alias('Get-AzIoTDpsRegistration')]
    param(
        [Parameter(ParameterSetName = 'ResourceSet', Mandatory, Position = 0)] [ValidateNotNullOrEmpty()]
        [string] $ResourceGroupName,

        [Parameter(ParameterSetName = 'ResourceSet', Mandatory, Position = 1)] [ValidateNotNullOrEmpty()]
        [string] $DpsName,

        [Parameter(ParameterSetName = 'InputObjectSet', Mandatory, Position = 0, ValueFromPipeline)] [ValidateNotNull()]
        [PSProvisioningServiceDescription] $DpsObject,

        [Parameter(ParameterSetName = 'ResourceIdSet', Mandatory, Position = 0, ValueFromPipelineByPropertyName)] [ValidateNotNullOrEmpty()]
        [string] $ResourceId,

        [Parameter(ParameterSetName = 'ConnectionStringSet', Mandatory)] [ValidateNotNullOrEmpty()]
        [string] $ConnectionString,

        [Parameter(ParameterSetName = 'HostNameSet', Mandatory)] [ValidateNotNullOrEmpty()]
        [string] $HostName,

        [ValidateNotNullOrEmpty()]
        [string] $RegistrationId,

        [ValidateNotNullOrEmpty()]
        [string] $EnrollmentId,

        [ValidateNotNullOrEmpty()]
        [string] $Query,

        [int] $Top,

        [Alias('AzContext', 'AzureRmContext', 'AzureCredential')]
        [object] $DefaultProfile
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        $type = [PSDeviceRegistrationStates]
        if ($PSBoundParameters.ContainsKey('RegistrationId')) { $type = [PSDeviceRegistrationState] }
        Invoke-DpsCmdlet -Caller $PSCmdlet -Bound $PSBoundParameters -Operation registration_get -OutputType $type -Noun registration
    }
}
