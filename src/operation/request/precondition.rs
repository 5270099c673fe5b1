//! Conditional writes.

use crate::error::{Error, Result};
use base64::{Engine, prelude::BASE64_STANDARD};
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
            Some(etag) if !is_etag(etag) => {
                let message = format!(
                    "'{etag}' is not an etag; accepted are that of a record, such as 'IjA0MDAxIg==', its quoted form, \
                     such as '\"04001\"', and '*' for any version."
                );
                Err(Error::argument("etag", message))
            }
            _ => Ok(()),
        }
    }

    /// The `If-Match` header that the caller asked for; `*` is any version.
    pub fn if_match(&self) -> Option<&str> {
        if self.force { Some("*") } else { self.etag.as_deref() }
    }
}

/// Whether `text` is `*`, base64 as the service has it, or a quoted text as HTTP has it.
fn is_etag(text: &str) -> bool {
    let quoted = text.strip_prefix("W/").unwrap_or(text).strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match quoted {
        Some(inside) => inside.chars().all(|character| character.is_ascii_graphic() && character != '"'),
        None => text == "*" || !text.is_empty() && BASE64_STANDARD.decode(text).is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_is_refused_that_no_record_can_have() {
        let check = |etag: &str| Precondition { etag: Some(etag.to_owned()), force: false }.check();
        for etag in ["*", "IjA0MDAxIg==", "AAAAACaDEwU=", "\"04001\"", "W/\"04001\"", "\"\""] {
            check(etag).unwrap();
        }
        for etag in ["", " ", "**", "IjA0MDAxIg", "04001!", "\"04001", "\"a\"b\"", "\"a\nb\""] {
            assert_eq!(check(etag).unwrap_err().parameter(), Some("etag"), "{etag:?}");
        }
    }
}
