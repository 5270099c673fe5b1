//! HTTPS requests: connections, time-outs, retries, and the messages about each attempt.
//!
//! Every request of this library goes through [`Transport::send`]. A request is also repeated when its response was
//! lost, so the caller must be able to recognise its own change: [`Response::maybe_applied`] says when to look.

mod authorize;
mod error_response;
mod list;
mod proxy;
mod request;
mod resolve;
mod response;
mod retry;
mod tls;
mod transport_error;

pub use authorize::Authorize;
pub use list::{Pages, parse_record};
pub use request::{PAGE_LIMIT, Request, append_path, url_of};
pub use reqwest::{Method, Url, header::HeaderMap, header::HeaderName, header::IF_MATCH};
pub use response::Response;
pub use tls::{ClientCertificate, certificates};

use crate::error::{Code, Error, Outcome, Result};
use crate::events::Events;
use crate::model::is_loopback;
use authorize::Anonymous;
use bytes::Bytes;
use once_cell::sync::OnceCell;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, redirect};
use resolve::SystemResolver;
use retry::Backoff;
use rustls::ClientConfig;
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use transport_error::TransportError;
use zeroize::Zeroizing;

/// The user is told about a wait that is longer than this.
const NOTICED: Duration = Duration::from_secs(5);

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
    /// What the client proves its identity with to servers that ask for a certificate.
    pub client_certificate: Option<ClientCertificate>,
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
            client_certificate: None,
            loopback: Loopback::default(),
        }
    }
}

/// What is different for servers on this machine, besides that no proxy is used for them.
#[derive(Clone, Debug)]
pub struct Loopback {
    /// A PEM file with the CA certificates that are trusted, and not the system's. It may be created later.
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

    /// A transport with the same settings that proves its identity with `certificate`.
    pub fn with_client_certificate(&self, certificate: ClientCertificate) -> Self {
        Self::new(Settings { client_certificate: Some(certificate), ..self.settings.clone() })
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
        self.attempts(request, None::<&Anonymous>, events).await
    }

    /// [`Self::send`], with the header of `credentials`. Each attempt has a new one: a signature may expire while the request
    /// is repeated.
    async fn attempts(
        &self,
        request: &Request,
        credentials: Option<&impl Authorize>,
        events: &Events,
    ) -> Result<Response> {
        let client = self.client(&request.url)?;
        let client_request_id = uuid::Uuid::new_v4().to_string();
        let maximum = events.maximum_attempts().unwrap_or(self.settings.maximum_attempts);
        let mut backoff = Backoff::default();
        let mut maybe_applied = false;
        for attempt in 1.. {
            let last = attempt >= maximum;
            let authorization = match credentials {
                Some(credentials) => Some(credentials.authorization().await.map_err(|error| {
                    if request.is_write && maybe_applied { error.with_outcome(Outcome::Unknown) } else { error }
                })?),
                None => None,
            };
            if request.is_write {
                events.write_started();
            }
            let started = Instant::now();
            let sent = self.send_once(&client, request, authorization.as_ref(), &client_request_id);
            let (result, wait) =
                match noticed(sent, || events.warning(self.silence(&request.url, attempt, maximum))).await {
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
            let text = format!("waiting {:.1} s before attempt {} of {maximum}", wait.as_secs_f32(), attempt + 1);
            if wait < NOTICED {
                events.notice(text)
            } else {
                events.warning(text)
            }
            tokio::time::sleep(wait).await;
            if maybe_applied && !request.repeats_in_doubt {
                return result;
            }
        }
        unreachable!("the last attempt returns")
    }

    /// What the user is told when a server takes long.
    fn silence(&self, url: &Url, attempt: u32, maximum: u32) -> String {
        let limit = self.settings.timeout.as_secs_f32();
        let so_far = NOTICED.as_secs();
        let server = server_of(url);
        format!(
            "No complete response from {server} for {so_far} s; attempt {attempt} of {maximum} waits for up to {limit} s."
        )
    }

    async fn send_once(
        &self,
        client: &Client,
        request: &Request,
        authorization: Option<&SecretString>,
        id: &str,
    ) -> std::result::Result<(u16, HeaderMap, Zeroizing<Vec<u8>>), TransportError> {
        let failed = |error| TransportError::new(error, &request.url, &self.settings);
        let mut builder = client.request(request.method.clone(), request.url.clone()).header(CLIENT_REQUEST_ID, id);
        for (name, value) in &request.headers {
            let value = HeaderValue::from_str(value).map_err(|_| TransportError::bad_header(name))?;
            builder = builder.header(name, value);
        }
        if let Some(authorization) = authorization {
            builder = builder.header(AUTHORIZATION, sensitive(authorization)?);
        }
        match &request.body {
            Some((content_type, body)) => {
                // Wiped when the last part of it has been sent.
                let body = Bytes::from_owner(Zeroizing::new(body.expose_secret().as_bytes().to_vec()));
                builder = builder.header(CONTENT_TYPE, *content_type).body(body);
            }
            // The service refuses a POST without a Content-Length.
            None if request.method == Method::POST => builder = builder.body(""),
            None => {}
        }
        let mut response = builder.send().await.map_err(failed)?;
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > request.response_limit {
                return Err(TransportError::too_long(&request.url, request.response_limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((response.status().as_u16(), std::mem::take(response.headers_mut()), body))
    }

    /// The client for `url`.
    fn client(&self, url: &Url) -> Result<Client> {
        if !url.host_str().is_some_and(is_loopback) {
            return self.remote.get_or_try_init(|| self.build(Client::builder(), self.system_tls()?)).cloned();
        }
        if let Some(client) = self.loopback.get() {
            return Ok(client.clone());
        }
        let (tls, exists) = self.loopback_tls()?;
        let client = self.build(Client::builder().no_proxy(), tls)?;
        // Without the file the client is not kept: the file may be created while this session lives.
        Ok(if exists { self.loopback.get_or_init(|| client).clone() } else { client })
    }

    /// Trusts the system's CA certificates, and those of the settings.
    fn system_tls(&self) -> Result<ClientConfig> {
        let own = self.settings.ca_certificate.as_deref().map(certificates).transpose()?;
        tls::system(own.unwrap_or_default(), self.settings.client_certificate.clone()).map_err(|error| {
            let message = "There are no CA certificates on this system to check servers with: install them (package ca-certificates), or give a file of them as ⟨caCertificate⟩.";
            Error::new(Code::UntrustedCertificate, message).caused_by(&error)
        })
    }

    /// Trusts the CA certificates of the settings and of the file for this machine. Says whether there is such a file.
    fn loopback_tls(&self) -> Result<(ClientConfig, bool)> {
        let Loopback { ca_certificate_file, hint } = &self.settings.loopback;
        let own = self.settings.ca_certificate.as_deref().map(certificates).transpose()?;
        let file = ca_certificate_file.as_ref().and_then(|file| Some((file, std::fs::read(file).ok()?)));
        let exists = file.is_some();
        let mut trusted = match file.map(|(file, pem)| (file, tls::parse(&pem))) {
            Some((_, Ok(trusted))) => trusted,
            Some((file, Err(_))) if own.is_none() => {
                let hint = hint(Code::UntrustedCertificate).unwrap_or_default();
                let message = format!("'{}' holds no valid CA certificate. {hint}", file.display());
                return Err(Error::new(Code::UntrustedCertificate, message));
            }
            _ => Vec::new(),
        };
        trusted.extend(own.unwrap_or_default());
        Ok((tls::only(trusted, self.settings.client_certificate.clone()).map_err(|error| not_set_up(&error))?, exists))
    }

    fn build(&self, builder: reqwest::ClientBuilder, tls: ClientConfig) -> Result<Client> {
        builder
            .tls_backend_preconfigured(tls)
            .dns_resolver(Arc::new(SystemResolver))
            .https_only(true)
            .redirect(redirect::Policy::none())
            .connect_timeout(self.settings.connect_timeout)
            .timeout(self.settings.timeout)
            .user_agent(concat!("aziotdps/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| not_set_up(&error))
    }
}

fn not_set_up(error: &dyn std::error::Error) -> Error {
    Error::new(Code::Internal, "The HTTP client could not be set up.").caused_by(error)
}

/// The result of `work`. If that takes long, `notice` is called once.
async fn noticed<T>(work: impl Future<Output = T>, notice: impl FnOnce()) -> T {
    let mut work = std::pin::pin!(work);
    match tokio::time::timeout(NOTICED, &mut work).await {
        Ok(result) => result,
        Err(_) => {
            notice();
            work.await
        }
    }
}

/// The host of `url`, with the port unless it is the usual one.
fn server_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn sensitive(text: &SecretString) -> std::result::Result<HeaderValue, TransportError> {
    let mut value = HeaderValue::from_str(text.expose_secret()).map_err(|_| TransportError::bad_authorization())?;
    value.set_sensitive(true);
    Ok(value)
}
