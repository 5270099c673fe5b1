//! The endpoints that a managed identity gets its token from: that of virtual machines (IMDS) and that of App Service,
//! Functions and Automation.

use super::directory::Principal;
use super::token::{Audience, Issuer};
use crate::emulator::clock;
use crate::emulator::configuration::ManagedIdentity;
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

/// The value of `X-IDENTITY-HEADER`, which proves that a caller is on this machine: published, like every other secret
/// of the emulator.
pub(crate) const IDENTITY_HEADER: &str = "aziotdps-emulator-identity-header";

/// A virtual machine's endpoint.
pub(super) fn metadata(tokens: &Issuer, host: &str, request: &Request) -> Response {
    let refused = |text: &str| {
        let body = json!({ "error": "invalid_request", "error_description": text });
        Response::json(400, &body).with_error_code("invalid_request")
    };
    if !request.header("metadata").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return refused("Required metadata header not specified");
    }
    if request.headers.contains_key("x-forwarded-for") {
        return refused("Requests with X-Forwarded-For are not served");
    }
    if request.api_version().is_none() {
        return refused("Required query variable 'api-version' is missing");
    }
    let Some(resource) = request.parameter("resource") else {
        return refused("Required query variable 'resource' is missing");
    };
    let Some(audience) = Audience::of_resource(resource) else {
        return refused(&format!("The resource principal named {resource} was not found"));
    };
    let Some(identity) = identity(tokens, request) else { return refused("Identity not found") };
    match token(tokens, host, identity, resource, audience) {
        Ok(mut body) => {
            let seconds = tokens.lifetime.as_secs().to_string();
            body["expires_in"] = seconds.clone().into();
            body["ext_expires_in"] = seconds.into();
            body["not_before"] = clock::unix_seconds().to_string().into();
            Response::json(200, &body)
        }
        Err(error) => refused(&error),
    }
}

/// The endpoint of App Service, Functions and Automation.
pub(super) fn app_service(tokens: &Issuer, host: &str, request: &Request) -> Response {
    let refused = |status: u16, text: &str| {
        let body = json!({ "statusCode": status, "message": text, "correlationId": uuid::Uuid::new_v4().to_string() });
        Response::json(status, &body).with_error_code(status.to_string())
    };
    if request.header("x-identity-header") != Some(IDENTITY_HEADER) {
        return refused(401, "X-IDENTITY-HEADER is missing or wrong.");
    }
    if request.api_version().is_none() {
        return refused(400, "The query parameter api-version is missing.");
    }
    let resource = request.parameter("resource").unwrap_or_default();
    let Some(audience) = Audience::of_resource(resource) else {
        return refused(400, &format!("The resource principal named {resource} was not found."));
    };
    let Some(identity) = identity(tokens, request) else {
        return refused(400, "No managed identity was found for the specified ClientId/ResourceId/PrincipalId.");
    };
    match token(tokens, host, identity, resource, audience) {
        Ok(body) => Response::json(200, &body),
        Err(error) => refused(500, &error),
    }
}

/// The identity that a request names, or the machine's own.
fn identity<'a>(tokens: &'a Issuer, request: &Request) -> Option<&'a Arc<Principal>> {
    let named = |names: &[&str]| names.iter().find_map(|name| request.parameter(name));
    let same = |own: Option<&str>, sent: &str| own.is_some_and(|own| own.eq_ignore_ascii_case(sent));
    if let Some(client_id) = named(&["client_id"]) {
        return tokens.directory.managed_identity(|application, _| same(Some(&application.client_id), client_id));
    }
    if let Some(object_id) = named(&["object_id", "principal_id"]) {
        return tokens.directory.managed_identity(|application, _| same(Some(application.object_id()), object_id));
    }
    if let Some(resource_id) = named(&["msi_res_id", "mi_res_id"]) {
        return tokens
            .directory
            .managed_identity(|application, _| same(application.resource_id.as_deref(), resource_id));
    }
    tokens.directory.managed_identity(|_, kind| kind == ManagedIdentity::SystemAssigned)
}

fn token(
    tokens: &Issuer,
    host: &str,
    identity: &Principal,
    resource: &str,
    audience: Audience,
) -> Result<Value, String> {
    let token =
        tokens.issue(host, identity, audience).map_err(|error| format!("No token could be signed: {error}."))?;
    let expiry = clock::unix_seconds().saturating_add_unsigned(tokens.lifetime.as_secs());
    Ok(json!({
        "access_token": token,
        "client_id": identity.application.client_id,
        "expires_on": expiry.to_string(),
        "resource": resource,
        "token_type": "Bearer",
    }))
}
