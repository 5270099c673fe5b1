//! The calls on one enrollment or enrollment group, and the query. Both kinds share the code; [`EnrollmentKind`]
//! has their differences.

use super::paging::Listing;
use super::registration;
use super::version::ApiVersion;
use crate::emulator::errors::{Result, already_exists, not_found};
use crate::emulator::record::enrollment;
use crate::emulator::record::precondition::Precondition;
use crate::emulator::record::store::{Collection, Store};
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::service::Service;
use crate::model::{EnrollmentKind, Record};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn get(service: &Service, kind: EnrollmentKind, id: &str, version: ApiVersion<'_>) -> Result<Response> {
    let stored = stored(&service.store, kind, id)?;
    let shown = match kind {
        EnrollmentKind::Individual => enrollment::with_state(&stored, &registration::state_of(&service.store, id)?),
        EnrollmentKind::Group => enrollment::without_keys(&stored),
    };
    Ok(Response::json_text(200, version.known_text(shown?)?))
}

pub(super) fn put(
    service: &Service,
    kind: EnrollmentKind,
    id: &str,
    version: ApiVersion<'_>,
    request: &Request,
) -> Result<Response> {
    let sent = version.known(serde_json::from_slice(&request.body)?);
    let written = write(&service.store, kind, id, &sent, &Precondition::parse(request.if_match())?)?;
    Ok(Response::json_text(200, version.known_text(enrollment::with_keys(&written)?)?))
}

pub(super) fn delete(service: &Service, kind: EnrollmentKind, id: &str, request: &Request) -> Result<Response> {
    remove(&service.store, kind, id, &Precondition::parse(request.if_match())?)?;
    Ok(Response::empty(204))
}

pub(super) fn attestation_mechanism(service: &Service, kind: EnrollmentKind, id: &str) -> Result<Response> {
    let stored = stored(&service.store, kind, id)?;
    Ok(Response::json_text(200, enrollment::attestation_mechanism(&stored)?))
}

/// The text of the query is required and not evaluated: every query selects all.
pub(super) fn query(
    service: &Service,
    kind: EnrollmentKind,
    version: ApiVersion<'_>,
    request: &Request,
) -> Result<Response> {
    #[derive(Deserialize)]
    struct Specification {
        #[serde(rename = "query")]
        _query: String,
    }
    serde_json::from_slice::<Specification>(&request.body)?;
    listing(kind).page(service, request, |stored| version.known_text(enrollment::without_keys(stored)?))
}

/// What a query of this kind lists.
pub(super) fn listing(kind: EnrollmentKind) -> Listing<'static> {
    let item_type = match kind {
        EnrollmentKind::Individual => "Enrollment",
        EnrollmentKind::Group => "EnrollmentGroup",
    };
    Listing { collection: Collection::Enrollments(kind), owner: None, item_type }
}

/// Creates or updates a record, and returns it as it is stored. Without a precondition it only creates.
pub(super) fn write(
    store: &Store,
    kind: EnrollmentKind,
    id: &str,
    sent: &Record,
    precondition: &Precondition,
) -> Result<Arc<str>> {
    store.update(Collection::Enrollments(kind), id, None, |stored| {
        let record = enrollment::compose(kind, id, sent.clone(), stored)?;
        match (stored, precondition) {
            (Some(_), Precondition::None) => return Err(already_exists(kind)),
            (None, Precondition::Exists | Precondition::Etag(_)) => return Err(not_found(kind)),
            (Some(stored), _) => precondition.check(stored)?,
            (None, Precondition::None) => {}
        }
        Ok(record)
    })
}

pub(super) fn remove(store: &Store, kind: EnrollmentKind, id: &str, precondition: &Precondition) -> Result<()> {
    store.remove(Collection::Enrollments(kind), id, precondition.etag())?.done(not_found(kind))
}

fn stored(store: &Store, kind: EnrollmentKind, id: &str) -> Result<Arc<str>> {
    store.text(Collection::Enrollments(kind), id)?.ok_or_else(|| not_found(kind))
}
