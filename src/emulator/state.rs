//! What all requests of one emulator share: its services, its tenant, its log.

use crate::emulator::auth::token::Issuer;
use crate::emulator::log::Logger;
use crate::emulator::service::services::Services;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The api-versions whose behaviour is known.
const KNOWN_VERSIONS: [&str; 3] =
    [crate::model::DATA_PLANE_API_VERSION, crate::model::RESOURCE_MANAGER_API_VERSION, "2026-11-01"];

/// The most unknown versions that are warned of.
const VERSIONS_NOTED: usize = 100;

pub(crate) struct State {
    pub(crate) services: Services,
    pub(crate) tokens: Issuer,
    pub(crate) log: Logger,
    noted_versions: Mutex<HashSet<String>>,
}

impl State {
    pub(crate) fn new(services: Services, tokens: Issuer, log: Logger) -> Self {
        Self { services, tokens, log, noted_versions: Mutex::default() }
    }

    /// Warns, once per version, of an api-version whose behaviour may differ.
    pub(crate) fn note_version(&self, plane: &str, version: &str) {
        if KNOWN_VERSIONS.contains(&version) {
            return;
        }
        let mut noted = self.noted_versions.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() < VERSIONS_NOTED && noted.insert(format!("{plane} {version}")) {
            drop(noted);
            self.log.warning(&format!("{plane} api-version {version:?} is served as the versions that are known"));
        }
    }
}
