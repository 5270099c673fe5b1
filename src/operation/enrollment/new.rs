//! Creating a record.

use super::content::{Change, Content, Settings};
use super::write::{as_put_response, check_certificates, contains, created_since, expected};
use super::{check, get_with_keys, target_of};
use crate::connection::Context;
use crate::data_plane::DataPlane;
use crate::error::{Code, Error, Result};
use crate::model::{AttestationType, EnrollmentKind, Record};
use crate::operation::request::{Common, Request, enrollment_id, required};
use crate::present::{self, Shape};
use serde::Deserialize;

/// Creates a record. One that exists is not changed; the error says so.
pub async fn new(kind: EnrollmentKind, mut request: Request, context: &Context) -> Result<()> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct New {
        attestation_type: Option<AttestationType>,
        check_only: bool,
    }
    let mut common: Common = request.take()?;
    let id = enrollment_id(kind, &mut request)?;
    let New { attestation_type, check_only } = request.take()?;
    let mut content = Content::take(kind, &mut request)?;
    request.finish()?;
    let id = required(kind, id)?;
    let attestation_type = attestation_type.ok_or_else(|| {
        Error::argument("attestationType", "⟨attestationType⟩ is required: Tpm, X509 or SymmetricKey.")
    })?;
    let target = common.target()?;
    // az is content with one key; the Az module wants both or none.
    let completes_keys = common.shape == Shape::Az;
    content.attestation.check_new(kind, attestation_type, &common.working_directory, completes_keys)?;
    content.allocation.check_new()?;
    content.check()?;

    let mut record = Record::default();
    record.set(&[kind.id_member()], id.as_str());
    content.device.apply(&mut record);
    content.attestation.apply_new(kind, attestation_type, &mut record);
    Settings::apply_defaults(&mut record);
    content.settings.apply(&mut record);
    content.allocation.apply(&Change::default(), &mut record)?;
    content.attestation.warn(kind, &id, &context.events);

    let write = async {
        let plane = DataPlane::open(target, content.api_version(&Change::default()), context).await?;
        if check_only {
            return check::new(&plane, kind, &id, context).await.map(|()| None);
        }
        let expected = expected(kind, &record, &content.attestation);
        let written = plane.put(kind, &id, &record, None).await;
        let created = match written.result {
            // An earlier attempt may have created it.
            Err(error) if error.code() == Code::AlreadyExists && written.maybe_applied => {
                let found = get_with_keys(&plane, kind, &id).await?;
                let same = contains(&found, &expected);
                let ours = same && created_since(&found, written.first_attempt);
                if ours { Ok(as_put_response(found)) } else { Err(error) }
            }
            result => check_certificates(kind, &expected, result?),
        };
        created.map(Some)
    };
    match write.await.map_err(|error: Error| error.with_target(target_of(kind, &id)))? {
        Some(created) => context.events.item(present::enrollment(kind, common.shape, created)).await,
        None => Ok(()),
    }
}
