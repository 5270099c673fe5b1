//! Fault injection: a queue of faults, for which requests and how often.

use crate::emulator::errors::{Result, bad_request};
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// A fault to inject. `docs/emulator.md` has its JSON form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Which requests it is for.
    #[serde(default, rename = "match")]
    pub matching: Match,
    /// How many of them pass before the first fault.
    #[serde(default)]
    pub skip: u32,
    /// How many of them then get the fault.
    #[serde(default = "once")]
    pub times: u32,
    /// How long the request is delayed, in milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
    /// Whether the request is carried out, so that only its response is lost.
    #[serde(default)]
    pub applied: bool,
    /// The fault itself. Without it the request is only delayed.
    #[serde(default)]
    pub kind: Option<FaultKind>,
}

/// Which requests a fault is for: those that match every given member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Match {
    /// The HTTP method.
    #[serde(default)]
    pub method: Option<String>,
    /// A part of path and query as they are sent; case is ignored.
    #[serde(default)]
    pub path_contains: Option<String>,
}

/// The kinds of faults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultKind {
    /// Another response.
    Status(FaultStatus),
    /// The connection is closed without a response.
    Drop,
    /// The request is carried out; its response breaks off in the middle of the body.
    CutBody,
    /// A query returns no records and a continuation token that leads to them.
    EmptyPage,
}

/// A response that the emulator would not send by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultStatus {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After` as it is: seconds or an HTTP date.
    #[serde(default)]
    pub retry_after: Option<String>,
    /// `Retry-After` as the HTTP date so many seconds from the response.
    #[serde(default)]
    pub retry_after_date_in: Option<u64>,
    /// The six-digit code of the service's own error body, which is sent unless `body` or `html` is given.
    #[serde(default)]
    pub error_code: Option<u32>,
    /// The body, sent as JSON.
    #[serde(default)]
    pub body: Option<String>,
    /// The body, sent as an HTML page.
    #[serde(default)]
    pub html: Option<String>,
    /// More headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// What says where a response ends.
const FRAMING: [HeaderName; 2] = [CONTENT_LENGTH, TRANSFER_ENCODING];

fn once() -> u32 {
    1
}

impl Fault {
    fn of(kind: Option<FaultKind>) -> Self {
        Self { matching: Match::default(), skip: 0, times: 1, delay_ms: 0, applied: false, kind }
    }

    /// The service's error body with this status.
    pub fn status(status: u16) -> Self {
        Self::answer(FaultStatus { status, ..FaultStatus::default() })
    }

    /// Another response.
    pub fn answer(answer: FaultStatus) -> Self {
        Self::of(Some(FaultKind::Status(answer)))
    }

    /// The connection is closed without a response.
    pub fn drop_connection() -> Self {
        Self::of(Some(FaultKind::Drop))
    }

    /// The response breaks off in the middle of its body.
    pub fn cut_body() -> Self {
        Self::of(Some(FaultKind::CutBody))
    }

    /// A query returns no records and a continuation token that leads to them.
    pub fn empty_page() -> Self {
        Self::of(Some(FaultKind::EmptyPage))
    }

    /// The request is delayed and nothing else.
    pub fn delay(delay: Duration) -> Self {
        Self::of(None).late(delay)
    }

    /// Only for requests with this method whose path and query contain `path`.
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.matching = Match { method: Some(method.to_owned()), path_contains: Some(path.to_owned()) };
        self
    }

    /// Applies to this many requests.
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Lets this many requests pass first.
    pub fn skip(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Carries the request out before its response is lost.
    pub fn applied(mut self) -> Self {
        self.applied = true;
        self
    }

    /// Delays the request first.
    pub fn late(mut self, delay: Duration) -> Self {
        self.delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Adds `Retry-After` to a response.
    pub fn retry_after(mut self, value: &str) -> Self {
        if let Some(FaultKind::Status(answer)) = &mut self.kind {
            answer.retry_after = Some(value.to_owned());
        }
        self
    }

    fn matches(&self, request: &Request) -> bool {
        let Match { method, path_contains } = &self.matching;
        let target = request.target.to_ascii_lowercase();
        method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(request.method.as_str()))
            && path_contains.as_ref().is_none_or(|part| target.contains(&part.to_ascii_lowercase()))
    }
}

impl Fault {
    /// Refuses what can't be played.
    pub(crate) fn check(&self) -> Result<()> {
        if self.times == 0 {
            return Err(bad_request("times must be at least 1."));
        }
        match &self.kind {
            Some(FaultKind::Status(status)) => status.check(),
            _ => Ok(()),
        }
    }
}

impl FaultStatus {
    fn check(&self) -> Result<()> {
        if !(200..=599).contains(&self.status) {
            return Err(bad_request("status must be 200 to 599."));
        }
        if self.error_code.is_some_and(|code| !(100_000..=999_999).contains(&code)) {
            return Err(bad_request("errorCode must have six digits."));
        }
        let retry_after = self.retry_after.iter().map(|value| ("Retry-After", value));
        for (name, value) in self.headers.iter().map(|(name, value)| (name.as_str(), value)).chain(retry_after) {
            let name = HeaderName::from_str(name)
                .map_err(|_| bad_request(format!("headers: {name:?} is not the name of a header.")))?;
            if FRAMING.contains(&name) {
                return Err(bad_request(format!("headers: {name} is set by the emulator itself.")));
            }
            HeaderValue::from_str(value)
                .map_err(|_| bad_request(format!("headers: the value of {name} can't stand in a header.")))?;
        }
        Ok(())
    }

    pub(crate) fn to_response(&self) -> Response {
        let mut response = match (&self.body, &self.html) {
            (_, Some(html)) => {
                Response { body: html.clone(), ..Response::empty(self.status) }.header("Content-Type", "text/html")
            }
            (Some(body), None) => Response::json_text(self.status, body.clone()),
            (None, None) => {
                let code = self.error_code.unwrap_or(u32::from(self.status) * 1000);
                crate::emulator::errors::ServiceError::new(self.status, code, "An injected fault.").into()
            }
        };
        if let Some(value) = &self.retry_after {
            response = response.header("Retry-After", value);
        }
        if let Some(seconds) = self.retry_after_date_in {
            let date = SystemTime::now() + Duration::from_secs(seconds.min(86_400));
            response = response.header("Retry-After", httpdate::fmt_http_date(date));
        }
        for (name, value) in &self.headers {
            response = response.header(name.clone(), value);
        }
        response.with_error_code("Fault")
    }
}

/// The queue of faults; a request gets the first one that matches.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Puts a fault at the end of the queue. One that is for no request (`times` is 0) is left out.
    pub fn queue(&self, fault: Fault) {
        if fault.times > 0 {
            self.locked().push(fault);
        }
    }

    /// Removes every queued fault.
    pub fn clear(&self) {
        self.locked().clear();
    }

    /// The queued faults.
    pub fn pending(&self) -> Vec<Fault> {
        self.locked().clone()
    }

    /// The fault for `request`, counted as used once.
    pub(crate) fn take(&self, request: &Request) -> Option<Fault> {
        let mut faults = self.locked();
        let index = faults.iter().position(|fault| fault.matches(request))?;
        let fault = faults.get_mut(index)?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        fault.times = fault.times.saturating_sub(1);
        let hit = fault.clone();
        if hit.times == 0 {
            faults.remove(index);
        }
        Some(hit)
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::body::Bytes;
    use hyper::{HeaderMap, Method};

    fn request(method: Method, target: &str) -> Request {
        Request::new(method, target.into(), HeaderMap::new(), Bytes::new())
    }

    #[test]
    fn a_fault_applies_to_matching_requests_as_often_as_it_says() {
        let faults = Faults::default();
        faults.queue(Fault::status(503).on("PUT", "/Enrollments/a").skip(1).times(2));
        let put = request(Method::PUT, "/enrollments/A?api-version=1");
        assert_eq!(faults.take(&request(Method::GET, "/enrollments/a")), None);
        assert_eq!(faults.take(&request(Method::PUT, "/enrollments/b")), None);
        assert_eq!(faults.take(&put), None, "let through");
        assert!(faults.take(&put).is_some() && faults.take(&put).is_some());
        assert_eq!(faults.take(&put), None);
        assert_eq!(faults.pending(), []);
    }

    #[test]
    fn the_json_form_has_defaults_and_refuses_what_it_does_not_know() {
        let fault: Fault = serde_json::from_str(
            r#"{"match":{"method":"PUT","pathContains":"/x"},"kind":{"status":{"status":429,"retryAfter":"2"}}}"#,
        )
        .unwrap();
        assert_eq!(fault, Fault::status(429).retry_after("2").on("PUT", "/x"));
        assert_eq!(serde_json::from_str::<Fault>(r#"{"kind":"drop"}"#).unwrap(), Fault::drop_connection());
        assert!(serde_json::from_str::<Fault>(r#"{"kind":"drop","often":3}"#).is_err());
    }

    #[test]
    fn retry_after_can_be_a_date() {
        let response =
            FaultStatus { status: 429, retry_after_date_in: Some(60), ..FaultStatus::default() }.to_response();
        let (_, date) = response.headers.iter().find(|(name, _)| name == "Retry-After").unwrap();
        let wait = httpdate::parse_http_date(date).unwrap().duration_since(SystemTime::now()).unwrap();
        assert!((58..=60).contains(&wait.as_secs()), "{wait:?}");
    }
}
