//! Conditional writes.

use crate::connection::Context;
use crate::data_plane::DataPlane;
use crate::error::{Code, Error, Result, quote};
use crate::model::{Collection, Record};
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
    /// [`Code::InvalidArgument`].
    pub fn check(&self) -> Result<()> {
        match &self.etag {
            Some(_) if self.force => Err(Error::argument("force", "⟨etag⟩ and ⟨force⟩ exclude each other.")),
            Some(etag) if !is_etag(etag) => {
                let message = format!(
                    "The value of ⟨etag⟩, {}, is not an etag; accepted are that of a record, such as 'IjA0MDAxIg==', its \
                     quoted form, such as '\"04001\"', and '*' for any version.",
                    quote(etag)
                );
                Err(Error::argument("etag", message))
            }
            _ => Ok(()),
        }
    }

    /// The version that the caller asked for; `None` if any will do.
    pub fn version(&self) -> Option<&str> {
        self.etag.as_deref().filter(|etag| *etag != "*")
    }

    /// Checks that `record` is the version that the caller asked for.
    ///
    /// # Errors
    /// [`Code::PreconditionFailed`].
    pub fn check_record(&self, record: &Record) -> Result<()> {
        match self.version() {
            Some(etag) if record.text(&["etag"]).is_some_and(|found| found != etag) => {
                let message = "Precondition Failed: the record does not have the value of ⟨etag⟩; it has been changed.";
                Err(Error::new(Code::PreconditionFailed, message))
            }
            _ => Ok(()),
        }
    }

    /// Checks that the record `id` can be removed: that it exists and is the version that the caller asked for.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::PreconditionFailed`], and those of any request.
    pub async fn check_removal(
        &self,
        plane: &DataPlane<'_>,
        collection: impl Into<Collection>,
        id: &str,
        context: &Context,
    ) -> Result<()> {
        let collection = collection.into();
        let read = plane.get(collection, id).await.and_then(|record| self.check_record(&record));
        read.map_err(|error| error.with_target(collection.target(id)))?;
        context.events.verbose(format!("{} would be removed.", collection.target(id)));
        Ok(())
    }

    /// The `If-Match` header that the caller asked for; `*` is any version.
    pub fn if_match(&self) -> Option<&str> {
        if self.force { Some("*") } else { self.etag.as_deref() }
    }
}

/// Whether `text` is `*`, base64 as the service has it, or a quoted text as HTTP has it.
fn is_etag(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_is_refused_that_no_record_can_have() {
        let check = |etag: &str| Precondition { etag: Some(etag.to_owned()), force: false }.check();
        for etag in ["*", "IjA0MDAxIg==", "\"04001\"", "W/\"04001\"", "stale"] {
            check(etag).unwrap();
        }
        for etag in ["", " ", "a b", "\"a\nb\"", "ä"] {
            assert_eq!(check(etag).unwrap_err().parameter(), Some("etag"), "{etag:?}");
        }
    }
}
