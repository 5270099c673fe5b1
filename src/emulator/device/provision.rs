//! What becomes of a registration: the hub it leads to, what moves with the device, and the record that is left.

use super::allocate;
use super::attest::Device;
use super::webhook;
use crate::emulator::clock;
use crate::emulator::data_plane::registration::{self, KEPT};
use crate::emulator::errors::Result;
use crate::emulator::record::store::Collection;
use crate::emulator::state::State;
use crate::model::{AllocationPolicy, Members, Record};
use serde_json::{Value, json};

/// Where a device goes.
#[derive(Debug)]
pub(crate) struct Allocation {
    pub(crate) hub: String,
    /// The twin to begin with, where a webhook gives one.
    pub(crate) twin: Option<Value>,
    /// What a webhook tells the device.
    pub(crate) payload: Option<Value>,
}

/// Why a device goes nowhere.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
}

impl Failure {
    /// The number is not a documented one.
    const CODE: u32 = 400_000;

    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

/// Finds the device's hub. A webhook may take its time.
pub(crate) async fn allocate(
    state: &State,
    device: &Device,
    payload: Option<Value>,
    registration: Option<&Record>,
) -> std::result::Result<Allocation, Failure> {
    let current = registration.and_then(|registration| registration.text(&["assignedHub"]));
    if let Some(hub) = current.filter(|_| !updates_hub(&device.enrollment)) {
        return Ok(Allocation { hub: hub.to_owned(), twin: None, payload: None });
    }
    let candidates = allocate::candidates(&device.enrollment, &state.configuration);
    let policy = allocate::policy(&device.enrollment, &state.configuration);
    if policy == AllocationPolicy::Custom {
        let hubs: Vec<&str> = candidates.iter().map(|hub| hub.host_name.as_str()).collect();
        return webhook::ask(device, payload, registration, &hubs).await;
    }
    let chosen = allocate::choose(policy, &device.registration_id, &candidates);
    let hub = chosen.ok_or_else(|| Failure::new("No linked IoT hub fits the enrollment."))?;
    Ok(Allocation { hub: hub.host_name.clone(), twin: None, payload: None })
}

/// Both switches of the re-provision policy are on where they are left out.
fn updates_hub(enrollment: &Record) -> bool {
    enrollment.get(&["reprovisionPolicy", "updateHubAssignment"]) != Some(&Value::Bool(false))
}

fn migrates_data(enrollment: &Record) -> bool {
    enrollment.get(&["reprovisionPolicy", "migrateDeviceData"]) != Some(&Value::Bool(false))
}

/// Writes the registration record.
pub(crate) fn record(state: &State, device: &Device, outcome: std::result::Result<Allocation, Failure>) -> Result<()> {
    state.store.change(|records| {
        let before = records.get(Collection::Registrations, &device.registration_id)?;
        let now = Value::from(clock::now());
        let mut members = match outcome {
            Ok(allocation) => assigned(device, allocation, before.as_ref()),
            Err(failure) => failed(&failure, before.as_ref()),
        };
        let created = before.as_ref().and_then(|before| before.get(&["createdDateTimeUtc"])).unwrap_or(&now).clone();
        members.insert("registrationId".to_owned(), device.registration_id.as_str().into());
        members.insert("createdDateTimeUtc".to_owned(), created);
        members.insert("lastUpdatedDateTimeUtc".to_owned(), now);
        registration::put(records, &device.registration_id, device.group(), members).map(|_| ())
    })
}

fn members(value: Value) -> Members {
    match value {
        Value::Object(members) => members,
        _ => Members::new(),
    }
}

fn assigned(device: &Device, allocation: Allocation, before: Option<&Record>) -> Members {
    let text = |path: &[&str]| before.and_then(|before| before.text(path));
    let current = text(&["assignedHub"]);
    let initial = text(&[KEPT, "initialHub"]).or(current).unwrap_or(&allocation.hub);
    let moved = current.is_some_and(|current| current != allocation.hub);
    let migrates = migrates_data(&device.enrollment);
    let substatus = match current {
        None => "initialAssignment",
        Some(_) if !moved => text(&[KEPT, "substatus"]).unwrap_or("initialAssignment"),
        Some(_) if initial == allocation.hub => "reprovisionedToInitialAssignment",
        Some(_) if migrates => "deviceDataMigrated",
        Some(_) => "deviceDataReset",
    };
    // Where the hub stays, `never` leaves the twin alone as `migrate` does.
    let keeps_twin = current.is_some() && (migrates || !updates_hub(&device.enrollment));
    let twin = allocation.twin.or_else(|| match before.filter(|_| keeps_twin) {
        Some(before) => before.get(&[KEPT, "twin"]).cloned(),
        None => device.enrollment.get(&["initialTwin"]).cloned(),
    });
    let mut assigned = members(json!({
        "assignedHub": allocation.hub,
        "deviceId": device.device_id(),
        "status": "assigned",
        "substatus": substatus,
        // Kept beside the record's own, which a failure in between leaves out.
        KEPT: { "initialHub": initial, "twin": twin, "substatus": substatus },
    }));
    if let Some(payload) = allocation.payload {
        assigned.insert("payload".to_owned(), payload);
    }
    assigned
}

/// A device that had a hub keeps it.
fn failed(failure: &Failure, before: Option<&Record>) -> Members {
    let mut failed = members(json!({
        "status": "failed",
        "errorCode": Failure::CODE,
        "errorMessage": failure.message,
    }));
    for name in ["assignedHub", "deviceId", KEPT] {
        if let Some(value) = before.and_then(|before| before.get(&[name])) {
            failed.insert(name.to_owned(), value.clone());
        }
    }
    failed
}
