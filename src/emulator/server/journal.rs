//! What came in: a bounded list of requests without secrets, and a line of text for each.

use crate::emulator::request::Request;
use crate::emulator::response::Response;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many requests are kept; the oldest go first.
const KEPT: usize = 10_000;

/// How many bytes of a text are kept.
const TEXT_BYTES: usize = 2048;

/// A request that came in and what it was answered with. Long texts are cut, with `…` at their end. Neither its body nor its `Authorization` is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedRequest {
    /// The HTTP method.
    pub method: String,
    /// Path and query as they came.
    pub path: String,
    /// The answer's status; `None` where the connection was closed without one.
    pub status: Option<u16>,
    /// The code of the failure that was answered.
    pub error_code: Option<String>,
    /// `If-Match`.
    pub if_match: Option<String>,
    /// `x-ms-max-item-count`.
    pub max_item_count: Option<String>,
    /// `x-ms-continuation`.
    pub continuation: Option<String>,
    /// `User-Agent`.
    pub user_agent: Option<String>,
    /// `x-ms-client-request-id`.
    pub client_request_id: Option<String>,
    /// The shared access policy that signed, if one did.
    pub policy: Option<String>,
    /// How many bytes the body had.
    pub body_length: usize,
}

impl LoggedRequest {
    pub(crate) fn new(request: &Request, response: Option<&Response>) -> Self {
        let header = |name: &str| request.header(name).map(cut);
        Self {
            method: request.method.to_string(),
            path: cut(&request.target),
            status: response.map(|response| response.status),
            error_code: response.and_then(|response| response.error_code.clone()),
            if_match: header("if-match"),
            max_item_count: header("x-ms-max-item-count"),
            continuation: header("x-ms-continuation"),
            user_agent: header("user-agent"),
            client_request_id: header("x-ms-client-request-id"),
            policy: request.header("authorization").and_then(policy),
            body_length: request.body.len(),
        }
    }

    /// How much memory it needs.
    fn bytes(&self) -> usize {
        let Self { error_code, if_match, max_item_count, continuation, user_agent, client_request_id, policy, .. } =
            self;
        let texts = [error_code, if_match, max_item_count, continuation, user_agent, client_request_id, policy];
        let texts = texts.into_iter().flatten().chain([&self.method, &self.path]);
        size_of::<Self>() + texts.map(String::len).sum::<usize>()
    }
}

/// `text`, or as much of it as is kept.
fn cut(text: &str) -> String {
    if text.len() <= TEXT_BYTES {
        return text.to_owned();
    }
    let end = (0..=TEXT_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}…", &text[..end])
}

/// The `skn` of a shared access signature.
fn policy(authorization: &str) -> Option<String> {
    let fields = authorization.strip_prefix("SharedAccessSignature ")?;
    fields.split('&').find_map(|field| field.strip_prefix("skn=")).map(cut)
}

/// The latest requests.
#[derive(Debug)]
pub(crate) struct Journal {
    /// How much memory they may need.
    bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    requests: VecDeque<LoggedRequest>,
    bytes: usize,
}

impl Journal {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { bytes, kept: Mutex::default() }
    }

    pub(crate) fn add(&self, request: LoggedRequest) {
        let mut kept = self.locked();
        kept.bytes += request.bytes();
        kept.requests.push_back(request);
        while kept.requests.len() > KEPT || kept.bytes > self.bytes {
            let Some(oldest) = kept.requests.pop_front() else { break };
            kept.bytes -= oldest.bytes();
        }
    }

    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        self.locked().requests.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        *self.locked() = Kept::default();
    }

    fn locked(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::body::Bytes;
    use hyper::{HeaderMap, Method};

    fn request(path: &str, agent: &str) -> LoggedRequest {
        let headers = HeaderMap::from_iter([(hyper::header::USER_AGENT, agent.parse().unwrap())]);
        LoggedRequest::new(&Request::new(Method::GET, path.to_owned(), headers, Bytes::new()), None)
    }

    #[test]
    fn the_latest_are_kept_by_count_and_by_bytes() {
        let journal = Journal::new(1 << 30);
        (0..=KEPT).for_each(|number| journal.add(request(&format!("/{number}"), "")));
        let kept = journal.requests();
        assert_eq!((kept.len(), kept[0].path.as_str()), (KEPT, "/1"));

        let journal = Journal::new(100_000);
        (0..1000).for_each(|number| journal.add(request(&format!("/{number}"), &"x".repeat(1000))));
        let kept = journal.requests();
        assert!((50..100).contains(&kept.len()), "{}", kept.len());
        assert_eq!(kept.last().unwrap().path, "/999");
        assert_eq!(journal.locked().bytes, kept.iter().map(LoggedRequest::bytes).sum::<usize>());
    }

    #[test]
    fn long_texts_are_cut() {
        let logged = request(&format!("/{}", "é".repeat(150_000)), &"x".repeat(300_000));
        assert_eq!(logged.user_agent.as_ref().map(String::len), Some(TEXT_BYTES + "…".len()));
        assert!(logged.path.ends_with("é…") && logged.bytes() < 3 * TEXT_BYTES);
    }
}
