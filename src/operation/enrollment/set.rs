//! Changing a record.

use super::content::{Change, Content};
use super::write::{as_put_response, check_certificates, expected};
use super::{check, target_of, with_keys};
use crate::connection::Context;
use crate::data_plane::DataPlane;
use crate::error::{Code, Error, Outcome, Result};
use crate::model::{ClearableMember, EnrollmentKind, Record, WireEnum};
use crate::operation::request::{Common, Precondition, Request, enrollment_id, required};
use crate::present;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// How many times a change is merged into a record that others keep changing.
const MERGES: u32 = 16;

/// The members that the service maintains: read, never sent.
const READ_ONLY: [&str; 3] = ["registrationState", "createdDateTimeUtc", "lastUpdatedDateTimeUtc"];

/// Changes a record: what the request gives is merged into the record that the service has, and written only if nobody
/// else wrote in between; else it is merged again.
pub async fn set(kind: EnrollmentKind, mut request: Request, context: &Context) -> Result<()> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Set {
        check_only: bool,
    }
    let mut common: Common = request.take()?;
    let id = enrollment_id(kind, &mut request)?;
    let precondition: Precondition = request.take()?;
    let Set { check_only } = request.take()?;
    let is_change = request.rest().any(|(member, value)| changes_something(member, value));
    let given: Vec<ClearableMember> =
        ClearableMember::ALL.iter().copied().filter(|member| request.has(member.wire())).collect();
    let mut content = Content::take(kind, &mut request)?;
    let mut change: Change = request.take()?;
    request.finish()?;
    let id = required(kind, id)?;
    let target = common.target()?;
    precondition.check()?;
    if !is_change {
        let message = "Nothing to change: no new value is given. Only members of the request are changed, not what was edited \
                       in a record.";
        return Err(Error::new(Code::NothingToChange, message));
    }
    change.check(kind, given)?;
    content.attestation.check(&common.working_directory)?;
    content.attestation.check_change(&change)?;
    content.check()?;
    content.attestation.warn(kind, &id, &context.events);
    change.tell(&context.events);

    let write = async {
        let plane = DataPlane::open(target, content.api_version(&change), context).await?;
        if check_only {
            let fits = |record: &mut Record| {
                content.attestation.check_keys(record)?;
                content.apply(kind, &change, record)
            };
            return check::set(&plane, (kind, &id), &precondition, fits, context).await.map(|()| None);
        }
        merge(&plane, kind, &id, &content, &change, &precondition, context).await.map(Some)
    };
    match write.await.map_err(|error: Error| error.with_target(target_of(kind, &id)))? {
        Some(changed) => context.events.item(present::enrollment(kind, common.shape, changed)).await,
        None => Ok(()),
    }
}

/// Whether a member of a request gives a new value, or asks for another change.
fn changes_something(member: &str, value: &Value) -> bool {
    let is_empty = match value {
        Value::Null => true,
        Value::Bool(given) => member == "swapKey" && !given,
        Value::Array(given) => member == "clear" && given.is_empty(),
        _ => false,
    };
    !is_empty && member != "rootCertificate"
}

async fn merge(
    plane: &DataPlane<'_>,
    kind: EnrollmentKind,
    id: &str,
    content: &Content,
    change: &Change,
    precondition: &Precondition,
    context: &Context,
) -> Result<Record> {
    // What an earlier merge wrote, if its response was lost.
    let mut lost: Option<Record> = None;
    for merge in 1.. {
        let before = read(plane, kind, id, precondition.version()).await?;
        // Any other change may be merged again, whoever wrote.
        if let Some(written) = lost.as_ref().filter(|_| !change.is_idempotent()) {
            // A key that was just generated is in the record only if this operation wrote it.
            return if change.generated_key_is_in(&before, written) {
                Ok(as_put_response(before))
            } else {
                Err(doubtful())
            };
        }
        content.attestation.check_keys(&before)?;
        let Some(etag) = precondition.if_match().or(before.text(&["etag"])).map(str::to_owned) else {
            let message = "The service's record has no etag, so it cannot be changed safely.";
            return Err(Error::new(Code::UnexpectedResponse, message));
        };
        if merge == 1 {
            change.warn(kind, &before, &context.events);
        }
        let mut record = before;
        for member in READ_ONLY {
            record.remove(&[member]);
        }
        if content.remove_copy_of_replaced(kind, &mut record) {
            let target = target_of(kind, id);
            context.events.verbose(format!(
                "{target}: the secondary certificate was the same as the primary one, and is replaced with it"
            ));
        }
        content.apply(kind, change, &mut record)?;
        let expected = expected(kind, &record, &content.attestation);
        let written = plane.put(kind, id, &record, Some(&etag)).await;
        let may_be_repeated = written.may_be_repeated_after_look && merge < plane.maximum_attempts();
        match written.result {
            Ok(changed) => return check_certificates(kind, &expected, changed),
            // The precondition is the caller's: nothing in the record can prove that it was this operation that met it.
            Err(error) if error.code() == Code::PreconditionFailed && precondition.etag.is_some() => {
                return Err(if written.maybe_applied { doubtful() } else { error });
            }
            Err(error) if error.code() == Code::PreconditionFailed && merge < MERGES => {
                if written.maybe_applied {
                    lost = Some(record);
                }
                let target = target_of(kind, id);
                context
                    .events
                    .verbose(format!("412: {target} was changed since it was read; reading and merging again"));
                tokio::time::sleep(Duration::from_millis(fastrand::u64(0..20 * u64::from(merge)))).await;
            }
            Err(_) if may_be_repeated => lost = Some(record),
            Err(error) => return Err(error),
        }
    }
    unreachable!("the last merge returns")
}

/// Reads the record with its keys: the version that has `etag`, if it is given.
async fn read(plane: &DataPlane<'_>, kind: EnrollmentKind, id: &str, etag: Option<&str>) -> Result<Record> {
    let is_other =
        |record: &Record| etag.is_some_and(|etag| record.text(&["etag"]).is_none_or(|own| !is_same(own, etag)));
    let mut record = plane.get(kind, id).await?;
    if is_other(&record) {
        // A replica of the service may have been behind.
        record = plane.get(kind, id).await?;
    }
    if is_other(&record) {
        let message = "Precondition Failed: the record has another etag than the one given, so it was changed since that was \
                       read; read it again, or give no ⟨etag⟩.";
        return Err(Error::new(Code::PreconditionFailed, message));
    }
    with_keys(plane, kind, id, record).await
}

/// Whether two etags are the same; the service accepts one in quotes too.
fn is_same(one: &str, other: &str) -> bool {
    let bare = |etag: &str| etag.trim().trim_matches('"').to_owned();
    bare(one) == bare(other)
}

/// The error of a change that may have been made: its response was lost, and then the record had another etag.
fn doubtful() -> Error {
    let message = "The change may have been made: its response was lost, and the record has been changed since. Read the record \
                   to see whether it was.";
    Error::new(Code::PreconditionFailed, message).with_outcome(Outcome::Unknown)
}
