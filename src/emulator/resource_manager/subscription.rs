//! Tenants, subscriptions and resource groups: what leads to a provisioning service.

use super::caller::{Access, Caller};
use super::error::{Result, error, of_service};
use super::unknown;
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::service::services::ResourceGroup;
use crate::emulator::state::State;
use crate::model::Members;
use serde::Deserialize;
use serde_json::{Value, json};

/// The subscriptions that there are, each once.
fn known(state: &State) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    let services = state.services.all();
    let of_services = services.iter().map(|service| service.resource.subscription_id.as_str());
    for id in state.tokens.directory.subscriptions().chain(of_services) {
        if !known.iter().any(|other| other.eq_ignore_ascii_case(id)) {
            known.push(id.to_owned());
        }
    }
    known
}

/// The spelling of a subscription that there is.
pub(super) fn find(state: &State, id: &str) -> Result<String> {
    known(state)
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(id))
        .ok_or_else(|| error(404, "SubscriptionNotFound", &format!("The subscription '{id}' could not be found.")))
}

/// The subscriptions that the caller has anything to do with.
pub(super) fn list(state: &State, caller: &Caller) -> Response {
    let directory = &state.tokens.directory;
    let own = |id: &String| {
        directory.tenant_of_subscription(id).eq_ignore_ascii_case(caller.tenant_id())
            && caller.sees(&format!("/subscriptions/{id}"))
    };
    let subscriptions: Vec<Value> = known(state).iter().filter(|id| own(id)).map(|id| shown(state, id)).collect();
    Response::json(200, &json!({ "value": subscriptions }))
}

pub(super) fn get(state: &State, caller: &Caller, id: &str) -> Result<Response> {
    let scope = format!("/subscriptions/{id}");
    if !caller.sees(&scope) {
        caller.require(Access::Read, &scope, "Microsoft.Resources/subscriptions/read")?;
    }
    Ok(Response::json(200, &shown(state, id)))
}

fn shown(state: &State, id: &str) -> Value {
    json!({
        "id": format!("/subscriptions/{id}"),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": id,
        "tenantId": state.tokens.directory.tenant_of_subscription(id),
        "displayName": "Emulator",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Internal_2014-09-01", "quotaId": "Internal_2014-09-01", "spendingLimit": "Off",
        },
    })
}

/// The tenant of the caller.
pub(super) fn tenants(caller: &Caller) -> Response {
    let id = caller.tenant_id();
    let tenant = json!({ "id": format!("/tenants/{id}"), "tenantId": id, "displayName": "Emulator" });
    Response::json(200, &json!({ "value": [tenant] }))
}

/// The registration of the resource provider, which clients look for before they create anything.
pub(super) fn provider(subscription: &str) -> Response {
    let versions = ["2026-11-01", "2022-12-12"];
    let services = json!({ "resourceType": "ProvisioningServices", "locations": ["East US"], "apiVersions": versions });
    let body = json!({
        "id": format!("/subscriptions/{subscription}/providers/Microsoft.Devices"),
        "namespace": "Microsoft.Devices",
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
        "resourceTypes": [services],
    });
    Response::json(200, &body)
}

/// The resource groups of a subscription that the caller may read.
pub(super) fn groups(state: &State, caller: &Caller, subscription: &str) -> Response {
    let groups: Vec<Value> = state
        .services
        .resource_groups()
        .iter()
        .filter(|group| group.subscription_id.eq_ignore_ascii_case(subscription))
        .filter(|group| caller.may(Access::Read, &group_id(subscription, &group.name)))
        .map(shown_group)
        .collect();
    Response::json(200, &json!({ "value": groups }))
}

/// The group of this name; an error where there is none.
pub(super) fn group(state: &State, subscription: &str, name: &str) -> Result<ResourceGroup> {
    state
        .services
        .resource_groups()
        .into_iter()
        .find(|group| group.is(subscription, name))
        .ok_or_else(|| error(404, "ResourceGroupNotFound", &format!("Resource group '{name}' could not be found.")))
}

/// A call on one resource group.
pub(super) fn of_group(
    state: &State,
    caller: &Caller,
    request: &Request,
    subscription: &str,
    name: &str,
) -> Result<Response> {
    let access = Access::of(request);
    let action = match access {
        Access::Read => "Microsoft.Resources/subscriptions/resourceGroups/read",
        Access::Write => "Microsoft.Resources/subscriptions/resourceGroups/write",
    };
    caller.require(access, &group_id(subscription, name), action)?;
    match request.method.as_str() {
        "GET" => Ok(Response::json(200, &shown_group(&group(state, subscription, name)?))),
        "HEAD" => match group(state, subscription, name) {
            Ok(_) => Ok(Response::empty(204)),
            Err(_) => Ok(Response::empty(404)),
        },
        "PUT" => put_group(state, request, subscription, name),
        _ => Err(unknown(request)),
    }
}

fn put_group(state: &State, request: &Request, subscription: &str, name: &str) -> Result<Response> {
    #[derive(Deserialize)]
    struct Sent {
        location: Option<String>,
        #[serde(default)]
        tags: Option<Members>,
    }
    let Ok(Sent { location, tags }) = serde_json::from_slice(&request.body) else {
        return Err(error(
            400,
            "InvalidRequestContent",
            "The request content was invalid and could not be deserialized.",
        ));
    };
    let before = group(state, subscription, name).ok();
    let location = location.as_deref().map(super::description::normal_location);
    let location = match (location, &before) {
        (None, _) => {
            let message = "The location property is required for this definition.";
            return Err(error(400, "LocationRequired", message));
        }
        (Some(location), Some(before)) if location != before.location => {
            let message = format!("The resource group '{name}' is in location '{}' already.", before.location);
            return Err(error(409, "InvalidResourceGroupLocation", &message));
        }
        (Some(location), _) => location,
    };
    let group = ResourceGroup {
        subscription_id: subscription.to_owned(),
        name: before.map_or_else(|| name.to_owned(), |before| before.name),
        location,
        tags: tags.unwrap_or_default(),
    };
    let is_new = state.services.put_resource_group(group.clone()).map_err(of_service)?;
    Ok(Response::json(if is_new { 201 } else { 200 }, &shown_group(&group)))
}

fn group_id(subscription: &str, name: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{name}")
}

fn shown_group(group: &ResourceGroup) -> Value {
    json!({
        "id": group_id(&group.subscription_id, &group.name),
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "tags": group.tags,
        "properties": { "provisioningState": "Succeeded" },
    })
}
