//! Deriving the key of a device from the key of its group.

use super::enrollment::check_key;
use super::request::{Common, Request, check_id, enrollment_id, required};
use crate::connection::Context;
use crate::credential::sign;
use crate::data_plane::DataPlane;
use crate::error::{Code, Error, Result};
use crate::model::{Collection, EnrollmentKind};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

/// Derives a device's key from a group's key: from the request, without any call, or from the service.
pub async fn derive(mut request: Request, context: &Context) -> Result<()> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Derive {
        registration_id: Option<String>,
        symmetric_key: Option<SecretString>,
    }
    let mut common: Common = request.take()?;
    let Derive { registration_id, symmetric_key } = request.take()?;
    let group = enrollment_id(EnrollmentKind::Group, &mut request)?;
    request.finish()?;
    let id = required(EnrollmentKind::Individual, registration_id)?;
    check_id(EnrollmentKind::Individual, &id)?;
    let target = common.target()?;
    let key = match (symmetric_key, group) {
        (Some(key), None) => {
            check_key(&key, "symmetricKey")?;
            key
        }
        (None, Some(group)) => {
            let read = async { read_group_key(&DataPlane::open(target, None, context).await?, &group).await };
            read.await.map_err(|error: Error| error.with_target(target_of(&group)))?
        }
        _ => {
            let message = "Give either the group's key by ⟨symmetricKey⟩, or the group by ⟨enrollmentGroupId⟩.";
            return Err(Error::argument("symmetricKey", message));
        }
    };
    context.events.item(Value::String(sign(&key, &id).expose_secret().to_owned())).await
}

/// Reads the primary key of a group.
///
/// # Errors
/// [`Code::InvalidChange`] if the group has certificates instead, and those of the service.
pub async fn read_group_key(plane: &DataPlane<'_>, group: &str) -> Result<SecretString> {
    let read = async {
        let mechanism = plane.attestation_mechanism(EnrollmentKind::Group, group).await?;
        let key = mechanism.text(&["symmetricKey", "primaryKey"]).map(SecretString::from);
        key.ok_or_else(|| {
            Error::new(Code::InvalidChange, format!("Group '{group}' is not attested by symmetric keys."))
        })
    };
    read.await.map_err(|error| error.with_target(target_of(group)))
}

fn target_of(group: &str) -> String {
    Collection::from(EnrollmentKind::Group).target(group)
}
