function Remove-AzIoTDeviceProvisioningServiceRegistration {
    <#
    .SYNOPSIS
    Removes a registration: what came of a device that provisioned.

    .DESCRIPTION
    The device stays in its hub, and it may provision again: to bar it, disable its enrollment.
    A piped registration that was changed since it was read is not removed: the error is PreconditionFailed. Then read it again, or give -Force.

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

    .PARAMETER Registration
    A registration as Get returned it: it knows its service, and its ETag, so what came of the device since is not lost.

    .PARAMETER RegistrationId
    The registration id of the device.

    .PARAMETER ETag
    The registration is removed only when it still has this ETag.

    .PARAMETER Force
    Asks nothing, and removes a piped registration also when it was changed since it was read.

    .PARAMETER PassThru
    Returns $true for each registration that was removed.

    .PARAMETER DefaultProfile
    Accepted so that scripts written for the Az module run; not used. See Connect-AzIoTDps.

    .EXAMPLE
    Remove-AzIoTDpsRegistration -ResourceGroupName emulator -DpsName emulator -RegistrationId dev-01

    Removes one registration.

    .EXAMPLE
    Get-AzIoTDpsRegistration emulator emulator -EnrollmentId fleet-01 | Remove-AzIoTDpsRegistration -PassThru

    Removes those of an enrollment group, and says true for each.

    .EXAMPLE
    'RegistrationId', 'dev-01' | ConvertFrom-Csv | Remove-AzIoTDpsRegistration emulator emulator

    Takes the ids from the pipeline, from the column of that name.

    .OUTPUTS
    System.Boolean

    .LINK
    Get-AzIoTDeviceProvisioningServiceRegistration

    .LINK
    Set-AzIoTDeviceProvisioningServiceEnrollment

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(DefaultParameterSetName = 'ResourceSet', SupportsShouldProcess)]
    [OutputType('System.Boolean')]
    [Alias('Remove-AzIoTDpsRegistration')]
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

        [Parameter(ParameterSetName = 'RegistrationSet', Mandatory, ValueFromPipeline)] [ValidateNotNull()]
        [PSDeviceRegistrationState] $Registration,

        [Parameter(ParameterSetName = 'ResourceSet', Mandatory, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'InputObjectSet', Mandatory, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'ResourceIdSet', Mandatory, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'ConnectionStringSet', Mandatory, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'HostNameSet', Mandatory, ValueFromPipelineByPropertyName)]
        [ValidateNotNullOrEmpty()]
        [string] $RegistrationId,

        [ValidateNotNullOrEmpty()]
        [string] $ETag,

        [switch] $Force,

        [switch] $PassThru,

        [Alias('AzContext', 'AzureRmContext', 'AzureCredential')]
        [object] $DefaultProfile
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        Invoke-DpsCmdlet -Caller $PSCmdlet -Bound $PSBoundParameters -Operation registration_remove -OutputType ([bool]) -Action Remove -Noun registration
    }
}
