//! What a write would be refused for, without the write. The record is read where that decides.

use super::{get_with_keys, target_of};
use crate::connection::Context;
use crate::data_plane::DataPlane;
use crate::error::{Code, Error, Result};
use crate::model::{EnrollmentKind, Record};
use crate::operation::request::Precondition;

/// Checks that a record can be created: that there is none with this id.
pub async fn new(plane: &DataPlane<'_>, kind: EnrollmentKind, id: &str, context: &Context) -> Result<()> {
    match plane.get(kind, id).await {
        Err(error) if error.code() == Code::NotFound => {
            context.events.verbose(format!("{} would be created.", target_of(kind, id)));
            Ok(())
        }
        Err(error) => Err(error),
        Ok(_) => {
            let message = format!("Conflict: the service has an {} '{id}' already.", kind.noun());
            Err(Error::new(Code::AlreadyExists, message))
        }
    }
}

/// Checks that a record can be changed: that it exists, is the version asked for, and that `change` fits it.
pub async fn set(
    plane: &DataPlane<'_>,
    (kind, id): (EnrollmentKind, &str),
    precondition: &Precondition,
    change: impl Fn(&mut Record) -> Result<()>,
    context: &Context,
) -> Result<()> {
    let mut record = get_with_keys(plane, kind, id).await?;
    precondition.check_record(&record)?;
    change(&mut record)?;
    context.events.verbose(format!("{} would be changed.", target_of(kind, id)));
    Ok(())
}
