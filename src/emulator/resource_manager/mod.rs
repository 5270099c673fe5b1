//! The part of Azure Resource Manager that finds the service, its keys and its CA certificates.

pub(crate) mod ca_certificate;

use crate::emulator::auth::token::Audience;
use crate::emulator::errors::{Refusal, not_implemented_text};
use crate::emulator::request::{Answer, Request};
use crate::emulator::service::configuration::LinkedHub;
use crate::emulator::state::State;
use crate::model::{DEVELOPMENT, DevelopmentPolicy};
use hyper::Method;
use serde_json::{Value, json};

/// How many policies a page of keys holds: fewer than there are, so that a caller has to follow `nextLink`.
const KEYS_PER_PAGE: usize = 3;

/// Answers a request whose path begins with `subscriptions`. `parts` is the path in lower case, `ids` the same as it
/// came: nothing here has case, but a certificate keeps its name as it was given.
pub(crate) fn answer(state: &State, request: &Request, parts: &[&str], ids: &[String]) -> Answer {
    let bearer = request.header("authorization").and_then(|value| value.split_once(' '));
    let verified = match bearer {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            state.tokens.verify(token, Audience::Management)
        }
        _ => Err("Authentication failed. The 'Authorization' header is missing or is not a bearer token.".to_owned()),
    };
    if let Err(message) = verified {
        let answer = refusal(401, "AuthenticationFailed", &message);
        let challenge = format!(
            "Bearer authorization_uri=\"https://{}/{}\", error=\"invalid_token\"",
            state.authority, DEVELOPMENT.tenant_id
        );
        return answer.header("WWW-Authenticate", challenge);
    }
    let Some(version) = request.parameter("api-version") else {
        return refusal(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required.",
        );
    };
    state.note_version("resource manager", version);
    route(state, request, parts, ids)
}

fn route(state: &State, request: &Request, parts: &[&str], ids: &[String]) -> Answer {
    const SERVICES: [&str; 3] = ["providers", "microsoft.devices", "provisioningservices"];
    let (subscription, below) = match parts {
        ["subscriptions"] | [] => return only(request, &Method::GET, || list(&subscription())),
        ["subscriptions", subscription, below @ ..] => (*subscription, below),
        _ => return unknown(request),
    };
    if !subscription.eq_ignore_ascii_case(DEVELOPMENT.subscription_id) {
        let message = format!("The subscription '{subscription}' could not be found.");
        return refusal(404, "SubscriptionNotFound", &message);
    }
    let (group, below) = match below {
        ["resourcegroups", group, below @ ..] => (Some(*group), below),
        below => (None, below),
    };
    let Some(below) = below.strip_prefix(&SERVICES) else { return unknown(request) };
    if let Some(group) = group.filter(|group| !group.eq_ignore_ascii_case(DEVELOPMENT.resource_group_name)) {
        let message = format!("Resource group '{group}' could not be found.");
        return refusal(404, "ResourceGroupNotFound", &message);
    }
    let (name, below) = match (group, below) {
        (_, []) => return only(request, &Method::GET, || list(&service(state))),
        (Some(_), [name, below @ ..]) => (*name, below),
        _ => return unknown(request),
    };
    if !name.eq_ignore_ascii_case(DEVELOPMENT.name) {
        let message = format!(
            "The Resource 'Microsoft.Devices/provisioningServices/{name}' under resource group '{}' was not found.",
            DEVELOPMENT.resource_group_name
        );
        return refusal(404, "ResourceNotFound", &message);
    }
    match below {
        [] => only(request, &Method::GET, || Answer::json(200, &service(state))),
        ["listkeys"] => keys(state, request),
        ["keys", policy, "listkeys"] => only(request, &Method::POST, || one_key(policy)),
        ["certificates"] => only(request, &Method::GET, || of_certificate(ca_certificate::list(state))),
        ["certificates", _] => certificate(state, request, ids.last().map(String::as_str).unwrap_or_default()),
        _ => unknown(request),
    }
}

fn certificate(state: &State, request: &Request, name: &str) -> Answer {
    of_certificate(match request.method.as_str() {
        "GET" => ca_certificate::get(state, name),
        "PUT" => ca_certificate::put(state, name, request),
        "DELETE" => ca_certificate::delete(state, name, request),
        _ => return unknown(request),
    })
}

/// A refusal in the form of resource manager.
fn of_certificate(answered: Result<Answer, Refusal>) -> Answer {
    answered.unwrap_or_else(|failed| {
        let code = match failed.status {
            400 => "BadRequest",
            404 => "NotFound",
            412 => "PreconditionFailed",
            _ => "InternalServerError",
        };
        refusal(failed.status, code, &failed.message)
    })
}

fn only(request: &Request, method: &Method, answer: impl FnOnce() -> Answer) -> Answer {
    if request.method == method { answer() } else { unknown(request) }
}

fn unknown(request: &Request) -> Answer {
    refusal(501, "NotImplemented", &not_implemented_text(request.method.as_str(), request.path()))
}

fn refusal(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(status, &json!({ "error": { "code": code, "message": message } })).failed(code)
}

fn list(item: &Value) -> Answer {
    Answer::json(200, &json!({ "value": [item] }))
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

fn service(state: &State) -> Value {
    let (authority, configuration) = (&state.authority, &state.configuration);
    json!({
        "id": DEVELOPMENT.resource_id(),
        "name": DEVELOPMENT.name,
        "type": "Microsoft.Devices/provisioningServices",
        "location": "eastus",
        "tags": {},
        "properties": {
            "state": "Active",
            "provisioningState": "Succeeded",
            "iotHubs": configuration.linked_hubs.iter().map(hub).collect::<Vec<_>>(),
            "allocationPolicy": configuration.policy_name(),
            "serviceOperationsHostName": authority,
            "deviceProvisioningHostName": authority,
            "idScope": DEVELOPMENT.id_scope,
            "enableDataResidency": false,
        },
        "resourcegroup": DEVELOPMENT.resource_group_name,
        "subscriptionid": DEVELOPMENT.subscription_id,
        "etag": "AAAAAAAADGk=",
        "sku": { "name": "S1", "tier": "Standard", "capacity": 1 },
    })
}

fn key(policy: &DevelopmentPolicy) -> Value {
    json!({
        "keyName": policy.name,
        "primaryKey": policy.primary_key,
        "secondaryKey": policy.secondary_key,
        "rights": policy.rights,
    })
}

/// The first page answers POST; what `nextLink` leads to is asked for by GET, as the public SDKs do.
fn keys(state: &State, request: &Request) -> Answer {
    let skipped = match request.parameter("$skiptoken") {
        None if request.method == Method::POST => 0,
        Some(token) if request.method == Method::GET => match token.parse() {
            Ok(skipped) if skipped < DEVELOPMENT.policies.len() => skipped,
            _ => return refusal(400, "InvalidSkipToken", "The $skiptoken is not one that nextLink gave."),
        },
        _ => return unknown(request),
    };
    let page: Vec<Value> = DEVELOPMENT.policies.iter().skip(skipped).take(KEYS_PER_PAGE).map(key).collect();
    let next = skipped + page.len();
    let mut body = json!({ "value": page });
    if next < DEVELOPMENT.policies.len() {
        let version = request.parameter("api-version").unwrap_or_default();
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("api-version", version)
            .append_pair("$skiptoken", &next.to_string())
            .finish();
        // By the name that the caller used: a token is sent to no other host.
        let host = request.header("host").unwrap_or(&state.authority);
        body["nextLink"] = format!("https://{host}{}/listkeys?{query}", DEVELOPMENT.resource_id()).into();
    }
    Answer::json(200, &body)
}

fn one_key(name: &str) -> Answer {
    match DEVELOPMENT.policies.iter().find(|policy| policy.name.eq_ignore_ascii_case(name)) {
        Some(policy) => Answer::json(200, &key(policy)),
        None => refusal(404, "NotFound", &format!("The service has no policy '{name}'.")),
    }
}
