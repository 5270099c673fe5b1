//! Lists, a page at a time. While the host handles one page, the next one waits and the one after it is requested.

use crate::connection::Context;
use crate::data_plane::{DataPlane, List, Page};
use crate::error::{Error, Result};
use crate::events::Event;
use crate::model::Record;
use serde::Deserialize;
use serde_json::Value;

/// How much of a list the caller wants.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Paging {
    top: Option<u64>,
    page_size: Option<u64>,
}

impl Paging {
    /// Checks the members.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidArgument`] for 0.
    pub fn check(&self) -> Result<()> {
        for (count, parameter) in [(self.top, "top"), (self.page_size, "pageSize")] {
            if count == Some(0) {
                return Err(Error::argument(parameter, format!("{parameter} is at least 1.")));
            }
        }
        Ok(())
    }

    /// Emits the records of `list`, up to `top`. The list ends at the page without a continuation token; an empty page may
    /// have one.
    ///
    /// # Errors
    /// Those of the service, and [`crate::error::Code::Cancelled`] if the host has freed the operation.
    pub async fn stream(
        &self,
        plane: &DataPlane<'_>,
        list: List<'_>,
        present: impl Fn(Record) -> Value,
        context: &Context,
    ) -> Result<()> {
        let mut left = self.top;
        let mut continuation: Option<String> = None;
        loop {
            let count = [left, self.page_size].into_iter().flatten().min();
            let Page { records, continuation: next } = plane.query(list, count, continuation.as_deref()).await?;
            let wanted = left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
            let records: Vec<Value> = records.into_iter().take(wanted).map(&present).collect();
            left = left.map(|left| left - records.len() as u64);
            if !records.is_empty() {
                context.events.emit(Event::Items(records)).await?;
            }
            continuation = next;
            if continuation.is_none() || left == Some(0) {
                return Ok(());
            }
        }
    }
}
