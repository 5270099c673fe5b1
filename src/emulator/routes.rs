//! What a request is for, and everything that it goes through, in order.

use crate::emulator::admin;
use crate::emulator::auth;
use crate::emulator::data_plane::enrollment;
use crate::emulator::data_plane::registration;
use crate::emulator::device;
use crate::emulator::errors::{
    Result, bad_request, forbidden, method_not_allowed, not_implemented, unsupported_media_type,
};
use crate::emulator::request::{Answer, Request};
use crate::emulator::resource_manager;
use crate::emulator::state::State;
use crate::model::{AccessRight, EnrollmentKind};
use hyper::Method;
use std::sync::Arc;

/// The answer to `request`. Paths have no case; ids keep theirs.
pub(crate) fn answer(state: &Arc<State>, request: &Request) -> Answer {
    // A foreign Host means that a name which is not ours was made to point at this machine.
    let host = request.header("host").unwrap_or_default();
    if !auth::is_this_host(host, &state.authority) {
        return forbidden("The emulator answers to loopback host names only.").into();
    }
    let Some(ids) = &request.segments else { return bad_request("The path is not UTF-8.").into() };
    let lower: Vec<String> = ids.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["_emulator", rest @ ..] => {
            admin::answer(state, request, rest, ids.get(1..).unwrap_or_default()).unwrap_or_else(Answer::from)
        }
        [tenant, "oauth2", "v2.0", "token"] if request.method == Method::POST => state.tokens.answer(tenant, request),
        [_, "v2.0", ".well-known", "openid-configuration"] if request.method == Method::GET => {
            state.tokens.configuration()
        }
        [_, "discovery", "v2.0", "keys"] if request.method == Method::GET => state.tokens.keys(),
        ["subscriptions", ..] => resource_manager::answer(state, request, &parts, ids),
        parts => service(state, request, parts, ids)
            .unwrap_or_else(Answer::from)
            .header("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    }
}

/// The two planes of the service itself. A device names an ID scope where others name a collection.
fn service(state: &Arc<State>, request: &Request, parts: &[&str], ids: &[String]) -> Result<Answer> {
    match parts {
        ["enrollments" | "enrollmentgroups" | "registrations", ..] => data_plane(state, request, parts, ids),
        [_, "registrations", _, ..] => device::answer(state, request, parts, ids),
        _ => Err(not_implemented(request.method.as_str(), request.path())),
    }
}

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

fn data_plane(state: &State, request: &Request, parts: &[&str], ids: &[String]) -> Result<Answer> {
    let call = Call::of(request, parts)?;
    auth::authorize(state, request, call.right())?;
    let version = request.parameter("api-version").ok_or_else(|| bad_request("api-version is missing."))?;
    state.note_version("data plane", version);
    if call.takes_json() && !request.is_json() {
        return Err(unsupported_media_type());
    }
    let id = ids.get(1).map(String::as_str).unwrap_or_default();
    match call {
        Call::Get(kind) => enrollment::get(state, kind, id),
        Call::Put(kind) => enrollment::put(state, kind, id, request),
        Call::Delete(kind) => enrollment::delete(state, kind, id, request),
        Call::AttestationMechanism(kind) => enrollment::attestation_mechanism(state, kind, id),
        Call::Query(kind) => enrollment::query(state, kind, request),
        Call::Bulk(kind) => enrollment::bulk(state, kind, request),
        Call::RegistrationGet => registration::get(state, id),
        Call::RegistrationDelete => registration::delete(state, id, request),
        Call::RegistrationQuery => registration::query(state, id, request),
    }
}

impl Call {
    fn of(request: &Request, parts: &[&str]) -> Result<Self> {
        let method = request.method.as_str();
        let (kind, below) = match parts {
            ["enrollments", below @ ..] => (Some(EnrollmentKind::Individual), below),
            ["enrollmentgroups", below @ ..] => (Some(EnrollmentKind::Group), below),
            ["registrations", below @ ..] => (None, below),
            _ => return Err(not_implemented(method, request.path())),
        };
        match (kind, method, below) {
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
            _ => Err(not_implemented(method, request.path())),
        }
    }

    /// The right that the caller must hold. The attestation mechanism gives keys away, which no mere reader may have.
    fn right(self) -> AccessRight {
        match self {
            Self::Get(_) | Self::Query(_) => AccessRight::EnrollmentRead,
            Self::Put(_) | Self::Delete(_) | Self::Bulk(_) | Self::AttestationMechanism(_) => {
                AccessRight::EnrollmentWrite
            }
            Self::RegistrationGet | Self::RegistrationQuery => AccessRight::RegistrationStatusRead,
            Self::RegistrationDelete => AccessRight::RegistrationStatusWrite,
        }
    }

    fn takes_json(self) -> bool {
        matches!(self, Self::Put(_) | Self::Query(_) | Self::Bulk(_))
    }
}

/// The page that the [`EmptyPage`](crate::emulator::server::faults::FaultKind::EmptyPage) fault asks for; `None` where the request is
/// not a query.
pub(crate) fn empty_page(request: &Request) -> Option<Answer> {
    let ids = request.segments.as_ref()?;
    let lower: Vec<String> = ids.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    match Call::of(request, &parts).ok()? {
        Call::Query(kind) => enrollment::listing(kind).empty_page(request).ok(),
        Call::RegistrationQuery => registration::listing(ids.get(1)?).empty_page(request).ok(),
        _ => None,
    }
}
