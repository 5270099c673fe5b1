//! Recognising a write of this library in what the service has, after its response was lost.

use super::content::Attestation;
use crate::model::{EnrollmentKind, Members, Record, WireEnum};
use serde_json::{Value, json};
use std::time::SystemTime;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What a written record contains when it is read back: a certificate is returned as its thumbprint, and the etag is a
/// new one.
pub fn expected(kind: EnrollmentKind, written: &Record, attestation: &Attestation) -> Record {
    let mut expected = written.clone();
    expected.remove(&["etag"]);
    for (slot, certificate) in attestation.certificates() {
        let info = json!({"info": {"sha256Thumbprint": certificate.sha256_thumbprint}});
        expected.set(&["attestation", "x509", kind.certificates_member(), slot.wire()], info);
    }
    expected
}

/// Whether `whole` has all members of `part`, with the same values.
pub fn contains(whole: &Record, part: &Record) -> bool {
    fn members(whole: &Members, part: &Members) -> bool {
        part.iter().all(|(name, value)| match (whole.get(name), value) {
            (Some(Value::Object(whole)), Value::Object(part)) => members(whole, part),
            // The service omits a member that is null.
            (None, Value::Null) => true,
            (found, value) => found == Some(value),
        })
    }
    members(&whole.0, &part.0)
}

/// Whether a record was created at `first_attempt` or later, by the service's clock, and has not been changed.
pub fn created_since(record: &Record, first_attempt: Option<SystemTime>) -> bool {
    let (Some(created), Some(first_attempt)) = (record.text(&["createdDateTimeUtc"]), first_attempt) else {
        return false;
    };
    let date = OffsetDateTime::parse(created, &Rfc3339);
    record.text(&["lastUpdatedDateTimeUtc"]) == Some(created)
        && date.is_ok_and(|date| SystemTime::from(date) >= first_attempt)
}

/// A record that was read, as the response to its PUT would have been.
pub fn as_put_response(mut record: Record) -> Record {
    record.remove(&["registrationState"]);
    record
}
