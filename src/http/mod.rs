//! HTTPS requests: connections, time-outs, retries, and the messages about each attempt.
//!
//! Every request of this library goes through [`Transport::send`]. A request is also repeated when its response was
//! lost, so the caller must be able to recognise its own change: [`Response::maybe_applied`] says when to look.

mod authorize;
mod error_response;
mod request;
mod response;
mod retry;
mod tls;
mod transport_error;

pub use authorize::Authorize;
pub use request::{Request, append_path, url_of};
pub use reqwest::{Method, Url, header::HeaderMap, header::HeaderName, header::IF_MATCH};
pub use response::Response;
pub use tls::certificates;

use crate::error::{Code, Error, Result};
use crate::events::Events;
use crate::model::is_loopback;
use once_cell::sync::OnceCell;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, redirect};
use retry::Backoff;
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};
use transport_error::TransportError;
use zeroize::Zeroizing;

/// The largest response body that is read, in bytes: far above any page that the service sends.
const BODY_LIMIT: usize = 64 << 20;

const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");

/// How requests are sent.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The time limit for establishing a connection.
    pub connect_timeout: Duration,
    /// The time limit for one attempt, from connecting to the end of the response.
    pub timeout: Duration,
    /// The maximum number of attempts for one request.
    pub maximum_attempts: u32,
    /// CA certificates in PEM that are trusted in addition to the system's.
    pub ca_certificate: Option<Vec<u8>>,
    /// What is different for servers on this machine.
    pub loopback: Loopback,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            maximum_attempts: 4,
            ca_certificate: None,
            loopback: Loopback::default(),
        }
    }
}

/// What is different for servers on this machine, besides that no proxy is used for them.
#[derive(Clone, Debug)]
pub struct Loopback {
    /// A PEM file with CA certificates that are trusted too. It may be created later.
    pub ca_certificate_file: Option<PathBuf>,
    /// What to try after an error with this code.
    pub hint: fn(Code) -> Option<&'static str>,
}

impl Default for Loopback {
    fn default() -> Self {
        Self { ca_certificate_file: None, hint: |_| None }
    }
}

/// Sends requests over connections that it keeps open.
#[derive(Debug, Default)]
pub struct Transport {
    settings: Settings,
    remote: OnceCell<Client>,
    loopback: OnceCell<Client>,
}

impl Transport {
    /// A transport without connections.
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// The maximum number of attempts for one request.
    pub fn maximum_attempts(&self) -> u32 {
        self.settings.maximum_attempts
    }

    /// Sends `request`, repeats it where that may help, and returns the last response.
    ///
    /// Responses of 408, 429, 500, 502, 503 and 504 are repeated after `Retry-After` or after back-off with jitter, as
    /// are broken connections, up to [`Settings::maximum_attempts`]; [`Request::repeats_in_doubt`] has the exception.
    ///
    /// # Errors
    /// No response arrived: [`Code::ConnectionFailed`], [`Code::HostNotFound`], [`Code::UntrustedCertificate`],
    /// [`Code::Timeout`], [`Code::UnexpectedResponse`] for a body that broke off. The outcome is `unknown` if a request
    /// that changes something may have arrived.
    pub async fn send(&self, request: &Request, events: &Events) -> Result<Response> {
        let client = self.client(&request.url)?;
        if request.is_write {
            events.write_started();
        }
        let client_request_id = uuid::Uuid::new_v4().to_string();
        let mut backoff = Backoff::default();
        let mut maybe_applied = false;
        for attempt in 1.. {
            let last = attempt >= self.settings.maximum_attempts;
            let started = Instant::now();
            let (result, wait) = match self.send_once(&client, request, &client_request_id).await {
                Ok((status, headers, body)) => {
                    events.debug(format!(
                        "{} {} -> {status} in {} ms ({client_request_id})",
                        request.method,
                        request.url,
                        started.elapsed().as_millis()
                    ));
                    let wait = backoff.after(status, headers.get(RETRY_AFTER), SystemTime::now());
                    let client_request_id = client_request_id.clone();
                    let response =
                        Response { status, headers, body, attempts: attempt, maybe_applied, client_request_id };
                    maybe_applied |= status != 429;
                    (Ok(response), wait)
                }
                Err(error) => {
                    events.debug(format!("{} {} -> {error} ({client_request_id})", request.method, request.url));
                    maybe_applied |= error.may_have_arrived;
                    let wait = error.is_retryable.then(|| backoff.next());
                    (Err(error.into_error(attempt, request.is_write && maybe_applied)), wait)
                }
            };
            let Some(wait) = wait.filter(|_| !last) else { return result };
            events.verbose(format!(
                "waiting {:.1} s before attempt {} of {}",
                wait.as_secs_f32(),
                attempt + 1,
                self.settings.maximum_attempts
            ));
            tokio::time::sleep(wait).await;
            if maybe_applied && !request.repeats_in_doubt {
                return result;
            }
        }
        unreachable!("the last attempt returns")
    }

    async fn send_once(
        &self,
        client: &Client,
        request: &Request,
        id: &str,
    ) -> std::result::Result<(u16, HeaderMap, Zeroizing<Vec<u8>>), TransportError> {
        let failed = |error| TransportError::new(error, &request.url, &self.settings);
        let mut builder = client.request(request.method.clone(), request.url.clone()).header(CLIENT_REQUEST_ID, id);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(authorization) = &request.authorization {
            builder = builder.header(AUTHORIZATION, sensitive(authorization)?);
        }
        match &request.body {
            Some((content_type, body)) => {
                builder = builder.header(CONTENT_TYPE, *content_type).body(body.expose_secret().to_owned());
            }
            // The service refuses a POST without a Content-Length.
            None if request.method == Method::POST => builder = builder.body(""),
            None => {}
        }
        let mut response = builder.send().await.map_err(failed)?;
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err(TransportError::too_long(&request.url, BODY_LIMIT));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((response.status().as_u16(), std::mem::take(response.headers_mut()), body))
    }

    /// The client for `url`.
    fn client(&self, url: &Url) -> Result<Client> {
        if !url.host_str().is_some_and(is_loopback) {
            return self.remote.get_or_try_init(|| self.build(Client::builder(), None)).cloned();
        }
        if let Some(client) = self.loopback.get() {
            return Ok(client.clone());
        }
        let pem = self.settings.loopback.ca_certificate_file.as_ref().and_then(|file| std::fs::read(file).ok());
        let exists = pem.is_some();
        let client = self.build(Client::builder().no_proxy(), pem)?;
        // Without the file the client is not kept: the file may be created while this session lives.
        Ok(if exists { self.loopback.get_or_init(|| client).clone() } else { client })
    }

    fn build(&self, builder: reqwest::ClientBuilder, pem: Option<Vec<u8>>) -> Result<Client> {
        let failed = |error: &dyn std::error::Error| {
            Error::new(Code::Internal, "The HTTP client could not be set up.").caused_by(error)
        };
        let mut trusted = Vec::new();
        for pem in pem.iter().chain(&self.settings.ca_certificate) {
            trusted.extend(certificates(pem)?);
        }
        builder
            .tls_backend_preconfigured(tls::config(trusted).map_err(|error| failed(&error))?)
            .https_only(true)
            .redirect(redirect::Policy::none())
            .connect_timeout(self.settings.connect_timeout)
            .timeout(self.settings.timeout)
            .user_agent(concat!("aziotdps/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| failed(&error))
    }
}

fn sensitive(text: &SecretString) -> std::result::Result<HeaderValue, TransportError> {
    let mut value = HeaderValue::from_str(text.expose_secret()).map_err(|_| TransportError::bad_authorization())?;
    value.set_sensitive(true);
    Ok(value)
}
