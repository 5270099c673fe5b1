//! The part of Azure Resource Manager that finds the service, its keys and its CA certificates.

mod ca_certificate;

use crate::emulator::auth::token::Audience;
use crate::emulator::errors::{self, not_implemented_text};
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::service::configuration::LinkedHub;
use crate::emulator::service::{Policy, Service};
use crate::emulator::state::State;
use crate::model::DEVELOPMENT;
use hyper::Method;
use serde_json::{Value, json};

/// The number of policies on a page of keys: fewer than there are, so that clients have to follow `nextLink`.
const KEYS_PER_PAGE: usize = 3;

/// Carries out a call under `/subscriptions`.
pub(crate) fn respond(state: &State, request: &Request) -> Response {
    let bearer = request.header("authorization").and_then(|value| value.split_once(' '));
    let verified = match bearer {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            state.tokens.verify(token, Audience::Management)
        }
        _ => Err("Authentication failed. The 'Authorization' header is missing or is not a bearer token.".to_owned()),
    };
    if let Err(message) = verified {
        let challenge =
            format!("Bearer authorization_uri=\"{}\", error=\"invalid_token\"", state.tokens.tenant_endpoint());
        return error(401, "AuthenticationFailed", &message).header("WWW-Authenticate", challenge);
    }
    let Some(version) = request.api_version() else {
        return error(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required.",
        );
    };
    state.note_version("resource manager", version);
    route(state, request)
}

fn route(state: &State, request: &Request) -> Response {
    const SERVICES: [&str; 3] = ["providers", "microsoft.devices", "provisioningservices"];
    let path = request.path.lower();
    let (subscription, below) = match path.as_slice() {
        ["subscriptions"] | [] => return only(request, &Method::GET, || list(&[subscription()])),
        ["subscriptions", subscription, below @ ..] => (*subscription, below),
        _ => return unknown(request),
    };
    if !subscription.eq_ignore_ascii_case(DEVELOPMENT.subscription_id) {
        let message = format!("The subscription '{subscription}' could not be found.");
        return error(404, "SubscriptionNotFound", &message);
    }
    let (group, below) = match below {
        ["resourcegroups", group, below @ ..] => (Some(*group), below),
        below => (None, below),
    };
    let Some(below) = below.strip_prefix(&SERVICES) else { return unknown(request) };
    if let Some(group) = group.filter(|group| !group.eq_ignore_ascii_case(DEVELOPMENT.resource_group_name)) {
        let message = format!("Resource group '{group}' could not be found.");
        return error(404, "ResourceGroupNotFound", &message);
    }
    let (name, below) = match (group, below) {
        (_, []) => {
            return only(request, &Method::GET, || {
                list(&state.services().iter().map(|service| resource(service)).collect::<Vec<_>>())
            });
        }
        (Some(_), [name, below @ ..]) => (*name, below),
        _ => return unknown(request),
    };
    let named = |service: &&std::sync::Arc<Service>| service.resource.name.eq_ignore_ascii_case(name);
    let Some(service) = state.services().iter().find(named) else {
        let message = format!(
            "The Resource 'Microsoft.Devices/provisioningServices/{name}' under resource group '{}' was not found.",
            DEVELOPMENT.resource_group_name
        );
        return error(404, "ResourceNotFound", &message);
    };
    match below {
        [] => only(request, &Method::GET, || Response::json(200, &resource(service))),
        ["listkeys"] => keys(service, request),
        ["keys", policy, "listkeys"] => only(request, &Method::POST, || one_key(service, policy)),
        ["certificates"] => only(request, &Method::GET, || of_certificate(ca_certificate::list(service))),
        // Certificates keep the case of their names.
        ["certificates", _] => certificate(service, request, request.path.segment(path.len() - 1)),
        _ => unknown(request),
    }
}

fn certificate(service: &Service, request: &Request, name: &str) -> Response {
    of_certificate(match request.method.as_str() {
        "GET" => ca_certificate::get(service, name),
        "PUT" => ca_certificate::put(service, name, request),
        "DELETE" => ca_certificate::delete(service, name, request),
        _ => return unknown(request),
    })
}

/// Turns errors into the form of resource manager.
fn of_certificate(result: errors::Result<Response>) -> Response {
    result.unwrap_or_else(|failed| {
        let code = match failed.status {
            400 => "BadRequest",
            404 => "NotFound",
            412 => "PreconditionFailed",
            _ => "InternalServerError",
        };
        error(failed.status, code, &failed.message)
    })
}

fn only(request: &Request, method: &Method, respond: impl FnOnce() -> Response) -> Response {
    if request.method == method { respond() } else { unknown(request) }
}

fn unknown(request: &Request) -> Response {
    error(501, "NotImplemented", &not_implemented_text(request))
}

fn error(status: u16, code: &str, message: &str) -> Response {
    Response::json(status, &json!({ "error": { "code": code, "message": message } })).with_error_code(code)
}

fn list(items: &[Value]) -> Response {
    Response::json(200, &json!({ "value": items }))
}

fn subscription() -> Value {
    json!({
        "id": format!("/subscriptions/{}", DEVELOPMENT.subscription_id),
        "subscriptionId": DEVELOPMENT.subscription_id,
        "tenantId": DEVELOPMENT.tenant_id,
        "displayName": "Emulator",
        "state": "Enabled",
    })
}

fn hub(hub: &LinkedHub) -> Value {
    json!({
        "name": hub.host_name,
        "connectionString":
            format!("HostName={};SharedAccessKeyName=iothubowner;SharedAccessKey=****", hub.host_name),
        "location": hub.location,
        "authenticationType": "KeyBased",
        "allocationWeight": hub.allocation_weight,
        "applyAllocationPolicy": hub.allocation_weight > 0,
    })
}

fn resource(service: &Service) -> Value {
    let configuration = &service.configuration;
    json!({
        "id": service.resource.to_string(),
        "name": service.resource.name,
        "type": "Microsoft.Devices/provisioningServices",
        "location": "eastus",
        "tags": {},
        "properties": {
            "state": "Active",
            "provisioningState": "Succeeded",
            "iotHubs": configuration.linked_hubs.iter().map(hub).collect::<Vec<_>>(),
            "allocationPolicy": configuration.policy_name(),
            "serviceOperationsHostName": service.host,
            "deviceProvisioningHostName": service.host,
            "idScope": service.id_scope,
            "enableDataResidency": false,
        },
        "resourcegroup": service.resource.resource_group_name,
        "subscriptionid": service.resource.subscription_id,
        "etag": "AAAAAAAADGk=",
        "sku": { "name": "S1", "tier": "Standard", "capacity": 1 },
    })
}

fn key(policy: &Policy) -> Value {
    json!({
        "keyName": policy.name,
        "primaryKey": policy.primary_key,
        "secondaryKey": policy.secondary_key,
        "rights": policy.rights,
    })
}

/// The first page takes POST; the page of a `nextLink` takes GET, as the public SDKs send it.
fn keys(service: &Service, request: &Request) -> Response {
    let skipped = match request.parameter("$skiptoken") {
        None if request.method == Method::POST => 0,
        Some(token) if request.method == Method::GET => match token.parse() {
            Ok(skipped) if skipped < service.policies.len() => skipped,
            _ => return error(400, "InvalidSkipToken", "The $skiptoken is not one that nextLink gave."),
        },
        _ => return unknown(request),
    };
    let page: Vec<Value> = service.policies.iter().skip(skipped).take(KEYS_PER_PAGE).map(key).collect();
    let next = skipped + page.len();
    let mut body = json!({ "value": page });
    if next < service.policies.len() {
        let version = request.parameter("api-version").unwrap_or_default();
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("api-version", version)
            .append_pair("$skiptoken", &next.to_string())
            .finish();
        // The host that the caller used: clients send a token to no other.
        let host = request.header("host").unwrap_or(&service.host);
        body["nextLink"] = format!("https://{host}{}/listkeys?{query}", service.resource).into();
    }
    Response::json(200, &body)
}

fn one_key(service: &Service, name: &str) -> Response {
    match service.policies.iter().find(|policy| policy.name.eq_ignore_ascii_case(name)) {
        Some(policy) => Response::json(200, &key(policy)),
        None => error(404, "NotFound", &format!("The service has no policy '{name}'.")),
    }
}
