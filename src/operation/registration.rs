//! Registration records of devices that provisioned.

use super::request::{Common, Paging, Precondition, Request, check_id, required};
use crate::connection::Context;
use crate::data_plane::{DataPlane, List};
use crate::error::{Error, Result};
use crate::model::{Collection, EnrollmentKind};
use crate::present;
use serde::Deserialize;
use serde_json::Value;

const EITHER: &str = "Please provide either RegistrationId or EnrollmentId.";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Which {
    registration_id: Option<String>,
    enrollment_id: Option<String>,
    // The service accepts one query, which lists all. Scripts for the Az module may give one.
    #[serde(rename = "query")]
    _query: Option<String>,
}

impl Which {
    fn check(&self) -> Result<()> {
        if let Some(id) = &self.registration_id {
            check_id(EnrollmentKind::Individual, id)?;
        }
        if let Some(id) = &self.enrollment_id {
            check_id(EnrollmentKind::Group, id).map_err(|error| error.with_parameter("enrollmentId"))?;
        }
        Ok(())
    }
}

/// Reads one registration by its id, or all of an enrollment group.
pub async fn get(mut request: Request, context: &Context) -> Result<()> {
    let mut common: Common = request.take()?;
    let which: Which = request.take()?;
    let paging: Paging = request.take()?;
    request.finish()?;
    which.check()?;
    paging.check(which.registration_id.as_ref().map(|_| "registrationId"))?;
    let target = common.target()?;
    let shape = common.shape;
    match (which.registration_id, which.enrollment_id) {
        (Some(id), None) => {
            let read =
                async { DataPlane::open(target, None, context).await?.get(Collection::Registrations, &id).await };
            let record = read.await.map_err(|error| error.with_target(Collection::Registrations.target(&id)))?;
            context.events.item(present::registration(shape, record)).await
        }
        (None, Some(group)) => {
            let read = async {
                let plane = DataPlane::open(target, None, context).await?;
                let present = |record| present::registration(shape, record);
                paging.stream(&plane, List::RegistrationsOf(&group), present, context).await
            };
            read.await.map_err(|error: Error| error.with_target(format!("registrations of enrollmentGroup/{group}")))
        }
        _ => Err(Error::argument("registrationId", EITHER)),
    }
}

/// Removes one registration; the device stays in its hub and may provision again.
pub async fn remove(mut request: Request, context: &Context) -> Result<()> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Remove {
        registration_id: Option<String>,
        pass_thru: bool,
        check_only: bool,
    }
    let mut common: Common = request.take()?;
    let Remove { registration_id, pass_thru, check_only } = request.take()?;
    let precondition: Precondition = request.take()?;
    request.finish()?;
    let id = required(EnrollmentKind::Individual, registration_id)?;
    check_id(EnrollmentKind::Individual, &id)?;
    precondition.check()?;
    let target = common.target()?;
    let write = async {
        let plane = DataPlane::open(target, None, context).await?;
        if check_only {
            return precondition.check_removal(&plane, Collection::Registrations, &id, context).await.map(|()| false);
        }
        plane.remove(Collection::Registrations, &id, precondition.if_match()).await
    };
    let removed = write.await.map_err(|error: Error| error.with_target(Collection::Registrations.target(&id)))?;
    if removed && pass_thru { context.events.item(Value::Bool(true)).await } else { Ok(()) }
}
