//! The device plane over HTTPS: `/{idScope}/registrations/{id}…`.

use super::attest::{Credentials, DeviceRequest};
use super::operations::{self, OperationStatus, Registered, Registration};
use super::tpm::TpmKeys;
use crate::emulator::errors::{
    Result, bad_request, id_scope_not_found, method_not_allowed, not_implemented, unsupported_media_type,
};
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::service::Service;
use crate::emulator::state::State;
use serde::Deserialize;
use serde_json::Value;

#[derive(Clone, Copy)]
enum Call {
    Register,
    OperationStatus,
    LookUp,
}

impl Call {
    fn of(request: &Request) -> Result<Self> {
        let path = request.path.lower();
        match (request.method.as_str(), path.get(3..).unwrap_or_default()) {
            ("PUT", ["register"]) => Ok(Self::Register),
            ("GET", ["operations", _]) => Ok(Self::OperationStatus),
            ("POST", []) => Ok(Self::LookUp),
            (_, ["register"]) => Err(method_not_allowed("PUT")),
            (_, ["operations", _]) => Err(method_not_allowed("GET")),
            (_, []) => Err(method_not_allowed("POST")),
            _ => Err(not_implemented(request)),
        }
    }
}

pub(crate) fn respond(state: &State, request: &Request) -> Result<Response> {
    let call = Call::of(request)?;
    let version = request.api_version().ok_or_else(|| bad_request("api-version is missing."))?;
    state.note_version("device plane", version);
    let id_scope = request.path.segment(0);
    let of_scope = |service: &Service| service.id_scope.eq_ignore_ascii_case(id_scope);
    let service = &state.services.find(of_scope).ok_or_else(id_scope_not_found)?;
    let device =
        DeviceRequest { id_scope, registration_id: request.path.segment(2), credentials: credentials(request) };
    match call {
        Call::Register => Ok(match operations::register(service, &state.log, &device, registration(request)?)? {
            Registered::Status(status) => status_response(service, &device, &status, version),
            Registered::Challenge(challenge) => Response::json(401, &challenge).with_error_code("401002"),
        }),
        Call::OperationStatus => {
            let status = operations::operation_status(service, &device, request.path.segment(4))?;
            Ok(status_response(service, &device, &status, version))
        }
        Call::LookUp => Ok(Response::json(200, &operations::look_up(service, &device, &registration(request)?)?)),
    }
}

/// A signature counts before a certificate.
fn credentials(request: &Request) -> Credentials<'_> {
    match request.header("authorization") {
        Some(authorization) => Credentials::Signature(authorization),
        None => Credentials::Certificates(&request.peer),
    }
}

fn registration(request: &Request) -> Result<Registration> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        registration_id: String,
        payload: Option<Value>,
        tpm: Option<TpmKeys>,
        csr: Option<Value>,
    }
    if !request.is_json() {
        return Err(unsupported_media_type());
    }
    let Body { registration_id, payload, tpm, csr } = serde_json::from_slice(&request.body)?;
    if !registration_id.eq_ignore_ascii_case(request.path.segment(2)) {
        return Err(bad_request("registrationId in the body is not the one in the path."));
    }
    Ok(Registration { payload, tpm, csr })
}

fn status_response(service: &Service, device: &DeviceRequest<'_>, status: &OperationStatus, version: &str) -> Response {
    let body = status.body();
    if status.result.is_some() {
        return Response::json(200, &body);
    }
    let operation = format!("registrations/{}/operations/{}", device.registration_id, status.operation_id);
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("api-version", version).finish();
    Response::json(202, &body)
        .header("Location", format!("https://{}/{}/{operation}?{query}", service.host, service.id_scope))
        .header("Retry-After", service.retry_after.as_secs().to_string())
}
