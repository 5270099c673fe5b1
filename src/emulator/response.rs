//! A response with its whole body.

use serde::Serialize;
use std::borrow::Cow;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    pub(crate) body: String,
    /// The error's code, for the log and the journal.
    pub(crate) error_code: Option<String>,
}

impl Response {
    /// A response without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new(), error_code: None }
    }

    /// A response whose body is JSON text.
    pub(crate) fn json_text(status: u16, body: String) -> Self {
        Self { body, ..Self::empty(status) }.header("Content-Type", "application/json; charset=utf-8")
    }

    /// A response whose body is `value` as JSON.
    pub(crate) fn json(status: u16, value: &impl Serialize) -> Self {
        match serde_json::to_string(value) {
            Ok(body) => Self::json_text(status, body),
            Err(error) => Self { body: error.to_string(), ..Self::empty(500) },
        }
    }

    pub(crate) fn header(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The value of a header; names are compared without case.
    pub(crate) fn get_header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Sets the error's code for the log and the journal.
    pub(crate) fn with_error_code(mut self, code: impl Into<String>) -> Self {
        self.error_code = Some(code.into());
        self
    }
}
