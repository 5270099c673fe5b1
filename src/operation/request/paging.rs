//! Lists, a page at a time. While the host handles one page, the next one waits and the one after it is requested.

use crate::connection::Context;
use crate::data_plane::{DataPlane, List, Page, Pages, parse_record};
use crate::error::{Error, Result};
use crate::events::{Event, Progress};
use crate::model::Record;
use serde::Deserialize;
use serde_json::Value;

/// An event has about so many bytes of records at most: their values take many times their size.
const BATCH: usize = 1 << 20;

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
        let mut pages = Pages::default();
        loop {
            let count = [left, self.page_size].into_iter().flatten().min();
            let Page { records, continuation: next } = plane.query(list, count, continuation.as_deref()).await?;
            let is_empty = records.is_empty();
            let (mut batch, mut bytes) = (Vec::new(), 0);
            for record in records {
                if left == Some(0) {
                    break;
                }
                left = left.map(|left| left - 1);
                bytes += record.get().len();
                batch.push(present(parse_record(&record)?));
                if bytes >= BATCH {
                    context.events.emit(Event::Items(std::mem::take(&mut batch))).await?;
                    bytes = 0;
                }
            }
            if !batch.is_empty() {
                context.events.emit(Event::Items(batch)).await?;
            }
            let Some(token) = next.filter(|_| left != Some(0)) else { return Ok(()) };
            pages.follow(&token, is_empty)?;
            if is_empty {
                // A host that stops reading stops these requests too.
                let activity = "Reading a list".to_owned();
                let status = "a page without records".to_owned();
                let progress = Progress { activity, status, completed_items: 0, total_items: None };
                context.events.emit(Event::Progress(progress)).await?;
            }
            continuation = Some(token);
        }
    }
}
