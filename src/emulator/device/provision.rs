//! A registration in the background: the hub that the device is assigned to, the twin that moves along, and the
//! registration record.

use super::allocate::{self, Allocation, AllocationError};
use super::attest::Device;
use super::webhook;
use crate::emulator::clock;
use crate::emulator::errors::Result;
use crate::emulator::log::Logger;
use crate::emulator::record::registration::{self, INTERNAL};
use crate::emulator::record::store::Collection;
use crate::emulator::service::Service;
use crate::emulator::service::latest_operations::RunningOperation;
use crate::model::{AllocationPolicy, Members, Record};
use serde_json::{Value, json};
use std::sync::Arc;

/// Assigns the device to a hub and writes its registration; `running` ends with that. `before` is the registration that
/// the device has had until now.
pub(super) async fn provision(
    service: Arc<Service>,
    log: Logger,
    running: RunningOperation,
    device: Device,
    payload: Option<Value>,
    before: Option<Record>,
) {
    let result = allocate(&service, &device, payload, before.as_ref()).await;
    // The store may block, and this is a thread that serves connections.
    let written = tokio::task::spawn_blocking(move || {
        let written = write(&service, &device, &result);
        drop(running);
        written
    });
    if let Ok(Err(error)) = written.await {
        log.warning(&format!("a registration could not be written: {}", error.message));
    }
}

/// Chooses the device's hub; this can wait for a webhook.
async fn allocate(
    service: &Service,
    device: &Device,
    payload: Option<Value>,
    before: Option<&Record>,
) -> std::result::Result<Allocation, AllocationError> {
    let current = before.and_then(|before| before.text(&["assignedHub"]));
    if let Some(hub) = current.filter(|_| !updates_hub(&device.enrollment)) {
        return Ok(Allocation { hub: hub.to_owned(), twin: None, payload: None });
    }
    let settings = service.settings();
    let candidates = allocate::candidates(&device.enrollment, &settings);
    let policy = allocate::policy(&device.enrollment, &settings);
    if policy == AllocationPolicy::Custom {
        let hubs: Vec<&str> = candidates.iter().map(|hub| hub.host_name.as_str()).collect();
        return webhook::call(device, payload, before, &hubs).await;
    }
    let chosen = allocate::choose(policy, &device.registration_id, &candidates);
    let hub = chosen.ok_or_else(|| AllocationError::new("No linked IoT hub fits the enrollment."))?;
    Ok(Allocation { hub: hub.host_name.clone(), twin: None, payload: None })
}

/// Both members of the re-provision policy are true where they are left out.
fn updates_hub(enrollment: &Record) -> bool {
    enrollment.get(&["reprovisionPolicy", "updateHubAssignment"]) != Some(&Value::Bool(false))
}

fn migrates_data(enrollment: &Record) -> bool {
    enrollment.get(&["reprovisionPolicy", "migrateDeviceData"]) != Some(&Value::Bool(false))
}

/// Writes the registration record.
fn write(service: &Service, device: &Device, result: &std::result::Result<Allocation, AllocationError>) -> Result<()> {
    let id = &device.registration_id;
    service.store.update(Collection::Registrations, id, device.group(), |before| {
        let now = Value::from(clock::now());
        let mut members = match result {
            Ok(allocation) => assigned(device, allocation, before),
            Err(error) => failed(error, before),
        };
        let created = before.and_then(|before| before.get(&["createdDateTimeUtc"])).unwrap_or(&now).clone();
        members.insert("registrationId".to_owned(), id.as_str().into());
        members.insert("createdDateTimeUtc".to_owned(), created);
        members.insert("lastUpdatedDateTimeUtc".to_owned(), now);
        Ok(registration::compose(members))
    })?;
    Ok(())
}

fn members(value: Value) -> Members {
    match value {
        Value::Object(members) => members,
        _ => Members::new(),
    }
}

fn assigned(device: &Device, allocation: &Allocation, before: Option<&Record>) -> Members {
    let text = |path: &[&str]| before.and_then(|before| before.text(path));
    let current = text(&["assignedHub"]);
    let initial = text(&[INTERNAL, "initialHub"]).or(current).unwrap_or(&allocation.hub);
    let moved = current.is_some_and(|current| current != allocation.hub);
    let migrates = migrates_data(&device.enrollment);
    let substatus = match current {
        None => "initialAssignment",
        Some(_) if !moved => text(&[INTERNAL, "substatus"]).unwrap_or("initialAssignment"),
        Some(_) if initial == allocation.hub => "reprovisionedToInitialAssignment",
        Some(_) if migrates => "deviceDataMigrated",
        Some(_) => "deviceDataReset",
    };
    // Where the hub stays, the policy "never" keeps the twin as "migrate" does.
    let keeps_twin = current.is_some() && (migrates || !updates_hub(&device.enrollment));
    let twin = allocation.twin.clone().or_else(|| match before.filter(|_| keeps_twin) {
        Some(before) => before.get(&[INTERNAL, "twin"]).cloned(),
        None => device.enrollment.get(&["initialTwin"]).cloned(),
    });
    let mut assigned = members(json!({
        "assignedHub": allocation.hub,
        "deviceId": device.device_id(),
        "status": "assigned",
        "substatus": substatus,
        // Kept here too, since a failed registration removes the record's own.
        INTERNAL: { "initialHub": initial, "twin": twin, "substatus": substatus },
    }));
    if let Some(payload) = &allocation.payload {
        assigned.insert("payload".to_owned(), payload.clone());
    }
    assigned
}

/// A device that had a hub keeps it.
fn failed(error: &AllocationError, before: Option<&Record>) -> Members {
    let mut failed = members(json!({
        "status": "failed",
        "errorCode": AllocationError::CODE,
        "errorMessage": error.message,
    }));
    for name in ["assignedHub", "deviceId", INTERNAL] {
        if let Some(value) = before.and_then(|before| before.get(&[name])) {
            failed.insert(name.to_owned(), value.clone());
        }
    }
    failed
}
