//! A CA certificate of the service, which enrollments refer to by name.

use super::certificate;
use super::store::{Collection, Store};
use crate::emulator::clock;
use crate::emulator::errors::Result;
use crate::model::{Record, ResourceId};
use serde_json::Value;

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

/// The certificate of this name as DER, where the service has it and it is verified.
pub(crate) fn verified(store: &Store, name: &str) -> Result<Option<Vec<u8>>> {
    let Some(record) = store.get(Collection::Certificates, name)? else { return Ok(None) };
    if record.get(&["properties", "isVerified"]) != Some(&Value::Bool(true)) {
        return Ok(None);
    }
    let text = record.text(&["properties", "certificate"]).unwrap_or_default();
    certificate::der(text.as_bytes()).map(Some)
}
