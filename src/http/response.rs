//! A response, whatever its status.

use super::HeaderMap;
use super::retry::parse_retry_after;
use crate::error::{HttpFailure, Outcome, Result};
use reqwest::header::RETRY_AFTER;
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
    /// The result of sending the same request `again`, with the attempts and the doubt of this response added. `is_write`
    /// as in [`super::Request`].
    ///
    /// # Errors
    /// That of `again`.
    pub fn followed_by(&self, again: Result<Self>, is_write: bool) -> Result<Self> {
        match again {
            Ok(mut response) => {
                response.attempts += self.attempts;
                response.maybe_applied |= self.maybe_applied;
                Ok(response)
            }
            Err(error) => {
                let attempts = error.attempts() + self.attempts;
                let in_doubt = is_write && self.maybe_applied;
                let earlier = if in_doubt { Outcome::Unknown } else { Outcome::NotApplied };
                Err(error.with_attempts(attempts).with_outcome_of_all(earlier))
            }
        }
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

    /// How long the server asks to wait before the request is repeated.
    pub fn retry_after(&self) -> Option<Duration> {
        parse_retry_after(self.headers.get(RETRY_AFTER)?, SystemTime::now())
    }

    /// Whether the body is JSON by its content type.
    pub fn is_json(&self) -> bool {
        let content_type = self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default();
        content_type.trim().eq_ignore_ascii_case("application/json")
    }

    /// The text of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
