//! Removing records one after another.

use crate::connection::Context;
use crate::data_plane::{DataPlane, List};
use crate::error::{Code, Result};
use crate::events::{Event, Progress};
use crate::model::Collection;
use serde_json::Value;

/// Which records of a collection are removed, and how.
#[derive(Debug)]
pub struct Removal<'a> {
    /// The collection.
    pub collection: Collection,
    /// The records.
    pub ids: &'a [String],
    /// Whether they are all there were when the list was read: progress is told, and one that is gone is no error.
    pub all: bool,
    /// Only this version; see [`super::Precondition::if_match`].
    pub if_match: Option<&'a str>,
    /// Whether a record `true` is emitted for each.
    pub pass_thru: bool,
}

impl Removal<'_> {
    /// Removes the records. An error about one of several is emitted, and the next one is removed.
    ///
    /// # Errors
    /// What the rest would fail for too.
    pub async fn run(&self, plane: &DataPlane<'_>, context: &Context) -> Result<()> {
        let &Self { collection, ids, all, if_match, pass_thru } = self;
        let total = ids.len() as u64;
        for (done, id) in (0..).zip(ids) {
            if all {
                let activity = format!("Removing {}", collection.nouns());
                let progress =
                    Progress { activity, status: id.clone(), completed_items: done, total_items: Some(total) };
                context.events.emit(Event::Progress(progress)).await?;
            }
            match plane.remove(collection, id, if_match).await {
                Ok(removed) if removed && pass_thru => context.events.item(Value::Bool(true)).await?,
                Ok(_) => {}
                // Another may have removed it since the list was read: it is gone, as was asked.
                Err(error) if all && error.code() == Code::NotFound => {}
                Err(error) if !all || error.is_terminating() => return Err(error.with_target(collection.target(id))),
                Err(error) => context.events.emit(Event::Error(error.with_target(collection.target(id)))).await?,
            }
        }
        Ok(())
    }
}

/// The ids of all records of `list`, which are in `member`.
///
/// # Errors
/// Those of [`DataPlane::query`].
pub async fn all_ids(plane: &DataPlane<'_>, list: List<'_>, member: &str) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let mut continuation: Option<String> = None;
    loop {
        let page = plane.query(list, None, continuation.as_deref()).await?;
        ids.extend(page.records.iter().filter_map(|record| record.text(&[member])).map(str::to_owned));
        continuation = page.continuation;
        if continuation.is_none() {
            return Ok(ids);
        }
    }
}
