//! The one way out: connections, time-outs, retries, and what is told about each request.
//!
//! Everything that this library asks of a server goes through [`Transport::send`]. A request is repeated after a lost
//! answer too, so its caller must be able to recognise its own work: [`Response::lost_answer`] says when to look.

mod failure;
mod retry;

pub use reqwest::{Method, Url, header::HeaderMap};

use crate::error::{Code, Error, HttpFailure, Result};
use crate::model;
use failure::Failure;
use once_cell::sync::OnceCell;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, Client, redirect};
use retry::Backoff;
use secrecy::{ExposeSecret, SecretString};
use std::time::{Duration, Instant, SystemTime};
use zeroize::Zeroizing;

/// The most that is read of one answer, in bytes: far above any page the service sends.
const BODY_LIMIT: usize = 64 << 20;

const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");

/// How requests are made.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The longest wait for a connection.
    pub connect_timeout: Duration,
    /// The longest wait for a whole answer, connection included.
    pub timeout: Duration,
    /// How often a request is sent at the most.
    pub maximum_attempts: u32,
    /// Trusted besides the system's authorities: PEM.
    pub certificate_authority: Option<Vec<u8>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            maximum_attempts: 4,
            certificate_authority: None,
        }
    }
}

/// A request, as often as it has to be sent.
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to; https only, and nothing secret in it.
    pub url: Url,
    /// Headers besides those that every request has.
    pub headers: Vec<(HeaderName, String)>,
    /// The `Authorization` header.
    pub authorization: Option<SecretString>,
    /// The body and its content type.
    pub body: Option<(&'static str, SecretString)>,
}

/// An answer of any status.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Zeroizing<Vec<u8>>,
    /// How often the request was sent.
    pub attempts: u32,
    /// Whether an earlier attempt may have been carried out without its answer coming back.
    pub lost_answer: bool,
    /// The `x-ms-client-request-id` that went along.
    pub client_request_id: String,
}

impl Response {
    /// The same answer, with what an earlier one to the same request brought along: its attempts, and the doubt.
    pub fn after(mut self, earlier: &Self) -> Self {
        self.attempts += earlier.attempts;
        self.lost_answer |= earlier.lost_answer;
        self
    }

    /// What an error says of this answer; `error_code` and `tracking_id` as far as its body had them.
    pub fn failure(&self, error_code: Option<String>, tracking_id: Option<String>) -> HttpFailure {
        HttpFailure {
            status: self.status,
            error_code,
            tracking_id: tracking_id.or_else(|| self.header("x-ms-request-id").map(str::to_owned)),
            client_request_id: Some(self.client_request_id.clone()),
        }
    }

    /// When the server sent it, by its own clock.
    pub fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.header("date")?).ok()
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Hears about requests; what it gets holds no secret.
pub trait Listener: Sync {
    /// One line about a request. Does not wait.
    fn note(&self, text: String);

    /// One line about why it takes so long. Does not wait.
    fn wait(&self, text: String);
}

/// Connections to servers, reused from request to request.
#[derive(Debug, Default)]
pub struct Transport {
    settings: Settings,
    remote: OnceCell<Client>,
    loopback: OnceCell<Client>,
}

impl Transport {
    /// A transport that has not connected to anything.
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Sends `request`, again where that may help, and returns the last answer.
    ///
    /// Answers of 408, 429, 500, 502, 503 and 504 are waited out by `Retry-After` or by back-off with jitter, as are
    /// broken connections, up to [`Settings::maximum_attempts`].
    ///
    /// # Errors
    /// No answer came: [`Code::ConnectionFailed`], [`Code::HostNotFound`], [`Code::UntrustedCertificate`],
    /// [`Code::Timeout`], [`Code::UnexpectedResponse`] for a body that broke off. The outcome is `unknown` where the
    /// request may have arrived; a caller that changes nothing says so ([`Error::of_a_read`]).
    pub async fn send(&self, request: &Request, listener: &impl Listener) -> Result<Response> {
        let client = self.client(&request.url)?;
        let client_request_id = uuid::Uuid::new_v4().to_string();
        let mut backoff = Backoff::default();
        let mut lost_answer = false;
        for attempt in 1.. {
            let last = attempt >= self.settings.maximum_attempts;
            let started = Instant::now();
            let wait = match self.send_once(&client, request, &client_request_id).await {
                Ok((status, headers, body)) => {
                    listener.note(format!(
                        "{} {} -> {status} in {} ms",
                        request.method,
                        request.url,
                        started.elapsed().as_millis()
                    ));
                    let wait = backoff.after(status, headers.get(RETRY_AFTER), SystemTime::now());
                    let Some(wait) = wait.filter(|_| !last) else {
                        return Ok(Response {
                            status,
                            headers,
                            body,
                            attempts: attempt,
                            lost_answer,
                            client_request_id,
                        });
                    };
                    lost_answer |= status != 429;
                    wait
                }
                Err(failure) => {
                    listener.note(format!("{} {} -> {failure}", request.method, request.url));
                    lost_answer |= failure.may_have_arrived;
                    if last || !failure.worth_another_try {
                        return Err(failure.into_error(attempt, lost_answer));
                    }
                    backoff.next()
                }
            };
            listener.wait(format!(
                "waiting {:.1} s before attempt {} of {}",
                wait.as_secs_f32(),
                attempt + 1,
                self.settings.maximum_attempts
            ));
            tokio::time::sleep(wait).await;
        }
        unreachable!("the last attempt returns")
    }

    async fn send_once(
        &self,
        client: &Client,
        request: &Request,
        id: &str,
    ) -> std::result::Result<(u16, HeaderMap, Zeroizing<Vec<u8>>), Failure> {
        let failed = |error| Failure::of(error, &request.url, &self.settings);
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
                return Err(Failure::too_long(&request.url, BODY_LIMIT));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((response.status().as_u16(), std::mem::take(response.headers_mut()), body))
    }

    /// The client for `url`: loopback addresses trust the emulator's authority, and no proxy stands before them.
    fn client(&self, url: &Url) -> Result<Client> {
        if !is_loopback(url) {
            return self.remote.get_or_try_init(|| self.build(Client::builder(), None)).cloned();
        }
        if let Some(client) = self.loopback.get() {
            return Ok(client.clone());
        }
        let authority = model::home().and_then(|home| std::fs::read(model::certificate_authority(&home)).ok());
        let known = authority.is_some();
        let client = self.build(Client::builder().no_proxy(), authority)?;
        // An emulator that starts for the first time makes its authority while this session lives.
        Ok(if known { self.loopback.get_or_init(|| client).clone() } else { client })
    }

    fn build(&self, builder: reqwest::ClientBuilder, authority: Option<Vec<u8>>) -> Result<Client> {
        // Fails where the process has a provider already, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut trusted = Vec::new();
        for pem in authority.iter().chain(&self.settings.certificate_authority) {
            trusted.extend(certificates(pem)?);
        }
        builder
            .tls_certs_merge(trusted)
            .https_only(true)
            .redirect(redirect::Policy::none())
            .connect_timeout(self.settings.connect_timeout)
            .timeout(self.settings.timeout)
            .user_agent(concat!("aziotdps/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::new(Code::Internal, "The HTTP client could not be set up.").caused_by(&error))
    }
}

/// The certificates of a PEM text.
///
/// # Errors
/// [`Code::InvalidArgument`] where there is none.
pub fn certificates(pem: &[u8]) -> Result<Vec<Certificate>> {
    let refuse =
        || Error::argument("caCertificate", "There is no certificate in the trusted authority; PEM is accepted.");
    match Certificate::from_pem_bundle(pem) {
        Ok(certificates) if certificates.is_empty() => Err(refuse()),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(refuse().caused_by(&error)),
    }
}

/// Whether `url` names this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host_str().map(|host| host.trim_matches(['[', ']'])) {
        Some("localhost") => true,
        Some(host) => host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback()),
        None => false,
    }
}

fn sensitive(text: &SecretString) -> std::result::Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(text.expose_secret()).map_err(|_| Failure::bad_authorization())?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for (url, expected) in [
            ("https://localhost:8443/a", true),
            ("https://127.0.0.2/", true),
            ("https://[::1]:1/", true),
            ("https://localhost.example/", false),
            ("https://10.0.0.1/", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
