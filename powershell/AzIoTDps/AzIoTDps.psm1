# The output's classes, then what the module holds while it is loaded. Everything that knows DPS is in the native library.
# Classes must stand in this file: those of a dot-sourced file are not visible to the functions' parameter types.
Set-StrictMode -Version Latest

enum PSAllocationPolicy {
    Hashed
    GeoLatency
    Static
    Custom
}

enum PSProvisioningStatus {
    Enabled
    Disabled
}

enum PSReprovisionType {
    reprovisionandmigratedata
    reprovisionandresetdata
    never
}

enum PSAttestationMechanismType {
    None
    Tpm
    X509
    SymmetricKey
}

enum PSEnrollmentStatus {
    Unassigned = 1
    Assigning = 2
    Assigned = 3
    Failed = 4
    Disabled = 5
}

class PSTpmAttestation {
    [string] $EndorsementKey
    [string] $StorageRootKey
}

class PSSymmetricKeyAttestation {
    [string] $PrimaryKey
    [string] $SecondaryKey
}

class PSX509CertificateInfo {
    [string] $SubjectName
    [string] $Sha1Thumbprint
    [string] $Sha256Thumbprint
    [string] $IssuerName
    [Nullable[datetime]] $NotBeforeUtc
    [Nullable[datetime]] $NotAfterUtc
    [string] $SerialNumber
    [Nullable[int]] $Version
}

class PSX509CertificateWithInfo {
    [string] $Certificate
    [PSX509CertificateInfo] $Info
}

class PSX509Certificates {
    [PSX509CertificateWithInfo] $Primary
    [PSX509CertificateWithInfo] $Secondary
}

class PSX509CAReferences {
    [string] $Primary
    [string] $Secondary
}

class PSX509Attestation {
    [PSX509Certificates] $ClientCertificates
    [PSX509Certificates] $SigningCertificates
    [PSX509CAReferences] $CAReferences
}

class PSAttestation {
    [PSAttestationMechanismType] $Type
    [PSTpmAttestation] $Tpm
    [PSX509Attestation] $X509
    [PSSymmetricKeyAttestation] $SymmetricKey

    [string] ToString() { return [string] $this.Type }
}

# A JSON object of a twin or a payload: its members by name ($tags.location, $tags['location']), its text by ToJson().
class PSJsonObject : hashtable {
    # The text of each object stands beside it: as a property it would show in ConvertTo-Json, and a member of the same name would hide it.
    hidden static [Runtime.CompilerServices.ConditionalWeakTable[object, object]] $Texts = [Runtime.CompilerServices.ConditionalWeakTable[object, object]]::new()

    # A JSON value as PowerShell has it: the serializer leaves a JsonElement in a member of type object.
    # Not ConvertFrom-Json: that turns texts that look like dates into dates, and refuses names that differ in case only.
    hidden static [object] Convert([object] $element) {
        if ($element -isnot [Text.Json.JsonElement]) { return $element }
        $kind = [string] $element.ValueKind
        if ($kind -eq 'Object') {
            $object = [PSJsonObject]::new()
            foreach ($member in $element.EnumerateObject()) {
                $object[[string] $member.Name] = [PSJsonObject]::Convert($member.Value)
            }
            [PSJsonObject]::Texts.Add($object, $element.GetRawText())
            return $object
        }
        if ($kind -eq 'Array') {
            $items = [Collections.Generic.List[object]]::new()
            foreach ($item in $element.EnumerateArray()) {
                $items.Add([PSJsonObject]::Convert($item))
            }
            return $items.ToArray()
        }
        if ($kind -eq 'String') { return $element.GetString() }
        if ($kind -eq 'Number') {
            $whole = [long] 0
            if ($element.TryGetInt64([ref] $whole)) { return $whole }
            return $element.GetDouble()
        }
        if ($kind -eq 'True') { return $true }
        if ($kind -eq 'False') { return $false }
        return $null
    }

    # The text exactly as the library read it.
    [string] ToJson() {
        $text = $null
        if ([PSJsonObject]::Texts.TryGetValue($this, [ref] $text)) { return $text }
        return ConvertTo-Json -InputObject $this -Depth 100 -Compress
    }

    [string] ToString() { return $this.ToJson() }
}

class PSTwinState {
    [object] $Tags
    [object] $DesiredProperties

    hidden [void] Read() {
        $this.Tags = [PSJsonObject]::Convert($this.Tags)
        $this.DesiredProperties = [PSJsonObject]::Convert($this.DesiredProperties)
    }
}

class PSDeviceRegistrationState {
    [string] $RegistrationId
    [Nullable[datetime]] $CreatedDateTimeUtc
    [Nullable[datetime]] $LastUpdatedDateTimeUtc
    [string] $AssignedHub
    [string] $DeviceId
    [Nullable[PSEnrollmentStatus]] $Status
    [Nullable[int]] $ErrorCode
    [string] $ErrorMessage
    [string] $ETag
    [string] $Substatus
    [object] $Payload

    hidden [void] Read() { $this.Payload = [PSJsonObject]::Convert($this.Payload) }

    [string] ToString() { return [string] $this.Status }
}

# What a list yields: the same record, shown as a row.
class PSDeviceRegistrationStates : PSDeviceRegistrationState {
}

class PSDeviceCapabilities {
    [bool] $IotEdge
}

class PSReprovisionPolicy {
    [bool] $UpdateHubAssignment
    [bool] $MigrateDeviceData
}

class PSCustomAllocationDefinition {
    [string] $WebhookUrl
    [string] $ApiVersion
}

# What enrollments and enrollment groups have after their ids: of a class that extends another, its own members are shown first.
class PSEnrollmentRecord {
    [PSDeviceRegistrationState] $RegistrationState
    [PSAttestation] $Attestation
    [string] $IotHubHostName
    [PSTwinState] $InitialTwinState
    [Nullable[PSProvisioningStatus]] $ProvisioningStatus
    [datetime] $CreatedDateTimeUtc
    [datetime] $LastUpdatedDateTimeUtc
    [string] $ETag
    [PSDeviceCapabilities] $Capabilities
    [PSReprovisionPolicy] $ReprovisionPolicy
    [PSCustomAllocationDefinition] $CustomAllocationDefinition
    [Nullable[PSAllocationPolicy]] $AllocationPolicy
    [string[]] $IotHubs
    [string] $NamespaceName
    [string] $CertificateAuthorityName
    [string] $CertificatePolicyName

    hidden [void] Read() {
        if ($null -ne $this.InitialTwinState) { $this.InitialTwinState.Read() }
        if ($null -ne $this.RegistrationState) { $this.RegistrationState.Read() }
    }
}

class PSIndividualEnrollment : PSEnrollmentRecord {
    [string] $RegistrationId
    [string] $DeviceId
}

# What a list yields: the same record, shown as a row.
class PSIndividualEnrollments : PSIndividualEnrollment {
}

class PSEnrollmentGroup : PSEnrollmentRecord {
    [string] $EnrollmentGroupId
}

# What a list yields: the same record, shown as a row.
class PSEnrollmentGroups : PSEnrollmentGroup {
}

class PSIotDpsSku {
    [string] $Name
    [string] $Tier
    [Nullable[long]] $Capacity
}

class PSIotHubDefinition {
    [string] $Name
    [string] $Location
    [Nullable[int]] $AllocationWeight
    [Nullable[bool]] $ApplyAllocationPolicy
}

class PSIotDpsProperties {
    [string] $State
    [string] $ProvisioningState
    [PSIotHubDefinition[]] $IotHubs
    [string] $AllocationPolicy
    [string] $ServiceOperationsHostName
    [string] $DeviceProvisioningHostName
    [string] $IdScope
    [object] $AuthorizationPolicies
}

class PSProvisioningServiceDescription {
    [string] $ResourceGroupName
    [string] $Name
    [string] $Id
    [string] $Location
    [string] $Type
    [Collections.Generic.Dictionary[string, string]] $Tags
    [string] $Etag
    [PSIotDpsSku] $Sku
    [PSIotDpsProperties] $Properties
    [string] $SubscriptionId

    PSProvisioningServiceDescription() {}

    # Takes the Az module's own object (or anything of its shape) where a parameter wants ours; the throw makes the binder look elsewhere.
    # [object], not [psobject]: only so are compiled .NET objects taken. Build instances with ::new(), a cast from a hashtable lands here too.
    PSProvisioningServiceDescription([object] $other) {
        $idMember = $other.PSObject.Properties['Id']
        $details = $other.PSObject.Properties['Properties']
        if ($null -eq $idMember -or $null -eq $details) { throw 'not a provisioning service' }
        $this.Id = $idMember.Value
        $nameMember = $other.PSObject.Properties['Name']
        if ($null -ne $nameMember) { $this.Name = $nameMember.Value }
        $groupMember = $other.PSObject.Properties['ResourceGroupName']
        if ($null -ne $groupMember) { $this.ResourceGroupName = $groupMember.Value }
        $this.Properties = [PSIotDpsProperties]::new()
        if ($null -ne $details.Value) {
            $hostMember = $details.Value.PSObject.Properties['ServiceOperationsHostName']
            if ($null -ne $hostMember) { $this.Properties.ServiceOperationsHostName = $hostMember.Value }
        }
    }
}

# What a list yields: the same record, shown as a row.
class PSProvisioningServicesDescription : PSProvisioningServiceDescription {
}

class PSDpsEmulator {
    [string] $Endpoint
    [string] $ConnectionString
    [string] $CaCertificate
    [string] $ResourceId
    [string] $IdScope
    [string] $TenantId
    [string] $ClientId
    [string] $ClientSecret
    [string] $SubscriptionId
    [string] $ResourceGroupName
    [string] $DpsName
    [string] $Log
    [object] $Process
}

foreach ($file in Get-ChildItem -Path "$PSScriptRoot/Private/*.ps1", "$PSScriptRoot/Public/*.ps1") { . $file.FullName }

# The ABI that this module was written for: the library's major number must be this one, its minor number at least this one.
$script:NativeAbi = @{ Major = 0; Minor = 1 }
$script:Native = Import-NativeLibrary -Path (Get-NativeLibraryPath)
$script:Session = $Native::aziotdps_session_new()
if ($Session -eq [IntPtr]::Zero) { throw 'The native library of AzIoTDps cannot start: the system gives it no threads.' }
$script:JsonOptions = [Text.Json.JsonSerializerOptions]::new()
$JsonOptions.Converters.Add([Text.Json.Serialization.JsonStringEnumConverter]::new())
# Which service a record came from, so that it can be piped on without naming the service again.
$script:Targets = [Runtime.CompilerServices.ConditionalWeakTable[object, object]]::new()
# The emulators that this session started, and so may stop.
$script:Emulators = [Collections.Generic.List[object]]::new()
$script:ExitHandled = $false

Register-DpsCompleter

$ExecutionContext.SessionState.Module.OnRemove = {
    foreach ($emulator in $Emulators.ToArray()) { Stop-DpsEmulator $emulator }
    $Native::aziotdps_session_free($Session)
}
