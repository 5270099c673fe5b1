//! The log: one line per request, and warnings. It never contains a key or a token.

use std::sync::Arc;

/// Receives one line of the log.
pub type Log = Box<dyn Fn(&str) + Send + Sync>;

/// Writes to the host's [`Log`], if there is one.
#[derive(Clone)]
pub(crate) struct Logger(Option<Arc<Log>>);

impl Logger {
    pub(crate) fn new(log: Option<Log>) -> Self {
        Self(log.map(Arc::new))
    }

    pub(crate) fn line(&self, line: &str) {
        if let Some(log) = &self.0 {
            log(line);
        }
    }

    pub(crate) fn warning(&self, text: &str) {
        self.line(&format!("warning: {text}"));
    }
}
