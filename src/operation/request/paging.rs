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
    /// Checks the members. They are for lists; `id` is the member that names one record, if the request gives it.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidArgument`] for 0, and for any number beside `id`.
    pub fn check(&self, id: Option<&str>) -> Result<()> {
        for (count, parameter) in [(self.top, "top"), (self.page_size, "pageSize")] {
            match (count, id) {
                (Some(_), Some(id)) => {
                    return Err(Error::argument(parameter, format!("⟨{parameter}⟩ is for a list, without ⟨{id}⟩.")));
                }
                (Some(0), None) => return Err(Error::argument(parameter, format!("⟨{parameter}⟩ is at least 1."))),
                _ => {}
            }
        }
        Ok(())
    }

    /// Emits the records of `list`, up to `top`. The list ends at the page without a continuation token; an empty page may
    /// have one.
    ///
    /// # Errors
    /// Those of the service, terminating if records were emitted: a list that breaks off must not look complete.
    /// [`crate::error::Code::Cancelled`] if the host has freed the operation.
    pub async fn stream(
        &self,
        plane: &DataPlane<'_>,
        list: List<'_>,
        present: impl Fn(Record) -> Value,
        context: &Context,
    ) -> Result<()> {
        let events = &context.events;
        let mut done: u64 = 0;
        let mut continuation: Option<String> = None;
        let mut pages = Pages::default();
        loop {
            let left = self.top.map(|top| top - done);
            let count = [left, self.page_size].into_iter().flatten().min();
            let page = plane.query(list, count, continuation.as_deref()).await;
            let Page { records, continuation: next } = page.map_err(|error| broken_off(error, done))?;
            let is_empty = records.is_empty();
            let wanted = left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
            let (mut batch, mut bytes) = (Vec::new(), 0);
            for record in records.into_iter().take(wanted) {
                bytes += record.get().len();
                batch.push(present(parse_record(&record).map_err(|error| broken_off(error, done))?));
                done += 1;
                if bytes >= BATCH {
                    events.emit(Event::Items(std::mem::take(&mut batch))).await?;
                    bytes = 0;
                }
            }
            events.verbose(format!("{list}: {done} records read"));
            let next = next.filter(|_| self.top != Some(done));
            let (activity, status) = (format!("Reading {list}"), format!("{done} records"));
            let progress = Progress { activity, status, completed_items: done, total_items: self.top };
            if is_empty && next.is_some() {
                // A host that stops reading stops these requests too.
                events.emit(Event::Progress(progress)).await?;
            } else if next.is_some() {
                events.progress(progress);
            }
            if !batch.is_empty() {
                events.emit(Event::Items(batch)).await?;
            }
            let Some(token) = next else { return Ok(()) };
            pages.follow(&token, is_empty).map_err(|error| broken_off(error, done))?;
            continuation = Some(token);
        }
    }
}

/// The error that ends a list after `done` records.
pub fn broken_off(error: Error, done: u64) -> Error {
    if done == 0 { error } else { error.after(&format!("The list broke off after {done} records.")).into_terminating() }
}
