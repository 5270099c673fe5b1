//! A registration record: the result of a device's registration.

use super::json::ordered;
use super::text;
use crate::emulator::clock;
use crate::emulator::errors::{Result, bad_request};
use crate::emulator::record::store::{Collection, Entry};
use crate::model::{Members, Record};
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

/// The member that is kept and not shown: `initialHub`, the hub of the first assignment; `twin`, what a hub would have
/// been given; `substatus`, which a failed registration leaves out of the record itself.
pub(crate) const INTERNAL: &str = "emulator";

/// The stored record, a JSON text, without what is not shown.
pub(crate) fn shown_text(stored: &str) -> Result<String> {
    text::without(stored, &[&[INTERNAL]])
}

/// The record without what is not shown.
pub(crate) fn shown(record: &Record) -> Record {
    let mut shown = record.clone();
    shown.remove(&[INTERNAL]);
    shown
}

/// The state of a device that has not registered.
pub(crate) fn unassigned(id: &str) -> Value {
    json!({ "registrationId": id, "status": "unassigned" })
}

/// The record of `members` in the service's order, under a new etag.
pub(crate) fn compose(mut members: Members) -> Record {
    members.insert("etag".to_owned(), clock::etag().into());
    ordered(members, &ORDER)
}

/// The record that an administrator puts in, and what is to be stored. What is left out is filled in;
/// `enrollmentGroupId`, which is not a member of the record, is the group whose query finds it.
pub(crate) fn seeded(id: &str, mut sent: Members) -> Result<(Record, Entry)> {
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
    let record = compose(sent);
    let entry = Entry::new(Collection::Registrations, id, group.as_deref(), &record)?;
    Ok((record, entry))
}
