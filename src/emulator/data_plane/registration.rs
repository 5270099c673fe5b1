//! The calls on registration records. They are read and removed here; registrations of devices write them.

use super::paging::Listing;
use crate::emulator::errors::{Result, registration_not_found};
use crate::emulator::record::precondition::Precondition;
use crate::emulator::record::registration::{shown, unassigned};
use crate::emulator::record::store::{Collection, Store};
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::service::Service;
use crate::model::{EnrollmentKind, Record};
use serde_json::Value;

pub(super) fn get(service: &Service, id: &str) -> Result<Response> {
    let record = service.store.get(Collection::Registrations, id)?.ok_or_else(registration_not_found)?;
    Ok(Response::json(200, &shown(&record)))
}

pub(super) fn delete(service: &Service, id: &str, request: &Request) -> Result<Response> {
    let precondition = Precondition::parse(request.if_match())?;
    let removed = service.store.remove(Collection::Registrations, id, precondition.etag())?;
    removed.done(registration_not_found())?;
    Ok(Response::empty(204))
}

pub(super) fn query(service: &Service, group: &str, request: &Request) -> Result<Response> {
    listing(group).page(service, request, shown)
}

/// What a query of the registrations of `group` lists.
pub(super) fn listing(group: &str) -> Listing<'_> {
    Listing { collection: Collection::Registrations, owner: Some(group), item_type: "DeviceRegistration" }
}

/// The `registrationState` that GET of an individual enrollment adds.
pub(super) fn state_of(store: &Store, enrollment: &Record) -> Result<Value> {
    let id = enrollment.text(&[EnrollmentKind::Individual.id_member()]).unwrap_or_default();
    Ok(match store.get(Collection::Registrations, id)? {
        Some(registration) => shown(&registration).0.into(),
        None => unassigned(id),
    })
}
