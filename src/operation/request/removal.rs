//! Removing records one after another.

use crate::connection::Context;
use crate::data_plane::{DataPlane, List, Pages, parse_record};
use crate::error::{Code, Error, Result};
use crate::events::{Event, Progress};
use crate::model::Collection;
use serde::Deserialize;
use serde_json::Value;

/// After so many failures of the service one after another, the other records are not tried.
const FAILURES_IN_A_ROW: u32 = 3;

/// What a request to remove records says besides which ones.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RemovalMembers {
    /// Every record.
    pub all: bool,
    /// A record `true` for each that was removed.
    pub pass_thru: bool,
    /// Nothing is removed; the error says what would be refused.
    pub check_only: bool,
}

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
    /// What the rest would fail for too; the message says how many are left.
    pub async fn run(&self, plane: &DataPlane<'_>, context: &Context) -> Result<()> {
        let &Self { collection, ids, all, if_match, pass_thru } = self;
        let total = ids.len();
        let mut failures_in_a_row = 0;
        for (done, id) in ids.iter().enumerate() {
            if all {
                let activity = format!("Removing {}", collection.nouns());
                let (completed_items, total_items) = (done as u64, Some(total as u64));
                let progress = Progress { activity, status: id.clone(), completed_items, total_items };
                context.events.emit(Event::Progress(progress)).await?;
            }
            let error = match plane.remove(collection, id, if_match).await {
                Ok(removed) => {
                    failures_in_a_row = 0;
                    if removed && pass_thru {
                        context.events.item(Value::Bool(true)).await?;
                    }
                    continue;
                }
                Err(error) => error.with_target(collection.target(id)),
            };
            if !all {
                return Err(error);
            }
            failures_in_a_row = if is_about_the_service(&error) { failures_in_a_row + 1 } else { 0 };
            if is_final(&error) || failures_in_a_row == FAILURES_IN_A_ROW {
                let rest = total - done - 1;
                let message =
                    format!("Nothing more is removed: {rest} of {total} {} are left untried.", collection.nouns());
                return Err(error.with_sentence(&message).into_terminating());
            }
            // Another may have removed it since the list was read: it is gone, as was asked.
            if error.code() != Code::NotFound {
                context.events.emit(Event::Error(error)).await?;
            }
        }
        Ok(())
    }
}

/// Whether every other record would fail for the same reason.
fn is_final(error: &Error) -> bool {
    error.is_terminating() || matches!(error.code(), Code::Unauthorized | Code::Forbidden | Code::HostNotFound)
}

/// Whether the service, or the way to it, failed, and not this record alone.
fn is_about_the_service(error: &Error) -> bool {
    let codes =
        [Code::Throttled, Code::ServiceFailure, Code::UnexpectedResponse, Code::ConnectionFailed, Code::Timeout];
    codes.contains(&error.code())
}

/// The ids of all records of `list`, which are in `member`.
///
/// # Errors
/// Those of [`DataPlane::query`].
pub async fn all_ids(plane: &DataPlane<'_>, list: List<'_>, member: &str) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let mut continuation: Option<String> = None;
    let mut pages = Pages::default();
    loop {
        let page = plane.query(list, None, continuation.as_deref()).await?;
        for record in &page.records {
            ids.extend(parse_record(record)?.text(&[member]).map(str::to_owned));
        }
        let Some(token) = page.continuation else { return Ok(ids) };
        pages.follow(&token, page.records.is_empty())?;
        continuation = Some(token);
    }
}
