//! The error of the library: what failed, on what, whether anything was changed, and what to do next.
//!
//! Each [`Code`] has a PowerShell category and a section in `docs/troubleshooting.md`. A host gets the error as JSON
//! (its `Serialize`), a program as text (its `Display`). Neither ever holds a key, a token or a connection string.

mod text;

pub use text::{printable, quote, scrub};

use crate::names::Names;
use serde::{Serialize, Serializer};
use std::fmt;

/// The kind of an error. Stable: hosts and scripts depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Code {
    /// The request is not UTF-8, not JSON, or has a member that the operation does not know.
    InvalidRequest,
    /// A parameter's value is refused before any request is sent.
    InvalidArgument,
    /// A change does not fit the record as it is; nothing was written.
    InvalidChange,
    /// A change has no new value; nothing was sent.
    NothingToChange,
    /// Credentials or the service are missing.
    NotConnected,
    /// Signing in with the account or the policy failed.
    AuthenticationFailed,
    /// HTTP 401: the service does not accept the token.
    Unauthorized,
    /// HTTP 403: authenticated, but not allowed; or no shared access policy has the right that the request needs.
    Forbidden,
    /// HTTP 404.
    NotFound,
    /// HTTP 409 for a record that was to be created.
    AlreadyExists,
    /// HTTP 409 of another kind.
    Conflict,
    /// HTTP 412: the record does not have the etag of the request.
    PreconditionFailed,
    /// The service did not assign a device that registered: its enrollment is disabled, or no hub was found for it.
    RegistrationFailed,
    /// HTTP 429, after all attempts.
    Throttled,
    /// HTTP 400 and other 4xx.
    BadRequest,
    /// HTTP 5xx.
    ServiceFailure,
    /// The response is not what the service's contract says (not JSON, truncated, wrong shape).
    UnexpectedResponse,
    /// No connection could be made, or it broke.
    ConnectionFailed,
    /// The host name is not known: the answer of the name server, not the lack of one.
    HostNotFound,
    /// The server's certificate is not trusted, or there is nothing to check it with.
    UntrustedCertificate,
    /// No response in time.
    Timeout,
    /// The host cancelled the operation.
    Cancelled,
    /// An internal error of this library.
    Internal,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 23] = [
        Self::InvalidRequest,
        Self::InvalidArgument,
        Self::InvalidChange,
        Self::NothingToChange,
        Self::NotConnected,
        Self::AuthenticationFailed,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::AlreadyExists,
        Self::Conflict,
        Self::PreconditionFailed,
        Self::RegistrationFailed,
        Self::Throttled,
        Self::BadRequest,
        Self::ServiceFailure,
        Self::UnexpectedResponse,
        Self::ConnectionFailed,
        Self::HostNotFound,
        Self::UntrustedCertificate,
        Self::Timeout,
        Self::Cancelled,
        Self::Internal,
    ];

    /// The name of a `System.Management.Automation.ErrorCategory`.
    pub fn category(self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::InvalidArgument | Self::NothingToChange | Self::BadRequest => {
                "InvalidArgument"
            }
            Self::InvalidChange => "InvalidOperation",
            Self::NotConnected | Self::AuthenticationFailed | Self::Unauthorized => "AuthenticationError",
            Self::Forbidden => "PermissionDenied",
            Self::NotFound => "ObjectNotFound",
            Self::AlreadyExists | Self::Conflict => "ResourceExists",
            Self::PreconditionFailed | Self::RegistrationFailed => "InvalidOperation",
            Self::Throttled => "LimitsExceeded",
            Self::ServiceFailure => "ResourceUnavailable",
            Self::UnexpectedResponse => "InvalidResult",
            Self::ConnectionFailed | Self::HostNotFound => "ConnectionError",
            Self::UntrustedCertificate => "SecurityError",
            Self::Timeout => "OperationTimeout",
            Self::Cancelled => "OperationStopped",
            Self::Internal => "NotSpecified",
        }
    }

    /// Whether the rest of the operation would fail for the same reason.
    fn is_terminating(self) -> bool {
        matches!(
            self,
            Self::InvalidRequest
                | Self::NotConnected
                | Self::AuthenticationFailed
                | Self::UntrustedCertificate
                | Self::Cancelled
                | Self::Internal
        )
    }

    /// Whether the same request may succeed later.
    fn is_retryable(self) -> bool {
        matches!(self, Self::Throttled | Self::ServiceFailure | Self::ConnectionFailed | Self::Timeout)
    }
}

/// What is known about a requested change, from nothing to a certain change: of several writes, the greatest is that of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Nothing was changed.
    #[default]
    NotApplied,
    /// A request may have been carried out: no response arrived, or one that is not the service's word on it.
    Unknown,
    /// A change was made; a later step failed.
    Applied,
}

/// What the HTTP response of the service says about an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpFailure {
    /// The HTTP status.
    pub status: u16,
    /// The data plane's six-digit code, or Azure Resource Manager's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The identifier that Microsoft support asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<String>,
    /// The identifier that this library sent, `x-ms-client-request-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<String>,
}

/// An error; see the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Record>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    code: Code,
    message: String,
    /// The message, with the members that it names marked.
    #[serde(skip)]
    marked: String,
    target: Option<String>,
    parameter: Option<String>,
    terminating: bool,
    outcome: Outcome,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<HttpFailure>,
    causes: Vec<String>,
}

/// A result whose error is [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Creates an error from a code and a message. The message is one or more sentences that end in a full stop; it marks
    /// the members of the request that it names, as in `⟨top⟩`.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let marked = message.into();
        Self(Box::new(Record {
            code,
            message: Names::default().render(&marked),
            marked,
            target: None,
            parameter: None,
            terminating: code.is_terminating(),
            outcome: Outcome::NotApplied,
            attempts: 0,
            http: None,
            causes: Vec::new(),
        }))
    }

    /// Creates an error about the value of `parameter`, a member of the request.
    pub fn argument(parameter: &str, message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message).with_parameter(parameter)
    }

    /// Sets the member of the request that the error is about.
    pub fn with_parameter(mut self, parameter: &str) -> Self {
        self.0.parameter = Some(parameter.to_owned());
        self
    }

    /// Shows the members in the message by the names of `names`.
    pub fn with_names(mut self, names: &Names) -> Self {
        self.0.message = names.render(&self.0.marked);
        self.0.marked.clone_from(&self.0.message);
        self
    }

    /// Sets the kind of the error.
    pub fn with_code(mut self, code: Code) -> Self {
        self.0.code = code;
        self
    }

    /// Adds a sentence to the message.
    pub fn with_sentence(mut self, sentence: &str) -> Self {
        self.0.message = format!("{} {sentence}", self.0.message);
        self.0.marked = format!("{} {sentence}", self.0.marked);
        self
    }

    /// Adds what happened before to the message.
    pub fn after(mut self, what: &str) -> Self {
        self.0.message = format!("{what} {}", self.0.message);
        self.0.marked = format!("{what} {}", self.0.marked);
        self
    }

    /// Sets what was worked on, such as `enrollment/dev-01`, unless it is set already.
    pub fn with_target(mut self, target: impl Into<String>) -> Self {
        self.0.target.get_or_insert_with(|| target.into());
        self
    }

    /// Sets what is known about the change.
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    /// Raises what is known about the change to `outcome`, if that is greater.
    pub fn with_outcome_of_all(self, outcome: Outcome) -> Self {
        let greater = self.outcome().max(outcome);
        self.with_outcome(greater)
    }

    /// Sets how many times the request was sent.
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Sets what the HTTP response says.
    pub fn with_http(mut self, http: HttpFailure) -> Self {
        self.0.http = Some(http);
        self
    }

    /// Adds `cause` and its own causes.
    pub fn caused_by(mut self, cause: &dyn std::error::Error) -> Self {
        let mut next = Some(cause);
        while let Some(error) = next {
            self.0.causes.push(error.to_string());
            next = error.source();
        }
        self
    }

    /// Replaces every text of the error by what `change` makes of it.
    pub fn map_texts(mut self, change: impl Fn(&str) -> String) -> Self {
        let Record { message, marked, target, parameter, http, causes, .. } = &mut *self.0;
        let http = http.iter_mut().flat_map(|http| [&mut http.error_code, &mut http.tracking_id]);
        let optional = [target, parameter].into_iter().chain(http).filter_map(Option::as_mut);
        for text in optional.chain(causes).chain([message, marked]) {
            *text = change(text);
        }
        self
    }

    /// Marks the error as terminating, whatever its code.
    pub fn into_terminating(mut self) -> Self {
        self.0.terminating = true;
        self
    }

    /// The kind of the error.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The text for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The member of the request that the error is about.
    pub fn parameter(&self) -> Option<&str> {
        self.0.parameter.as_deref()
    }

    /// What was worked on.
    pub fn target(&self) -> Option<&str> {
        self.0.target.as_deref()
    }

    /// Whether the rest of the operation would fail for the same reason.
    pub fn is_terminating(&self) -> bool {
        self.0.terminating
    }

    /// What is known about the change.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// How many times the request was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// What the HTTP response says.
    pub fn http(&self) -> Option<&HttpFailure> {
        self.0.http.as_ref()
    }

    /// The causes, nearest first.
    pub fn causes(&self) -> &[String] {
        &self.0.causes
    }

    /// The command that says what to do.
    pub fn help(&self) -> String {
        format!("aziotdps help {:?}", self.0.code)
    }
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Whole<'a> {
            #[serde(flatten)]
            record: &'a Record,
            category: &'static str,
            retryable: bool,
            help: String,
        }
        Whole {
            record: &self.0,
            category: self.0.code.category(),
            retryable: self.0.code.is_retryable(),
            help: self.help(),
        }
        .serialize(serializer)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_has_every_member_that_hosts_read() {
        let error = Error::argument("registrationId", "No.").with_target("enrollment/a b").caused_by(&fmt::Error);
        let record = serde_json::to_value(&error).unwrap();
        assert_eq!(
            record,
            serde_json::json!({
                "code": "InvalidArgument", "category": "InvalidArgument", "message": "No.", "target": "enrollment/a b",
                "parameter": "registrationId", "terminating": false, "retryable": false, "outcome": "notApplied",
                "attempts": 0, "causes": [fmt::Error.to_string()], "help": "aziotdps help InvalidArgument"
            })
        );
    }

    #[test]
    fn an_inner_target_stays() {
        assert_eq!(Error::new(Code::Internal, "").with_target("inner").with_target("outer").target(), Some("inner"));
    }
}
