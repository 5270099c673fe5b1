//! Why no answer came, in a person's words.

use super::{Settings, Url, is_loopback};
use crate::error::{Code, Error, Outcome};
use std::{fmt, io};

/// One attempt that brought no answer.
#[derive(Debug)]
pub struct Failure {
    code: Code,
    message: String,
    causes: Option<reqwest::Error>,
    /// Whether the request may have reached the server.
    pub may_have_arrived: bool,
    /// Whether sending it again may help.
    pub worth_another_try: bool,
}

impl Failure {
    /// Reads `error`, which met a request to `url`.
    pub fn of(error: reqwest::Error, url: &Url, settings: &Settings) -> Self {
        let server = url.host_str().unwrap_or_default();
        let server = url.port().map_or_else(|| server.to_owned(), |port| format!("{server}:{port}"));
        let before = error.is_connect() || error.is_builder();
        let (code, message) = if let Some(reason) = untrusted(&error) {
            let hint = if is_loopback(url) {
                " An emulator's authority is in the data folder (AZIOTDPS_HOME) it was started with; name its file (caCertificate) to trust it."
            } else {
                ""
            };
            (Code::UntrustedCertificate, format!("The certificate of {server} is not trusted: {reason}.{hint}"))
        } else if before && says(&error, "dns error") {
            (Code::HostNotFound, format!("There is no host '{server}'; is its name right, and is the network up?"))
        } else if error.is_timeout() && before {
            let limit = settings.connect_timeout.as_secs_f32();
            (Code::Timeout, format!("No connection to {server} within {limit} s."))
        } else if error.is_timeout() {
            let limit = settings.timeout.as_secs_f32();
            (Code::Timeout, format!("No whole answer from {server} within {limit} s."))
        } else if before {
            let hint = if is_loopback(url) { " Is the emulator running (aziotdps emulator start)?" } else { "" };
            (Code::ConnectionFailed, format!("No connection to {server} could be made.{hint}"))
        } else if error.is_body() || error.is_decode() {
            (Code::UnexpectedResponse, format!("The answer of {server} broke off."))
        } else {
            (Code::ConnectionFailed, format!("The connection to {server} broke before an answer came."))
        };
        let settled = matches!(code, Code::UntrustedCertificate | Code::HostNotFound);
        // Nothing listens on this machine: it will not in a second either.
        let absent = before && is_loopback(url);
        Self {
            code,
            message,
            causes: Some(error.without_url()),
            may_have_arrived: !before,
            worth_another_try: !settled && !absent,
        }
    }

    /// The answer is longer than anything the service sends.
    pub fn too_long(url: &Url, limit: usize) -> Self {
        let message = format!("The answer of {} is longer than {limit} bytes.", url.host_str().unwrap_or_default());
        Self { code: Code::UnexpectedResponse, message, causes: None, may_have_arrived: true, worth_another_try: false }
    }

    /// A token that cannot stand in a header.
    pub fn bad_authorization() -> Self {
        let message = "The token has characters that a header cannot hold.".to_owned();
        Self {
            code: Code::AuthenticationFailed,
            message,
            causes: None,
            may_have_arrived: false,
            worth_another_try: false,
        }
    }

    /// The failure after the last of `attempts`.
    pub fn into_error(self, attempts: u32, may_have_arrived: bool) -> Error {
        let outcome = if may_have_arrived { Outcome::Unknown } else { Outcome::NotApplied };
        let error = Error::new(self.code, self.message).with_attempts(attempts).with_outcome(outcome);
        match &self.causes {
            Some(cause) => error.caused_by(cause),
            None => error,
        }
    }
}

impl fmt::Display for Failure {
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
