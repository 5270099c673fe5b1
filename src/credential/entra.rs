//! Microsoft Entra tokens: supplied by the caller, or requested with an application's secret.

use crate::error::{Code, Error, Result};
use crate::events::Events;
use crate::http::{Method, Request, Response, Transport, Url, append_path};
use crate::sync::{Fetched, lock};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A token is renewed this long before it expires, so that none expires in a request.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// The longest time that a token is used, in seconds, whatever the response says.
const LONGEST_LIFE: u64 = 24 * 60 * 60;

const SIGN_IN: &str = "sign-in";

/// An application that signs in with a secret.
#[derive(Clone, Debug)]
pub struct ClientSecret {
    /// The directory: a GUID or a domain.
    pub tenant_id: String,
    /// The application's id.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: SecretString,
}

/// Tokens that the caller obtained elsewhere; this library cannot renew them.
#[derive(Clone, Debug, Default)]
pub struct SuppliedTokens {
    /// For the data plane.
    pub data_plane: Option<SecretString>,
    /// For Azure Resource Manager.
    pub resource_manager: Option<SecretString>,
}

/// Who signs in.
#[derive(Clone, Debug)]
pub enum Account {
    /// An application with a secret.
    ClientSecret(ClientSecret),
    /// The caller's tokens.
    Supplied(SuppliedTokens),
}

/// Where tokens are issued, and the scopes requested.
#[derive(Clone, Debug)]
pub struct Authority {
    /// The authority's URL, such as `https://login.microsoftonline.com/`.
    pub host: Url,
    /// The scope of data-plane tokens.
    pub data_plane_scope: String,
    /// The scope of tokens for Azure Resource Manager.
    pub resource_manager_scope: String,
}

/// Tokens by scope, each requested once and used until shortly before it expires.
#[derive(Debug, Default)]
pub struct TokenCache(std::sync::Mutex<HashMap<String, Arc<Fetched<Token, Error>>>>);

/// A token, and when it is used for the last time.
#[derive(Clone, Debug)]
struct Token(SecretString, Instant);

#[derive(Deserialize)]
struct TokenResponse {
    access_token: SecretString,
    expires_in: u64,
}

#[derive(Deserialize)]
struct TokenError {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl TokenCache {
    /// The token of `account` for `scope`, from the cache or from the authority.
    ///
    /// # Errors
    /// [`Code::AuthenticationFailed`] if the authority refuses, [`Code::UnexpectedResponse`] if its response cannot be
    /// read, and those of [`Transport::send`].
    pub async fn token(
        &self,
        account: &ClientSecret,
        authority: &Authority,
        scope: &str,
        transport: &Transport,
        events: &Events,
    ) -> Result<SecretString> {
        let slot = lock(&self.0).entry(scope.to_owned()).or_default().clone();
        let fetch = async {
            let response = request(account, authority, scope, transport, events).await?;
            // A token that lives for less than the margin is used for half of its life.
            let life = Duration::from_secs(response.expires_in.min(LONGEST_LIFE));
            Ok(Token(response.access_token, Instant::now() + life.saturating_sub(MARGIN).max(life / 2)))
        };
        let Token(token, _) = slot.get(|Token(_, good_until)| Instant::now() < *good_until, fetch).await?;
        Ok(token)
    }

    /// Forgets the token for `scope`: the service did not accept it.
    pub fn forget(&self, scope: &str) {
        lock(&self.0).remove(scope);
    }
}

async fn request(
    account: &ClientSecret,
    authority: &Authority,
    scope: &str,
    transport: &Transport,
    events: &Events,
) -> Result<TokenResponse> {
    let form = Url::parse_with_params(
        "form:",
        [
            ("grant_type", "client_credentials"),
            ("client_id", &account.client_id),
            ("client_secret", account.client_secret.expose_secret()),
            ("scope", scope),
        ],
    );
    let form = form.ok().and_then(|form| form.query().map(str::to_owned)).unwrap_or_default();
    events.hide(&account.client_secret);
    let url = append_path(&authority.host, &[&account.tenant_id, "oauth2", "v2.0", "token"]);
    let mut request = Request::new(Method::POST, url);
    request.body = Some(("application/x-www-form-urlencoded", form.into()));
    let response = transport.send(&request, events).await;
    let response = response.map_err(|error| error.with_target(SIGN_IN))?;
    if response.status == 200 {
        return serde_json::from_slice(&response.body).map_err(|_| unreadable(&response));
    }
    let refusal = serde_json::from_slice::<TokenError>(&response.body);
    let (code, what) = match (response.status, &refusal) {
        (429, _) => (Code::Throttled, "The sign-in service is throttling token requests"),
        (500..=599, _) => (Code::ServiceFailure, "The sign-in service failed"),
        (_, Ok(_)) => (Code::AuthenticationFailed, "Sign-in was refused"),
        (_, Err(_)) => return Err(unreadable(&response)),
    };
    let detail = refusal.map_or_else(
        |_| format!("HTTP {}", response.status),
        |refusal| {
            // The first line says what is wrong; the rest repeats identifiers.
            let why = refusal.error_description.lines().next().unwrap_or_default().trim_end_matches('.').to_owned();
            if why.is_empty() { refusal.error } else { format!("{}: {why}", refusal.error) }
        },
    );
    let wait = if code == Code::AuthenticationFailed { None } else { response.wait() }.unwrap_or_default();
    let message = format!("{what}, for application '{}' ({detail}).{wait}", account.client_id);
    Err(about(Error::new(code, message), &response))
}

fn unreadable(response: &Response) -> Error {
    let message =
        format!("The sign-in service answered with status {} and a body that is not a token.", response.status);
    about(Error::new(Code::UnexpectedResponse, message), response)
}

fn about(error: Error, response: &Response) -> Error {
    error.with_http(response.failure(None, None)).with_attempts(response.attempts).with_target(SIGN_IN)
}
