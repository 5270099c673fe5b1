//! A request as the rooms read it, and an answer as they give it: plain data, no connection behind them.

use hyper::body::Bytes;
use hyper::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use rustls::pki_types::CertificateDer;
use serde::Serialize;
use std::borrow::Cow;
use std::sync::Arc;

/// The certificates that a client sent, its own first; none where it has none.
pub(crate) type Peer = Arc<[CertificateDer<'static>]>;

/// A request, its body read.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Path and query as they came.
    pub(crate) target: String,
    /// The path's segments, each decoded by itself: `a%2Fb` is one segment. `None` where one is not UTF-8.
    pub(crate) segments: Option<Vec<String>>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The certificates that the client sent on this connection. It holds the key of the first; that is all TLS has proven.
    pub(crate) peer: Peer,
}

impl Request {
    pub(crate) fn new(method: Method, target: String, headers: HeaderMap, body: Bytes) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let segments = segments(path);
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { method, segments, query, headers, body, target, peer: Peer::default() }
    }

    /// The path as it came.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A header that is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn is_json(&self) -> bool {
        let media_type = self.header("content-type").and_then(|value| value.split(';').next()).unwrap_or_default();
        media_type.trim().eq_ignore_ascii_case("application/json")
    }

    /// A query parameter; names are compared without case.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The segments of `path`, decoded; a slash at the end adds none.
pub(crate) fn segments(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Some(Vec::new());
    }
    path.split('/').map(|segment| percent_decode_str(segment).decode_utf8().ok().map(Into::into)).collect()
}

/// An answer, its body whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    pub(crate) body: String,
    /// The code of the failure, for the log.
    pub(crate) error_code: Option<String>,
}

impl Answer {
    /// An answer without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new(), error_code: None }
    }

    /// An answer whose body is JSON already.
    pub(crate) fn json_text(status: u16, body: String) -> Self {
        Self { body, ..Self::empty(status) }.header("Content-Type", "application/json; charset=utf-8")
    }

    /// An answer whose body is `value` as JSON.
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

    /// Notes the code of the failure for the log.
    pub(crate) fn failed(mut self, code: impl Into<String>) -> Self {
        self.error_code = Some(code.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str) -> Request {
        Request::new(Method::GET, target.into(), HeaderMap::new(), Bytes::new())
    }

    #[test]
    fn a_segment_is_decoded_by_itself() {
        let read = request("/enrollments/a%2Fb:c%20d/?api-version=2021-10-01&x=a%26b");
        assert_eq!(read.segments.as_deref(), Some(["enrollments".to_owned(), "a/b:c d".to_owned()].as_slice()));
        assert_eq!(read.parameter("API-Version"), Some("2021-10-01"));
        assert_eq!(read.parameter("x"), Some("a&b"));
        assert_eq!(read.path(), "/enrollments/a%2Fb:c%20d/");
    }

    #[test]
    fn a_path_that_is_not_text_has_no_segments() {
        assert_eq!(request("/enrollments/%ff").segments, None);
        assert_eq!(request("/").segments, Some(Vec::new()));
    }
}
