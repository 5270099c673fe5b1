//! Who calls, and what for.

use super::error::{Result, error};
use crate::emulator::auth::directory::Principal;
use crate::emulator::auth::token::{Audience, tenant_endpoint};
use crate::emulator::configuration::Role;
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::state::State;
use crate::model::DEVELOPMENT;
use std::sync::Arc;

/// The sender of a request.
pub(super) struct Caller(Arc<Principal>);

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    /// Everything else, the reading of keys included.
    Write,
}

impl Access {
    pub(super) fn of(request: &Request) -> Self {
        match request.method.as_str() {
            "GET" | "HEAD" => Self::Read,
            _ => Self::Write,
        }
    }

    fn is_given_by(self, role: Role) -> bool {
        match role {
            Role::Contributor => true,
            Role::Reader => self == Self::Read,
            Role::DataContributor | Role::DataReader => false,
        }
    }
}

impl Caller {
    /// Whoever the bearer token of `request` was issued for.
    pub(super) fn of(state: &State, request: &Request) -> Result<Self> {
        let bearer = request.header("authorization").and_then(|value| value.split_once(' '));
        let verified = match bearer {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                state.tokens.verify(token, Audience::Management)
            }
            _ => {
                Err("Authentication failed. The 'Authorization' header is missing or is not a bearer token.".to_owned())
            }
        };
        verified.map(Self).map_err(|message| {
            // A subscription says which tenant a caller has to sign in to.
            let tenant = match request.path.lower().first() {
                Some(&"subscriptions") => state.tokens.directory.tenant_of_subscription(request.path.segment(1)),
                _ => DEVELOPMENT.tenant_id,
            };
            let error = error(401, "AuthenticationFailed", &message);
            challenge(error, request, tenant)
        })
    }

    pub(super) fn tenant_id(&self) -> &str {
        &self.0.tenant_id
    }

    /// Refuses a caller of another tenant than the subscription's.
    pub(super) fn check_tenant(&self, state: &State, request: &Request, subscription: &str) -> Result<()> {
        let tenant = state.tokens.directory.tenant_of_subscription(subscription);
        if tenant.eq_ignore_ascii_case(self.tenant_id()) {
            return Ok(());
        }
        let message = format!(
            "The access token is from the wrong issuer. It must match the tenant '{tenant}' associated with this \
             subscription."
        );
        Err(challenge(error(401, "InvalidAuthenticationTokenTenant", &message), request, tenant))
    }

    pub(super) fn may(&self, access: Access, scope: &str) -> bool {
        self.0.has_role(scope, |role| access.is_given_by(role))
    }

    /// Whether the caller may read something within `scope`.
    pub(super) fn sees(&self, scope: &str) -> bool {
        self.0.sees(scope, |role| Access::Read.is_given_by(role))
    }

    /// Refuses a caller without a role for `action` on `scope`.
    pub(super) fn require(&self, access: Access, scope: &str, action: &str) -> Result<()> {
        if self.may(access, scope) {
            return Ok(());
        }
        let application = &self.0.application;
        let message = format!(
            "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over scope \
             '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
            application.client_id,
            application.object_id()
        );
        Err(error(403, "AuthorizationFailed", &message))
    }
}

fn challenge(response: Response, request: &Request, tenant: &str) -> Response {
    let uri = tenant_endpoint(request.header("host").unwrap_or_default(), tenant);
    let challenge = format!("Bearer authorization_uri=\"{uri}\", error=\"invalid_token\"");
    response.header("WWW-Authenticate", challenge)
}
