//! Attempts that brought no response.

use super::proxy::proxy_of;
use super::resolve::NotResolved;
use super::{HeaderName, Settings, Url, server_of};
use crate::error::{Code, Error, Outcome};
use crate::model::is_loopback;
use std::{fmt, io};

/// One attempt that brought no response.
#[derive(Debug)]
pub struct TransportError {
    code: Code,
    message: String,
    source: Option<reqwest::Error>,
    /// Whether the request may have reached the server.
    pub may_have_arrived: bool,
    /// Whether sending the request again may help.
    pub is_retryable: bool,
}

impl TransportError {
    /// The error for `error`, which a request to `url` failed with.
    pub fn new(error: reqwest::Error, url: &Url, settings: &Settings) -> Self {
        let server = server_of(url);
        let before = error.is_connect() || error.is_builder();
        let local = url.host_str().is_some_and(is_loopback);
        let proxy = if before && !local { proxy_of(url) } else { None };
        let mut failure = match (untrusted(&error), &proxy) {
            (Some(reason), _) => Failure::of(
                Code::UntrustedCertificate,
                format!("The certificate of {server} is not trusted: {reason}."),
            ),
            (None, Some(proxy)) => Failure::at_proxy(&error, proxy, &server, settings),
            (None, None) if before => Failure::connecting(&error, &server, settings),
            (None, None) if error.is_timeout() => {
                let limit = settings.timeout.as_secs_f32();
                Failure::of(Code::Timeout, format!("No complete response from {server} within {limit} s."))
            }
            (None, None) if error.is_body() || error.is_decode() => {
                Failure::of(Code::UnexpectedResponse, format!("The response of {server} broke off."))
            }
            (None, None) => Failure::of(
                Code::ConnectionFailed,
                format!("The connection to {server} broke before a response arrived."),
            ),
        };
        if local
            && before
            && let Some(hint) = (settings.loopback.hint)(failure.code)
        {
            failure.message = format!("{} {hint}", failure.message);
        }
        // If nothing listens on this machine now, nothing will in a second.
        let absent = before && local;
        Self {
            code: failure.code,
            message: failure.message,
            source: Some(error.without_url()),
            may_have_arrived: !before,
            is_retryable: !failure.is_final && !absent,
        }
    }

    /// The response is larger than anything that the service sends.
    pub fn too_long(url: &Url, limit: usize) -> Self {
        let message = format!("The response of {} is larger than {limit} bytes.", url.host_str().unwrap_or_default());
        Self { code: Code::UnexpectedResponse, message, source: None, may_have_arrived: true, is_retryable: false }
    }

    /// A token that a header cannot contain.
    pub fn bad_authorization() -> Self {
        let message = "The token has characters that a header cannot contain.".to_owned();
        Self { code: Code::AuthenticationFailed, message, source: None, may_have_arrived: false, is_retryable: false }
    }

    /// A header that cannot be sent, such as an etag of several lines.
    pub fn bad_header(name: &HeaderName) -> Self {
        let message = format!("The request cannot be sent: the value for its header {name} has control characters.");
        Self { code: Code::UnexpectedResponse, message, source: None, may_have_arrived: false, is_retryable: false }
    }

    /// The error after the last of `attempts`.
    pub fn into_error(self, attempts: u32, may_have_arrived: bool) -> Error {
        let outcome = if may_have_arrived { Outcome::Unknown } else { Outcome::NotApplied };
        let error = Error::new(self.code, self.message).with_attempts(attempts).with_outcome(outcome);
        match &self.source {
            Some(cause) => error.caused_by(cause),
            None => error,
        }
    }
}

/// What is said of an attempt that failed.
struct Failure {
    code: Code,
    message: String,
    /// Whether another attempt would fail in the same way.
    is_final: bool,
}

impl Failure {
    fn of(code: Code, message: String) -> Self {
        Self { code, message, is_final: matches!(code, Code::UntrustedCertificate | Code::HostNotFound) }
    }

    /// No connection to `server`.
    fn connecting(error: &reqwest::Error, server: &str, settings: &Settings) -> Self {
        match find::<NotResolved>(error) {
            Some(NotResolved { is_unknown: true, .. }) => {
                Self::of(Code::HostNotFound, format!("There is no host '{server}'; check its name and the network."))
            }
            Some(_) => Self::of(
                Code::ConnectionFailed,
                format!("The name server did not say where '{server}' is; check the network of this machine."),
            ),
            None if error.is_timeout() => {
                let limit = settings.connect_timeout.as_secs_f32();
                Self::of(Code::Timeout, format!("No connection to {server} within {limit} s."))
            }
            None => Self::of(Code::ConnectionFailed, format!("No connection to {server} could be made.")),
        }
    }

    /// No connection to `server` through `proxy`.
    fn at_proxy(error: &reqwest::Error, proxy: &str, server: &str, settings: &Settings) -> Self {
        let setting = "HTTPS_PROXY or the system's settings name the proxy";
        let says = |words: &str| chain(error).any(|cause| cause.to_string() == format!("tunnel error: {words}"));
        if says("proxy authorization required") {
            let message = format!(
                "The proxy {proxy} wants a user and a password (407): give them as HTTPS_PROXY=http://user:password@{proxy}."
            );
            return Self { code: Code::ConnectionFailed, message, is_final: true };
        }
        if says("unsuccessful") {
            let message = format!("The proxy {proxy} refused a connection to {server}; {setting}.");
            return Self::of(Code::ConnectionFailed, message);
        }
        let mut failure = Self::connecting(error, proxy, settings);
        failure.message = format!("{} It is the proxy for {server}: {setting}.", failure.message);
        failure
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        // An I/O error shows its inner error's source, not the inner error itself.
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn std::error::Error + 'static)),
            None => error.source(),
        }
    })
}

fn untrusted(error: &reqwest::Error) -> Option<String> {
    chain(error).find_map(|cause| match cause.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(reason) => Some(reason.to_string()),
        _ => None,
    })
}

fn find<E: std::error::Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    chain(error).find_map(|cause| cause.downcast_ref::<E>())
}
