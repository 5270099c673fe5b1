//! Lists: a page at a time. While the host looks at one page the next waits, and the one after it is asked for.

use super::Event;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::Record;
use crate::service::{DataPlane, List, Page};
use serde::Deserialize;
use serde_json::Value;

/// How much of a list is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Paging {
    top: Option<u64>,
    page_size: Option<u64>,
}

impl Paging {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidArgument`] for a zero.
    pub fn check(&self) -> Result<()> {
        for (count, parameter) in [(self.top, "top"), (self.page_size, "pageSize")] {
            if count == Some(0) {
                return Err(Error::argument(parameter, format!("{parameter} is at least 1.")));
            }
        }
        Ok(())
    }

    /// Hands out the records of `list` until there are no more or enough. Empty pages may have a successor, so the
    /// continuation alone says when it is over.
    ///
    /// # Errors
    /// Those of the service, and of a host that has given up.
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
            let Page { records, continuation: following } = plane.query(list, count, continuation.as_deref()).await?;
            let wanted = left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
            let records: Vec<Value> = records.into_iter().take(wanted).map(&present).collect();
            left = left.map(|left| left - records.len() as u64);
            if !records.is_empty() {
                context.emit(Event::Items(records)).await?;
            }
            continuation = following;
            if continuation.is_none() || left == Some(0) {
                return Ok(());
            }
        }
    }
}
