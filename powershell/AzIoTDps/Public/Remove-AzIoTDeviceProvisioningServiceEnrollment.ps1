function Remove-AzIoTDeviceProvisioningServiceEnrollment {
    <#
    .SYNOPSIS
    Removes an individual enrollment.

    .DESCRIPTION
    The device stays in its hub; it can no longer provision. An X.509 device may come back through an enrollment group: to bar it, disable its enrollment instead.
    A piped enrollment that someone changed since it was read is not removed: the error is PreconditionFailed. Then read it again, or give -Force.
    Without -RegistrationId nothing is removed: every enrollment of a service goes only with -All, which asks first unless -Force is given.

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

    .PARAMETER Enrollment
    An enrollment as Get returned it: it knows its service, and its ETag, so a change that someone made since is not overwritten.

    .PARAMETER RegistrationId
    The id of the enrollment.

    .PARAMETER All
    Removes every enrollment of the service.

    .PARAMETER ETag
    The change is made only when the enrollment still has this ETag.

    .PARAMETER Force
    Asks nothing, also with -All; and removes a piped enrollment also when it was changed since it was read.

    .PARAMETER PassThru
    Returns $true for each enrollment that was removed.

    .PARAMETER DefaultProfile
    Accepted so that scripts written for the Az module run; not used. See Connect-AzIoTDps.

    .EXAMPLE
    Remove-AzIoTDpsEnrollment -ResourceGroupName emulator -DpsName emulator -RegistrationId dev-01

    Removes one enrollment.

    .EXAMPLE
    Get-AzIoTDpsEnrollment emulator emulator | Where-Object ProvisioningStatus -eq Disabled | Remove-AzIoTDpsEnrollment -PassThru

    Removes what was piped, and says true for each.

    .EXAMPLE
    Remove-AzIoTDpsEnrollment emulator emulator -All -Force

    Removes all of them, without asking.

    .OUTPUTS
    System.Boolean

    .LINK
    New-AzIoTDeviceProvisioningServiceEnrollment

    .LINK
    Get-AzIoTDeviceProvisioningServiceEnrollment

    .LINK
    Set-AzIoTDeviceProvisioningServiceEnrollment

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(DefaultParameterSetName = 'ResourceSet', SupportsShouldProcess)]
    [OutputType('System.Boolean')]
    [Alias('Remove-AzIoTDpsEnrollment')]
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

        [Parameter(ParameterSetName = 'EnrollmentSet', Mandatory, ValueFromPipeline)] [ValidateNotNull()]
        [PSIndividualEnrollment] $Enrollment,

        [Parameter(ParameterSetName = 'ResourceSet')]
        [Parameter(ParameterSetName = 'InputObjectSet')]
        [Parameter(ParameterSetName = 'ResourceIdSet')]
        [Parameter(ParameterSetName = 'ConnectionStringSet')]
        [Parameter(ParameterSetName = 'HostNameSet')]
        [ValidateNotNullOrEmpty()]
        [string] $RegistrationId,

        [Parameter(ParameterSetName = 'ResourceSet')]
        [Parameter(ParameterSetName = 'InputObjectSet')]
        [Parameter(ParameterSetName = 'ResourceIdSet')]
        [Parameter(ParameterSetName = 'ConnectionStringSet')]
        [Parameter(ParameterSetName = 'HostNameSet')]
        [switch] $All,

        [ValidateNotNullOrEmpty()]
        [string] $ETag,

        [switch] $Force,

        [switch] $PassThru,

        [Alias('AzContext', 'AzureRmContext', 'AzureCredential')]
        [object] $DefaultProfile
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        Invoke-DpsCmdlet -Caller $PSCmdlet -Bound $PSBoundParameters -Operation enrollment_remove -OutputType ([bool]) -Action Remove
    }
}
