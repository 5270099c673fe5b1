//! The part of Azure Resource Manager that is about provisioning services: finding, creating, changing and deleting
//! them, their keys and their CA certificates.
//!
//! | module | what it has |
//! |---|---|
//! | `caller` | who calls, and what his roles allow |
//! | `subscription` | tenants, subscriptions, resource groups |
//! | `provisioning_service`, `description` | the services, and what a request and a response say of one |
//! | `key` | shared access policies |
//! | `ca_certificate` | CA certificates and their proof of possession |
//! | `error`, `page` | errors in both forms; pages of a list |

mod ca_certificate;
mod caller;
mod description;
mod error;
mod key;
mod page;
mod provisioning_service;
mod subscription;

use crate::emulator::errors::not_implemented_text;
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::service::Service;
use crate::emulator::state::State;
use caller::{Access, Caller};
use error::{Result, error};
use serde_json::json;
use std::sync::Arc;

/// Carries out a call of resource manager.
pub(crate) fn respond(state: &State, request: &Request) -> Response {
    let response = Caller::of(state, request).and_then(|caller| {
        let Some(version) = request.api_version() else {
            let message = "The api-version query parameter (?api-version=) is required for all requests.";
            return Err(error(400, "MissingApiVersionParameter", message));
        };
        state.note_version("resource manager", version);
        route(state, &caller, request)
    });
    response.unwrap_or_else(|refusal| refusal)
}

fn route(state: &State, caller: &Caller, request: &Request) -> Result<Response> {
    const PROVIDER: [&str; 2] = ["providers", "microsoft.devices"];
    let path = request.path.lower();
    let method = request.method.as_str();
    let (subscription, below) = match (method, path.as_slice()) {
        ("GET", ["subscriptions"]) => return Ok(subscription::list(state, caller)),
        ("GET", ["tenants"]) => return Ok(subscription::tenants(caller)),
        (_, ["subscriptions", _, below @ ..]) => (subscription::find(state, request.path.segment(1))?, below),
        _ => return Err(unknown(request)),
    };
    let subscription = subscription.as_str();
    caller.check_tenant(state, request, subscription)?;
    let (group, below) = match (method, below) {
        ("GET", []) => return subscription::get(state, caller, subscription),
        ("GET", ["resourcegroups"]) => return Ok(subscription::groups(state, caller, subscription)),
        (_, ["resourcegroups", _]) => {
            return subscription::of_group(state, caller, request, subscription, request.path.segment(3));
        }
        (_, ["resourcegroups", _, below @ ..]) => (Some(request.path.segment(3)), below),
        (_, below) => (None, below),
    };
    let Some(below) = below.strip_prefix(&PROVIDER) else { return Err(unknown(request)) };
    match (method, group, below) {
        ("GET", None, []) => Ok(subscription::provider(subscription)),
        ("POST", None, ["checkprovisioningservicenameavailability"]) => {
            let action = "Microsoft.Devices/checkProvisioningServiceNameAvailability/Action";
            caller.require(Access::Write, &format!("/subscriptions/{subscription}"), action)?;
            provisioning_service::name_availability(state, request)
        }
        ("GET", group, ["provisioningservices"]) => {
            group.map_or(Ok(()), |group| subscription::group(state, subscription, group).map(|_| ()))?;
            provisioning_service::list(state, caller, request, subscription, group)
        }
        (_, Some(group), ["provisioningservices", _, below @ ..]) => {
            let name = request.path.segment(path.len() - below.len() - 1);
            of_service(state, caller, request, (subscription, group, name), below)
        }
        _ => Err(unknown(request)),
    }
}

/// A call on a service, named by subscription, resource group and name, or on something below it.
fn of_service(
    state: &State,
    caller: &Caller,
    request: &Request,
    (subscription, group, name): (&str, &str, &str),
    below: &[&str],
) -> Result<Response> {
    let mut id = provisioning_service::id(state, subscription, group, name)?;
    let access = match below {
        // The keys are read by POST, and their later pages by GET; no reader may see them.
        [.., "listkeys"] => Access::Write,
        _ => Access::of(request),
    };
    caller.require(access, &id.to_string(), &action(request, below))?;
    let is_it = |service: &Service| service.resource.to_string().eq_ignore_ascii_case(&id.to_string());
    let service = state.services.find(is_it);
    if let Some(service) = &service {
        id.clone_from(&service.resource);
    }
    // Operations outlive the service that they delete. What is below a service keeps the case of its name.
    let last = request.path.segment(request.path.lower().len() - 1);
    match (below, service.as_ref()) {
        ([], service) => provisioning_service::respond(state, request, id, service),
        (["operationresults", _], _) if request.method == hyper::Method::GET => {
            provisioning_service::operation_result(state, request, last)
        }
        (_, None) => Err(provisioning_service::not_there(&id)),
        (["skus"], _) if request.method == hyper::Method::GET => {
            Ok(Response::json(200, &json!({ "value": [{ "name": "S1" }] })))
        }
        (["listkeys"], Some(service)) => key::list(service, request),
        (["keys", _, "listkeys"], Some(service)) => {
            key::get(service, request, request.path.segment(request.path.lower().len() - 2))
        }
        (["certificates", below @ ..], Some(service)) => certificates(service, request, below),
        _ => Err(unknown(request)),
    }
}

fn certificates(service: &Arc<Service>, request: &Request, below: &[&str]) -> Result<Response> {
    let name = request.path.segment(9);
    let response = match (request.method.as_str(), below) {
        ("GET", []) => ca_certificate::list(service),
        ("GET", [_]) => ca_certificate::get(service, name),
        ("PUT", [_]) => ca_certificate::put(service, name, request),
        ("DELETE", [_]) => ca_certificate::delete(service, name, request),
        ("POST", [_, "generateverificationcode"]) => ca_certificate::generate_code(service, name, request),
        ("POST", [_, "verify"]) => ca_certificate::verify(service, name, request),
        _ => return Err(unknown(request)),
    };
    response.map_err(error::of_service)
}

/// The name of what a call does, as roles have it.
fn action(request: &Request, below: &[&str]) -> String {
    let what = match below {
        [] => "",
        [.., "listkeys"] => return "Microsoft.Devices/provisioningServices/listkeys/Action".to_owned(),
        [first, ..] => &format!("/{first}"),
    };
    let does = match request.method.as_str() {
        "GET" | "HEAD" => "Read",
        "DELETE" => "Delete",
        "POST" => "Action",
        _ => "Write",
    };
    format!("Microsoft.Devices/provisioningServices{what}/{does}")
}

fn unknown(request: &Request) -> Response {
    error(501, "NotImplemented", &not_implemented_text(request))
}
