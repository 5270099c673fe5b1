//! Microsoft Entra tokens: those that a caller supplies, and those that an application's secret gets.

use crate::error::{Code, Error, Result};
use crate::http::{Listener, Method, Request, Response, Transport, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// A token is renewed this long before it ends, so that none ends under way.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// No token is taken to be good for longer, in seconds, whatever its answer says.
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

/// Tokens that the caller got by other means; this library cannot renew them.
#[derive(Clone, Debug, Default)]
pub struct SuppliedTokens {
    /// For the data plane.
    pub data_plane: Option<SecretString>,
    /// For resource manager.
    pub resource_manager: Option<SecretString>,
}

/// Who signs in.
#[derive(Clone, Debug)]
pub enum Account {
    /// With a secret.
    ClientSecret(ClientSecret),
    /// With tokens at hand.
    Supplied(SuppliedTokens),
}

/// What a token is for.
#[derive(Clone, Debug)]
pub struct Authority {
    /// The sign-in host, such as `https://login.microsoftonline.com/`.
    pub host: Url,
    /// The scope of data-plane tokens.
    pub data_plane_scope: String,
    /// The scope of resource-manager tokens.
    pub resource_manager_scope: String,
}

/// Tokens by scope, each fetched once and used until shortly before its end.
#[derive(Debug, Default)]
pub struct TokenCache(std::sync::Mutex<HashMap<String, Arc<Mutex<Option<Token>>>>>);

/// A token, and how long it is used.
#[derive(Debug)]
struct Token(SecretString, Instant);

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    expires_in: u64,
}

#[derive(Deserialize)]
struct TokenRefusal {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl TokenCache {
    /// The token of `account` for `scope`, from the cache or from the authority.
    ///
    /// # Errors
    /// [`Code::AuthenticationFailed`] where the authority refuses, [`Code::UnexpectedResponse`] where its answer cannot
    /// be read, and those of [`Transport::send`].
    pub async fn token(
        &self,
        account: &ClientSecret,
        authority: &Authority,
        scope: &str,
        transport: &Transport,
        listener: &impl Listener,
    ) -> Result<SecretString> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(scope.to_owned()).or_default().clone();
        // Held over the request: those who want the same token at once wait for one answer.
        let mut known = slot.lock().await;
        if let Some(Token(token, good_until)) = &*known
            && Instant::now() < *good_until
        {
            return Ok(token.clone());
        }
        let answer = request(account, authority, scope, transport, listener).await?;
        // A token whose whole life is shorter than the margin is used for half of it.
        let life = Duration::from_secs(answer.expires_in.min(LONGEST_LIFE));
        let good_until = Instant::now() + life.saturating_sub(MARGIN).max(life / 2);
        *known = Some(Token(answer.access_token.clone(), good_until));
        Ok(answer.access_token)
    }

    /// Forgets the token for `scope`: the service did not accept it.
    pub fn forget(&self, scope: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(scope);
    }
}

async fn request(
    account: &ClientSecret,
    authority: &Authority,
    scope: &str,
    transport: &Transport,
    listener: &impl Listener,
) -> Result<TokenAnswer> {
    let mut url = authority.host.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend([account.tenant_id.as_str(), "oauth2", "v2.0", "token"]);
    }
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
    let request = Request {
        method: Method::POST,
        url,
        headers: Vec::new(),
        authorization: None,
        body: Some(("application/x-www-form-urlencoded", form.into())),
    };
    let response = transport.send(&request, listener).await;
    let response = response.map_err(|error| error.of_a_read().with_target(SIGN_IN))?;
    if response.status == 200 {
        return serde_json::from_slice(&response.body).map_err(|_| unreadable(&response));
    }
    let refusal = serde_json::from_slice::<TokenRefusal>(&response.body);
    let (code, what) = match (response.status, &refusal) {
        (429, _) => (Code::Throttled, "The sign-in service asks for patience"),
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
    Err(told(Error::new(code, format!("{what}, for application '{}' ({detail}).", account.client_id)), &response))
}

fn unreadable(response: &Response) -> Error {
    let message =
        format!("The sign-in service answered with status {} and a body that is not a token.", response.status);
    told(Error::new(Code::UnexpectedResponse, message), response)
}

fn told(error: Error, response: &Response) -> Error {
    error.with_http(response.failure(None, None)).with_attempts(response.attempts).with_target(SIGN_IN)
}
