//! The service's CA certificates by name, which enrollments refer to: the part of resource manager that keeps them.

use crate::emulator::clock;
use crate::emulator::errors::{Refusal, Result, bad_request, ca_certificate_not_found, precondition_failed};
use crate::emulator::record::certificate;
use crate::emulator::record::precondition::Precondition;
use crate::emulator::record::store::{Collection, Place, Store};
use crate::emulator::request::{Answer, Request};
use crate::emulator::state::State;
use crate::model::{DEVELOPMENT, Record};
use serde::Deserialize;
use serde_json::{Value, json};

/// As many as a real service holds.
const CERTIFICATES: i64 = 25;

pub(crate) fn list(state: &State) -> Result<Answer> {
    let all = state.store.page(Collection::Certificates, None, &Place::START, usize::MAX)?;
    Ok(Answer::json(200, &json!({ "value": all.records })))
}

pub(crate) fn get(state: &State, name: &str) -> Result<Answer> {
    let record = state.store.get(Collection::Certificates, name)?.ok_or_else(ca_certificate_not_found)?;
    Ok(Answer::json(200, &record))
}

/// A new name needs no etag; a known one needs its own. Whoever puts a certificate here may say that it is verified.
pub(crate) fn put(state: &State, name: &str, request: &Request) -> Result<Answer> {
    #[derive(Deserialize)]
    struct Sent {
        properties: Properties,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Properties {
        certificate: String,
        is_verified: Option<bool>,
    }
    check_name(name)?;
    let precondition = Precondition::of(request)?;
    let Sent { properties } = serde_json::from_slice(&request.body)?;
    let is_verified = properties.is_verified.unwrap_or(false);
    let mut shown = certificate::authority(&properties.certificate)?;
    let now = clock::http_now();
    state.store.change(|records| {
        let all = records.count(Collection::Certificates)?;
        let stored = records.get(Collection::Certificates, name)?;
        let created = match &stored {
            Some(_) if precondition == Precondition::None => return Err(precondition_failed()),
            Some(stored) => {
                precondition.check(stored)?;
                stored.get(&["properties", "created"]).cloned()
            }
            None if precondition != Precondition::None => return Err(precondition_failed()),
            None if all >= CERTIFICATES => {
                return Err(bad_request("The service holds as many certificates as it may."));
            }
            None => None,
        };
        shown.insert("isVerified".to_owned(), is_verified.into());
        shown.insert("created".to_owned(), created.unwrap_or_else(|| now.clone().into()));
        shown.insert("updated".to_owned(), now.into());
        shown.insert("certificate".to_owned(), properties.certificate.into());
        let mut record = Record::default();
        record.set(&["properties"], Value::Object(shown));
        record.set(&["id"], format!("{}/certificates/{name}", DEVELOPMENT.resource_id()));
        record.set(&["name"], name);
        record.set(&["type"], "Microsoft.Devices/provisioningServices/certificates");
        record.set(&["etag"], clock::etag());
        records.put(Collection::Certificates, name, None, &record)?;
        Ok(Answer::json(200, &record))
    })
}

/// Unlike a write, a removal always says which version it means; 204 where there is none to remove.
pub(crate) fn delete(state: &State, name: &str, request: &Request) -> Result<Answer> {
    let precondition = Precondition::of(request)?;
    if precondition == Precondition::None {
        return Err(bad_request("If-Match is missing."));
    }
    match state.store.remove(Collection::Certificates, name, &precondition, ca_certificate_not_found()) {
        Ok(()) => Ok(Answer::empty(200)),
        Err(Refusal { status: 404, .. }) => Ok(Answer::empty(204)),
        Err(refusal) => Err(refusal),
    }
}

/// The certificate that `name` stands for, as DER, where the service has it and it is verified.
pub(crate) fn verified(store: &Store, name: &str) -> Result<Option<Vec<u8>>> {
    let Some(record) = store.get(Collection::Certificates, name)? else { return Ok(None) };
    if record.get(&["properties", "isVerified"]) != Some(&Value::Bool(true)) {
        return Ok(None);
    }
    let text = record.text(&["properties", "certificate"]).unwrap_or_default();
    certificate::der(text.as_bytes()).map(Some)
}

fn check_name(name: &str) -> Result<()> {
    let known = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    if (1..=64).contains(&name.len()) && name.chars().all(known) {
        Ok(())
    } else {
        Err(bad_request("The certificate's name must be 1 to 64 letters, digits, '-', '.' or '_'."))
    }
}
