//! The calls on provisioning services themselves.

use super::caller::{Access, Caller};
use super::description::{self, Description};
use super::error::{Result, bad_request, error, of_service, provider_error};
use super::{page, subscription, unknown};
use crate::emulator::configuration::is_name;
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::service::{OPERATION_TIME, Service, ServiceState};
use crate::emulator::state::State;
use crate::model::{Members, ResourceId};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The services of a subscription, or of one of its resource groups, that the caller may read.
pub(super) fn list(
    state: &State,
    caller: &Caller,
    request: &Request,
    subscription: &str,
    group: Option<&str>,
) -> Result<Response> {
    let is_there = |resource: &ResourceId| {
        resource.subscription_id.eq_ignore_ascii_case(subscription)
            && group.is_none_or(|group| resource.resource_group_name.eq_ignore_ascii_case(group))
            && caller.may(Access::Read, &resource.to_string())
    };
    let services = state.services.all();
    let services = services.iter().filter(|service| is_there(&service.resource));
    let shown: Vec<Value> = services.map(|service| description::shown(service, version(request))).collect();
    page::page(&shown, request, request.raw_path(), &state.services.development().host)
}

/// A call on the service `id`, which may not be there yet.
pub(super) fn respond(
    state: &State,
    request: &Request,
    id: ResourceId,
    service: Option<&Arc<Service>>,
) -> Result<Response> {
    match (request.method.as_str(), service) {
        ("GET", Some(service)) => Ok(Response::json(200, &description::shown(service, version(request)))),
        ("GET" | "PATCH", None) => Err(not_there(&id)),
        ("PUT", service) => put(state, request, id, service),
        ("PATCH", Some(service)) => patch(state, request, service),
        ("DELETE", Some(service)) => {
            check_idle(service)?;
            state.services.remove(service).map_err(of_service)?;
            let url = operation(state, request, &id);
            Ok(accepted(Response::empty(202).header("Location", url.clone()), url))
        }
        ("DELETE", None) => Ok(Response::empty(204)),
        _ => Err(unknown(request)),
    }
}

/// The error of a service that is not there.
pub(super) fn not_there(id: &ResourceId) -> Response {
    let message = format!(
        "The Resource 'Microsoft.Devices/provisioningServices/{}' under resource group '{}' was not found.",
        id.name, id.resource_group_name
    );
    error(404, "ResourceNotFound", &message)
}

fn put(state: &State, request: &Request, id: ResourceId, service: Option<&Arc<Service>>) -> Result<Response> {
    let sent: Description = read(request)?;
    if let Some(service) = service {
        check_idle(service)?;
        check_etag(service, request)?;
        let settings = sent.settings(Some(&service.settings()), version(request))?;
        return update(state, request, service, settings);
    }
    if request.if_match().is_some() {
        return Err(provider_error(412, "The service that If-Match names is not there."));
    }
    if !is_name(&id.name) {
        return Err(bad_request(&format!("'{}' can't be the name of a provisioning service: {NAME_RULE}.", id.name)));
    }
    let settings = sent.settings(None, version(request))?;
    let url = operation(state, request, &id);
    let taken = format!("The name '{}' is not available: another provisioning service has it.", id.name);
    let created = state.services.create(id, settings).map_err(of_service)?;
    let service = created.ok_or_else(|| provider_error(409, &taken))?;
    Ok(accepted(Response::json(201, &description::shown(&service, version(request))), url))
}

/// Only tags can be patched.
fn patch(state: &State, request: &Request, service: &Arc<Service>) -> Result<Response> {
    #[derive(Deserialize)]
    struct Sent {
        tags: Option<Members>,
    }
    check_idle(service)?;
    check_etag(service, request)?;
    let Sent { tags } = read(request)?;
    let settings = description::with_tags(&service.settings(), tags)?;
    update(state, request, service, settings)
}

fn update(
    state: &State,
    request: &Request,
    service: &Arc<Service>,
    settings: crate::emulator::service::settings::Settings,
) -> Result<Response> {
    state.services.update(service, settings).map_err(of_service)?;
    let url = operation(state, request, &service.resource);
    Ok(accepted(Response::json(200, &description::shown(service, version(request))), url))
}

/// Whether a service can have a name.
pub(super) fn name_availability(state: &State, request: &Request) -> Result<Response> {
    #[derive(Deserialize)]
    struct Sent {
        name: String,
    }
    let Sent { name } = read(request)?;
    let taken = state.services.find(|service| service.resource.name.eq_ignore_ascii_case(&name)).is_some();
    let (reason, message) = match (is_name(&name), taken) {
        (false, _) => (Some("Invalid"), format!("The name '{name}' is not valid: {NAME_RULE}.")),
        (true, true) => (Some("AlreadyExists"), format!("The name '{name}' is not available.")),
        (true, false) => (None, String::new()),
    };
    let mut body = json!({ "nameAvailable": reason.is_none() });
    if let Some(reason) = reason {
        body["reason"] = reason.into();
        body["message"] = message.into();
    }
    Ok(Response::json(200, &body))
}

const NAME_RULE: &str = "3 to 50 letters, digits and hyphens, no hyphen at either end, not digits only";

/// How far an operation is. A client that follows `Location` goes by the status, one that follows
/// `Azure-AsyncOperation` by the body.
pub(super) fn operation_result(state: &State, request: &Request, operation_id: &str) -> Result<Response> {
    let running = state
        .services
        .is_running(operation_id)
        .ok_or_else(|| error(404, "ResourceNotFound", &format!("The operation '{operation_id}' was not found.")))?;
    if !running {
        return Ok(Response::json(200, &json!({ "status": "Succeeded" })));
    }
    let host = request.header("host").unwrap_or_default();
    let url = format!("https://{host}{}", request.target);
    Ok(accepted(Response::json(202, &json!({ "status": "Running" })).header("Location", url.clone()), url))
}

/// Begins an operation on the service `id`; where its result can be asked for.
fn operation(state: &State, request: &Request, id: &ResourceId) -> String {
    let host = request.header("host").unwrap_or_default();
    let operation = state.services.begin_operation();
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("api-version", version(request)).finish();
    format!("https://{host}{id}/operationResults/{operation}?{query}")
}

fn accepted(response: Response, url: String) -> Response {
    response.header("Azure-AsyncOperation", url).header("Retry-After", OPERATION_TIME.as_secs().to_string())
}

fn check_idle(service: &Service) -> Result<()> {
    match service.state() {
        ServiceState::Active => Ok(()),
        _ => Err(provider_error(409, "Another operation on the service is not finished yet.")),
    }
}

/// `If-Match` is not required; where it is sent, it counts.
fn check_etag(service: &Service, request: &Request) -> Result<()> {
    match request.if_match().map(|etag| etag.trim_matches('"')) {
        None | Some("*") => Ok(()),
        Some(etag) if etag == service.settings().etag => Ok(()),
        Some(_) => Err(provider_error(412, "The service's etag is not the one in If-Match.")),
    }
}

/// The body of a request.
fn read<T: serde::de::DeserializeOwned>(request: &Request) -> Result<T> {
    serde_json::from_slice(&request.body).map_err(|error| {
        let message = format!("The request content was invalid and could not be deserialized: '{error}'.");
        super::error::error(400, "InvalidRequestContent", &message)
    })
}

pub(super) fn version(request: &Request) -> &str {
    request.api_version().unwrap_or_default()
}

/// The resource id of a service, in the spelling of what there is.
pub(super) fn id(state: &State, subscription: &str, group: &str, name: &str) -> Result<ResourceId> {
    let group = subscription::group(state, subscription, group)?;
    Ok(ResourceId { subscription_id: group.subscription_id, resource_group_name: group.name, name: name.to_owned() })
}
