//! Registration records: what a device's provisioning left behind. They are read and removed, never written by a
//! caller; the device plane and the admin calls put them in.

use crate::emulator::clock;
use crate::emulator::data_plane::paging::Listing;
use crate::emulator::errors::{Result, bad_request, registration_not_found};
use crate::emulator::record::precondition::Precondition;
use crate::emulator::record::store::{Collection, Store, Writer};
use crate::emulator::request::{Answer, Request};
use crate::emulator::state::State;
use crate::model::{EnrollmentKind, Members, Record};
use serde_json::{Value, json};

/// The members in the order in which the service writes them.
const ORDER: [&str; 11] = [
    "registrationId",
    "createdDateTimeUtc",
    "assignedHub",
    "deviceId",
    "status",
    "substatus",
    "errorCode",
    "errorMessage",
    "lastUpdatedDateTimeUtc",
    "etag",
    "payload",
];

/// What is kept of a registration and not shown: `initialHub`, the hub of the first assignment, and `twin`, what a hub
/// would have been given.
pub(crate) const KEPT: &str = "emulator";

/// The record without what is not shown.
pub(crate) fn shown(record: &Record) -> Record {
    let mut shown = record.clone();
    shown.remove(&[KEPT]);
    shown
}

pub(crate) fn get(state: &State, id: &str) -> Result<Answer> {
    let record = state.store.get(Collection::Registrations, id)?.ok_or_else(registration_not_found)?;
    Ok(Answer::json(200, &shown(&record)))
}

pub(crate) fn delete(state: &State, id: &str, request: &Request) -> Result<Answer> {
    let precondition = Precondition::of(request)?;
    state.store.remove(Collection::Registrations, id, &precondition, registration_not_found())?;
    Ok(Answer::empty(204))
}

pub(crate) fn query(state: &State, group: &str, request: &Request) -> Result<Answer> {
    listing(group).page(&state.store, request, state.page_size, shown)
}

/// What a query of the registrations of `group` lists.
pub(crate) fn listing(group: &str) -> Listing<'_> {
    Listing { collection: Collection::Registrations, owner: Some(group), item_type: "DeviceRegistration" }
}

/// The `registrationState` that GET of an individual enrollment adds.
pub(crate) fn state_of(store: &Store, enrollment: &Record) -> Result<Value> {
    let id = enrollment.text(&[EnrollmentKind::Individual.id_member()]).unwrap_or_default();
    Ok(match store.get(Collection::Registrations, id)? {
        Some(registration) => shown(&registration).0.into(),
        None => unassigned(id),
    })
}

/// The state of a device that has not registered.
pub(crate) fn unassigned(id: &str) -> Value {
    json!({ "registrationId": id, "status": "unassigned" })
}

/// Puts in a record as an administrator wants it. What is left out is filled in; `enrollmentGroupId`, which is not a
/// member of the record, says which group's query finds it.
pub(crate) fn seed(records: &Writer<'_>, id: &str, mut sent: Members) -> Result<Record> {
    let group = match sent.shift_remove("enrollmentGroupId") {
        None | Some(Value::Null) => None,
        Some(Value::String(group)) => Some(group),
        Some(_) => return Err(bad_request("enrollmentGroupId must be a text.")),
    };
    let now = clock::now();
    sent.insert("registrationId".to_owned(), id.into());
    sent.entry("status").or_insert_with(|| "assigned".into());
    sent.entry("createdDateTimeUtc").or_insert_with(|| now.clone().into());
    sent.entry("lastUpdatedDateTimeUtc").or_insert_with(|| now.into());
    put(records, id, group.as_deref(), sent)
}

/// Keeps a registration under a new etag, for the queries of `group` where it has one.
pub(crate) fn put(records: &Writer<'_>, id: &str, group: Option<&str>, mut members: Members) -> Result<Record> {
    members.insert("etag".to_owned(), clock::etag().into());
    let record = crate::emulator::record::enrollment::ordered(members, &ORDER);
    records.put(Collection::Registrations, id, group, &record)?;
    Ok(record)
}
