//! The device plane: register, operation status, look-up.
//!
//! | room | what it does |
//! |---|---|
//! | `attest`, `signer` | who the device is, by its key or its certificate |
//! | `allocate`, `webhook` | which hub it goes to |
//! | `provision` | what becomes of it, and the record that is left |

mod allocate;
mod attest;
mod provision;
mod signer;
pub(crate) mod webhook;

use crate::emulator::data_plane::registration;
use crate::emulator::errors::{
    Result, already_registering, bad_request, id_scope_not_found, method_not_allowed, not_implemented,
    operation_not_found, tpm_not_implemented, unsupported, unsupported_media_type,
};
use crate::emulator::record::store::Collection;
use crate::emulator::request::{Answer, Request};
use crate::emulator::state::State;
use crate::model::{DEVELOPMENT, Record};
use attest::Device;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many seconds a device is asked to wait before it asks again.
const RETRY_AFTER: &str = "1";

/// Answers `/{idScope}/registrations/{id}…`; `parts` is the path in lower case, `ids` the same as it came.
pub(crate) fn answer(state: &Arc<State>, request: &Request, parts: &[&str], ids: &[String]) -> Result<Answer> {
    let method = request.method.as_str();
    let [scope, _, id, ..] = ids else { return Err(not_implemented(method, request.path())) };
    let call = match (method, parts.get(3..).unwrap_or_default()) {
        ("PUT", ["register"]) => Call::Register,
        ("GET", ["operations", _]) => Call::Operation,
        ("POST", []) => Call::LookUp,
        (_, ["register"]) => return Err(method_not_allowed("PUT")),
        (_, ["operations", _]) => return Err(method_not_allowed("GET")),
        (_, []) => return Err(method_not_allowed("POST")),
        _ => return Err(not_implemented(method, request.path())),
    };
    let version = request.parameter("api-version").ok_or_else(|| bad_request("api-version is missing."))?;
    state.note_version("device plane", version);
    if !scope.eq_ignore_ascii_case(DEVELOPMENT.id_scope) {
        return Err(id_scope_not_found());
    }
    let sent = match call {
        Call::Operation => None,
        Call::Register | Call::LookUp => Some(Sent::of(request, id)?),
    };
    let device = attest::attest(state, request, scope, id)?;
    match (call, sent) {
        (Call::Register, Some(sent)) => register(state, device, sent, version),
        (Call::Operation, _) => operation(state, &device, ids.get(4).map(String::as_str).unwrap_or_default(), version),
        _ => look_up(state, &device),
    }
}

#[derive(Clone, Copy)]
enum Call {
    Register,
    Operation,
    LookUp,
}

/// The body of a request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    registration_id: String,
    payload: Option<Value>,
    tpm: Option<Value>,
    csr: Option<Value>,
}

impl Sent {
    fn of(request: &Request, id: &str) -> Result<Self> {
        if !request.is_json() {
            return Err(unsupported_media_type());
        }
        let sent: Self = serde_json::from_slice(&request.body)?;
        if !sent.registration_id.eq_ignore_ascii_case(id) {
            return Err(bad_request("registrationId in the body is not the one in the path."));
        }
        if sent.tpm.is_some() {
            return Err(tpm_not_implemented());
        }
        if sent.csr.is_some() {
            return Err(unsupported("Issuing certificates (csr)"));
        }
        Ok(sent)
    }
}

fn register(state: &Arc<State>, device: Device, sent: Sent, version: &str) -> Result<Answer> {
    let operation = operation_id();
    if device.is_disabled() {
        let id = &device.registration_id;
        let registration = json!({ "registrationId": id, "status": "disabled" });
        let body = json!({ "operationId": operation, "status": "disabled", "registrationState": registration });
        return Ok(Answer::json(200, &body));
    }
    let running = Operations::begin(state, &device.registration_id, &operation).ok_or_else(already_registering)?;
    let answer = assigning(state, &device.registration_id, &operation, version);
    // The device gets its answer; what it asked for goes on.
    tokio::spawn(provision(running, device, sent.payload));
    Ok(answer)
}

async fn provision(running: Running, device: Device, payload: Option<Value>) {
    let state = Arc::clone(&running.state);
    let outcome = match state.store.get(Collection::Registrations, &device.registration_id) {
        Ok(before) => provision::allocate(&state, &device, payload, before.as_ref()).await,
        Err(refusal) => Err(provision::Failure::new(refusal.message)),
    };
    // The store may wait, so this goes beside the threads that serve connections.
    let written = tokio::task::spawn_blocking(move || {
        let written = provision::record(&running.state, &device, outcome);
        drop(running);
        written
    });
    if let Ok(Err(refusal)) = written.await {
        state.log(&format!("warning: a registration could not be kept: {}", refusal.message));
    }
}

fn operation(state: &State, device: &Device, operation: &str, version: &str) -> Result<Answer> {
    let id = &device.registration_id;
    match state.operations.is_running(id, operation) {
        None => Err(operation_not_found()),
        Some(true) => Ok(assigning(state, id, operation, version)),
        Some(false) => {
            let registration = registered(state, device)?.ok_or_else(operation_not_found)?;
            let status = registration.get(&["status"]);
            let body = json!({ "operationId": operation, "status": status, "registrationState": registration });
            Ok(Answer::json(200, &body))
        }
    }
}

fn look_up(state: &State, device: &Device) -> Result<Answer> {
    Ok(match registered(state, device)? {
        Some(registration) => Answer::json(200, &registration),
        None => Answer::json(200, &registration::unassigned(&device.registration_id)),
    })
}

fn assigning(state: &State, id: &str, operation: &str, version: &str) -> Answer {
    let path = format!("{}/registrations/{id}/operations/{operation}", DEVELOPMENT.id_scope);
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("api-version", version).finish();
    Answer::json(202, &json!({ "operationId": operation, "status": "assigning" }))
        .header("Location", format!("https://{}/{path}?{query}", state.authority))
        .header("Retry-After", RETRY_AFTER)
}

/// The registration as a device sees it: with how it proved who it is.
fn registered(state: &State, device: &Device) -> Result<Option<Record>> {
    let Some(kept) = state.store.get(Collection::Registrations, &device.registration_id)? else { return Ok(None) };
    let (proof, shown) = device.proof();
    let mut registration = Record::default();
    registration.set(&[proof], shown);
    registration.0.append(&mut registration::shown(&kept).0);
    Ok(Some(registration))
}

/// An id of the form that the service's have.
fn operation_id() -> String {
    format!("4.{:016x}.{}", fastrand::u64(..), uuid::Uuid::new_v4())
}

/// The latest operation of each device, by its registration id in lower case.
#[derive(Debug, Default)]
pub(crate) struct Operations(Mutex<HashMap<String, Operation>>);

#[derive(Debug)]
struct Operation {
    id: String,
    running: bool,
}

/// An operation that runs, until it is dropped.
struct Running {
    state: Arc<State>,
    registration_id: String,
    id: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        match self.state.operations.locked().get_mut(&self.registration_id) {
            Some(operation) if operation.id == self.id => operation.running = false,
            _ => {}
        }
    }
}

impl Operations {
    /// `None` where another operation of this device runs.
    fn begin(state: &Arc<State>, registration_id: &str, id: &str) -> Option<Running> {
        let registration_id = registration_id.to_ascii_lowercase();
        let mut operations = state.operations.locked();
        if operations.get(&registration_id).is_some_and(|operation| operation.running) {
            return None;
        }
        operations.insert(registration_id.clone(), Operation { id: id.to_owned(), running: true });
        Some(Running { state: Arc::clone(state), registration_id, id: id.to_owned() })
    }

    /// `None` where the device has no such operation, or has begun another since.
    fn is_running(&self, registration_id: &str, id: &str) -> Option<bool> {
        let operations = self.locked();
        let operation = operations.get(&registration_id.to_ascii_lowercase())?;
        operation.id.eq_ignore_ascii_case(id).then_some(operation.running)
    }

    /// Forgets all; those that run end as they would.
    pub(crate) fn clear(&self) {
        self.locked().clear();
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<String, Operation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
