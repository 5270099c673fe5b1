//! The latest registration operations of each device.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// By registration id in lower case. Clones share the same operations.
#[derive(Clone, Debug, Default)]
pub(crate) struct LatestOperations(Arc<Mutex<HashMap<String, Latest>>>);

/// What is known of one device.
#[derive(Debug)]
struct Latest {
    operation: Operation,
    /// The id of the one before: its device still learns its result.
    previous: Option<String>,
}

#[derive(Debug)]
struct Operation {
    id: String,
    running: bool,
    begun: Instant,
    /// Whether the device has been told its end.
    collected: bool,
    storage_root_key: Option<String>,
}

impl Operation {
    /// A device that has not been told the result yet is being registered, for as long as it was asked to wait.
    fn is_in_progress(&self, retry_after: Duration) -> bool {
        self.running || !self.collected && self.begun.elapsed() < retry_after
    }
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
            Some(Latest { operation, .. }) if operation.id == self.id => operation.running = false,
            _ => {}
        }
    }
}

/// How far an operation is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Running,
    /// It has ended, and the device is told so by this.
    Ended {
        /// The storage root key that the device registered with, in base64.
        storage_root_key: Option<String>,
    },
}

impl LatestOperations {
    /// `None` where an operation of this device is in progress.
    pub(crate) fn begin(
        &self,
        registration_id: &str,
        id: &str,
        storage_root_key: Option<String>,
        retry_after: Duration,
    ) -> Option<RunningOperation> {
        let registration_id = registration_id.to_ascii_lowercase();
        let mut devices = self.lock();
        let previous = match devices.remove(&registration_id) {
            Some(latest) if latest.operation.is_in_progress(retry_after) => {
                devices.insert(registration_id, latest);
                return None;
            }
            latest => latest.map(|latest| latest.operation.id),
        };
        let begun = Instant::now();
        let operation = Operation { id: id.to_owned(), running: true, begun, collected: false, storage_root_key };
        devices.insert(registration_id.clone(), Latest { operation, previous });
        Some(RunningOperation { operations: self.clone(), registration_id, id: id.to_owned() })
    }

    /// `None` where the device has no such operation, or has begun two since.
    pub(crate) fn progress(&self, registration_id: &str, id: &str) -> Option<Progress> {
        let mut devices = self.lock();
        let Latest { operation, previous } = devices.get_mut(&registration_id.to_ascii_lowercase())?;
        if operation.id.eq_ignore_ascii_case(id) {
            if operation.running {
                return Some(Progress::Running);
            }
            operation.collected = true;
        } else if !previous.as_ref()?.eq_ignore_ascii_case(id) {
            return None;
        }
        Some(Progress::Ended { storage_root_key: operation.storage_root_key.clone() })
    }

    /// Removes all operations; the work of running ones continues.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Latest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    fn ended() -> Option<Progress> {
        Some(Progress::Ended { storage_root_key: None })
    }

    #[test]
    fn a_device_is_being_registered_until_it_knows_the_result() {
        let operations = LatestOperations::default();
        let running = operations.begin("Dev", "1", None, LONG).unwrap();
        assert!(operations.begin("dev", "2", None, LONG).is_none());
        assert_eq!(operations.progress("dev", "1"), Some(Progress::Running));
        drop(running);
        assert!(operations.begin("dev", "2", None, LONG).is_none(), "it has not asked yet");
        assert_eq!(operations.progress("dev", "1"), ended());
        assert!(operations.begin("dev", "2", None, LONG).is_some());
    }

    #[test]
    fn one_that_never_asks_may_register_again() {
        let operations = LatestOperations::default();
        for id in ["1", "2", "3"] {
            drop(operations.begin("dev", id, None, Duration::ZERO).unwrap());
        }
        assert_eq!(operations.progress("dev", "1"), None);
        assert_eq!((operations.progress("dev", "2"), operations.progress("dev", "3")), (ended(), ended()));
        assert_eq!(operations.progress("other", "3"), None);
    }
}
