//! Signing in with a Microsoft Entra account.

use super::entra::{Account, Authority, TokenCache};
use crate::error::{Code, Error, Result};
use crate::events::Events;
use crate::http::{Authorize, Transport};
use secrecy::{ExposeSecret, SecretString};

/// Which service a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The data plane of provisioning services.
    DataPlane,
    /// Azure Resource Manager.
    ResourceManager,
}

/// An account, and the tokens that were requested for it.
#[derive(Debug)]
pub struct SignIn {
    authority: Authority,
    account: Option<Account>,
    tokens: TokenCache,
}

impl SignIn {
    /// Signing in to `account`, if there is one, at `authority`. Requests nothing yet.
    pub fn new(authority: Authority, account: Option<Account>) -> Self {
        Self { authority, account, tokens: TokenCache::default() }
    }

    /// The account.
    pub fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// The credentials for requests to `audience`.
    pub fn credentials<'a>(
        &'a self,
        audience: Audience,
        transport: &'a Transport,
        events: &'a Events,
    ) -> Credentials<'a> {
        Credentials { sign_in: self, audience, transport, events }
    }

    fn scope(&self, audience: Audience) -> &str {
        match audience {
            Audience::DataPlane => &self.authority.data_plane_scope,
            Audience::ResourceManager => &self.authority.resource_manager_scope,
        }
    }
}

/// The tokens of an account for one audience.
#[derive(Debug)]
pub struct Credentials<'a> {
    sign_in: &'a SignIn,
    audience: Audience,
    transport: &'a Transport,
    events: &'a Events,
}

impl Authorize for Credentials<'_> {
    /// The account's token, or the one that was supplied.
    async fn authorization(&self) -> Result<SecretString> {
        let SignIn { authority, account, tokens } = self.sign_in;
        match account {
            Some(Account::ClientSecret(account)) => {
                let scope = self.sign_in.scope(self.audience);
                let token = tokens.token(account, authority, scope, self.transport, self.events).await?;
                Ok(self.bearer(&token))
            }
            Some(Account::Supplied(supplied)) => {
                let (token, what) = match self.audience {
                    Audience::DataPlane => (&supplied.data_plane, "⟨accessToken⟩, a token for the data plane"),
                    Audience::ResourceManager => {
                        (&supplied.resource_manager, "⟨resourceManagerAccessToken⟩, a token for Azure Resource Manager")
                    }
                };
                token.as_ref().map(|token| self.bearer(token)).ok_or_else(|| not_connected(what))
            }
            None => Err(not_connected("an account")),
        }
    }

    fn forget(&self) -> bool {
        self.sign_in.tokens.forget(self.sign_in.scope(self.audience));
        matches!(self.sign_in.account, Some(Account::ClientSecret(_)))
    }
}

impl Credentials<'_> {
    fn bearer(&self, token: &SecretString) -> SecretString {
        self.events.hide(token);
        format!("Bearer {}", token.expose_secret()).into()
    }
}

fn not_connected(what: &str) -> Error {
    Error::new(
        Code::NotConnected,
        format!(
            "This needs {what}, and there is none: connect first, with ⟨tenantId⟩, ⟨clientId⟩ and ⟨clientSecret⟩, or name the service by ⟨connectionString⟩."
        ),
    )
}
