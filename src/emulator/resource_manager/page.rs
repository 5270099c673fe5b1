//! Pages of a list.

use super::error::{Result, error};
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use serde_json::{Value, json};

/// How many items a page has: fewer than there may be, so that a caller has to follow `nextLink`.
const PAGE: usize = 3;

/// The page of `items` that `request` asks for. `path` is where the list lies, `host` the emulator's own.
pub(super) fn page(items: &[Value], request: &Request, path: &str, host: &str) -> Result<Response> {
    let skipped = match request.parameter("$skiptoken") {
        None => 0,
        Some(token) => token
            .parse()
            .ok()
            .filter(|skipped| *skipped < items.len())
            .ok_or_else(|| error(400, "InvalidSkipToken", "The $skiptoken is not one that nextLink gave."))?,
    };
    let page: Vec<&Value> = items.iter().skip(skipped).take(PAGE).collect();
    let next = skipped + page.len();
    let mut body = json!({ "value": page });
    if next < items.len() {
        let version = request.parameter("api-version").unwrap_or_default();
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("api-version", version)
            .append_pair("$skiptoken", &next.to_string())
            .finish();
        // The host that the caller used: clients send a token to no other.
        let host = request.header("host").unwrap_or(host);
        body["nextLink"] = format!("https://{host}{path}?{query}").into();
    }
    Ok(Response::json(200, &body))
}
