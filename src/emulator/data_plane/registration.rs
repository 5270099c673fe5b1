//! The calls on registration records. They are read and removed here; registrations of devices write them.

use super::paging::Listing;
use crate::emulator::errors::{Result, registration_not_found};
use crate::emulator::record::precondition::Precondition;
use crate::emulator::record::registration::{shown_text, unassigned};
use crate::emulator::record::store::{Collection, Store};
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::service::Service;

pub(super) fn get(service: &Service, id: &str) -> Result<Response> {
    let stored = service.store.text(Collection::Registrations, id)?.ok_or_else(registration_not_found)?;
    Ok(Response::json_text(200, shown_text(&stored)?))
}

pub(super) fn delete(service: &Service, id: &str, request: &Request) -> Result<Response> {
    let precondition = Precondition::parse(request.if_match())?;
    let removed = service.store.remove(Collection::Registrations, id, precondition.etag())?;
    removed.done(registration_not_found())?;
    Ok(Response::empty(204))
}

pub(super) fn query(service: &Service, group: &str, request: &Request) -> Result<Response> {
    listing(group).page(service, request, shown_text)
}

/// What a query of the registrations of `group` lists.
pub(super) fn listing(group: &str) -> Listing<'_> {
    Listing { collection: Collection::Registrations, owner: Some(group), item_type: "DeviceRegistration" }
}

/// The `registrationState` that GET of the individual enrollment `id` adds, as JSON text.
pub(super) fn state_of(store: &Store, id: &str) -> Result<String> {
    match store.text(Collection::Registrations, id)? {
        Some(registration) => shown_text(&registration),
        None => Ok(unassigned(id).to_string()),
    }
}
