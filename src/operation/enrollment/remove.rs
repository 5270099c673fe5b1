//! Removing records.

use super::target_of;
use crate::connection::Context;
use crate::data_plane::{DataPlane, List};
use crate::error::{Code, Error, Result};
use crate::events::{Event, Progress};
use crate::model::EnrollmentKind;
use crate::operation::request::{Common, Precondition, Request, enrollment_id};
use serde::Deserialize;
use serde_json::Value;

/// After so many failures of the service one after another, the other records are not tried.
const FAILURES_IN_A_ROW: u32 = 3;

/// Removes one record by its id, or every record of the service.
pub async fn remove(kind: EnrollmentKind, mut request: Request, context: &Context) -> Result<()> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Remove {
        all: bool,
        pass_thru: bool,
    }
    let mut common: Common = request.take()?;
    let id = enrollment_id(kind, &mut request)?;
    let precondition: Precondition = request.take()?;
    let Remove { all, pass_thru } = request.take()?;
    request.finish()?;
    let target = common.target()?;
    precondition.check()?;
    let id = match (id, all) {
        (Some(_), true) => {
            return Err(Error::argument("all", format!("all and {} exclude each other.", kind.id_member())));
        }
        (None, false) => {
            let message = format!("Say which {} to remove ({}), or all.", kind.noun(), kind.id_member());
            return Err(Error::argument(kind.id_member(), message));
        }
        (None, true) if precondition.etag.is_some() => {
            return Err(Error::argument("etag", "An etag is one record's; it does not go with all."));
        }
        (id, _) => id,
    };

    let find = async {
        let plane = DataPlane::open(target, None, context).await?;
        match id {
            Some(id) => Ok((plane, vec![id])),
            None => {
                let ids = all_ids(&plane, kind).await?;
                Ok((plane, ids))
            }
        }
    };
    let (plane, ids) = find.await.map_err(|error: Error| error.with_target(kind.collection()))?;
    let total = ids.len();
    let mut failures_in_a_row = 0;
    for (done, id) in ids.iter().enumerate() {
        if all {
            let activity = format!("Removing {}", kind.collection());
            let (completed_items, total_items) = (done as u64, Some(total as u64));
            let progress = Progress { activity, status: id.clone(), completed_items, total_items };
            context.events.emit(Event::Progress(progress)).await?;
        }
        let error = match plane.remove(kind, id, precondition.if_match()).await {
            Ok(removed) => {
                failures_in_a_row = 0;
                if removed && pass_thru {
                    context.events.item(Value::Bool(true)).await?;
                }
                continue;
            }
            Err(error) => error.with_target(target_of(kind, id)),
        };
        if !all {
            return Err(error);
        }
        failures_in_a_row = if is_about_the_service(&error) { failures_in_a_row + 1 } else { 0 };
        if is_final(&error) || failures_in_a_row == FAILURES_IN_A_ROW {
            let rest = total - done - 1;
            let message = format!("Nothing more is removed: {rest} of {total} {} are left untried.", kind.collection());
            return Err(error.with_sentence(&message).into_terminating());
        }
        // Another may have removed it since the list was read: it is gone, as was asked.
        if error.code() != Code::NotFound {
            context.events.emit(Event::Error(error)).await?;
        }
    }
    Ok(())
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

async fn all_ids(plane: &DataPlane<'_>, kind: EnrollmentKind) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let mut continuation: Option<String> = None;
    loop {
        let page = plane.query(List::Enrollments(kind), None, continuation.as_deref()).await?;
        ids.extend(page.records.iter().filter_map(|record| record.text(&[kind.id_member()])).map(str::to_owned));
        continuation = page.continuation;
        if continuation.is_none() {
            return Ok(ids);
        }
    }
}
