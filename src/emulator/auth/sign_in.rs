//! The sign-in endpoints, in the form of Microsoft Entra: client credentials by secret, certificate or federated token,
//! and the documents that clients discover them by.

use super::token::{Audience, Issuer, issuer, tenant_endpoint};
use super::{assertion, managed_identity};
use crate::emulator::clock;
use crate::emulator::errors;
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;

/// Where the emulator is the issuer of federated tokens.
const FEDERATION: &str = "federation";

/// What an assertion is called in a form.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Why somebody can't sign in, in the terms of Entra.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    error: &'static str,
    number: u32,
    text: String,
}

impl Refusal {
    pub(super) fn new(status: u16, error: &'static str, number: u32, text: impl Into<String>) -> Self {
        Self { status, error, number, text: text.into() }
    }
}

/// Carries out a call of the sign-in endpoints; `None` where `request` is none.
pub(crate) fn respond(tokens: &Issuer, request: &Request) -> Option<Response> {
    let host = request.header("host").unwrap_or_default();
    let keys = || Response::json(200, &json!({ "keys": [tokens.key] }));
    Some(match (request.method.as_str(), request.path.lower().as_slice()) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => {
            token(tokens, host, tenant, request).unwrap_or_else(Response::from)
        }
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => match tokens.directory.tenant(tenant) {
            Some(tenant) => configuration(host, tenant),
            None => unknown_tenant(tenant).into(),
        },
        ("GET", [_, "discovery", "v2.0", "keys"]) => keys(),
        ("GET", [FEDERATION, ".well-known", "openid-configuration"]) => {
            let issuer = federation(host);
            let keys = format!("{issuer}/keys");
            Response::json(200, &json!({ "issuer": issuer, "jwks_uri": keys }))
        }
        ("GET", [FEDERATION, "keys"]) => keys(),
        ("GET", ["metadata", "identity", "oauth2", "token"]) => managed_identity::metadata(tokens, host, request),
        // Newer clients look for more here first, and go on where there is nothing.
        (_, ["metadata", ..]) => Response::empty(404),
        ("GET", ["msi", "token"]) => managed_identity::app_service(tokens, host, request),
        _ => return None,
    })
}

/// A federated token of the emulator, for the subject that the body names.
pub(crate) fn federated_token(tokens: &Issuer, request: &Request) -> errors::Result<Response> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        subject: String,
        audience: Option<String>,
    }
    let Wanted { subject, audience } = serde_json::from_slice(&request.body)?;
    let audience = audience.as_deref().unwrap_or(assertion::FEDERATED_AUDIENCE);
    let issuer = federation(request.header("host").unwrap_or_default());
    let token = tokens.issue_federated(issuer, &subject, audience);
    let token = token.map_err(|error| errors::internal(format!("No token could be signed: {error}.")))?;
    Ok(Response::json(200, &json!({ "token": token })).header("Cache-Control", "no-store"))
}

/// What the emulator's federated tokens name as their issuer.
fn federation(host: &str) -> String {
    format!("https://{host}/{FEDERATION}")
}

fn token(tokens: &Issuer, host: &str, tenant: &str, request: &Request) -> Result<Response, Refusal> {
    let form: HashMap<String, String> = form_urlencoded::parse(&request.body).into_owned().collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let tenant = tokens.directory.tenant(tenant).ok_or_else(|| unknown_tenant(tenant))?;
    if field("grant_type") != "client_credentials" {
        let text = "The emulator grants client_credentials only.";
        return Err(Refusal::new(400, "unsupported_grant_type", 70003, text));
    }
    let client_id = field("client_id");
    let principal = tokens.directory.principal(tenant, client_id).ok_or_else(|| {
        let text = format!("Application with identifier '{client_id}' was not found in the directory '{tenant}'.");
        Refusal::new(400, "unauthorized_client", 700_016, text)
    })?;
    match (field("client_secret"), field("client_assertion")) {
        ("", "") => {
            let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            return Err(Refusal::new(401, "invalid_client", 7_000_218, text));
        }
        (secret, "") => {
            if !principal.application.client_secrets.iter().any(|known| known == secret) {
                return Err(Refusal::new(401, "invalid_client", 7_000_215, "Invalid client secret provided."));
            }
        }
        (_, assertion) => {
            if field("client_assertion_type") != ASSERTION_TYPE {
                let text = format!("The client_assertion_type must be '{ASSERTION_TYPE}'.");
                return Err(Refusal::new(400, "invalid_request", 900_144, text));
            }
            let endpoint = tenant_endpoint(host, tenant);
            let audiences = [format!("{endpoint}/oauth2/v2.0/token"), issuer(host, tenant)];
            assertion::check(tokens, principal, assertion, &audiences, &federation(host))?;
        }
    }
    let scope = field("scope");
    let resource = scope.strip_suffix("/.default").ok_or_else(|| {
        let text = format!("The scope '{scope}' must be a resource with /.default behind.");
        Refusal::new(400, "invalid_scope", 1_002_012, text)
    })?;
    let audience = Audience::of_resource(resource).ok_or_else(|| {
        let text = format!("The resource principal named {resource} was not found in the tenant named {tenant}.");
        Refusal::new(400, "invalid_resource", 500_011, text)
    })?;
    let token = tokens
        .issue(host, principal, audience)
        .map_err(|error| Refusal::new(500, "server_error", 90033, format!("No token could be signed: {error}.")))?;
    let seconds = tokens.lifetime.as_secs();
    let body =
        json!({ "token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token });
    Ok(Response::json(200, &body).header("Cache-Control", "no-store"))
}

fn configuration(host: &str, tenant: &str) -> Response {
    let base = tenant_endpoint(host, tenant);
    let body = json!({
        "issuer": issuer(host, tenant),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_types_supported": ["code", "token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat"],
        "tenant_region_scope": null,
    });
    Response::json(200, &body)
}

fn unknown_tenant(tenant: &str) -> Refusal {
    let text = format!("Tenant '{tenant}' not found; the emulator's ready record names its own.");
    Refusal::new(400, "invalid_request", 90002, text)
}

impl From<Refusal> for Response {
    /// An error in the form of Entra.
    fn from(Refusal { status, error, number, text }: Refusal) -> Self {
        let trace_id = uuid::Uuid::new_v4();
        let correlation_id = uuid::Uuid::new_v4();
        let now = clock::now();
        let body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{number}: {text} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {now}"
            ),
            "error_codes": [number],
            "timestamp": now,
            "trace_id": trace_id.to_string(),
            "correlation_id": correlation_id.to_string(),
            "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
        });
        Self::json(status, &body).with_error_code(error)
    }
}
