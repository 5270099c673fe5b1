//! Errors of resource manager. They come in two forms: that of Azure Resource Manager itself, and that of the resource
//! provider behind it.

use crate::emulator::errors::ServiceError;
use crate::emulator::response::Response;
use serde_json::json;

/// A result whose error is a response.
pub(super) type Result<T> = std::result::Result<T, Response>;

/// An error of Azure Resource Manager: who may call, and what is where.
pub(super) fn error(status: u16, code: &str, message: &str) -> Response {
    Response::json(status, &json!({ "error": { "code": code, "message": message } })).with_error_code(code)
}

/// An error of the resource provider: what a service may be.
pub(super) fn provider_error(status: u16, message: &str) -> Response {
    let code = u32::from(status) * 1000;
    let name = match status {
        400 => "BadRequest",
        404 => "NotFound",
        409 => "Conflict",
        412 => "PreconditionFailed",
        _ => "InternalServerError",
    };
    let body = json!({ "code": code, "httpStatusCode": name, "message": message, "details": null });
    Response::json(status, &body).with_error_code(code.to_string())
}

/// An error of the records in the form of the provider.
pub(super) fn of_service(error: ServiceError) -> Response {
    provider_error(error.status, &error.message)
}

pub(super) fn not_found(message: &str) -> Response {
    provider_error(404, message)
}

pub(super) fn bad_request(message: &str) -> Response {
    provider_error(400, message)
}
