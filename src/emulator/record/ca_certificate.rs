//! A CA certificate of the service, which enrollments refer to by name.

use super::certificate;
use super::store::{Collection, Store};
use crate::emulator::clock;
use crate::emulator::errors::{Result, bad_request};
use crate::model::{Record, ResourceId};
use serde_json::Value;

/// The member that is kept and not shown.
const INTERNAL: &str = "emulator";

/// Where the verification code is kept.
const CODE: [&str; 2] = [INTERNAL, "verificationCode"];

/// Turns what was sent for `name` into the record to keep, in place of `stored`.
pub(crate) fn compose(
    resource: &ResourceId,
    name: &str,
    certificate: &str,
    is_verified: bool,
    stored: Option<&Record>,
) -> Result<Record> {
    let mut properties = certificate::ca_properties(certificate)?;
    let now = Value::from(clock::http_now());
    let created = stored.and_then(|stored| stored.get(&["properties", "created"])).unwrap_or(&now).clone();
    properties.insert("isVerified".to_owned(), is_verified.into());
    properties.insert("created".to_owned(), created);
    properties.insert("updated".to_owned(), now);
    properties.insert("certificate".to_owned(), certificate.into());
    let mut record = Record::default();
    record.set(&["properties"], Value::Object(properties));
    record.set(&["id"], format!("{resource}/certificates/{name}"));
    record.set(&["name"], name);
    record.set(&["type"], "Microsoft.Devices/provisioningServices/certificates");
    record.set(&["etag"], clock::etag());
    Ok(record)
}

/// The record without what is not shown.
pub(crate) fn shown(record: &Record) -> Record {
    let mut shown = record.clone();
    shown.remove(&[INTERNAL]);
    shown
}

/// The record with the code that its holder has to have certified.
pub(crate) fn shown_with_code(record: &Record) -> Record {
    let mut shown = shown(record);
    shown.set(&["properties", "verificationCode"], record.text(&CODE).unwrap_or_default());
    shown
}

/// The record with a new code. Nobody has proven anything with it yet.
pub(crate) fn with_code(stored: &Record) -> Record {
    let code: String = (0..3).map(|_| format!("{:016X}", fastrand::u64(..))).collect();
    let mut record = changed(stored);
    record.set(&CODE, code);
    record
}

/// The verified record, where `certificate` is issued by it for its code.
pub(crate) fn proven(stored: &Record, certificate: &str) -> Result<Record> {
    let code = stored.text(&CODE).ok_or_else(|| bad_request("No verification code was generated."))?;
    let own = certificate::der(stored.text(&["properties", "certificate"]).unwrap_or_default().as_bytes())?;
    let sent = certificate::der(certificate.as_bytes())?;
    if certificate::common_name(&sent)?.as_deref() != Some(code) {
        return Err(bad_request("The common name of the certificate is not the verification code."));
    }
    if !certificate::is_issued_by(&sent, &own)? {
        return Err(bad_request("The certificate is not issued by the CA certificate that is to be verified."));
    }
    let mut record = changed(stored);
    record.remove(&[INTERNAL]);
    record.set(&["properties", "isVerified"], true);
    Ok(record)
}

fn changed(stored: &Record) -> Record {
    let mut record = stored.clone();
    record.set(&["properties", "updated"], clock::http_now());
    record.set(&["etag"], clock::etag());
    record
}

/// The certificate of this name as DER, where the service has it and it is verified.
pub(crate) fn verified(store: &Store, name: &str) -> Result<Option<Vec<u8>>> {
    let Some(record) = store.get(Collection::Certificates, name)? else { return Ok(None) };
    if record.get(&["properties", "isVerified"]) != Some(&Value::Bool(true)) {
        return Ok(None);
    }
    let text = record.text(&["properties", "certificate"]).unwrap_or_default();
    certificate::der(text.as_bytes()).map(Some)
}
