//! The six calls on enrollments. Both kinds go the same way; [`EnrollmentKind`] knows in what they differ.

use crate::emulator::data_plane::paging::Listing;
use crate::emulator::data_plane::registration;
use crate::emulator::errors::{Result, already_exists, bad_request, not_found};
use crate::emulator::record::attestation;
use crate::emulator::record::enrollment;
use crate::emulator::record::precondition::Precondition;
use crate::emulator::record::store::{Collection, Store};
use crate::emulator::request::{Answer, Request};
use crate::emulator::state::State;
use crate::model::{EnrollmentKind, Members, Record};
use serde::Deserialize;
use serde_json::{Value, json};

/// The largest bulk request.
const BULK_ITEMS: usize = 10;

pub(crate) fn get(state: &State, kind: EnrollmentKind, id: &str) -> Result<Answer> {
    let record = stored(&state.store, kind, id)?;
    let shown = match kind {
        EnrollmentKind::Individual => enrollment::with_state(&record, registration::state_of(&state.store, &record)?),
        EnrollmentKind::Group => enrollment::without_keys(&record),
    };
    Ok(Answer::json(200, &shown))
}

pub(crate) fn put(state: &State, kind: EnrollmentKind, id: &str, request: &Request) -> Result<Answer> {
    let sent = serde_json::from_slice(&request.body)?;
    let kept = write(&state.store, kind, id, sent, &Precondition::of(request)?)?;
    Ok(Answer::json(200, &enrollment::with_keys(&kept)))
}

pub(crate) fn delete(state: &State, kind: EnrollmentKind, id: &str, request: &Request) -> Result<Answer> {
    remove(&state.store, kind, id, &Precondition::of(request)?)?;
    Ok(Answer::empty(204))
}

pub(crate) fn attestation_mechanism(state: &State, kind: EnrollmentKind, id: &str) -> Result<Answer> {
    let record = stored(&state.store, kind, id)?;
    let mechanism = record.get(&["attestation"]).map_or(Value::Null, |kept| attestation::shown(kept, true));
    Ok(Answer::json(200, &mechanism))
}

/// The text of the query is not read: every query selects all. The one that is asked must be there.
pub(crate) fn query(state: &State, kind: EnrollmentKind, request: &Request) -> Result<Answer> {
    #[derive(Deserialize)]
    struct Specification {
        #[serde(rename = "query")]
        _query: String,
    }
    serde_json::from_slice::<Specification>(&request.body)?;
    listing(kind).page(&state.store, request, state.page_size, enrollment::without_keys)
}

/// What a query of this kind lists.
pub(crate) fn listing(kind: EnrollmentKind) -> Listing<'static> {
    let item_type = match kind {
        EnrollmentKind::Individual => "Enrollment",
        EnrollmentKind::Group => "EnrollmentGroup",
    };
    Listing { collection: Collection::Enrollments(kind), owner: None, item_type }
}

/// What a bulk request does with each of its records.
#[derive(Clone, Copy)]
enum Mode {
    Create,
    Update,
    UpdateIfMatch,
    Delete,
}

impl Mode {
    fn parse(text: &str) -> Option<Self> {
        // One of the public SDKs spells the third one `updateIfMatchEtag`.
        match text.to_ascii_lowercase().as_str() {
            "create" => Some(Self::Create),
            "update" => Some(Self::Update),
            "updateifmatchetag" => Some(Self::UpdateIfMatch),
            "delete" => Some(Self::Delete),
            _ => None,
        }
    }
}

pub(crate) fn bulk(state: &State, kind: EnrollmentKind, request: &Request) -> Result<Answer> {
    let mut body: Members = serde_json::from_slice(&request.body)?;
    let mode = body
        .get("mode")
        .and_then(Value::as_str)
        .and_then(Mode::parse)
        .ok_or_else(|| bad_request("mode must be one of create, update, updateIfMatchETag, delete."))?;
    let Some(Value::Array(items)) = body.remove(kind.collection()) else {
        return Err(bad_request(format!("{} must be an array.", kind.collection())));
    };
    if items.len() > BULK_ITEMS {
        return Err(bad_request(format!("{} holds more than {BULK_ITEMS} items.", kind.collection())));
    }
    let mut records = Vec::with_capacity(items.len());
    for item in items {
        let record: Record = serde_json::from_value(item)?;
        let id = record.text(&[kind.id_member()]).map(str::to_owned);
        records.push((id.ok_or_else(|| bad_request(format!("An item has no {}.", kind.id_member())))?, record));
    }
    // Each item stands for itself: one that is refused undoes no other.
    let mut errors = Vec::new();
    for (id, record) in records {
        if let Err(refusal) = bulk_item(&state.store, kind, mode, &id, record) {
            errors.push(json!({
                kind.id_member(): id, "errorCode": refusal.code, "errorStatus": refusal.message,
            }));
        }
    }
    let successful = errors.is_empty();
    Ok(Answer::json(200, &json!({ "errors": errors, "isSuccessful": successful })))
}

fn bulk_item(store: &Store, kind: EnrollmentKind, mode: Mode, id: &str, record: Record) -> Result<()> {
    let precondition = match (mode, record.text(&["etag"])) {
        (Mode::Create, _) | (_, None) => Precondition::None,
        (_, Some(etag)) => Precondition::parse(etag)?,
    };
    match (mode, &precondition) {
        (Mode::Delete, _) => remove(store, kind, id, &precondition),
        (Mode::UpdateIfMatch, Precondition::None) => Err(bad_request("etag is missing.")),
        _ => write(store, kind, id, record, &precondition).map(|_| ()),
    }
}

/// Without a precondition a write creates and nothing else.
fn write(store: &Store, kind: EnrollmentKind, id: &str, sent: Record, precondition: &Precondition) -> Result<Record> {
    let collection = Collection::Enrollments(kind);
    store.change(|records| {
        let stored = records.get(collection, id)?;
        let record = enrollment::compose(kind, id, sent, stored.as_ref())?;
        match (&stored, precondition) {
            (Some(_), Precondition::None) => return Err(already_exists(kind)),
            (None, Precondition::Exists | Precondition::Matches(_)) => return Err(not_found(kind)),
            (Some(stored), _) => precondition.check(stored)?,
            (None, Precondition::None) => {}
        }
        records.put(collection, id, None, &record)?;
        Ok(record)
    })
}

fn remove(store: &Store, kind: EnrollmentKind, id: &str, precondition: &Precondition) -> Result<()> {
    store.remove(Collection::Enrollments(kind), id, precondition, not_found(kind))
}

fn stored(store: &Store, kind: EnrollmentKind, id: &str) -> Result<Record> {
    store.get(Collection::Enrollments(kind), id)?.ok_or_else(|| not_found(kind))
}
