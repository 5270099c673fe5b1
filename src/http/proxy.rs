//! The proxy that the environment or the system names.

use super::Url;
use hyper_util::client::proxy::matcher::Matcher;

/// The host and port of the proxy that requests to `url` go through, found as the HTTP client does.
pub fn proxy_of(url: &Url) -> Option<String> {
    let intercept = Matcher::from_system().intercept(&url.as_str().parse().ok()?)?;
    let uri = intercept.uri();
    let host = uri.host()?;
    Some(uri.port_u16().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}
