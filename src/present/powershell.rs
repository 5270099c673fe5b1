//! The JSON for the Az module's output classes.

use crate::model::{
    AllocationPolicy, AttestationType, EnrollmentKind, Members, ProvisioningStatus, Record, ReprovisionPolicy,
    ResourceId, WireEnum,
};
use serde_json::{Value, json};

/// How a member's value is converted.
enum As {
    /// Not at all.
    Same,
    /// A value of an enum.
    Word(fn(&str) -> Option<&'static str>),
    /// A record of its own.
    Record(&'static [Field]),
    /// A list of records.
    List(&'static [Field]),
}

/// One property: its name, the member that it comes from, and the conversion.
struct Field(&'static str, &'static str, As);

fn word<T: WireEnum>(text: &str) -> Option<&'static str> {
    T::parse(text).map(T::powershell)
}

/// The values of a registration's status are those on the wire with a capital letter.
fn registration_status(text: &str) -> Option<&'static str> {
    ["Unassigned", "Assigning", "Assigned", "Failed", "Disabled"]
        .into_iter()
        .find(|word| word.eq_ignore_ascii_case(text))
}

const REGISTRATION_STATE: &[Field] = &[
    Field("RegistrationId", "registrationId", As::Same),
    Field("CreatedDateTimeUtc", "createdDateTimeUtc", As::Same),
    Field("LastUpdatedDateTimeUtc", "lastUpdatedDateTimeUtc", As::Same),
    Field("AssignedHub", "assignedHub", As::Same),
    Field("DeviceId", "deviceId", As::Same),
    Field("Status", "status", As::Word(registration_status)),
    Field("Substatus", "substatus", As::Same),
    Field("ErrorCode", "errorCode", As::Same),
    Field("ErrorMessage", "errorMessage", As::Same),
    Field("ETag", "etag", As::Same),
    Field("Payload", "payload", As::Same),
];

const CERTIFICATE: &[Field] = &[Field(
    "Info",
    "info",
    As::Record(&[
        Field("SubjectName", "subjectName", As::Same),
        Field("Sha1Thumbprint", "sha1Thumbprint", As::Same),
        Field("Sha256Thumbprint", "sha256Thumbprint", As::Same),
        Field("IssuerName", "issuerName", As::Same),
        Field("NotBeforeUtc", "notBeforeUtc", As::Same),
        Field("NotAfterUtc", "notAfterUtc", As::Same),
        Field("SerialNumber", "serialNumber", As::Same),
        Field("Version", "version", As::Same),
    ]),
)];

const CERTIFICATES: &[Field] =
    &[Field("Primary", "primary", As::Record(CERTIFICATE)), Field("Secondary", "secondary", As::Record(CERTIFICATE))];

const ATTESTATION: &[Field] = &[
    Field("Type", "type", As::Word(word::<AttestationType>)),
    Field(
        "Tpm",
        "tpm",
        As::Record(&[
            Field("EndorsementKey", "endorsementKey", As::Same),
            Field("StorageRootKey", "storageRootKey", As::Same),
        ]),
    ),
    Field(
        "X509",
        "x509",
        As::Record(&[
            Field("ClientCertificates", "clientCertificates", As::Record(CERTIFICATES)),
            Field("SigningCertificates", "signingCertificates", As::Record(CERTIFICATES)),
            Field(
                "CAReferences",
                "caReferences",
                As::Record(&[Field("Primary", "primary", As::Same), Field("Secondary", "secondary", As::Same)]),
            ),
        ]),
    ),
    Field(
        "SymmetricKey",
        "symmetricKey",
        As::Record(&[Field("PrimaryKey", "primaryKey", As::Same), Field("SecondaryKey", "secondaryKey", As::Same)]),
    ),
];

/// The properties of both kinds, after their ids.
const ENROLLMENT: &[Field] = &[
    Field("RegistrationState", "registrationState", As::Record(REGISTRATION_STATE)),
    Field("Attestation", "attestation", As::Record(ATTESTATION)),
    Field("IotHubHostName", "iotHubHostName", As::Same),
    Field("InitialTwinState", "initialTwin", As::Record(&[Field("Tags", "tags", As::Same)])),
    Field("ProvisioningStatus", "provisioningStatus", As::Word(word::<ProvisioningStatus>)),
    Field("CreatedDateTimeUtc", "createdDateTimeUtc", As::Same),
    Field("LastUpdatedDateTimeUtc", "lastUpdatedDateTimeUtc", As::Same),
    Field("ETag", "etag", As::Same),
    Field("Capabilities", "capabilities", As::Record(&[Field("IotEdge", "iotEdge", As::Same)])),
    Field(
        "ReprovisionPolicy",
        "reprovisionPolicy",
        As::Record(&[
            Field("UpdateHubAssignment", "updateHubAssignment", As::Same),
            Field("MigrateDeviceData", "migrateDeviceData", As::Same),
        ]),
    ),
    Field(
        "CustomAllocationDefinition",
        "customAllocationDefinition",
        As::Record(&[Field("WebhookUrl", "webhookUrl", As::Same), Field("ApiVersion", "apiVersion", As::Same)]),
    ),
    Field("AllocationPolicy", "allocationPolicy", As::Word(word::<AllocationPolicy>)),
    Field("IotHubs", "iotHubs", As::Same),
    Field("NamespaceName", "namespaceName", As::Same),
    Field("CertificateAuthorityName", "certificateAuthorityName", As::Same),
    Field("CertificatePolicyName", "certificatePolicyName", As::Same),
];

const SERVICE: &[Field] = &[
    Field("Id", "id", As::Same),
    Field("Name", "name", As::Same),
    Field("Type", "type", As::Same),
    Field("Location", "location", As::Same),
    Field("Tags", "tags", As::Same),
    Field("Etag", "etag", As::Same),
    Field(
        "Sku",
        "sku",
        As::Record(&[
            Field("Name", "name", As::Same),
            Field("Tier", "tier", As::Same),
            Field("Capacity", "capacity", As::Same),
        ]),
    ),
    Field(
        "Properties",
        "properties",
        As::Record(&[
            Field("State", "state", As::Same),
            Field("ProvisioningState", "provisioningState", As::Same),
            Field(
                "IotHubs",
                "iotHubs",
                As::List(&[
                    Field("Name", "name", As::Same),
                    Field("Location", "location", As::Same),
                    Field("ApplyAllocationPolicy", "applyAllocationPolicy", As::Same),
                    Field("AllocationWeight", "allocationWeight", As::Same),
                ]),
            ),
            Field("AllocationPolicy", "allocationPolicy", As::Same),
            Field("ServiceOperationsHostName", "serviceOperationsHostName", As::Same),
            Field("DeviceProvisioningHostName", "deviceProvisioningHostName", As::Same),
            Field("IdScope", "idScope", As::Same),
        ]),
    ),
];

/// `PSIndividualEnrollment` or `PSEnrollmentGroup`. If the service sends none, the status is `Enabled` and the policy
/// `Hashed`, as scripts for the Az module expect.
pub fn enrollment(kind: EnrollmentKind, record: &Record) -> Value {
    let mut shaped = Members::new();
    match kind {
        EnrollmentKind::Individual => copy(
            &[Field("RegistrationId", "registrationId", As::Same), Field("DeviceId", "deviceId", As::Same)],
            &record.0,
            &mut shaped,
        ),
        EnrollmentKind::Group => {
            copy(&[Field("EnrollmentGroupId", "enrollmentGroupId", As::Same)], &record.0, &mut shaped);
        }
    }
    copy(ENROLLMENT, &record.0, &mut shaped);
    for (property, member, default) in [
        ("ProvisioningStatus", "provisioningStatus", ProvisioningStatus::Enabled.powershell()),
        ("AllocationPolicy", "allocationPolicy", AllocationPolicy::Hashed.powershell()),
    ] {
        // A value that this version does not know is not the same as none.
        if record.get(&[member]).is_none() {
            shaped.insert(property.to_owned(), default.into());
        }
    }
    let policy = record.get(&["reprovisionPolicy"]).and_then(ReprovisionPolicy::of).map(ReprovisionPolicy::powershell);
    let shaped_policy = shaped.get_mut("ReprovisionPolicy").and_then(Value::as_object_mut);
    if let (Some(policy), Some(shaped_policy)) = (policy, shaped_policy) {
        shaped_policy.insert("Policy".to_owned(), policy.into());
    }
    let twin = shaped.get_mut("InitialTwinState").and_then(Value::as_object_mut);
    if let (Some(twin), Some(desired)) = (twin, record.get(&["initialTwin", "properties", "desired"])) {
        twin.insert("DesiredProperties".to_owned(), desired.clone());
    }
    Value::Object(shaped)
}

/// `PSDeviceRegistrationState`.
pub fn registration(record: &Record) -> Value {
    shape(REGISTRATION_STATE, &record.0)
}

/// `PSAttestation`.
pub fn attestation(record: &Record) -> Value {
    shape(ATTESTATION, &record.0)
}

/// `PSDpsConnectionString`.
pub fn connection_string(service: &Record, policy: &str, text: &str) -> Value {
    let id = service.text(&["id"]).and_then(ResourceId::parse);
    json!({
        "ResourceGroupName": id.map(|id| id.resource_group_name),
        "Name": service.text(&["name"]),
        "PolicyName": policy,
        "ConnectionString": text,
    })
}

/// `PSProvisioningServiceDescription`.
pub fn service(record: &Record) -> Value {
    let mut shaped = Members::new();
    if let Some(id) = record.text(&["id"]).and_then(ResourceId::parse) {
        shaped.insert("ResourceGroupName".to_owned(), id.resource_group_name.into());
        shaped.insert("SubscriptionId".to_owned(), id.subscription_id.into());
    }
    copy(SERVICE, &record.0, &mut shaped);
    Value::Object(shaped)
}

/// Copies the members that exist. Missing and null ones are omitted, so that a class keeps its default.
fn copy(fields: &[Field], from: &Members, to: &mut Members) {
    for Field(property, member, how) in fields {
        let Some(value) = from.get(*member).filter(|value| !value.is_null()) else { continue };
        let value = match (how, value) {
            (As::Same, value) => value.clone(),
            (As::Word(word), Value::String(text)) => match word(text) {
                Some(word) => word.into(),
                None => continue,
            },
            (As::Record(fields), Value::Object(members)) => shape(fields, members),
            (As::List(fields), Value::Array(items)) => {
                items.iter().filter_map(Value::as_object).map(|members| shape(fields, members)).collect()
            }
            // A value that the class cannot contain.
            _ => continue,
        };
        to.insert((*property).to_owned(), value);
    }
}

fn shape(fields: &[Field], members: &Members) -> Value {
    let mut shaped = Members::new();
    copy(fields, members, &mut shaped);
    Value::Object(shaped)
}
