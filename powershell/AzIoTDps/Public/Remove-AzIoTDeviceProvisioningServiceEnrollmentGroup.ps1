function Remove-AzIoTDeviceProvisioningServiceEnrollmentGroup {
    <#
    .SYNOPSIS
    Removes an enrollment group.

    .DESCRIPTION
    The devices stay in their hubs, and their registrations stay; they can no longer provision through the group.
    A piped group that someone changed since it was read is not removed: the error is PreconditionFailed. Then read it again, or give -Force.
    Without -Name nothing is removed: every group of a service goes only with -All, which asks first unless -Force is given.

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

    .PARAMETER EnrollmentGroup
    A group as Get returned it: it knows its service, and its ETag, so a change that someone made since is not overwritten.

    .PARAMETER Name
    The id of the group.

    .PARAMETER All
    Removes every enrollment group of the service.

    .PARAMETER ETag
    The change is made only when the group still has this ETag.

    .PARAMETER Force
    Asks nothing, also with -All; and removes a piped group also when it was changed since it was read.

    .PARAMETER PassThru
    Returns $true for each group that was removed.

    .PARAMETER DefaultProfile
    Accepted so that scripts written for the Az module run; not used. See Connect-AzIoTDps.

    .EXAMPLE
    Remove-AzIoTDpsEnrollmentGroup -ResourceGroupName emulator -DpsName emulator -Name fleet-01

    Removes one group.

    .EXAMPLE
    Get-AzIoTDpsEnrollmentGroup emulator emulator | Where-Object ProvisioningStatus -eq Disabled | Remove-AzIoTDpsEnrollmentGroup -PassThru

    Removes what was piped, and says true for each.

    .EXAMPLE
    Remove-AzIoTDpsEnrollmentGroup emulator emulator -All -Force

    Removes all of them, without asking.

    .OUTPUTS
    System.Boolean

    .LINK
    New-AzIoTDeviceProvisioningServiceEnrollmentGroup

    .LINK
    Get-AzIoTDeviceProvisioningServiceEnrollmentGroup

    .LINK
    Set-AzIoTDeviceProvisioningServiceEnrollmentGroup

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(DefaultParameterSetName = 'ResourceSet', SupportsShouldProcess)]
    [OutputType('System.Boolean')]
    [Alias('Remove-AzIoTDpsEnrollmentGroup')]
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

        [Parameter(ParameterSetName = 'EnrollmentGroupSet', Mandatory, ValueFromPipeline)] [ValidateNotNull()]
        [PSEnrollmentGroup] $EnrollmentGroup,

        [Parameter(ParameterSetName = 'ResourceSet')]
        [Parameter(ParameterSetName = 'InputObjectSet')]
        [Parameter(ParameterSetName = 'ResourceIdSet')]
        [Parameter(ParameterSetName = 'ConnectionStringSet')]
        [Parameter(ParameterSetName = 'HostNameSet')]
        [ValidateNotNullOrEmpty()]
        [string] $Name,

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
        Invoke-DpsCmdlet -Caller $PSCmdlet -Bound $PSBoundParameters -Operation enrollment_group_remove -OutputType ([bool]) -Action Remove -Noun 'enrollment group'
    }
}
