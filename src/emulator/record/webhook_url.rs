//! The address of a webhook for custom allocation.

use crate::model::is_loopback;
use reqwest::Url;

/// Whether the emulator would call `url`: HTTPS, or HTTP on this machine.
pub(super) fn is_allowed(url: &str) -> bool {
    Url::parse(url)
        .is_ok_and(|url| url.scheme() == "https" || url.scheme() == "http" && url.host_str().is_some_and(is_loopback))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_for_this_machine_only() {
        for url in
            ["https://example.com/x?code=1", "http://localhost:7071/api", "http://127.0.0.1:1/", "http://[::1]:1/"]
        {
            assert!(is_allowed(url), "{url}");
        }
        for url in ["http://example.com/", "http://localhost.example/", "ftp://localhost/", "localhost"] {
            assert!(!is_allowed(url), "{url}");
        }
    }
}
