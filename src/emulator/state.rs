//! What every request of one emulator shares.

use crate::emulator::auth::token::Issuer;
use crate::emulator::device::Operations;
use crate::emulator::record::store::Store;
use crate::emulator::server::faults::Faults;
use crate::emulator::server::journal::Journal;
use crate::emulator::service::configuration::Configuration;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Takes one line of the log.
pub type Log = Box<dyn Fn(&str) + Send + Sync>;

/// The api-versions whose behaviour is the emulator's.
const VERSIONS: [&str; 3] =
    [crate::model::DATA_PLANE_API_VERSION, crate::model::RESOURCE_MANAGER_API_VERSION, "2026-11-01"];

/// How many unknown versions are remembered.
const VERSIONS_NOTED: usize = 100;

pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) tokens: Issuer,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) operations: Operations,
    pub(crate) configuration: Configuration,
    /// `localhost:PORT`.
    pub(crate) authority: String,
    /// The largest page of a query, and the size of one where none is asked for.
    pub(crate) page_size: usize,
    pub(crate) log: Option<Log>,
    pub(crate) versions: Mutex<HashSet<String>>,
}

impl State {
    pub(crate) fn log(&self, line: &str) {
        if let Some(log) = &self.log {
            log(line);
        }
    }

    /// Warns, once for each, of an api-version whose behaviour may differ.
    pub(crate) fn note_version(&self, plane: &str, version: &str) {
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
