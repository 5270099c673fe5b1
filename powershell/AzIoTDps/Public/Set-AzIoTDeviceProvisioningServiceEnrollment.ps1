function Set-AzIoTDeviceProvisioningServiceEnrollment {
    <#
    .SYNOPSIS
    Changes an individual enrollment.

    .DESCRIPTION
    Changes what is given and nothing else: keys, twins and members that this module does not know stay as they are. The way in which the device proves who it is cannot be changed.
    When someone else changes the enrollment at the same moment, both changes are kept. A piped enrollment, and -ETag, ask for more: the change is made only to the version that was read, else the error is PreconditionFailed. Then read it again, or give -Force.

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
    The id of the enrollment. Letters, digits and - . _ : up to 128; their case does not matter.

    .PARAMETER PrimaryKey
    The primary symmetric key, base64 of 16 to 64 bytes. The other key stays.

    .PARAMETER SecondaryKey
    The secondary symmetric key, base64 of 16 to 64 bytes. The other key stays.

    .PARAMETER EndorsementKey
    The endorsement key of the device's TPM, base64.

    .PARAMETER StorageRootKey
    The storage root key of the device's TPM, base64.

    .PARAMETER PrimaryCertificate
    The primary certificate: a file (PEM or DER), or the text itself (PEM, or base64 of DER). Never its private key.

    .PARAMETER SecondaryCertificate
    The secondary certificate, given as the primary one.

    .PARAMETER RootCertificate
    Accepted so that scripts written for the Az module run.

    .PARAMETER PrimaryCAName
    The name of the verified CA certificate, as the provisioning service lists it.

    .PARAMETER SecondaryCAName
    The name of a second verified CA certificate.

    .PARAMETER DeviceId
    The device id in the hub. Without it the registration id is used.

    .PARAMETER ProvisioningStatus
    Whether the device may provision: Enabled or Disabled.

    .PARAMETER ReprovisionPolicy
    What happens to a device's data when it provisions again: reprovisionandmigratedata, reprovisionandresetdata or never.

    .PARAMETER AllocationPolicy
    How the hub is chosen: Hashed, GeoLatency, Static or Custom.

    .PARAMETER IotHub
    The host names of the hubs to choose from.

    .PARAMETER IotHubHostName
    The one hub that the device goes to; not together with AllocationPolicy.

    .PARAMETER WebhookUrl
    The URL of the function that chooses the hub. For the Custom policy.

    .PARAMETER ApiVersion
    The API version that the function is called with. For the Custom policy.

    .PARAMETER EdgeEnabled
    Whether the device is an IoT Edge device.

    .PARAMETER Tag
    The tags of the initial twin; they replace all tags. An empty hashtable removes them.

    .PARAMETER Desired
    The desired properties of the initial twin; they replace all of them. An empty hashtable removes them.

    .PARAMETER DeviceInformation
    What else the record should say about the device. It replaces all that the record said.

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
    The change is made only when the enrollment still has this ETag.

    .PARAMETER Force
    Makes the change whatever the enrollment has become since it was read. Asks nothing.

    .PARAMETER DefaultProfile
    Accepted so that scripts written for the Az module run; not used. See Connect-AzIoTDps.

    .EXAMPLE
    Set-AzIoTDpsEnrollment -ResourceGroupName emulator -DpsName emulator -RegistrationId dev-01 -ProvisioningStatus Disabled

    Bars a device from provisioning; all else stays.

    .EXAMPLE
    Get-AzIoTDpsEnrollment emulator emulator | Where-Object RegistrationId -like 'dev-*' | Set-AzIoTDpsEnrollment -ReprovisionPolicy never

    Changes every enrollment that was piped.

    .EXAMPLE
    'RegistrationId', 'dev-01' | ConvertFrom-Csv | Set-AzIoTDpsEnrollment emulator emulator -Tag @{ site = 'south' }

    Takes the ids from the pipeline, from the column of that name.

    .EXAMPLE
    Set-AzIoTDpsEnrollment emulator emulator -RegistrationId dev-01 -Clear DeviceId, Desired -TagMerge @{ site = 'south'; floor = $null }

    Clears the device id and the desired properties, sets one tag and takes out another; all else stays.

    .EXAMPLE
    Set-AzIoTDpsEnrollment emulator emulator -RegistrationId dev-01 -SwapKey -RegenerateKey Primary

    Rolls the keys: the primary key becomes the secondary one, and a new primary key is made.

    .OUTPUTS
    PSIndividualEnrollment

    .LINK
    New-AzIoTDeviceProvisioningServiceEnrollment

    .LINK
    Get-AzIoTDeviceProvisioningServiceEnrollment

    .LINK
    Remove-AzIoTDeviceProvisioningServiceEnrollment

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(DefaultParameterSetName = 'ResourceSet', SupportsShouldProcess)]
    [OutputType('PSIndividualEnrollment')]
    [Alias('Set-AzIoTDpsEnrollment')]
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

        [Parameter(ParameterSetName = 'ResourceSet', Mandatory, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'InputObjectSet', Mandatory, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'ResourceIdSet', Mandatory, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'ConnectionStringSet', Mandatory, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'HostNameSet', Mandatory, ValueFromPipelineByPropertyName)]
        [ValidateNotNullOrEmpty()]
        [string] $RegistrationId,

        [ValidateNotNullOrEmpty()]
        [string] $PrimaryKey,

        [ValidateNotNullOrEmpty()]
        [string] $SecondaryKey,

        [ValidateNotNullOrEmpty()]
        [string] $EndorsementKey,

        [ValidateNotNullOrEmpty()]
        [string] $StorageRootKey,

        [ValidateNotNullOrEmpty()]
        [string] $PrimaryCertificate,

        [ValidateNotNullOrEmpty()]
        [string] $SecondaryCertificate,

        [switch] $RootCertificate,

        [ValidateNotNullOrEmpty()]
        [string] $PrimaryCAName,

        [ValidateNotNullOrEmpty()]
        [string] $SecondaryCAName,

        [ValidateNotNullOrEmpty()]
        [string] $DeviceId,

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

        [ValidateNotNull()]
        [hashtable] $DeviceInformation,

        [ValidateNotNullOrEmpty()]
        [string] $NamespaceName,

        [ValidateNotNullOrEmpty()]
        [string] $CertificateAuthorityName,

        [ValidateNotNullOrEmpty()]
        [string] $CertificatePolicyName,

        [ValidateSet('DeviceId', 'Tag', 'Desired', 'DeviceInformation', 'ReprovisionPolicy', 'AllocationPolicy', 'IotHub', 'IotHubHostName', 'WebhookUrl', 'StorageRootKey', 'PrimaryCertificate', 'SecondaryCertificate', 'PrimaryCAName', 'SecondaryCAName', 'NamespaceName', 'CertificateAuthorityName', 'CertificatePolicyName')]
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
        Invoke-DpsCmdlet -Caller $PSCmdlet -Bound $PSBoundParameters -Operation enrollment_set -OutputType ([PSIndividualEnrollment]) -Action Set
    }
}
