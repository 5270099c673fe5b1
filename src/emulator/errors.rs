//! What the data plane says when it refuses: a status, a six-digit code, a text.
//!
//! Only 401002, 404201, 404202, 409201 and 409202 have been seen from the real service for the calls served here. Where no code
//! is known the status followed by `000` stands in, so that nobody mistakes it for a documented one.

use crate::emulator::clock;
use crate::emulator::request::Answer;
use crate::model::EnrollmentKind;
use serde_json::json;

/// A refused request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: u32,
    pub(crate) message: String,
    /// What goes into `Allow`, where the method is at fault.
    allow: Option<&'static str>,
}

/// A result whose failure is a [`Refusal`].
pub(crate) type Result<T> = std::result::Result<T, Refusal>;

impl Refusal {
    pub(crate) fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), allow: None }
    }

    fn unnumbered(status: u16, message: impl Into<String>) -> Self {
        Self::new(status, u32::from(status) * 1000, message)
    }
}

pub(crate) fn bad_request(message: impl Into<String>) -> Refusal {
    Refusal::unnumbered(400, message)
}

pub(crate) fn unauthorized(message: impl Into<String>) -> Refusal {
    Refusal::unnumbered(401, message)
}

pub(crate) fn forbidden(message: impl Into<String>) -> Refusal {
    Refusal::unnumbered(403, message)
}

pub(crate) fn not_found(kind: EnrollmentKind) -> Refusal {
    match kind {
        EnrollmentKind::Individual => Refusal::new(404, 404_201, "Enrollment not found."),
        EnrollmentKind::Group => Refusal::new(404, 404_202, "EnrollmentGroup not found."),
    }
}

pub(crate) fn registration_not_found() -> Refusal {
    Refusal::unnumbered(404, "Registration not found.")
}

pub(crate) fn operation_not_found() -> Refusal {
    Refusal::unnumbered(404, "The device has no such operation.")
}

pub(crate) fn id_scope_not_found() -> Refusal {
    Refusal::unnumbered(404, "No service has this ID scope.")
}

pub(crate) fn ca_certificate_not_found() -> Refusal {
    Refusal::unnumbered(404, "The service has no certificate of this name.")
}

/// A device that could not prove who it is.
pub(crate) fn device_unauthorized(message: impl Into<String>) -> Refusal {
    Refusal::new(401, 401_002, message)
}

pub(crate) fn already_registering() -> Refusal {
    Refusal::unnumbered(409, "The device is being registered already.")
}

pub(crate) fn method_not_allowed(allow: &'static str) -> Refusal {
    Refusal { allow: Some(allow), ..Refusal::unnumbered(405, format!("The resource takes {allow} only.")) }
}

pub(crate) fn already_exists(kind: EnrollmentKind) -> Refusal {
    match kind {
        EnrollmentKind::Individual => Refusal::new(409, 409_201, "Enrollment already exists."),
        EnrollmentKind::Group => Refusal::new(409, 409_202, "EnrollmentGroup already exists."),
    }
}

pub(crate) fn precondition_failed() -> Refusal {
    Refusal::unnumbered(412, "The record's ETag is not the one in If-Match.")
}

pub(crate) fn unsupported_media_type() -> Refusal {
    Refusal::unnumbered(415, "The body's Content-Type must be application/json.")
}

pub(crate) fn too_large() -> Refusal {
    Refusal::unnumbered(413, "The body is too large.")
}

pub(crate) fn failure(message: impl Into<String>) -> Refusal {
    Refusal::unnumbered(500, message)
}

pub(crate) fn not_implemented(method: &str, path: &str) -> Refusal {
    Refusal::unnumbered(501, not_implemented_text(method, path))
}

/// A feature that the emulator does not have, where the path alone does not name it.
pub(crate) fn unsupported(feature: &str) -> Refusal {
    Refusal::unnumbered(501, format!("{feature} is not implemented by this emulator."))
}

pub(crate) fn tpm_not_implemented() -> Refusal {
    unsupported("TPM attestation")
}

/// The text that names what this emulator does not do.
pub(crate) fn not_implemented_text(method: &str, path: &str) -> String {
    format!("{method} {path} is not implemented by this emulator.")
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        failure(format!("The emulator's store failed: {error}."))
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        bad_request(format!("The body is not the JSON that the call takes: {error}."))
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let tracking_id = uuid::Uuid::new_v4().to_string();
        let body = json!({
            "errorCode": refusal.code,
            "trackingId": tracking_id,
            "message": refusal.message,
            "timestampUtc": clock::now(),
        });
        let mut answer = Self::json(refusal.status, &body)
            .header("x-ms-error-code", refusal.code.to_string())
            .header("x-ms-request-id", tracking_id)
            .failed(refusal.code.to_string());
        if let Some(allow) = refusal.allow {
            answer = answer.header("Allow", allow);
        }
        if refusal.status == 401 {
            answer = answer.header("WWW-Authenticate", "Bearer");
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_has_the_members_that_were_recorded() {
        let recorded: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/wire/error-401002-body.json")).unwrap();
        let members = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let answer = Answer::from(Refusal::new(401, 401_002, "Invalid certificate."));
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(members(&body), members(&recorded));
        assert_eq!((&body["errorCode"], &body["message"]), (&recorded["errorCode"], &recorded["message"]));
    }
}
