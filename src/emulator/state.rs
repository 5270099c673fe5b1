//! What every request of one emulator shares.

use super::configuration::Configuration;
use super::device::Operations;
use super::faults::Faults;
use super::journal::Journal;
use super::store::Store;
use super::token::Issuer;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Takes one line of the log.
pub type Log = Box<dyn Fn(&str) + Send + Sync>;

/// The api-versions whose behaviour is the emulator's.
const VERSIONS: [&str; 3] =
    [crate::model::DATA_PLANE_API_VERSION, crate::model::RESOURCE_MANAGER_API_VERSION, "2026-11-01"];

/// How many unknown versions are remembered.
const VERSIONS_NOTED: usize = 100;

pub(super) struct State {
    pub(super) store: Store,
    pub(super) tokens: Issuer,
    pub(super) faults: Faults,
    pub(super) journal: Journal,
    pub(super) operations: Operations,
    pub(super) configuration: Configuration,
    /// `localhost:PORT`.
    pub(super) authority: String,
    /// The largest page of a query, and the size of one where none is asked for.
    pub(super) page_size: usize,
    pub(super) log: Option<Log>,
    pub(super) versions: Mutex<HashSet<String>>,
}

impl State {
    pub(super) fn log(&self, line: &str) {
        if let Some(log) = &self.log {
            log(line);
        }
    }

    /// Warns, once for each, of an api-version whose behaviour may differ.
    pub(super) fn note_version(&self, plane: &str, version: &str) {
        if VERSIONS.contains(&version) {
            return;
        }
        let mut noted = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() < VERSIONS_NOTED && noted.insert(format!("{plane} {version}")) {
            drop(noted);
            self.log(&format!("warning: {plane} api-version {version:?} is served as the versions that are known"));
        }
    }
}
