//! Conditional writes.

use crate::error::{Error, Result};
use serde::Deserialize;

/// Which version of a record a write replaces or removes.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Precondition {
    /// Only the version with this etag.
    pub etag: Option<String>,
    /// Any version.
    pub force: bool,
}

impl Precondition {
    /// Checks the members.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidArgument`].
    pub fn check(&self) -> Result<()> {
        match &self.etag {
            Some(_) if self.force => Err(Error::argument("force", "etag and force exclude each other.")),
            Some(etag) if etag.trim().is_empty() || etag.contains(|c: char| c.is_control()) => Err(Error::argument(
                "etag",
                "The etag is empty or has control characters; it is the text that a read returns as etag.",
            )),
            _ => Ok(()),
        }
    }

    /// The `If-Match` header that the caller asked for; `*` is any version.
    pub fn if_match(&self) -> Option<&str> {
        if self.force { Some("*") } else { self.etag.as_deref() }
    }
}
