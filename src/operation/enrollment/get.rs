//! Reading records.

use super::content::is_symmetric;
use super::{get_with_keys, target_of};
use crate::connection::Context;
use crate::data_plane::{DataPlane, List};
use crate::error::{Error, Result};
use crate::model::EnrollmentKind;
use crate::operation::request::{Common, Paging, Request, enrollment_id, required};
use crate::present;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Get {
    show_key: bool,
}

/// Reads one record; with `showKey`, its keys too.
pub async fn get(kind: EnrollmentKind, mut request: Request, context: &Context) -> Result<()> {
    let mut common: Common = request.take()?;
    let id = enrollment_id(kind, &mut request)?;
    let Get { show_key } = request.take()?;
    let paging: Paging = request.take()?;
    request.finish()?;
    let id = required(kind, id)?;
    paging.check(Some(kind.id_member()))?;
    let target = common.target()?;

    let read = async {
        let plane = DataPlane::open(target, None, context).await?;
        if !show_key {
            return plane.get(kind, &id).await;
        }
        let record = get_with_keys(&plane, kind, &id).await?;
        if !is_symmetric(&record) {
            context.events.warning(format!("{}: only a symmetric key can be shown.", target_of(kind, &id)));
        }
        Ok(record)
    };
    let record = read.await.map_err(|error: Error| error.with_target(target_of(kind, &id)))?;
    context.events.item(present::enrollment(kind, common.shape, record)).await
}

/// Reads a record's attestation mechanism with its keys.
pub async fn attestation(mut request: Request, context: &Context) -> Result<()> {
    let mut common: Common = request.take()?;
    let individual = enrollment_id(EnrollmentKind::Individual, &mut request)?;
    let group = enrollment_id(EnrollmentKind::Group, &mut request)?;
    request.finish()?;
    let (kind, id) = match (individual, group) {
        (Some(id), None) => (EnrollmentKind::Individual, id),
        (None, Some(id)) => (EnrollmentKind::Group, id),
        _ => return Err(Error::argument("registrationId", "Give either ⟨registrationId⟩ or ⟨enrollmentGroupId⟩.")),
    };
    let target = common.target()?;
    let read = async { DataPlane::open(target, None, context).await?.attestation_mechanism(kind, &id).await };
    let mechanism = read.await.map_err(|error| error.with_target(target_of(kind, &id)))?;
    context.events.item(present::attestation(common.shape, mechanism)).await
}

/// Reads all records, page by page.
pub async fn list(kind: EnrollmentKind, mut request: Request, context: &Context) -> Result<()> {
    let mut common: Common = request.take()?;
    let paging: Paging = request.take()?;
    let Get { show_key } = request.take()?;
    request.finish()?;
    if show_key {
        let message = format!("⟨showKey⟩ needs ⟨{}⟩: keys are read one record at a time.", kind.id_member());
        return Err(Error::argument("showKey", message));
    }
    paging.check(None)?;
    let target = common.target()?;
    let read = async {
        let plane = DataPlane::open(target, None, context).await?;
        let shape = |record| present::enrollment(kind, common.shape, record);
        paging.stream(&plane, List::Enrollments(kind), shape, context).await
    };
    read.await.map_err(|error: Error| error.with_target(kind.collection()))
}
