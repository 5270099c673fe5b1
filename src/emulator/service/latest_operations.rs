//! The latest registration operation of each device.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// By registration id in lower case. Clones share the same operations.
#[derive(Clone, Debug, Default)]
pub(crate) struct LatestOperations(Arc<Mutex<HashMap<String, Operation>>>);

#[derive(Debug)]
struct Operation {
    id: String,
    running: bool,
}

/// A running operation. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct RunningOperation {
    operations: LatestOperations,
    registration_id: String,
    id: String,
}

impl Drop for RunningOperation {
    fn drop(&mut self) {
        match self.operations.lock().get_mut(&self.registration_id) {
            Some(operation) if operation.id == self.id => operation.running = false,
            _ => {}
        }
    }
}

impl LatestOperations {
    /// Begins an operation; `None` where another one of this device is running.
    pub(crate) fn begin(&self, registration_id: &str, id: &str) -> Option<RunningOperation> {
        let registration_id = registration_id.to_ascii_lowercase();
        let mut operations = self.lock();
        if operations.get(&registration_id).is_some_and(|operation| operation.running) {
            return None;
        }
        operations.insert(registration_id.clone(), Operation { id: id.to_owned(), running: true });
        Some(RunningOperation { operations: self.clone(), registration_id, id: id.to_owned() })
    }

    /// Whether the operation is running; `None` where it is not the device's latest.
    pub(crate) fn is_running(&self, registration_id: &str, id: &str) -> Option<bool> {
        let operations = self.lock();
        let operation = operations.get(&registration_id.to_ascii_lowercase())?;
        operation.id.eq_ignore_ascii_case(id).then_some(operation.running)
    }

    /// Removes all operations; the work of running ones continues.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Operation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
