//! The wait before a request is repeated.

use reqwest::header::HeaderValue;
use std::time::{Duration, SystemTime};

/// A longer wait is not begun: the caller gets the response and decides.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// Waits that double from half a second to 30 seconds, each with a jitter of up to a half, so that clients whose requests
/// failed at the same time do not repeat them at the same time.
#[derive(Debug, Default)]
pub struct Backoff {
    waits: u32,
}

impl Backoff {
    /// The next wait.
    pub fn next(&mut self) -> Duration {
        let whole = Duration::from_millis(500).saturating_mul(1 << self.waits.min(10)).min(Duration::from_secs(30));
        self.waits += 1;
        whole.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// The wait after a response, or `None` if repeating the request would not help. `retry_after` is seconds or a date. It
    /// is never shortened, since the service asks for it.
    pub fn after(&mut self, status: u16, retry_after: Option<&HeaderValue>, now: SystemTime) -> Option<Duration> {
        if !matches!(status, 408 | 429 | 500 | 502 | 503 | 504) {
            return None;
        }
        let own = self.next();
        let wait = match retry_after.and_then(|value| parse(value.to_str().ok()?, now)) {
            // Some of the back-off is added, for the same reason as the jitter.
            Some(asked) => asked.saturating_add(own.min(asked / 10)),
            None => own,
        };
        (wait <= LONGEST_WAIT).then_some(wait)
    }
}

/// The wait that a `Retry-After` header asks for: seconds, or a date.
pub fn parse(text: &str, now: SystemTime) -> Option<Duration> {
    match text.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(status: u16, retry_after: Option<&str>) -> Option<Duration> {
        let header = retry_after.map(|text| HeaderValue::from_str(text).unwrap());
        let now = httpdate::parse_http_date("Fri, 19 May 2023 23:10:00 GMT").unwrap();
        Backoff::default().after(status, header.as_ref(), now)
    }

    #[test]
    fn waits_grow_and_stay_bounded() {
        let mut backoff = Backoff::default();
        for whole in [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] {
            let wait = backoff.next().as_secs_f64();
            assert!((whole / 2.0..=whole).contains(&wait), "{wait} of {whole}");
        }
    }

    #[test]
    fn retry_after_is_obeyed_as_seconds_and_as_a_date() {
        for asked in ["5", "Fri, 19 May 2023 23:10:05 GMT"] {
            let wait = after(429, Some(asked)).unwrap().as_secs_f64();
            assert!((5.0..=5.5).contains(&wait), "{asked}: {wait}");
        }
        assert_eq!(after(503, Some("0")), Some(Duration::ZERO));
        assert_eq!(after(503, Some("Fri, 19 May 2023 23:09:00 GMT")), Some(Duration::ZERO));
    }

    #[test]
    fn a_wait_above_the_limit_is_not_begun() {
        for beyond in ["3600", "18446744073709551615"] {
            assert_eq!(after(429, Some(beyond)), None);
        }
    }

    #[test]
    fn an_invalid_retry_after_falls_back_to_the_back_off() {
        assert!(after(429, Some("soon")).is_some_and(|wait| wait <= Duration::from_millis(500)));
    }

    #[test]
    fn other_statuses_are_not_repeated() {
        for status in [200, 400, 401, 403, 404, 409, 412, 501] {
            assert_eq!(after(status, Some("1")), None, "{status}");
        }
    }
}
