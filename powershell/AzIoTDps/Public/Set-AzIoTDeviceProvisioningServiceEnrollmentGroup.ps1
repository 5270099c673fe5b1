function Set-AzIoTDeviceProvisioningServiceEnrollmentGroup {
    <#
    .SYNOPSIS
    Changes an enrollment group.

    .DESCRIPTION
    Changes what is given and nothing else: keys, twins and members that this module does not know stay as they are. The way in which the devices prove who they are cannot be changed.
    When someone else changes the group at the same moment, both changes are kept. A piped group, and -ETag, ask for more: the change is made only to the version that was read, else the error is PreconditionFailed. Then read it again, or give -Force.

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
    The id of the group. Letters, digits and - . _ : up to 128; their case does not matter.

    .PARAMETER PrimaryKey
    The primary symmetric key of the group, base64 of 16 to 64 bytes. The other key stays.

    .PARAMETER SecondaryKey
    The secondary symmetric key of the group, base64 of 16 to 64 bytes. The other key stays.

    .PARAMETER PrimaryCertificate
    The primary signing certificate: a file (PEM or DER), or the text itself (PEM, or base64 of DER). Never its private key.

    .PARAMETER SecondaryCertificate
    The secondary signing certificate, given as the primary one.

    .PARAMETER RootCertificate
    Accepted so that scripts written for the Az module run.

    .PARAMETER PrimaryCAName
    The name of the verified CA certificate, as the provisioning service lists it.

    .PARAMETER SecondaryCAName
    The name of a second verified CA certificate.

    .PARAMETER ProvisioningStatus
    Whether the devices may provision: Enabled or Disabled.

    .PARAMETER ReprovisionPolicy
    What happens to a device's data when it provisions again: reprovisionandmigratedata, reprovisionandresetdata or never.

    .PARAMETER AllocationPolicy
    How the hub is chosen: Hashed, GeoLatency, Static or Custom.

    .PARAMETER IotHub
    The host names of the hubs to choose from.

    .PARAMETER IotHubHostName
    The one hub that the devices go to; not together with AllocationPolicy.

    .PARAMETER WebhookUrl
    The URL of the function that chooses the hub. For the Custom policy.

    .PARAMETER ApiVersion
    The API version that the function is called with. For the Custom policy.

    .PARAMETER EdgeEnabled
    Whether the devices are IoT Edge devices.

    .PARAMETER Tag
    The tags of each device's initial twin; they replace all tags. An empty hashtable removes them.

    .PARAMETER Desired
    The desired properties of each device's initial twin; they replace all of them. An empty hashtable removes them.

    .PARAMETER NamespaceName
    The namespace of the device registry. This parameter and the next two use a newer version of the service's interface.

    .PARAMETER CertificateAuthorityName
    The certificate authority of the device registry.

    .PARAMETER CertificatePolicyName
    The certificate policy of the device registry.

    .PARAMETER Clear
    Takes out what the parameters of these names put in. Of two certificates or CA names the secondary one takes the place of a primary one that is cleared. AllocationPolicy clears the hubs and the webhook too.

    .PARAMETER TagMerge
    Merged into the tags: what is given is set, $null takes a member out, the rest stays.

    .PARAMETER DesiredMerge
    Merged into the desired properties, in the same way.

    .PARAMETER SwapKey
    Exchanges the primary and the secondary symmetric key.

    .PARAMETER RegenerateKey
    Makes a new symmetric key, Primary or Secondary; the other one stays. With -SwapKey it is done after the exchange.

    .PARAMETER ETag
    The change is made only when the group still has this ETag.

    .PARAMETER Force
    Makes the change whatever the group has become since it was read. Asks nothing.

    .PARAMETER DefaultProfile
    Accepted so that scripts written for the Az module run; not used. See Connect-AzIoTDps.

    .EXAMPLE
    Set-AzIoTDpsEnrollmentGroup -ResourceGroupName emulator -DpsName emulator -Name fleet-01 -ProvisioningStatus Disabled

    Bars the devices of a group from provisioning; all else stays.

    .EXAMPLE
    Get-AzIoTDpsEnrollmentGroup emulator emulator | Where-Object EnrollmentGroupId -like 'fleet-*' | Set-AzIoTDpsEnrollmentGroup -ReprovisionPolicy never

    Changes every group that was piped.

    .EXAMPLE
    Set-AzIoTDpsEnrollmentGroup emulator emulator -Name fleet-01 -Clear Desired -TagMerge @{ site = 'south'; floor = $null }

    Clears the desired properties, sets one tag and takes out another; all else stays.

    .EXAMPLE
    Set-AzIoTDpsEnrollmentGroup emulator emulator -Name fleet-01 -SwapKey -RegenerateKey Primary

    Rolls the keys: the primary key becomes the secondary one, and a new primary key is made.

    .OUTPUTS
    PSEnrollmentGroup

    .LINK
    New-AzIoTDeviceProvisioningServiceEnrollmentGroup

    .LINK
    Get-AzIoTDeviceProvisioningServiceEnrollmentGroup

    .LINK
    Remove-AzIoTDeviceProvisioningServiceEnrollmentGroup

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(DefaultParameterSetName = 'ResourceSet', SupportsShouldProcess)]
    [OutputType('PSEnrollmentGroup')]
    [Alias('Set-AzIoTDpsEnrollmentGroup')]
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

        [Parameter(ParameterSetName = 'ResourceSet', Mandatory)]
        [Parameter(ParameterSetName = 'InputObjectSet', Mandatory)]
        [Parameter(ParameterSetName = 'ResourceIdSet', Mandatory)]
        [Parameter(ParameterSetName = 'ConnectionStringSet', Mandatory)]
        [Parameter(ParameterSetName = 'HostNameSet', Mandatory)]
        [ValidateNotNullOrEmpty()]
        [string] $Name,

        [ValidateNotNullOrEmpty()]
        [string] $PrimaryKey,

        [ValidateNotNullOrEmpty()]
        [string] $SecondaryKey,

        [ValidateNotNullOrEmpty()]
        [string] $PrimaryCertificate,

        [ValidateNotNullOrEmpty()]
        [string] $SecondaryCertificate,

        [switch] $RootCertificate,

        [ValidateNotNullOrEmpty()]
        [string] $PrimaryCAName,

        [ValidateNotNullOrEmpty()]
        [string] $SecondaryCAName,

        [PSProvisioningStatus] $ProvisioningStatus,

        [PSReprovisionType] $ReprovisionPolicy,

        [PSAllocationPolicy] $AllocationPolicy,

        [ValidateNotNullOrEmpty()]
        [string[]] $IotHub,

        [ValidateNotNullOrEmpty()]
        [string] $IotHubHostName,

        [ValidateNotNullOrEmpty()]
        [string] $WebhookUrl,

        [ValidateNotNullOrEmpty()]
        [string] $ApiVersion,

        [bool] $EdgeEnabled,

        [ValidateNotNull()]
        [hashtable] $Tag,

        [ValidateNotNull()]
        [hashtable] $Desired,

        [ValidateNotNullOrEmpty()]
        [string] $NamespaceName,

        [ValidateNotNullOrEmpty()]
        [string] $CertificateAuthorityName,

        [ValidateNotNullOrEmpty()]
        [string] $CertificatePolicyName,

        [ValidateSet('Tag', 'Desired', 'ReprovisionPolicy', 'AllocationPolicy', 'IotHub', 'IotHubHostName', 'WebhookUrl', 'PrimaryCertificate', 'SecondaryCertificate', 'PrimaryCAName', 'SecondaryCAName', 'NamespaceName', 'CertificateAuthorityName', 'CertificatePolicyName')]
        [string[]] $Clear,

        [ValidateNotNull()]
        [hashtable] $TagMerge,

        [ValidateNotNull()]
        [hashtable] $DesiredMerge,

        [switch] $SwapKey,

        [ValidateSet('Primary', 'Secondary')]
        [string] $RegenerateKey,

        [ValidateNotNullOrEmpty()]
        [string] $ETag,

        [switch] $Force,

        [Alias('AzContext', 'AzureRmContext', 'AzureCredential')]
        [object] $DefaultProfile
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        Invoke-DpsCmdlet -Caller $PSCmdlet -Bound $PSBoundParameters -Operation enrollment_group_set -OutputType ([PSEnrollmentGroup]) -Action Set -Noun 'enrollment group'
    }
}
