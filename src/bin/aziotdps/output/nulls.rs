//! The members that `az` prints as null after `create` and `update`. It prints its own model there, which has every
//! member that it knows; everything else it prints as the service sent it.

use aziotdps::model::EnrollmentKind;
use aziotdps::operation::Call;
use serde_json::Value;

/// The members of each object of an enrollment, by the object's place.
const ENROLLMENT: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "allocationPolicy",
            "attestation",
            "capabilities",
            "createdDateTimeUtc",
            "customAllocationDefinition",
            "etag",
            "initialTwin",
            "iotHubHostName",
            "iotHubs",
            "lastUpdatedDateTimeUtc",
            "provisioningStatus",
            "reprovisionPolicy",
        ],
    ),
    ("/attestation", &["symmetricKey", "tpm", "type", "x509"]),
    ("/attestation/symmetricKey", &["primaryKey", "secondaryKey"]),
    ("/attestation/tpm", &["endorsementKey", "storageRootKey"]),
    ("/attestation/x509", &["caReferences", "clientCertificates", "signingCertificates"]),
    ("/attestation/x509/caReferences", &["primary", "secondary"]),
    ("/attestation/x509/clientCertificates", &["primary", "secondary"]),
    ("/attestation/x509/clientCertificates/primary", &["certificate", "info"]),
    ("/attestation/x509/clientCertificates/secondary", &["certificate", "info"]),
    ("/attestation/x509/signingCertificates", &["primary", "secondary"]),
    ("/attestation/x509/signingCertificates/primary", &["certificate", "info"]),
    ("/attestation/x509/signingCertificates/secondary", &["certificate", "info"]),
    ("/capabilities", &["iotEdge"]),
    ("/customAllocationDefinition", &["apiVersion", "webhookUrl"]),
    ("/initialTwin", &["properties", "tags"]),
    ("/initialTwin/properties", &["desired"]),
    ("/reprovisionPolicy", &["migrateDeviceData", "updateHubAssignment"]),
];

/// What only an individual enrollment has.
const INDIVIDUAL: &[(&str, &[&str])] = &[
    ("", &["deviceId", "optionalDeviceInformation", "registrationState"]),
    (
        "/registrationState",
        &[
            "assignedHub",
            "createdDateTimeUtc",
            "deviceId",
            "errorCode",
            "errorMessage",
            "etag",
            "lastUpdatedDateTimeUtc",
            "payload",
            "registrationId",
            "status",
            "substatus",
        ],
    ),
];

/// The members that `az` has of a device's registration; the service may have others.
const REGISTRATION: &[&str] = &[
    "assignedHub",
    "createdDateTimeUtc",
    "deviceId",
    "etag",
    "lastUpdatedDateTimeUtc",
    "registrationId",
    "responsePayload",
    "substatus",
];

/// Adds to a record of `call` the members that it lacks.
pub fn fill(call: Call, record: &mut Value) {
    if call == Call::DeviceRegister {
        return fill_registration(record);
    }
    let individual = match call {
        Call::New(EnrollmentKind::Individual) | Call::Set(EnrollmentKind::Individual) => INDIVIDUAL,
        Call::New(EnrollmentKind::Group) | Call::Set(EnrollmentKind::Group) => &[],
        _ => return,
    };
    for (place, members) in ENROLLMENT.iter().chain(individual) {
        if let Some(Value::Object(object)) = record.pointer_mut(place) {
            for member in *members {
                object.entry(*member).or_insert(Value::Null);
            }
        }
    }
}

/// Adds to the registration of a device what `az` has: the answer of a webhook under another name, and nulls.
fn fill_registration(record: &mut Value) {
    if let Some(Value::Object(state)) = record.get_mut("registrationState") {
        let payload = state.get("payload").cloned().unwrap_or_default();
        state.insert("responsePayload".to_owned(), payload);
        for member in REGISTRATION {
            state.entry(*member).or_insert(Value::Null);
        }
    }
}
