//! A request, and the URL that it goes to.

use super::{HeaderName, Method, Url};
use secrecy::SecretString;

/// The largest response other than a page of records, in bytes: far above any record, list of services or token.
const RESPONSE_LIMIT: usize = 4 << 20;

/// The largest page of records, in bytes: 1,000 of the largest records.
pub const PAGE_LIMIT: usize = 64 << 20;

/// A request, which may be sent several times.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// An https URL that contains no secret.
    pub url: Url,
    /// Headers in addition to those that every request has.
    pub headers: Vec<(HeaderName, String)>,
    /// The content type and the body.
    pub body: Option<(&'static str, SecretString)>,
    /// Whether the request changes something on the server, so that an error has to say whether it may have done so.
    pub is_write: bool,
    /// Whether it is repeated although an earlier attempt may have been carried out. If not, the caller gets the result of
    /// that attempt after the wait, to look what it did before sending the request again.
    pub repeats_in_doubt: bool,
    /// The largest response body that is read, in bytes.
    pub response_limit: usize,
}

impl Request {
    /// A request without headers and body that changes nothing.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            body: None,
            is_write: false,
            repeats_in_doubt: true,
            response_limit: RESPONSE_LIMIT,
        }
    }
}

/// `base` with `path` appended. Each item becomes one segment, whatever it contains.
pub fn append_path(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// The URL of the resource at `path` of an Azure service at `base`.
pub fn url_of(base: &Url, path: &[&str], api_version: &str) -> Url {
    let mut url = append_path(base, path);
    url.query_pairs_mut().append_pair("api-version", api_version);
    url
}
