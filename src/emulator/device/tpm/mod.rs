//! TPM attestation. A device shows its public keys and gets a key that only its TPM can open; what is signed with that
//! key comes from the TPM.

mod wrap;

use super::attest::{Device, attestation_of};
use crate::emulator::base64;
use crate::emulator::errors::{Result, bad_request, device_unauthorized, internal, not_found};
use crate::emulator::record::store::Collection;
use crate::emulator::service::Service;
use crate::model::{AttestationType, EnrollmentKind, Record};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use wrap::StorageKey;

/// The public keys of a TPM as a device sends them: each a `TPM2B_PUBLIC` in base64.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TpmKeys {
    pub(super) endorsement_key: String,
    pub(super) storage_root_key: String,
}

/// The key that a device is to sign with: the body of a 401.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TpmChallenge {
    message: &'static str,
    authentication_key: String,
    key_name: &'static str,
}

/// The key for the TPM with `keys`, which must be that of the individual enrollment `id`.
pub(super) fn challenge(service: &Service, id: &str, keys: &TpmKeys) -> Result<TpmChallenge> {
    let individual = Collection::Enrollments(EnrollmentKind::Individual);
    let enrollment = service.store.get(individual, id)?.ok_or_else(|| not_found(EnrollmentKind::Individual))?;
    check(&enrollment, Some(keys))?;
    Ok(TpmChallenge {
        message: "Unauthorized: the request is to be signed with the key that only the TPM can open.",
        authentication_key: wrapped(service, id, &enrollment, keys)?,
        key_name: "registration",
    })
}

/// The key that an assigned device signs with at its hub, for the TPM with `storage_root_key`: base64.
pub(super) fn authentication_key(service: &Service, device: &Device, storage_root_key: &str) -> Result<String> {
    let endorsement_key = device.enrollment.text(&["attestation", "tpm", "endorsementKey"]).unwrap_or_default();
    let keys = TpmKeys { endorsement_key: endorsement_key.to_owned(), storage_root_key: storage_root_key.to_owned() };
    wrapped(service, &device.registration_id, &device.enrollment, &keys)
}

/// Refuses keys that are not those of `enrollment`, and one for a TPM without any. An enrollment without a storage root
/// key takes any.
pub(super) fn check(enrollment: &Record, keys: Option<&TpmKeys>) -> Result<()> {
    let keys = match (attestation_of(enrollment), keys) {
        (Some(AttestationType::Tpm), Some(keys)) => keys,
        (Some(AttestationType::Tpm), None) => return Err(bad_request("tpm is missing.")),
        (_, None) => return Ok(()),
        (_, Some(_)) => return Err(device_unauthorized("Unauthorized: the enrollment is not for a TPM.")),
    };
    let fits = |member, sent: &str| enrolled(enrollment, member).is_none_or(|key| Some(key) == base64::decode(sent));
    if fits("endorsementKey", &keys.endorsement_key) && fits("storageRootKey", &keys.storage_root_key) {
        Ok(())
    } else {
        Err(device_unauthorized("Unauthorized: the TPM is not that of the enrollment."))
    }
}

/// The key that the TPM of `enrollment` is given.
pub(super) fn device_key(service: &Service, id: &str, enrollment: &Record) -> [u8; 32] {
    // HMAC fills a key up with zeros to the length of a block.
    let mut block = [0; 64];
    block[..service.tpm_secret.len()].copy_from_slice(&service.tpm_secret);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(id.to_ascii_lowercase().as_bytes());
    mac.update(&[0]);
    mac.update(&enrolled(enrollment, "endorsementKey").unwrap_or_default());
    mac.finalize().into_bytes().into()
}

/// That key, for the TPM with `keys` alone: base64.
fn wrapped(service: &Service, id: &str, enrollment: &Record, keys: &TpmKeys) -> Result<String> {
    let parse = |key: &str, member: &str| {
        let key = base64::decode(key).and_then(|bytes| StorageKey::parse(&bytes));
        let kind = "the TPM2B_PUBLIC of an RSA storage key with SHA-256 and AES-128-CFB, in base64";
        key.ok_or_else(|| bad_request(format!("tpm.{member} must be {kind}.")))
    };
    let endorsement_key = parse(&keys.endorsement_key, "endorsementKey")?;
    let storage_root_key = parse(&keys.storage_root_key, "storageRootKey")?;
    let activation = wrap::activation(&endorsement_key, &storage_root_key, &device_key(service, id, enrollment));
    activation.map(base64::encode).ok_or_else(|| internal("The system gives no random numbers."))
}

fn enrolled(enrollment: &Record, member: &str) -> Option<Vec<u8>> {
    base64::decode(enrollment.text(&["attestation", "tpm", member])?)
}
