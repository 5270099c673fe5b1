function New-AzIoTDeviceProvisioningServiceEnrollmentGroup {
    <#
    .SYNOPSIS
    Makes an enrollment group: the record that lets many devices provision themselves.

    .DESCRIPTION
    The devices of a group hold certificates that one authority signed, or keys derived from one key; see New-AzIoTDpsDeviceKey.
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

    .PARAMETER Name
    The id of the group. Letters, digits and - . _ : up to 128; their case does not matter.

    .PARAMETER AttestationType
    How the devices prove who they are: SymmetricKey or X509. (None and Tpm are values of the Az module that are refused.)

    .PARAMETER PrimaryKey
    The primary symmetric key of the group, base64 of 16 to 64 bytes. Give both keys or none; without them the service makes them.

    .PARAMETER SecondaryKey
    The secondary symmetric key of the group, base64 of 16 to 64 bytes.

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
    What happens to a device's data when it provisions again: reprovisionandmigratedata, reprovisionandresetdata or never. Without it: reprovisionandmigratedata.

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
    The tags of each device's initial twin.

    .PARAMETER Desired
    The desired properties of each device's initial twin.

    .PARAMETER NamespaceName
    The namespace of the device registry. This parameter and the next two use a newer version of the service's interface.

    .PARAMETER CertificateAuthorityName
    The certificate authority of the device registry.

    .PARAMETER CertificatePolicyName
    The certificate policy of the device registry.

    .PARAMETER DefaultProfile
    Accepted so that scripts written for the Az module run; not used. See Connect-AzIoTDps.

    .EXAMPLE
    New-AzIoTDpsEnrollmentGroup -ResourceGroupName emulator -DpsName emulator -Name line-7 -AttestationType SymmetricKey

    Makes a group whose keys the service chooses.

    .EXAMPLE
    New-AzIoTDpsEnrollmentGroup emulator emulator -Name line-8 -AttestationType SymmetricKey -ReprovisionPolicy never -Tag @{ site = 'north' } -Desired @{ interval = 30 }

    Makes a group whose devices begin with that twin.

    .EXAMPLE
    Get-AzIoTDps emulator emulator | New-AzIoTDpsEnrollmentGroup -Name line-9 -AttestationType X509 -PrimaryCAName factory-root

    Makes a group for the devices whose certificates come from that authority, in the service that was piped.

    .OUTPUTS
    PSEnrollmentGroup

    .LINK
    Get-AzIoTDeviceProvisioningServiceEnrollmentGroup

    .LINK
    Set-AzIoTDeviceProvisioningServiceEnrollmentGroup

    .LINK
    Remove-AzIoTDeviceProvisioningServiceEnrollmentGroup

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(DefaultParameterSetName = 'ResourceSet', SupportsShouldProcess)]
    [OutputType('PSEnrollmentGroup')]
    [Alias('New-AzIoTDpsEnrollmentGroup', 'Add-AzIoTDeviceProvisioningServiceEnrollmentGroup', 'Add-AzIoTDpsEnrollmentGroup')]
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

        [Parameter(ParameterSetName = 'ResourceSet', Mandatory)]
        [Parameter(ParameterSetName = 'InputObjectSet', Mandatory)]
        [Parameter(ParameterSetName = 'ResourceIdSet', Mandatory)]
        [Parameter(ParameterSetName = 'ConnectionStringSet', Mandatory)]
        [Parameter(ParameterSetName = 'HostNameSet', Mandatory)]
        [ValidateNotNullOrEmpty()]
        [string] $Name,

        [Parameter(Mandatory)]
        [PSAttestationMechanismType] $AttestationType,

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

        [switch] $EdgeEnabled,

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

        [Alias('AzContext', 'AzureRmContext', 'AzureCredential')]
        [object] $DefaultProfile
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        Invoke-DpsCmdlet -Caller $PSCmdlet -Bound $PSBoundParameters -Operation enrollment_group_new -OutputType ([PSEnrollmentGroup]) -Action New -Noun 'enrollment group'
    }
}
