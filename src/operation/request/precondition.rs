//! Conditional writes.

use crate::connection::Context;
use crate::data_plane::DataPlane;
use crate::error::{Code, Error, Result};
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
            Some(etag) if etag.trim().is_empty() || etag.contains(|c: char| c.is_control()) => Err(Error::argument(
                "etag",
                "The value of ⟨etag⟩ is empty or has control characters; it is the text that a read returns as etag.",
            )),
            _ => Ok(()),
        }
    }

    /// Checks that `record` is the version that the caller asked for.
    ///
    /// # Errors
    /// [`Code::PreconditionFailed`].
    pub fn check_record(&self, record: &Record) -> Result<()> {
        match &self.etag {
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
