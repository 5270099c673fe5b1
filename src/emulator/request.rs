//! A request as it was read: plain data with no connection behind it.

use hyper::body::Bytes;
use hyper::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use rustls::pki_types::CertificateDer;
use std::sync::Arc;

/// The first segment of the emulator's own calls.
const ADMIN: &str = "_emulator";

/// The certificates that a client sent, its own first; empty where it sent none.
pub(crate) type PeerCertificates = Arc<[CertificateDer<'static>]>;

/// The segments of a path, each decoded by itself: `a%2Fb` is one segment. A slash at the end adds none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Path {
    segments: Vec<String>,
    lower: Vec<String>,
}

impl Path {
    /// `None` where a segment is not UTF-8.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        if path.is_empty() {
            return Some(Self::default());
        }
        let decode = |segment| percent_decode_str(segment).decode_utf8().ok().map(Into::into);
        let segments: Vec<String> = path.split('/').map(decode).collect::<Option<_>>()?;
        let lower = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
        Some(Self { segments, lower })
    }

    /// The segments in lower case, to match against: paths are compared without case.
    pub(crate) fn lower(&self) -> Vec<&str> {
        self.lower.iter().map(String::as_str).collect()
    }

    /// The segment at `index` as it was sent: ids keep their case. Empty where the path is shorter.
    pub(crate) fn segment(&self, index: usize) -> &str {
        self.segments.get(index).map(String::as_str).unwrap_or_default()
    }

    /// Whether `prefix` is this path or one of its parents.
    pub(crate) fn starts_with(&self, prefix: &Self) -> bool {
        self.lower.starts_with(&prefix.lower)
    }
}

/// A request with its whole body.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Path and query as they were sent.
    pub(crate) target: String,
    /// Without segments where the path is not UTF-8.
    pub(crate) path: Path,
    pub(crate) is_utf8: bool,
    query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The certificates that the client sent on this connection. TLS has proven that it holds the key of the first one,
    /// and nothing else.
    pub(crate) peer: PeerCertificates,
}

impl Request {
    pub(crate) fn new(method: Method, target: String, headers: HeaderMap, body: Bytes) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let path = Path::parse(path);
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self {
            method,
            is_utf8: path.is_some(),
            path: path.unwrap_or_default(),
            query,
            headers,
            body,
            target,
            peer: PeerCertificates::default(),
        }
    }

    /// The request as it came over a connection on which the client sent certificates.
    pub(crate) fn with_peer(mut self, peer: PeerCertificates) -> Self {
        self.peer = peer;
        self
    }

    /// The path as it was sent.
    pub(crate) fn raw_path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Whether this is one of the emulator's own calls.
    pub(crate) fn is_admin(&self) -> bool {
        self.path.segment(0).eq_ignore_ascii_case(ADMIN)
    }

    /// A header that is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `If-Match`; empty, which is no etag, where the header is not text.
    pub(crate) fn if_match(&self) -> Option<&str> {
        self.headers.get("if-match").map(|value| value.to_str().unwrap_or_default())
    }

    /// The `api-version`, which the data plane and the device plane require.
    pub(crate) fn api_version(&self) -> Option<&str> {
        self.parameter("api-version")
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

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str) -> Request {
        Request::new(Method::GET, target.into(), HeaderMap::new(), Bytes::new())
    }

    #[test]
    fn a_segment_is_decoded_by_itself() {
        let read = request("/enrollments/A%2Fb:c%20d/?api-version=2021-10-01&x=a%26b");
        assert_eq!(read.path.lower(), ["enrollments", "a/b:c d"]);
        assert_eq!((read.path.segment(1), read.path.segment(2)), ("A/b:c d", ""));
        assert_eq!(read.parameter("API-Version"), Some("2021-10-01"));
        assert_eq!(read.parameter("x"), Some("a&b"));
        assert_eq!(read.raw_path(), "/enrollments/A%2Fb:c%20d/");
    }

    #[test]
    fn a_path_that_is_not_utf_8_has_no_segments() {
        let read = request("/enrollments/%ff");
        assert!(!read.is_utf8 && read.path.lower().is_empty());
        let root = request("/");
        assert!(root.is_utf8 && root.path.lower().is_empty());
    }

    #[test]
    fn only_the_emulator_s_own_calls_are_admin_calls() {
        assert!(request("/_Emulator/health").is_admin());
        assert!(!request("/enrollments/_emulator").is_admin() && !request("/_emulator/%ff").is_admin());
    }
}
