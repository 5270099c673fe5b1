//! One provisioning service: everything that belongs to it and to no other; and all of them together.

pub(crate) mod latest_operations;
mod saved;
pub(crate) mod services;
pub(crate) mod settings;

use crate::emulator::errors::Result;
use crate::emulator::record::store::Store;
use crate::model::{DEVELOPMENT, ResourceId};
use latest_operations::LatestOperations;
use settings::Settings;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How long resource manager takes to create, update or delete a service.
pub(crate) const OPERATION_TIME: Duration = Duration::from_secs(1);

/// The names of this machine itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// A provisioning service with its settings and its records.
pub(crate) struct Service {
    pub(crate) resource: ResourceId,
    pub(crate) id_scope: String,
    /// `localhost:PORT` for the development service, `{name}.localhost:PORT` for any other.
    pub(crate) host: String,
    /// The largest page of a query, and the size of one where none is asked for.
    pub(crate) page_size: usize,
    pub(crate) store: Store,
    pub(crate) operations: LatestOperations,
    /// How long a device waits before it asks for the status of its operation again; whole seconds.
    pub(crate) retry_after: Duration,
    /// What the keys for TPMs are made from: random, and another one with each start.
    pub(crate) tpm_secret: [u8; 32],
    settings: RwLock<Arc<Settings>>,
    change: Mutex<Option<Change>>,
    ca_certificates: Mutex<()>,
}

/// What resource manager did last.
#[derive(Clone, Copy, Debug)]
struct Change {
    state: ServiceState,
    at: Instant,
}

/// The state of a service in resource manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServiceState {
    /// It is being created, and takes no calls.
    Activating,
    Active,
    /// It is being updated.
    Transitioning,
}

impl Service {
    /// Whether `host`, with a port or without one, names this service. Which port is no matter: a forwarded one is
    /// another than the emulator's own.
    pub(crate) fn has_host(&self, host: &str) -> bool {
        let name = without_port(host);
        let label = strip_suffix(name, ".localhost");
        label.is_some_and(|label| label.eq_ignore_ascii_case(&self.resource.name))
            || self.is_development() && LOOPBACK.iter().any(|own| name.eq_ignore_ascii_case(own))
    }

    /// Whether it is the service that is always there at first.
    fn is_development(&self) -> bool {
        self.resource.name.eq_ignore_ascii_case(DEVELOPMENT.name)
    }

    /// What resource manager may change.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set_settings(&self, settings: Arc<Settings>, state: ServiceState) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
        *self.change.lock().unwrap_or_else(PoisonError::into_inner) = match state {
            ServiceState::Active => None,
            state => Some(Change { state, at: Instant::now() }),
        };
    }

    pub(crate) fn state(&self) -> ServiceState {
        match *self.change.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(change) if change.at.elapsed() < OPERATION_TIME => change.state,
            _ => ServiceState::Active,
        }
    }

    fn clear(&self) -> Result<()> {
        self.store.clear()?;
        self.operations.clear();
        Ok(())
    }

    /// Lock for creating a CA certificate, so that the service never exceeds its limit.
    pub(crate) fn lock_ca_certificates(&self) -> MutexGuard<'_, ()> {
        self.ca_certificates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `host` is a name of this machine, with a port or without one.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = without_port(host);
    LOOPBACK.iter().any(|own| name.eq_ignore_ascii_case(own)) || strip_suffix(name, ".localhost").is_some()
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// `text` without `suffix`, which is compared without case; something must stand before it.
fn strip_suffix<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let (before, end) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    (end.eq_ignore_ascii_case(suffix) && !before.is_empty()).then_some(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_a_name_of_its_own_and_the_development_one_every_name() {
        use crate::emulator::configuration::{Configuration, ProvisioningService};
        let services = [ProvisioningService { name: "Second".to_owned(), ..ProvisioningService::default() }].to_vec();
        let configuration = Configuration { services, ..Configuration::default() };
        let all = services::Services::open(&configuration, services::Common::on_port(443)).unwrap().all();
        let hosts: Vec<&str> = all.iter().map(|service| service.host.as_str()).collect();
        assert_eq!(hosts, ["localhost", "second.localhost"], "the usual port is left out");
        for (host, first, second) in [
            ("LOCALHOST:8443", true, false),
            ("emulator.localhost", true, false),
            ("second.localhost:8443", false, true),
            ("third.localhost", false, false),
        ] {
            assert_eq!((all[0].has_host(host), all[1].has_host(host)), (first, second), "{host}");
        }
    }

    #[test]
    fn every_port_of_this_machine_is_the_emulator_s() {
        for host in ["localhost", "LOCALHOST:1", "127.0.0.1:8443", "[::1]", "[::1]:9", "second.localhost:8443"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "localhost:", "localhost:x", "localhost.example.com", ".localhost", "example.com:8443", "::1"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
