//! Responses that report an error, and bodies that cannot be read.

use super::Response;
use crate::error::{Code, Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The error bodies of both services: flat from the data plane, `{"error":{…}}` from Azure Resource Manager.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Body {
    error: Option<Box<Body>>,
    error_code: Option<Value>,
    code: Option<Value>,
    tracking_id: Option<String>,
    message: Option<String>,
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
        serde_json::from_slice(&self.body).map_err(|_| self.unexpected(&format!(" and a body that is not {expected}")))
    }

    /// The error for a response that is not what the contract of the service says. `what` follows the status.
    pub fn unexpected(&self, what: &str) -> Error {
        let message = format!("The service answered with status {}{what}.", self.status);
        let http = self.failure(None, None);
        Error::new(Code::UnexpectedResponse, message).with_http(http).with_attempts(self.attempts)
    }

    /// The error that the response reports. Depends on the status, never on texts; the body may be missing or not JSON.
    pub fn error(&self) -> Error {
        let body = serde_json::from_slice::<Body>(&self.body);
        let readable = body.is_ok();
        let mut body = body.unwrap_or_default();
        if let Some(inner) = body.error.take() {
            body = *inner;
        }
        let error_code =
            body.error_code.or(body.code).map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned));
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
                    "Precondition Failed: the record was changed since it was read; read it again, or force the change";
                (Code::PreconditionFailed, said)
            }
            429 => (Code::Throttled, "Too Many Requests: the service's rate limit is reached"),
            500..=599 => (Code::ServiceFailure, "The service failed"),
            400..=499 => (Code::BadRequest, "The service refused the request"),
            _ => (Code::UnexpectedResponse, "The service answered with a status that its contract does not have"),
        };
        let detail = match body.message.filter(|message| !message.trim().is_empty()) {
            Some(message) => format!(" The service says: {}", message.trim()),
            None if readable => String::new(),
            None => " The response did not come from the service; a proxy or gateway may have sent it.".to_owned(),
        };
        let number = error_code
            .as_deref()
            .map_or_else(|| format!("HTTP {}", self.status), |code| format!("HTTP {}, {code}", self.status));
        let http = self.failure(error_code, body.tracking_id);
        Error::new(code, format!("{said} ({number}).{detail}")).with_http(http).with_attempts(self.attempts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HeaderMap;

    fn read(status: u16, body: &str) -> Error {
        let response = Response {
            status,
            headers: HeaderMap::from_iter([("x-ms-request-id".parse().unwrap(), "from-header".parse().unwrap())]),
            body: body.as_bytes().to_vec().into(),
            attempts: 2,
            maybe_applied: false,
            client_request_id: "ours".into(),
        };
        response.error()
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
