//! The calls on the service's CA certificates.

use crate::emulator::errors::{Result, bad_request, ca_certificate_not_found, precondition_failed};
use crate::emulator::record::ca_certificate;
use crate::emulator::record::precondition::Precondition;
use crate::emulator::record::store::{Collection, Outcome};
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::service::Service;
use crate::model::Record;
use serde::Deserialize;
use serde_json::json;

/// The limit of the real service.
const MAXIMUM_CERTIFICATES: u64 = 25;

pub(super) fn list(service: &Service) -> Result<Response> {
    let all = service.store.all(Collection::Certificates)?;
    let shown: Vec<Record> = all.iter().map(ca_certificate::shown).collect();
    Ok(Response::json(200, &json!({ "value": shown })))
}

pub(super) fn get(service: &Service, name: &str) -> Result<Response> {
    let record = service.store.get(Collection::Certificates, name)?.ok_or_else(ca_certificate_not_found)?;
    Ok(Response::json(200, &ca_certificate::shown(&record)))
}

/// A new name takes no etag; a known one requires its own. The caller may declare the certificate verified; else
/// it has to prove that it has the private key.
pub(super) fn put(service: &Service, name: &str, request: &Request) -> Result<Response> {
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
    let precondition = Precondition::parse(request.if_match())?;
    let Sent { properties: Properties { certificate, is_verified } } = serde_json::from_slice(&request.body)?;
    // No other request may create one between the count and the write.
    let _creating = service.lock_ca_certificates();
    let record = service.store.update(Collection::Certificates, name, None, |stored| {
        let record = ca_certificate::compose(&service.resource, name, &certificate, is_verified == Some(true), stored)?;
        match (stored, &precondition) {
            (Some(_), Precondition::None) => return Err(precondition_failed()),
            (Some(stored), _) => precondition.check(stored)?,
            (None, Precondition::Exists | Precondition::Etag(_)) => return Err(precondition_failed()),
            (None, Precondition::None) if service.store.count(Collection::Certificates)? >= MAXIMUM_CERTIFICATES => {
                return Err(bad_request("The service has the maximum number of certificates."));
            }
            (None, Precondition::None) => {}
        }
        Ok(record)
    })?;
    Ok(Response::json(200, &ca_certificate::shown(&parse(&record)?)))
}

/// Makes a code, for which a certificate has to be issued.
pub(super) fn generate_code(service: &Service, name: &str, request: &Request) -> Result<Response> {
    let record = change(service, name, request, |stored| Ok(ca_certificate::with_code(stored)))?;
    Ok(Response::json(200, &ca_certificate::shown_with_code(&record)))
}

/// Takes a certificate that the CA issued for the code.
pub(super) fn verify(service: &Service, name: &str, request: &Request) -> Result<Response> {
    #[derive(Deserialize)]
    struct Sent {
        certificate: String,
    }
    let Sent { certificate } = serde_json::from_slice(&request.body)?;
    let record = change(service, name, request, |stored| ca_certificate::proven(stored, &certificate))?;
    Ok(Response::json(200, &ca_certificate::shown(&record)))
}

/// Changes a certificate that is there; `If-Match` is required.
fn change(
    service: &Service,
    name: &str,
    request: &Request,
    change: impl Fn(&Record) -> Result<Record>,
) -> Result<Record> {
    let precondition = Precondition::parse(request.if_match())?;
    if precondition == Precondition::None {
        return Err(bad_request("If-Match is missing."));
    }
    let changed = service.store.update(Collection::Certificates, name, None, |stored| {
        let stored = stored.ok_or_else(ca_certificate_not_found)?;
        precondition.check(stored)?;
        change(stored)
    })?;
    parse(&changed)
}

fn parse(stored: &str) -> Result<Record> {
    Ok(serde_json::from_str(stored)?)
}

/// Unlike a write, a removal always requires `If-Match`; 204 where there is nothing to remove.
pub(super) fn delete(service: &Service, name: &str, request: &Request) -> Result<Response> {
    let precondition = Precondition::parse(request.if_match())?;
    if precondition == Precondition::None {
        return Err(bad_request("If-Match is missing."));
    }
    match service.store.remove(Collection::Certificates, name, precondition.etag())? {
        Outcome::Done => Ok(Response::empty(200)),
        Outcome::Missing => Ok(Response::empty(204)),
        Outcome::Conflict => Err(precondition_failed()),
    }
}

fn check_name(name: &str) -> Result<()> {
    let known = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    if (1..=64).contains(&name.len()) && name.chars().all(known) {
        Ok(())
    } else {
        Err(bad_request("The certificate's name must be 1 to 64 letters, digits, '-', '.' or '_'."))
    }
}
