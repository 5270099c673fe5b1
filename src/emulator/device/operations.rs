//! What a device can ask for, independent of the transport: register, operation status, look-up.

use super::attest::{self, Credentials, Device, DeviceRequest};
use super::provision;
use super::tpm::{self, TpmChallenge, TpmKeys};
use crate::emulator::errors::{Result, already_registering, operation_not_found, unsupported};
use crate::emulator::log::Logger;
use crate::emulator::record::registration::{shown, unassigned};
use crate::emulator::record::store::Collection;
use crate::emulator::service::Service;
use crate::emulator::service::latest_operations::Progress;
use crate::model::Record;
use serde_json::{Value, json};
use std::sync::Arc;

/// The content of a request to register or to look up a device.
pub(super) struct Registration {
    /// For the webhook of a custom allocation.
    pub(super) payload: Option<Value>,
    /// The public keys of the device's TPM.
    pub(super) tpm: Option<TpmKeys>,
    pub(super) csr: Option<Value>,
}

impl Registration {
    /// Refuses what is not implemented.
    fn check(&self) -> Result<()> {
        if self.csr.is_some() {
            return Err(unsupported("Issuing certificates (csr)"));
        }
        Ok(())
    }
}

/// The status of a registration operation.
pub(super) struct OperationStatus {
    pub(super) operation_id: String,
    /// The registration; `None` while the device is being assigned.
    pub(super) result: Option<Record>,
}

impl OperationStatus {
    /// The JSON body, which is the same over every transport.
    pub(super) fn body(&self) -> Value {
        match &self.result {
            None => json!({ "operationId": self.operation_id, "status": "assigning" }),
            Some(registration) => json!({
                "operationId": self.operation_id,
                "status": registration.get(&["status"]),
                "registrationState": registration,
            }),
        }
    }
}

/// What a request to register leads to.
pub(super) enum Registered {
    Status(OperationStatus),
    /// For a device that sends the keys of its TPM and no signature yet.
    Challenge(TpmChallenge),
}

/// Starts a registration, which continues in the background: the caller must be within a Tokio runtime. A disabled
/// device gets the status at once, and no record is written.
pub(super) fn register(
    service: &Arc<Service>,
    log: &Logger,
    request: &DeviceRequest<'_>,
    registration: Registration,
) -> Result<Registered> {
    registration.check()?;
    if let (Credentials::Certificates(_), Some(keys)) = (&request.credentials, &registration.tpm) {
        return tpm::challenge(service, request.registration_id, keys).map(Registered::Challenge);
    }
    let device = attest::attest(service, request)?;
    tpm::check(&device.enrollment, registration.tpm.as_ref())?;
    let operation_id = new_operation_id();
    if device.is_disabled() {
        let mut disabled = Record::default();
        disabled.set(&["registrationId"], device.registration_id);
        disabled.set(&["status"], "disabled");
        return Ok(Registered::Status(OperationStatus { operation_id, result: Some(disabled) }));
    }
    let storage_root_key = registration.tpm.map(|keys| keys.storage_root_key);
    let running =
        service.operations.begin(&device.registration_id, &operation_id, storage_root_key, service.retry_after);
    let running = running.ok_or_else(already_registering)?;
    let before = service.store.get(Collection::Registrations, &device.registration_id)?;
    let service = Arc::clone(service);
    tokio::spawn(provision::provision(service, log.clone(), running, device, registration.payload, before));
    Ok(Registered::Status(OperationStatus { operation_id, result: None }))
}

/// The status of one of the device's latest operations.
pub(super) fn operation_status(
    service: &Service,
    request: &DeviceRequest<'_>,
    operation_id: &str,
) -> Result<OperationStatus> {
    let device = attest::attest(service, request)?;
    let progress = service.operations.progress(&device.registration_id, operation_id);
    let result = match progress.ok_or_else(operation_not_found)? {
        Progress::Running => None,
        Progress::Ended { storage_root_key } => {
            let mut registration = registered(service, &device)?.ok_or_else(operation_not_found)?;
            if let Some(key) = storage_root_key.filter(|_| registration.text(&["status"]) == Some("assigned")) {
                let key = tpm::authentication_key(service, &device, &key)?;
                registration.set(&["tpm", "authenticationKey"], key);
            }
            Some(registration)
        }
    };
    Ok(OperationStatus { operation_id: operation_id.to_owned(), result })
}

/// The device's registration, `unassigned` where it never registered.
pub(super) fn look_up(service: &Service, request: &DeviceRequest<'_>, registration: &Registration) -> Result<Value> {
    registration.check()?;
    let device = attest::attest(service, request)?;
    Ok(match registered(service, &device)? {
        Some(registration) => registration.0.into(),
        None => unassigned(&device.registration_id),
    })
}

/// The registration as a device sees it: with the kind of its attestation.
fn registered(service: &Service, device: &Device) -> Result<Option<Record>> {
    let Some(stored) = service.store.get(Collection::Registrations, &device.registration_id)? else {
        return Ok(None);
    };
    let (member, content) = device.attestation_member();
    let mut registration = Record::default();
    registration.set(&[member], content);
    registration.0.append(&mut shown(&stored).0);
    Ok(Some(registration))
}

/// An id of the form that the service's have.
fn new_operation_id() -> String {
    format!("4.{:016x}.{}", fastrand::u64(..), uuid::Uuid::new_v4())
}
