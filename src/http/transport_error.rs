//! Attempts that brought no response.

use super::{Settings, Url};
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
        let server = url.host_str().unwrap_or_default();
        let server = url.port().map_or_else(|| server.to_owned(), |port| format!("{server}:{port}"));
        let before = error.is_connect() || error.is_builder();
        let local = url.host_str().is_some_and(is_loopback);
        let (code, mut message) = if let Some(reason) = untrusted(&error) {
            (Code::UntrustedCertificate, format!("The certificate of {server} is not trusted: {reason}."))
        } else if before && says(&error, "dns error") {
            (Code::HostNotFound, format!("There is no host '{server}'; check its name and the network."))
        } else if error.is_timeout() && before {
            let limit = settings.connect_timeout.as_secs_f32();
            (Code::Timeout, format!("No connection to {server} within {limit} s."))
        } else if error.is_timeout() {
            let limit = settings.timeout.as_secs_f32();
            (Code::Timeout, format!("No complete response from {server} within {limit} s."))
        } else if before {
            (Code::ConnectionFailed, format!("No connection to {server} could be made."))
        } else if error.is_body() || error.is_decode() {
            (Code::UnexpectedResponse, format!("The response of {server} broke off."))
        } else {
            (Code::ConnectionFailed, format!("The connection to {server} broke before a response arrived."))
        };
        if local
            && before
            && let Some(hint) = (settings.loopback.hint)(code)
        {
            message = format!("{message} {hint}");
        }
        let is_final = matches!(code, Code::UntrustedCertificate | Code::HostNotFound);
        // If nothing listens on this machine now, nothing will in a second.
        let absent = before && local;
        Self {
            code,
            message,
            source: Some(error.without_url()),
            may_have_arrived: !before,
            is_retryable: !is_final && !absent,
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

fn says(error: &reqwest::Error, words: &str) -> bool {
    chain(error).any(|cause| cause.to_string().starts_with(words))
}
