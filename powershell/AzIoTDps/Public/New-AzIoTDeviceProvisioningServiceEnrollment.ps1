function New-AzIoTDeviceProvisioningServiceEnrollment {
    <#
    .SYNOPSIS
    Makes an individual enrollment: the record that lets one device provision itself.

    .DESCRIPTION
    The record must not be there yet: an existing one is an error, and stays as it is.
    All parameters are checked before anything is sent. The keys that the service answers with are in the object, never in its view.

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
    The id of the enrollment. Letters, digits and - . _ : up to 128; their case does not matter.

    .PARAMETER AttestationType
    How the device proves who it is: SymmetricKey, X509 or Tpm. (None is a value of the Az module that the service refuses.)

    .PARAMETER PrimaryKey
    The primary symmetric key, base64 of 16 to 64 bytes. Give both keys or none; without them the service makes them.

    .PARAMETER SecondaryKey
    The secondary symmetric key, base64 of 16 to 64 bytes.

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
    What happens to a device's data when it provisions again: reprovisionandmigratedata, reprovisionandresetdata or never. Without it: reprovisionandmigratedata.

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
    The tags of the initial twin.

    .PARAMETER Desired
    The desired properties of the initial twin.

    .PARAMETER DeviceInformation
    What else the record should say about the device.

    .PARAMETER NamespaceName
    The namespace of the device registry. This parameter and the next two use a newer version of the service's interface.

    .PARAMETER CertificateAuthorityName
    The certificate authority of the device registry.

    .PARAMETER CertificatePolicyName
    The certificate policy of the device registry.

    .PARAMETER DefaultProfile
    Accepted so that scripts written for the Az module run; not used. See Connect-AzIoTDps.

    .EXAMPLE
    New-AzIoTDpsEnrollment -ResourceGroupName emulator -DpsName emulator -RegistrationId pump-7 -AttestationType SymmetricKey

    Makes an enrollment whose keys the service chooses.

    .EXAMPLE
    New-AzIoTDpsEnrollment emulator emulator -RegistrationId pump-8 -AttestationType SymmetricKey -ReprovisionPolicy never -Tag @{ site = 'north' } -Desired @{ interval = 30 }

    Makes an enrollment with an initial twin.

    .EXAMPLE
    Get-AzIoTDps emulator emulator | New-AzIoTDpsEnrollment -RegistrationId pump-9 -AttestationType SymmetricKey -ProvisioningStatus Disabled

    Makes an enrollment in the service that was piped.

    .OUTPUTS
    PSIndividualEnrollment

    .LINK
    Get-AzIoTDeviceProvisioningServiceEnrollment

    .LINK
    Set-AzIoTDeviceProvisioningServiceEnrollment

    .LINK
    Remove-AzIoTDeviceProvisioningServiceEnrollment

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(DefaultParameterSetName = 'ResourceSet', SupportsShouldProcess)]
    [OutputType('PSIndividualEnrollment')]
    [Alias('New-AzIoTDpsEnrollment', 'Add-AzIoTDeviceProvisioningServiceEnrollment', 'Add-AzIoTDpsEnrollment')]
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

        [Parameter(ParameterSetName = 'ResourceSet', Mandatory, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'InputObjectSet', Mandatory, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'ResourceIdSet', Mandatory, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'ConnectionStringSet', Mandatory, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'HostNameSet', Mandatory, ValueFromPipelineByPropertyName)]
        [ValidateNotNullOrEmpty()]
        [string] $RegistrationId,

        [Parameter(Mandatory)]
        [PSAttestationMechanismType] $AttestationType,

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

        [switch] $EdgeEnabled,

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

        [Alias('AzContext', 'AzureRmContext', 'AzureCredential')]
        [object] $DefaultProfile
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        Invoke-DpsCmdlet -Caller $PSCmdlet -Bound $PSBoundParameters -Operation enrollment_new -OutputType ([PSIndividualEnrollment]) -Action New
    }
}
