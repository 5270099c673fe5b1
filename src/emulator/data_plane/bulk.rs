//! Bulk requests on enrollments.

use super::enrollment::{remove, write};
use super::version::ApiVersion;
use crate::emulator::errors::{Result, bad_request};
use crate::emulator::record::precondition::Precondition;
use crate::emulator::record::store::Store;
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::service::Service;
use crate::model::{EnrollmentKind, Members, Record};
use serde_json::{Value, json};

/// The largest number of items in a request.
const MAXIMUM_ITEMS: usize = 10;

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

pub(super) fn bulk(
    service: &Service,
    kind: EnrollmentKind,
    version: ApiVersion<'_>,
    request: &Request,
) -> Result<Response> {
    let mut body: Members = serde_json::from_slice(&request.body)?;
    let mode = body
        .get("mode")
        .and_then(Value::as_str)
        .and_then(Mode::parse)
        .ok_or_else(|| bad_request("mode must be one of create, update, updateIfMatchETag, delete."))?;
    let Some(Value::Array(items)) = body.remove(kind.collection()) else {
        return Err(bad_request(format!("{} must be an array.", kind.collection())));
    };
    if items.len() > MAXIMUM_ITEMS {
        return Err(bad_request(format!("{} holds more than {MAXIMUM_ITEMS} items.", kind.collection())));
    }
    let mut records = Vec::with_capacity(items.len());
    for item in items {
        let record = version.known(serde_json::from_value(item)?);
        let id = record.text(&[kind.id_member()]).map(str::to_owned);
        records.push((id.ok_or_else(|| bad_request(format!("An item has no {}.", kind.id_member())))?, record));
    }
    // Each item is on its own: an error of one undoes no other.
    let mut errors = Vec::new();
    for (id, record) in &records {
        if let Err(error) = item(&service.store, kind, mode, id, record) {
            errors.push(json!({
                kind.id_member(): id, "errorCode": error.code, "errorStatus": error.message,
            }));
        }
    }
    let successful = errors.is_empty();
    Ok(Response::json(200, &json!({ "errors": errors, "isSuccessful": successful })))
}

fn item(store: &Store, kind: EnrollmentKind, mode: Mode, id: &str, record: &Record) -> Result<()> {
    let etag = match mode {
        Mode::Create => None,
        Mode::Update | Mode::UpdateIfMatch | Mode::Delete => record.text(&["etag"]),
    };
    let precondition = Precondition::parse(etag)?;
    match (mode, &precondition) {
        (Mode::Delete, _) => remove(store, kind, id, &precondition),
        (Mode::UpdateIfMatch, Precondition::None) => Err(bad_request("etag is missing.")),
        _ => write(store, kind, id, record, &precondition).map(|_| ()),
    }
}
