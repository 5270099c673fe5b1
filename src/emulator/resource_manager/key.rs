//! The shared access policies of a service, with their keys.

use super::error::{Result, not_found};
use super::{page, unknown};
use crate::emulator::configuration::SharedAccessPolicy;
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::service::Service;
use serde_json::Value;

/// The first page takes POST; the page of a `nextLink` takes GET, as the public SDKs send it.
pub(super) fn list(service: &Service, request: &Request) -> Result<Response> {
    match (request.method.as_str(), request.parameter("$skiptoken")) {
        ("POST", None) | ("GET", Some(_)) => {}
        _ => return Err(unknown(request)),
    }
    let policies: Vec<Value> = service.settings().policies.iter().map(shown).collect();
    page::page(&policies, request, &format!("{}/listkeys", service.resource), &service.host)
}

pub(super) fn get(service: &Service, request: &Request, name: &str) -> Result<Response> {
    if request.method != hyper::Method::POST {
        return Err(unknown(request));
    }
    match service.settings().policies.iter().find(|policy| policy.key_name.eq_ignore_ascii_case(name)) {
        Some(policy) => Ok(Response::json(200, &shown(policy))),
        None => Err(not_found(&format!("The service has no policy '{name}'."))),
    }
}

fn shown(policy: &SharedAccessPolicy) -> Value {
    serde_json::json!({
        "keyName": policy.key_name,
        "primaryKey": policy.primary_key,
        "secondaryKey": policy.secondary_key,
        "rights": policy.rights,
    })
}
