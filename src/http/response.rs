//! A response, whatever its status.

use super::{HeaderMap, retry};
use crate::error::HttpFailure;
use std::time::{Duration, SystemTime};
use zeroize::Zeroizing;

/// A response, whatever its status.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Zeroizing<Vec<u8>>,
    /// How many times the request was sent.
    pub attempts: u32,
    /// Whether an earlier attempt may have been carried out although no response to it arrived.
    pub maybe_applied: bool,
    /// The `x-ms-client-request-id` of the request.
    pub client_request_id: String,
}

impl Response {
    /// The same response, with the attempts and the doubt of an earlier one to the same request added.
    pub fn after(mut self, earlier: &Self) -> Self {
        self.attempts += earlier.attempts;
        self.maybe_applied |= earlier.maybe_applied;
        self
    }

    /// What an error says about this response; `error_code` and `tracking_id` as far as its body has them.
    pub fn failure(&self, error_code: Option<String>, tracking_id: Option<String>) -> HttpFailure {
        HttpFailure {
            status: self.status,
            error_code,
            tracking_id: tracking_id.or_else(|| self.header("x-ms-request-id").map(str::to_owned)),
            client_request_id: Some(self.client_request_id.clone()),
        }
    }

    /// The `Date` header: when the server sent the response, by its own clock.
    pub fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.header("date")?).ok()
    }

    /// How long the server asks to wait, by the `Retry-After` header.
    pub fn retry_after(&self) -> Option<Duration> {
        retry::parse(self.header("retry-after")?, SystemTime::now())
    }

    /// The text of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
