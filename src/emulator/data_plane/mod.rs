//! The data plane: enrollments, enrollment groups and registration records.

mod bulk;
mod enrollment;
mod paging;
mod registration;
mod version;

use crate::emulator::auth::{self, Permission};
use crate::emulator::errors::{Result, bad_request, method_not_allowed, not_implemented, unsupported_media_type};
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::service::Service;
use crate::emulator::state::State;
use crate::model::EnrollmentKind;
use version::ApiVersion;

/// A call of the data plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Get(EnrollmentKind),
    Put(EnrollmentKind),
    Delete(EnrollmentKind),
    AttestationMechanism(EnrollmentKind),
    Query(EnrollmentKind),
    Bulk(EnrollmentKind),
    RegistrationGet,
    RegistrationDelete,
    RegistrationQuery,
}

/// Carries out a call on `/enrollments`, `/enrollmentGroups` or `/registrations` of `service`.
pub(crate) fn respond(state: &State, service: &Service, request: &Request) -> Result<Response> {
    let call = authorized_call(state, service, request)?;
    let version = request.api_version().ok_or_else(|| bad_request("api-version is missing."))?;
    state.note_version("data plane", version);
    if call.takes_json() && !request.is_json() {
        return Err(unsupported_media_type());
    }
    let (id, version) = (request.path.segment(1), ApiVersion(version));
    match call {
        Call::Get(kind) => enrollment::get(service, kind, id, version),
        Call::Put(kind) => enrollment::put(service, kind, id, version, request),
        Call::Delete(kind) => enrollment::delete(service, kind, id, request),
        Call::AttestationMechanism(kind) => enrollment::attestation_mechanism(service, kind, id),
        Call::Query(kind) => enrollment::query(service, kind, version, request),
        Call::Bulk(kind) => bulk::bulk(service, kind, version, request),
        Call::RegistrationGet => registration::get(service, id),
        Call::RegistrationDelete => registration::delete(service, id, request),
        Call::RegistrationQuery => registration::query(service, id, request),
    }
}

/// The call, if its sender may make it.
fn authorized_call(state: &State, service: &Service, request: &Request) -> Result<Call> {
    let call = Call::of(request)?;
    auth::authorize(service, &state.tokens, request, call.permission())?;
    Ok(call)
}

/// Refuses a request whose sender may not make it; the body is not looked at.
pub(crate) fn authorize(state: &State, service: &Service, request: &Request) -> Result<()> {
    authorized_call(state, service, request).map(|_| ())
}

/// Whether the call is on one record only.
pub(crate) fn is_quick(request: &Request) -> bool {
    use Call::{AttestationMechanism, Delete, Get, Put, RegistrationDelete, RegistrationGet};
    matches!(
        Call::of(request),
        Ok(Get(_) | Put(_) | Delete(_) | AttestationMechanism(_) | RegistrationGet | RegistrationDelete)
    )
}

/// A page without records whose continuation token leads to the page that `request` asks for; `None` where the request
/// is not a query.
pub(crate) fn empty_page(request: &Request) -> Option<Response> {
    match Call::of(request).ok()? {
        Call::Query(kind) => enrollment::listing(kind).empty_page(request).ok(),
        Call::RegistrationQuery => registration::listing(request.path.segment(1)).empty_page(request).ok(),
        _ => None,
    }
}

impl Call {
    fn of(request: &Request) -> Result<Self> {
        let path = request.path.lower();
        let (kind, below) = match path.as_slice() {
            ["enrollments", below @ ..] => (Some(EnrollmentKind::Individual), below),
            ["enrollmentgroups", below @ ..] => (Some(EnrollmentKind::Group), below),
            ["registrations", below @ ..] => (None, below),
            _ => return Err(not_implemented(request)),
        };
        match (kind, request.method.as_str(), below) {
            (Some(kind), "POST", []) => Ok(Self::Bulk(kind)),
            (Some(kind), "POST", ["query"]) => Ok(Self::Query(kind)),
            (Some(kind), "GET", [_]) => Ok(Self::Get(kind)),
            (Some(kind), "PUT", [_]) => Ok(Self::Put(kind)),
            (Some(kind), "DELETE", [_]) => Ok(Self::Delete(kind)),
            (Some(kind), "POST", [_, "attestationmechanism"]) => Ok(Self::AttestationMechanism(kind)),
            (None, "GET", [_]) => Ok(Self::RegistrationGet),
            (None, "DELETE", [_]) => Ok(Self::RegistrationDelete),
            (None, "POST", [_, "query"]) => Ok(Self::RegistrationQuery),
            (Some(_), _, []) | (Some(_), _, [_, "attestationmechanism"]) | (None, _, [_, "query"]) => {
                Err(method_not_allowed("POST"))
            }
            (Some(_), _, [_]) => Err(method_not_allowed("GET, PUT, DELETE")),
            (None, _, [] | [_]) => Err(method_not_allowed("GET, DELETE")),
            _ => Err(not_implemented(request)),
        }
    }

    /// The permission that the caller must have.
    fn permission(self) -> Permission {
        match self {
            Self::Get(_) | Self::Query(_) => Permission::ReadEnrollments,
            Self::Put(_) | Self::Delete(_) | Self::Bulk(_) => Permission::WriteEnrollments,
            Self::AttestationMechanism(_) => Permission::ReadKeys,
            Self::RegistrationGet | Self::RegistrationQuery => Permission::ReadRegistrations,
            Self::RegistrationDelete => Permission::DeleteRegistrations,
        }
    }

    fn takes_json(self) -> bool {
        matches!(self, Self::Put(_) | Self::Query(_) | Self::Bulk(_))
    }
}
