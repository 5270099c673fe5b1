//! Recognising a write of this library in what the service has, after its response was lost.

use super::content::Attestation;
use crate::error::{Code, Error, Outcome, Result};
use crate::model::{EnrollmentKind, Members, Record, Slot, WireEnum};
use serde_json::{Value, json};
use std::time::SystemTime;

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

/// The record of a response to a PUT, if it has the certificates that were sent; `expected` as [`expected`] has it.
///
/// # Errors
/// [`Code::UnexpectedResponse`] if a certificate is another one: the record was written, but not as it was to be.
pub fn check_certificates(kind: EnrollmentKind, expected: &Record, written: Record) -> Result<Record> {
    for slot in Slot::ALL {
        let path = ["attestation", "x509", kind.certificates_member(), slot.wire(), "info", "sha256Thumbprint"];
        let Some(wanted) = expected.text(&path) else { continue };
        let found = written.text(&path).unwrap_or("none");
        if !found.eq_ignore_ascii_case(wanted) {
            let message = format!(
                "The record was written, but its {} certificate is not the one that it was to have: its SHA-256 thumbprint is \
                 {found}, and that of the other one {wanted}.",
                slot.wire()
            );
            return Err(Error::new(Code::UnexpectedResponse, message).with_outcome(Outcome::Applied));
        }
    }
    Ok(written)
}

/// Whether a record was created at `first_attempt` or later, by the service's clock, and has not been changed.
pub fn created_since(record: &Record, first_attempt: Option<SystemTime>) -> bool {
    let created = record.date(&["createdDateTimeUtc"]);
    created.zip(first_attempt).is_some_and(|(created, first_attempt)| created >= first_attempt)
        && record.get(&["lastUpdatedDateTimeUtc"]) == record.get(&["createdDateTimeUtc"])
}

/// A record that was read, as the response to its PUT would have been.
pub fn as_put_response(mut record: Record) -> Record {
    record.remove(&["registrationState"]);
    record
}
