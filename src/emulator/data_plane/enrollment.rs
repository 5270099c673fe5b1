//! The calls on one enrollment or enrollment group, and the query. Both kinds share the code; [`EnrollmentKind`]
//! has their differences.

use super::paging::Listing;
use super::registration;
use super::version::ApiVersion;
use crate::emulator::errors::{Result, already_exists, not_found};
use crate::emulator::record::precondition::Precondition;
use crate::emulator::record::store::{Collection, Store};
use crate::emulator::record::{attestation, enrollment};
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::service::Service;
use crate::model::{EnrollmentKind, Record};
use serde::Deserialize;
use serde_json::Value;

pub(super) fn get(service: &Service, kind: EnrollmentKind, id: &str, version: ApiVersion<'_>) -> Result<Response> {
    let record = stored(&service.store, kind, id)?;
    let shown = match kind {
        EnrollmentKind::Individual => enrollment::with_state(&record, registration::state_of(&service.store, &record)?),
        EnrollmentKind::Group => enrollment::without_keys(&record),
    };
    Ok(Response::json(200, &version.known(shown)))
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
    Ok(Response::json(200, &version.known(enrollment::with_keys(&written))))
}

pub(super) fn delete(service: &Service, kind: EnrollmentKind, id: &str, request: &Request) -> Result<Response> {
    remove(&service.store, kind, id, &Precondition::parse(request.if_match())?)?;
    Ok(Response::empty(204))
}

pub(super) fn attestation_mechanism(service: &Service, kind: EnrollmentKind, id: &str) -> Result<Response> {
    let record = stored(&service.store, kind, id)?;
    let mechanism = record.get(&["attestation"]).map_or(Value::Null, |kept| attestation::shown(kept, true));
    Ok(Response::json(200, &mechanism))
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
    listing(kind).page(service, request, |record| version.known(enrollment::without_keys(record)))
}

/// What a query of this kind lists.
pub(super) fn listing(kind: EnrollmentKind) -> Listing<'static> {
    let item_type = match kind {
        EnrollmentKind::Individual => "Enrollment",
        EnrollmentKind::Group => "EnrollmentGroup",
    };
    Listing { collection: Collection::Enrollments(kind), owner: None, item_type }
}

/// Creates or updates a record. Without a precondition it only creates.
pub(super) fn write(
    store: &Store,
    kind: EnrollmentKind,
    id: &str,
    sent: &Record,
    precondition: &Precondition,
) -> Result<Record> {
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

fn stored(store: &Store, kind: EnrollmentKind, id: &str) -> Result<Record> {
    store.get(Collection::Enrollments(kind), id)?.ok_or_else(|| not_found(kind))
}
