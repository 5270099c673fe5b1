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

/// A record with its symmetric keys, which a plain read does not return.
async fn get_with_keys(plane: &DataPlane<'_>, kind: EnrollmentKind, id: &str) -> Result<Record> {
    let mut record = plane.get(kind, id).await?;
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
