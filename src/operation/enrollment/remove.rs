//! Removing records.

use super::target_of;
use crate::connection::Context;
use crate::data_plane::{DataPlane, List, Pages, parse_record};
use crate::error::{Code, Error, Result};
use crate::events::{Event, Progress};
use crate::model::EnrollmentKind;
use crate::operation::request::{Common, Precondition, Request, enrollment_id};
use crate::present::Shape;
use serde::Deserialize;
use serde_json::Value;

/// Removes one record by its id, or every record of the service.
pub async fn remove(kind: EnrollmentKind, mut request: Request, context: &Context) -> Result<()> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Remove {
        all: bool,
        pass_thru: bool,
        check_only: bool,
    }
    let mut common: Common = request.take()?;
    let id = enrollment_id(kind, &mut request)?;
    let precondition: Precondition = request.take()?;
    let Remove { all, pass_thru, check_only } = request.take()?;
    request.finish()?;
    let target = common.target()?;
    precondition.check()?;
    let id = match (id, all) {
        (Some(_), true) => {
            return Err(Error::argument("all", format!("⟨all⟩ and ⟨{}⟩ exclude each other.", kind.id_member())));
        }
        (None, false) => {
            let message = format!("Say which {} to remove by ⟨{}⟩, or give ⟨all⟩.", kind.noun(), kind.id_member());
            return Err(Error::argument(kind.id_member(), message));
        }
        (None, true) if precondition.etag.is_some() => {
            return Err(Error::argument("etag", "⟨etag⟩ is that of one record; it does not go with ⟨all⟩."));
        }
        (id, _) => id,
    };

    let find = async {
        let plane = DataPlane::open(target, None, context).await?;
        let ids = match id {
            Some(id) => vec![id],
            None => all_ids(&plane, kind).await?,
        };
        Ok((plane, ids))
    };
    let (plane, ids) = find.await.map_err(|error: Error| error.with_target(kind.collection()))?;
    if check_only {
        return match &ids[..] {
            [id] if !all => precondition.check_removal(&plane, kind, id, context).await,
            ids => {
                context.events.verbose(format!("{} {} would be removed.", ids.len(), kind.collection()));
                Ok(())
            }
        };
    }
    let total = ids.len() as u64;
    // As in the Az module: one `true` for all of them, if all are removed.
    let in_one = all && common.shape == Shape::PowerShell;
    let mut failed = false;
    for (done, id) in (0..).zip(&ids) {
        if all {
            let activity = format!("Removing {}", kind.collection());
            let progress = Progress { activity, status: id.clone(), completed_items: done, total_items: Some(total) };
            context.events.emit(Event::Progress(progress)).await?;
        }
        match plane.remove(kind, id, precondition.if_match()).await {
            Ok(removed) if removed && pass_thru && !in_one => context.events.item(Value::Bool(true)).await?,
            Ok(_) => {}
            // Another may have removed it since the list was read: it is gone, as was asked.
            Err(error) if all && error.code() == Code::NotFound => {}
            Err(error) if error.is_terminating() => return Err(error.with_target(target_of(kind, id))),
            Err(error) => {
                failed = true;
                context.events.emit(Event::Error(error.with_target(target_of(kind, id)))).await?;
            }
        }
    }
    if in_one && pass_thru && !failed { context.events.item(Value::Bool(true)).await } else { Ok(()) }
}

async fn all_ids(plane: &DataPlane<'_>, kind: EnrollmentKind) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let mut continuation: Option<String> = None;
    let mut pages = Pages::default();
    loop {
        let page = plane.query(List::Enrollments(kind), None, continuation.as_deref()).await?;
        for record in &page.records {
            ids.extend(parse_record(record)?.text(&[kind.id_member()]).map(str::to_owned));
        }
        let Some(token) = page.continuation else { return Ok(ids) };
        pages.follow(&token, page.records.is_empty())?;
        continuation = Some(token);
    }
}
