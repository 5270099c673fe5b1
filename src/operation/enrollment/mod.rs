//! Enrollments and enrollment groups, which have the same operations: one file per verb.

mod check;
mod content;
mod get;
mod new;
mod remove;
mod set;
mod write;

pub use content::check_key;
pub use get::{attestation, get, list};
pub use new::new;
pub use remove::remove;
pub use set::set;

use crate::data_plane::DataPlane;
use crate::error::Result;
use crate::model::{Collection, EnrollmentKind, Record};

/// A record with its symmetric keys.
async fn get_with_keys(plane: &DataPlane<'_>, kind: EnrollmentKind, id: &str) -> Result<Record> {
    with_keys(plane, kind, id, plane.get(kind, id).await?).await
}

/// Adds the symmetric keys to a record, since a plain read does not return them.
async fn with_keys(plane: &DataPlane<'_>, kind: EnrollmentKind, id: &str, mut record: Record) -> Result<Record> {
    if content::is_symmetric(&record) {
        let mechanism = plane.attestation_mechanism(kind, id).await?;
        if let Some(keys) = mechanism.get(&["symmetricKey"]) {
            record.set(&["attestation", "symmetricKey"], keys.clone());
        }
    }
    Ok(record)
}

/// What an error about the record names as its target.
fn target_of(kind: EnrollmentKind, id: &str) -> String {
    Collection::from(kind).target(id)
}
