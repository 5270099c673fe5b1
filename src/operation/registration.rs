//! Registration records of devices that provisioned.

use super::request::{Common, Paging, Precondition, Removal, RemovalMembers, Request, all_ids, check_id};
use crate::connection::Context;
use crate::data_plane::{DataPlane, List};
use crate::error::{Error, Result};
use crate::model::{Collection, EnrollmentKind};
use crate::present;
use serde::Deserialize;

const EITHER: &str = "Please provide either RegistrationId or EnrollmentId.";

/// The record, or the group whose records are meant.
enum Which {
    One(String),
    Of(String),
}

impl Which {
    /// Takes the members.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidArgument`] for an invalid id.
    fn take(request: &mut Request) -> Result<Option<Self>> {
        #[derive(Debug, Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Ids {
            registration_id: Option<String>,
            enrollment_id: Option<String>,
        }
        let Ids { registration_id, enrollment_id } = request.take()?;
        if let Some(id) = &registration_id {
            check_id(EnrollmentKind::Individual, id)?;
        }
        if let Some(id) = &enrollment_id {
            check_id(EnrollmentKind::Group, id).map_err(|error| error.with_parameter("enrollmentId"))?;
        }
        match (registration_id, enrollment_id) {
            (Some(_), Some(_)) => Err(either()),
            (Some(id), None) => Ok(Some(Self::One(id))),
            (None, group) => Ok(group.map(Self::Of)),
        }
    }

    /// What an error names as its target.
    fn target(&self) -> String {
        match self {
            Self::One(id) => Collection::Registrations.target(id),
            Self::Of(group) => format!("registrations of enrollmentGroup/{group}"),
        }
    }
}

fn either() -> Error {
    Error::argument("registrationId", EITHER)
}

/// Reads one registration by its id, or all of an enrollment group.
pub async fn get(mut request: Request, context: &Context) -> Result<()> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Get {
        // The service accepts one query, which lists all. Scripts for the Az module may give one.
        #[serde(rename = "query")]
        _query: Option<String>,
    }
    let mut common: Common = request.take()?;
    let which = Which::take(&mut request)?;
    let _: Get = request.take()?;
    let paging: Paging = request.take()?;
    request.finish()?;
    paging.check(matches!(which, Some(Which::One(_))).then_some("registrationId"))?;
    let target = common.target()?;
    let which = which.ok_or_else(either)?;
    let present = |record| present::registration(common.shape, record);
    let read = async {
        let plane = DataPlane::open(target, None, context).await?;
        match &which {
            Which::One(id) => {
                let record = plane.get(Collection::Registrations, id).await?;
                context.events.item(present(record)).await
            }
            Which::Of(group) => paging.stream(&plane, List::RegistrationsOf(group), present, context).await,
        }
    };
    read.await.map_err(|error: Error| error.with_target(which.target()))
}

/// Removes one registration, or all of an enrollment group. The devices stay in their hubs and may provision again.
pub async fn remove(mut request: Request, context: &Context) -> Result<()> {
    let mut common: Common = request.take()?;
    let which = Which::take(&mut request)?;
    let RemovalMembers { all, pass_thru, check_only } = request.take()?;
    let precondition: Precondition = request.take()?;
    request.finish()?;
    precondition.check()?;
    let target = common.target()?;
    let which = match which {
        Some(Which::One(_)) if all => {
            Err(Error::argument("all", "The registrations of a group are all removed, not those of a device."))
        }
        Some(Which::Of(_)) if !all => {
            Err(Error::argument("all", "To remove every registration of a group, give ⟨all⟩ too."))
        }
        Some(Which::Of(_)) if precondition.etag.is_some() => {
            Err(Error::argument("etag", "⟨etag⟩ is that of one record; it does not go with ⟨all⟩."))
        }
        None if all => {
            Err(Error::argument("enrollmentId", "The group whose registrations are to be removed is missing."))
        }
        None => Err(Error::argument("registrationId", "⟨registrationId⟩ is required.")),
        Some(which) => Ok(which),
    }?;
    let remove = async {
        let plane = DataPlane::open(target, None, context).await?;
        let ids = match &which {
            Which::One(id) => vec![id.clone()],
            Which::Of(group) => all_ids(&plane, List::RegistrationsOf(group), "registrationId").await?,
        };
        if check_only {
            return match &which {
                Which::One(id) => precondition.check_removal(&plane, Collection::Registrations, id, context).await,
                Which::Of(_) => {
                    context.events.verbose(format!("{} registrations would be removed.", ids.len()));
                    Ok(())
                }
            };
        }
        let if_match = precondition.if_match();
        Removal { collection: Collection::Registrations, ids: &ids, all, if_match, pass_thru }
            .run(&plane, context)
            .await
    };
    remove.await.map_err(|error: Error| error.with_target(which.target()))
}
