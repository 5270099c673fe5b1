//! Errors in the form of the service: a status, a six-digit code, a text.
//!
//! Only 401002, 404201, 404204, 409201 and 409202 have been seen from the real service for the calls served here. Where
//! no code is known, the status followed by `000` is used, which no documented code is.

use crate::emulator::clock;
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::model::EnrollmentKind;
use serde_json::json;

/// An error as the data plane and the device plane send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceError {
    pub(crate) status: u16,
    pub(crate) code: u32,
    pub(crate) message: String,
    /// The `Allow` header of a 405.
    allow: Option<&'static str>,
}

/// A result whose error is a [`ServiceError`].
pub(crate) type Result<T> = std::result::Result<T, ServiceError>;

impl ServiceError {
    pub(crate) fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), allow: None }
    }

    fn undocumented(status: u16, message: impl Into<String>) -> Self {
        Self::new(status, u32::from(status) * 1000, message)
    }
}

pub(crate) fn bad_request(message: impl Into<String>) -> ServiceError {
    ServiceError::undocumented(400, message)
}

pub(crate) fn unauthorized(message: impl Into<String>) -> ServiceError {
    ServiceError::undocumented(401, message)
}

pub(crate) fn forbidden(message: impl Into<String>) -> ServiceError {
    ServiceError::undocumented(403, message)
}

pub(crate) fn not_found(kind: EnrollmentKind) -> ServiceError {
    match kind {
        EnrollmentKind::Individual => ServiceError::new(404, 404_201, "Enrollment not found."),
        EnrollmentKind::Group => ServiceError::new(404, 404_204, "EnrollmentGroup not found."),
    }
}

pub(crate) fn registration_not_found() -> ServiceError {
    ServiceError::undocumented(404, "Registration not found.")
}

pub(crate) fn operation_not_found() -> ServiceError {
    ServiceError::undocumented(404, "The device has no such operation.")
}

pub(crate) fn id_scope_not_found() -> ServiceError {
    ServiceError::undocumented(404, "No service has this ID scope.")
}

pub(crate) fn host_not_found() -> ServiceError {
    ServiceError::undocumented(404, "No service has this host name.")
}

pub(crate) fn ca_certificate_not_found() -> ServiceError {
    ServiceError::undocumented(404, "The service has no certificate of this name.")
}

/// The error of a device whose attestation failed.
pub(crate) fn device_unauthorized(message: impl Into<String>) -> ServiceError {
    ServiceError::new(401, 401_002, message)
}

pub(crate) fn already_registering() -> ServiceError {
    ServiceError::undocumented(409, "The device is being registered already.")
}

pub(crate) fn method_not_allowed(allow: &'static str) -> ServiceError {
    ServiceError { allow: Some(allow), ..ServiceError::undocumented(405, format!("The resource takes {allow} only.")) }
}

pub(crate) fn already_exists(kind: EnrollmentKind) -> ServiceError {
    match kind {
        EnrollmentKind::Individual => ServiceError::new(409, 409_201, "Enrollment already exists."),
        EnrollmentKind::Group => ServiceError::new(409, 409_202, "EnrollmentGroup already exists."),
    }
}

pub(crate) fn precondition_failed() -> ServiceError {
    ServiceError::undocumented(412, "The record's ETag is not the one in If-Match.")
}

pub(crate) fn unsupported_media_type() -> ServiceError {
    ServiceError::undocumented(415, "The body's Content-Type must be application/json.")
}

pub(crate) fn too_large() -> ServiceError {
    ServiceError::undocumented(413, "The body is too large.")
}

pub(crate) fn too_slow() -> ServiceError {
    ServiceError::undocumented(408, "The body took too long.")
}

pub(crate) fn internal(message: impl Into<String>) -> ServiceError {
    ServiceError::undocumented(500, message)
}

/// What may succeed when it is tried again.
pub(crate) fn unavailable(message: impl Into<String>) -> ServiceError {
    ServiceError::undocumented(503, message)
}

/// A call that the emulator does not have.
pub(crate) fn not_implemented(request: &Request) -> ServiceError {
    ServiceError::undocumented(501, not_implemented_text(request))
}

/// A feature that the emulator does not have, where the path alone does not name it.
pub(crate) fn unsupported(feature: &str) -> ServiceError {
    ServiceError::undocumented(501, format!("{feature} is not implemented by this emulator."))
}

/// The message of a 501, which names the call.
pub(crate) fn not_implemented_text(request: &Request) -> String {
    format!("{} {} is not implemented by this emulator.", request.method, request.raw_path())
}

impl From<serde_json::Error> for ServiceError {
    fn from(error: serde_json::Error) -> Self {
        bad_request(format!("The body is not the JSON that the call takes: {error}."))
    }
}

impl From<ServiceError> for Response {
    fn from(error: ServiceError) -> Self {
        let tracking_id = uuid::Uuid::new_v4().to_string();
        let body = json!({
            "errorCode": error.code,
            "trackingId": tracking_id,
            "message": error.message,
            "timestampUtc": clock::now(),
        });
        let mut response = Self::json(error.status, &body)
            .header("x-ms-error-code", error.code.to_string())
            .header("x-ms-request-id", tracking_id)
            .with_error_code(error.code.to_string());
        if let Some(allow) = error.allow {
            response = response.header("Allow", allow);
        }
        if error.status == 401 {
            response = response.header("WWW-Authenticate", "Bearer");
        }
        response
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
        let response = Response::from(ServiceError::new(401, 401_002, "Invalid certificate."));
        let body: serde_json::Value = serde_json::from_str(&response.body).unwrap();
        assert_eq!(members(&body), members(&recorded));
        assert_eq!((&body["errorCode"], &body["message"]), (&recorded["errorCode"], &recorded["message"]));
    }
}
