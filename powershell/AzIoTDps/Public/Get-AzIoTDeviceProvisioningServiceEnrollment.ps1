function Get-AzIoTDeviceProvisioningServiceEnrollment {
    <#
    .SYNOPSIS
    Gets one individual enrollment, or lists all of them.

    .DESCRIPTION
    With -RegistrationId: that enrollment, shown as a list. Without: every enrollment of the service, page after page as the pipeline takes them, so that Select-Object -First 5 asks for no more than it needs.
    Each record knows which service it came from: it can be piped to Set-AzIoTDpsEnrollment or Remove-AzIoTDpsEnrollment as it is.

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
    The id of the enrollment. Without it all are listed.

    .PARAMETER ShowKey
    Also asks for the symmetric keys, which the service does not give with the record. With -RegistrationId.

    .PARAMETER Top
    At most this many of the list.

    .PARAMETER DefaultProfile
    Accepted so that scripts written for the Az module run; not used. See Connect-AzIoTDps.

    .EXAMPLE
    Get-AzIoTDpsEnrollment -ResourceGroupName emulator -DpsName emulator -RegistrationId dev-01

    Gets one enrollment.

    .EXAMPLE
    (Get-AzIoTDpsEnrollment emulator emulator -RegistrationId dev-01 -ShowKey).Attestation.SymmetricKey.PrimaryKey

    Gets its key.

    .EXAMPLE
    Get-AzIoTDpsEnrollment emulator emulator | Where-Object ProvisioningStatus -eq Disabled

    Lists the enrollments that are disabled.

    .OUTPUTS
    PSIndividualEnrollment

    .LINK
    New-AzIoTDeviceProvisioningServiceEnrollment

    .LINK
    Set-AzIoTDeviceProvisioningServiceEnrollment

    .LINK
    Remove-AzIoTDeviceProvisioningServiceEnrollment

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(DefaultParameterSetName = 'ResourceSet')]
    [OutputType('PSIndividualEnrollment')]
    [Alias('Get-AzIoTDpsEnrollment')]
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

        [switch] $ShowKey,

        [int] $Top,

        [Alias('AzContext', 'AzureRmContext', 'AzureCredential')]
        [object] $DefaultProfile
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        if ($PSBoundParameters.ContainsKey('RegistrationId')) {
            Invoke-DpsCmdlet -Caller $PSCmdlet -Bound $PSBoundParameters -Operation enrollment_get -OutputType ([PSIndividualEnrollment])
        } else {
            Invoke-DpsCmdlet -Caller $PSCmdlet -Bound $PSBoundParameters -Operation enrollment_list -OutputType ([PSIndividualEnrollments])
        }
    }
}
