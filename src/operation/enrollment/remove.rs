//! Removing records.

use crate::connection::Context;
use crate::data_plane::{DataPlane, List};
use crate::error::{Code, Error, Result};
use crate::model::EnrollmentKind;
use crate::operation::request::{Common, Precondition, Removal, RemovalMembers, Request, all_ids, enrollment_id};

/// Removes one record by its id, or every record of the service.
pub async fn remove(kind: EnrollmentKind, mut request: Request, context: &Context) -> Result<()> {
    let mut common: Common = request.take()?;
    let id = enrollment_id(kind, &mut request)?;
    let precondition: Precondition = request.take()?;
    let RemovalMembers { all, pass_thru, check_only } = request.take()?;
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
            None => all_ids(&plane, List::Enrollments(kind), kind.id_member()).await?,
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
    let removal = Removal { collection: kind.into(), ids: &ids, all, if_match: precondition.if_match(), pass_thru };
    removal.run(&plane, context).await?;
    match &ids[..] {
        [group] if kind == EnrollmentKind::Group && !all => warn_of_registrations(&plane, group, context).await,
        _ => Ok(()),
    }
}

/// Warns if devices of a group that was removed have registrations: the service keeps them, and lists them by the group's
/// id only. Whoever may not read them is not told.
async fn warn_of_registrations(plane: &DataPlane<'_>, group: &str, context: &Context) -> Result<()> {
    match plane.query(List::RegistrationsOf(group), Some(1), None).await {
        Ok(page) if page.records.is_empty() => {}
        Ok(_) => context.events.warning(format!(
            "Group '{group}' is removed. Registrations of its devices stay and count towards the service's quota; they \
             can still be listed and removed by the group's id."
        )),
        Err(error) if error.code() == Code::Cancelled => return Err(error),
        Err(error) => context.events.verbose(format!("registrations of group '{group}' could not be read: {error}")),
    }
    Ok(())
}
