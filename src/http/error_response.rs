//! Responses that report an error, and bodies that cannot be read.

use super::Response;
use super::retry::LONGEST_WAIT;
use crate::error::{Code, Error, Result};
use crate::model::has_reserved_text;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// A clock that differs by more than this is named as the reason of a 401.
const SKEW: Duration = Duration::from_secs(5 * 60);

/// A larger body is not an error of the service.
const BODY_LIMIT: usize = 64 << 10;

/// What an error body says. Its shape is flat from the data plane and `{"error":{…}}` from Azure Resource Manager; others
/// on the way have their own.
#[derive(Default)]
struct Body {
    error_code: Option<String>,
    tracking_id: Option<String>,
    message: Option<String>,
    /// Whether it is JSON, and so probably the service's.
    is_json: bool,
}

impl Body {
    fn parse(body: &[u8]) -> Self {
        let value = if body.len() > BODY_LIMIT { None } else { serde_json::from_slice::<Value>(body).ok() };
        let value = match value {
            None => return Self::default(),
            Some(Value::String(message)) => return Self { message: Some(message), is_json: true, ..Self::default() },
            Some(value) => value,
        };
        let inner = match member(&value, "error") {
            Some(inner @ Value::Object(_)) => inner,
            _ => &value,
        };
        let text = |name| member(inner, name).or(member(&value, name)).and_then(text);
        Self {
            error_code: text("errorCode").or_else(|| text("code")).or_else(|| text("error")),
            tracking_id: text("trackingId"),
            message: text("message").or_else(|| text("error_description")),
            is_json: true,
        }
    }
}

/// A member by its name without case: some servers begin names with a capital.
fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let mut members = object.as_object()?.iter();
    members.find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null()).map(|(_, value)| value)
}

/// A value as text; what has members, as JSON.
fn text(value: &Value) -> Option<String> {
    let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
    Some(text).filter(|text| !text.is_empty())
}

impl Response {
    /// The response, if it has a success status.
    ///
    /// # Errors
    /// [`Self::error`] for any other status.
    pub fn success(self) -> Result<Self> {
        if (200..300).contains(&self.status) { Ok(self) } else { Err(self.error()) }
    }

    /// The JSON body of a success. `expected` names what it should be.
    ///
    /// # Errors
    /// [`Code::UnexpectedResponse`] if it is something else.
    pub fn json<T: DeserializeOwned>(&self, expected: &str) -> Result<T> {
        let text = std::str::from_utf8(&self.body).ok().filter(|text| !has_reserved_text(text));
        let parsed = text.and_then(|text| serde_json::from_str(text).ok());
        parsed.ok_or_else(|| self.unexpected(&format!(" and a body that is not {expected}")))
    }

    /// The error for a response that is not what the contract of the service says. `what` follows the status.
    pub fn unexpected(&self, what: &str) -> Error {
        let message = format!("The service answered with status {}{what}.", self.status);
        let http = self.failure(None, None);
        Error::new(Code::UnexpectedResponse, message).with_http(http).with_attempts(self.attempts)
    }

    /// The error that the response reports. Depends on the status, never on texts; the body may be missing or not JSON.
    pub fn error(&self) -> Error {
        let Body { error_code, tracking_id, message, is_json } = Body::parse(&self.body);
        let (code, said) = match self.status {
            401 => (Code::Unauthorized, "Unauthorized: the service does not accept the credentials"),
            403 => (Code::Forbidden, "Forbidden: the credentials do not allow this"),
            404 => (Code::NotFound, "Not Found"),
            408 => (Code::Timeout, "Request Timeout: the service or a gateway gave up waiting"),
            409 if matches!(error_code.as_deref(), Some("409201" | "409202")) => {
                (Code::AlreadyExists, "Conflict: the record already exists")
            }
            409 => (Code::Conflict, "Conflict with the current state"),
            412 => {
                let said =
                    "Precondition Failed: the record was changed since it was read; read it again, or give no etag";
                (Code::PreconditionFailed, said)
            }
            429 => (Code::Throttled, "Too Many Requests: the service's rate limit is reached"),
            500..=599 => (Code::ServiceFailure, "The service failed"),
            400..=499 => (Code::BadRequest, "The service refused the request"),
            _ => (Code::UnexpectedResponse, "The service answered with a status that its contract does not have"),
        };
        let detail = match message {
            Some(message) => format!(" The service says: {message}"),
            None if is_json => String::new(),
            None => " The response did not come from the service; a proxy or gateway may have sent it.".to_owned(),
        };
        let number = error_code
            .as_deref()
            .map_or_else(|| format!("HTTP {}", self.status), |code| format!("HTTP {}, {code}", self.status));
        let advice = match code {
            Code::Unauthorized => self.clock(),
            Code::Throttled | Code::ServiceFailure => self.wait(),
            _ => None,
        };
        let http = self.failure(error_code, tracking_id);
        Error::new(code, format!("{said} ({number}).{detail}{}", advice.unwrap_or_default()))
            .with_http(http)
            .with_attempts(self.attempts)
    }

    /// How long the server asks to wait, as a sentence.
    pub fn wait(&self) -> Option<String> {
        let asked = self.retry_after().filter(|asked| !asked.is_zero())?;
        let too_long = if asked > LONGEST_WAIT {
            format!(", and no wait longer than {} s is begun", LONGEST_WAIT.as_secs())
        } else {
            String::new()
        };
        Some(format!(" It asks to wait for {} s{too_long}.", asked.as_secs()))
    }

    /// How far the clock of this machine is from the server's, as a sentence, if that may be why a token is refused.
    fn clock(&self) -> Option<String> {
        let (server, here) = (self.date()?, SystemTime::now());
        let (by, direction) = match here.duration_since(server) {
            Ok(by) => (by, "ahead of"),
            Err(error) => (error.duration(), "behind"),
        };
        let minutes = by.as_secs() / 60;
        (by > SKEW).then(|| {
            format!(
                " The clock of this machine is {minutes} minutes {direction} the service's: set it, since signatures and tokens expire by the clock."
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HeaderMap;

    fn read(status: u16, body: &str) -> Error {
        response(status, body).error()
    }

    fn response(status: u16, body: &str) -> Response {
        Response {
            status,
            headers: HeaderMap::from_iter([("x-ms-request-id".parse().unwrap(), "from-header".parse().unwrap())]),
            body: body.as_bytes().to_vec().into(),
            attempts: 2,
            maybe_applied: false,
            client_request_id: "ours".into(),
        }
    }

    #[test]
    fn the_data_plane_body_gives_code_tracking_id_and_text() {
        let error =
            read(401, r#"{"errorCode":401002,"trackingId":"t-1","message":"Invalid certificate.","timestampUtc":"x"}"#);
        assert_eq!(error.code(), Code::Unauthorized);
        let http = error.http().unwrap();
        assert_eq!(
            (http.status, http.error_code.as_deref(), http.tracking_id.as_deref()),
            (401, Some("401002"), Some("t-1"))
        );
        assert!(error.message().ends_with("The service says: Invalid certificate."), "{error}");
        assert_eq!(error.attempts(), 2);
    }

    #[test]
    fn the_resource_manager_body_is_read_in_both_forms() {
        for body in [
            r#"{"error":{"code":"AuthorizationFailed","message":"No."}}"#,
            r#"{"code":"AuthorizationFailed","message":"No."}"#,
        ] {
            let error = read(403, body);
            assert_eq!(error.http().unwrap().error_code.as_deref(), Some("AuthorizationFailed"));
            assert!(error.message().contains("No."));
        }
    }

    #[test]
    fn odd_shapes_lose_neither_code_nor_tracking_id_nor_text() {
        for (body, says) in [
            (r#"{"errorCode":401002,"trackingId":"t-1","message":{"text":"No."}}"#, r#"{"text":"No."}"#),
            (r#"{"errorCode":"401002","trackingId":"t-1","message":["No."]}"#, r#"["No."]"#),
            (r#"{"error":"401002","error_description":"No.","trackingId":"t-1"}"#, "No."),
            (r#"{"error":{"code":401002,"message":"No."},"trackingId":"t-1"}"#, "No."),
            (r#"{"Code":401002,"TrackingId":"t-1","Message":"No."}"#, "No."),
        ] {
            let error = read(400, body);
            let http = error.http().unwrap();
            assert_eq!(
                (http.error_code.as_deref(), http.tracking_id.as_deref()),
                (Some("401002"), Some("t-1")),
                "{body}"
            );
            assert!(error.message().ends_with(&format!("The service says: {says}")), "{error}");
        }
        assert!(read(400, r#""No.""#).message().ends_with("The service says: No."));
        assert!(!read(400, "[]").message().contains("proxy"));
    }

    #[test]
    fn a_clock_that_is_wrong_is_the_reason_that_is_given() {
        let at = |offset: i64, status| {
            let by = Duration::from_secs(offset.unsigned_abs());
            let date = if offset < 0 { SystemTime::now() + by } else { SystemTime::now() - by };
            let mut response = response(status, "{}");
            response.headers.insert("date", httpdate::fmt_http_date(date).parse().unwrap());
            response.error().message().to_owned()
        };
        assert!(at(3_700, 401).contains("61 minutes ahead of the service's"), "{}", at(3_700, 401));
        assert!(at(-3_700, 401).contains("minutes behind the service's"), "{}", at(-3_700, 401));
        assert!(!at(60, 401).contains("clock") && !at(3_700, 403).contains("clock"));
    }

    #[test]
    fn the_wait_that_is_asked_for_is_said() {
        let asked = |seconds: &str| {
            let mut response = response(429, "{}");
            response.headers.insert("retry-after", seconds.parse().unwrap());
            response.error().message().to_owned()
        };
        assert!(asked("3600").ends_with("It asks to wait for 3600 s, and no wait longer than 120 s is begun."));
        assert!(asked("7").ends_with("It asks to wait for 7 s."));
        assert!(!asked("0").contains("wait"));
    }

    #[test]
    fn a_page_of_html_is_told_as_such_and_not_shown() {
        let error = read(502, "<html>secret proxy</html>");
        assert_eq!(error.code(), Code::ServiceFailure);
        assert!(error.message().contains("proxy or gateway") && !error.message().contains("html"), "{error}");
        assert_eq!(error.http().unwrap().tracking_id.as_deref(), Some("from-header"));
    }

    #[test]
    fn only_the_two_known_conflicts_mean_that_the_record_exists() {
        assert_eq!(read(409, r#"{"errorCode":409202}"#).code(), Code::AlreadyExists);
        assert_eq!(read(409, r#"{"errorCode":409001}"#).code(), Code::Conflict);
    }

    #[test]
    fn a_missing_record_says_not_found() {
        assert!(read(404, "").message().contains("Not Found"));
    }
}
