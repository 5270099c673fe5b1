//! The journal: a bounded list of the latest requests, without secrets.

use crate::emulator::request::Request;
use crate::emulator::response::Response;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many requests are kept; the oldest are dropped first.
const KEPT: usize = 10_000;

/// A request that came in and the status of its response. Neither its body nor its `Authorization` is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedRequest {
    /// The HTTP method.
    pub method: String,
    /// Path and query as they were sent.
    pub path: String,
    /// The response's status; `None` where the connection was closed without a response.
    pub status: Option<u16>,
    /// The error code of the response.
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
        let header = |name: &str| request.header(name).map(str::to_owned);
        Self {
            method: request.method.to_string(),
            path: request.target.clone(),
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
}

/// The `skn` of a shared access signature.
fn policy(authorization: &str) -> Option<String> {
    let fields = authorization.strip_prefix("SharedAccessSignature ")?;
    fields.split('&').find_map(|field| field.strip_prefix("skn=")).map(str::to_owned)
}

#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<VecDeque<LoggedRequest>>);

impl Journal {
    pub(crate) fn add(&self, request: LoggedRequest) {
        let mut kept = self.locked();
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(request);
    }

    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        self.locked().iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.locked().clear();
    }

    fn locked(&self) -> MutexGuard<'_, VecDeque<LoggedRequest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
