//! The sign-in endpoints, in the form of Microsoft Entra: client credentials for the one published application, and the
//! documents that clients discover them by.

use super::token::{Audience, Issuer};
use crate::emulator::clock;
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::model::DEVELOPMENT;
use serde_json::json;
use std::collections::HashMap;

/// Carries out a call of the sign-in endpoints; `None` where `request` is none.
pub(crate) fn respond(tokens: &Issuer, request: &Request) -> Option<Response> {
    match (request.method.as_str(), request.path.lower().as_slice()) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => Some(token(tokens, tenant, request)),
        ("GET", [_, "v2.0", ".well-known", "openid-configuration"]) => Some(configuration(tokens)),
        ("GET", [_, "discovery", "v2.0", "keys"]) => Some(Response::json(200, &json!({ "keys": [tokens.key] }))),
        _ => None,
    }
}

fn token(tokens: &Issuer, tenant: &str, request: &Request) -> Response {
    let form: HashMap<String, String> = form_urlencoded::parse(&request.body).into_owned().collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if !tenant.eq_ignore_ascii_case(DEVELOPMENT.tenant_id) {
        return entra_error(
            400,
            "invalid_request",
            90002,
            "Tenant not found; the emulator's ready record names its own.",
        );
    }
    if field("grant_type") != "client_credentials" {
        return entra_error(400, "unsupported_grant_type", 70003, "The emulator grants client_credentials only.");
    }
    if !field("client_id").eq_ignore_ascii_case(DEVELOPMENT.client_id) {
        return entra_error(400, "unauthorized_client", 700_016, "Application not found in the directory.");
    }
    if field("client_secret") != DEVELOPMENT.client_secret {
        return entra_error(401, "invalid_client", 7_000_215, "Invalid client secret provided.");
    }
    let Some(audience) = Audience::of_scope(field("scope")) else {
        return entra_error(400, "invalid_scope", 70011, "The provided value for scope is not valid.");
    };
    match tokens.issue(audience) {
        Ok(token) => {
            let seconds = tokens.lifetime.as_secs();
            let body = json!({
                "token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token,
            });
            Response::json(200, &body).header("Cache-Control", "no-store")
        }
        Err(error) => entra_error(500, "server_error", 90033, &format!("No token could be signed: {error}.")),
    }
}

fn configuration(tokens: &Issuer) -> Response {
    let base = tokens.tenant_endpoint();
    let body = json!({
        "issuer": tokens.issuer(),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    Response::json(200, &body)
}

/// An error in the form of Entra.
fn entra_error(status: u16, error: &str, number: u32, text: &str) -> Response {
    let trace_id = uuid::Uuid::new_v4();
    let body = json!({
        "error": error,
        "error_description": format!("AADSTS{number}: {text} Trace ID: {trace_id}"),
        "error_codes": [number],
        "timestamp": clock::now(),
        "trace_id": trace_id.to_string(),
        "correlation_id": uuid::Uuid::new_v4().to_string(),
    });
    Response::json(status, &body).with_error_code(error)
}
