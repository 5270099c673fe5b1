//! Lists, a page at a time. While the host handles one page, the next one waits and the one after it is requested.

use crate::connection::Context;
use crate::data_plane::{DataPlane, List, Page};
use crate::error::{Error, Result};
use crate::events::{Event, Progress};
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
        loop {
            let left = self.top.map(|top| top - done);
            let count = [left, self.page_size].into_iter().flatten().min();
            let page = plane.query(list, count, continuation.as_deref()).await;
            let Page { records, continuation: next } = page.map_err(|error| broken_off(error, done))?;
            let wanted = left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
            let records: Vec<Value> = records.into_iter().take(wanted).map(&present).collect();
            done += records.len() as u64;
            events.verbose(format!("{list}: {done} records read"));
            let is_last = next.is_none() || self.top == Some(done);
            if !is_last {
                let (activity, status) = (format!("Reading {list}"), format!("{done} records"));
                events.progress(Progress { activity, status, completed_items: done, total_items: self.top });
            }
            if !records.is_empty() {
                events.emit(Event::Items(records)).await?;
            }
            if is_last {
                return Ok(());
            }
            continuation = next;
        }
    }
}

/// The error that ends a list after `done` records.
pub fn broken_off(error: Error, done: u64) -> Error {
    if done == 0 { error } else { error.after(&format!("The list broke off after {done} records.")).into_terminating() }
}
