function Get-AzIoTDeviceProvisioningServiceEnrollmentGroup {
    <#
    .SYNOPSIS
    Gets one enrollment group, or lists all of them.

    .DESCRIPTION
    With -Name: that group, shown as a list. Without: every enrollment group of the service, page after page as the pipeline takes them, so that Select-Object -First 5 asks for no more than it needs.
    Each record knows which service it came from: it can be piped to Set-AzIoTDpsEnrollmentGroup or Remove-AzIoTDpsEnrollmentGroup as it is.

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

    .PARAMETER Name
    The id of the group. Without it all are listed.

    .PARAMETER ShowKey
    Also asks for the symmetric keys, which the service does not give with the record. With -Name.

    .PARAMETER Top
    At most this many of the list.

    .PARAMETER DefaultProfile
    Accepted so that scripts written for the Az module run; not used. See Connect-AzIoTDps.

    .EXAMPLE
    Get-AzIoTDpsEnrollmentGroup -ResourceGroupName emulator -DpsName emulator -Name fleet-01

    Gets one enrollment group.

    .EXAMPLE
    (Get-AzIoTDpsEnrollmentGroup emulator emulator -Name fleet-01 -ShowKey).Attestation.SymmetricKey.PrimaryKey

    Gets its key.

    .EXAMPLE
    Get-AzIoTDpsEnrollmentGroup emulator emulator | Where-Object ProvisioningStatus -eq Disabled

    Lists the groups that are disabled.

    .OUTPUTS
    PSEnrollmentGroup

    .LINK
    New-AzIoTDeviceProvisioningServiceEnrollmentGroup

    .LINK
    Set-AzIoTDeviceProvisioningServiceEnrollmentGroup

    .LINK
    Remove-AzIoTDeviceProvisioningServiceEnrollmentGroup

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(DefaultParameterSetName = 'ResourceSet')]
    [OutputType('PSEnrollmentGroup')]
    [Alias('Get-AzIoTDpsEnrollmentGroup')]
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
        [string] $Name,

        [switch] $ShowKey,

        [int] $Top,

        [Alias('AzContext', 'AzureRmContext', 'AzureCredential')]
        [object] $DefaultProfile
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        if ($PSBoundParameters.ContainsKey('Name')) {
            Invoke-DpsCmdlet -Caller $PSCmdlet -Bound $PSBoundParameters -Operation enrollment_group_get -OutputType ([PSEnrollmentGroup]) -Noun 'enrollment group'
        } else {
            Invoke-DpsCmdlet -Caller $PSCmdlet -Bound $PSBoundParameters -Operation enrollment_group_list -OutputType ([PSEnrollmentGroups]) -Noun 'enrollment group'
        }
    }
}
