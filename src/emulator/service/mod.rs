//! One provisioning service: everything that belongs to it and to no other.

pub(crate) mod configuration;
pub(crate) mod latest_operations;

use crate::emulator::record::store::Store;
use crate::model::{AccessRights, DEVELOPMENT, ResourceId};
use configuration::Configuration;
use latest_operations::LatestOperations;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// A provisioning service with its settings and its records.
pub(crate) struct Service {
    pub(crate) resource: ResourceId,
    pub(crate) id_scope: String,
    /// `localhost:PORT`.
    pub(crate) host: String,
    pub(crate) policies: Vec<Policy>,
    pub(crate) configuration: Configuration,
    /// The largest page of a query, and the size of one where none is asked for.
    pub(crate) page_size: usize,
    pub(crate) store: Store,
    pub(crate) operations: LatestOperations,
    /// How long a device waits before it asks for the status of its operation again; whole seconds.
    pub(crate) retry_after: Duration,
    /// What the keys for TPMs are made from: random, and another one with each start.
    pub(crate) tpm_secret: [u8; 32],
    ca_certificates: Mutex<()>,
}

/// A shared access policy.
pub(crate) struct Policy {
    pub(crate) name: String,
    /// The rights as resource manager spells them.
    pub(crate) rights: String,
    pub(crate) primary_key: String,
    pub(crate) secondary_key: String,
}

impl Policy {
    pub(crate) fn access_rights(&self) -> AccessRights {
        AccessRights::parse(&self.rights)
    }
}

impl Service {
    /// The service of the development account.
    pub(crate) fn development(
        host: String,
        configuration: Configuration,
        page_size: usize,
        retry_after: Duration,
        store: Store,
    ) -> Self {
        let policies = DEVELOPMENT.policies.iter().map(|policy| Policy {
            name: policy.name.to_owned(),
            rights: policy.rights.to_owned(),
            primary_key: policy.primary_key.to_owned(),
            secondary_key: policy.secondary_key.to_owned(),
        });
        Self {
            resource: DEVELOPMENT.resource(),
            id_scope: DEVELOPMENT.id_scope.to_owned(),
            host,
            policies: policies.collect(),
            configuration,
            page_size: page_size.max(1),
            store,
            operations: LatestOperations::default(),
            retry_after,
            tpm_secret: random_secret(),
            ca_certificates: Mutex::default(),
        }
    }

    /// Whether `host` names this service: a loopback name, with the service's port or without one.
    pub(crate) fn has_host(&self, host: &str) -> bool {
        let port = self.host.rsplit_once(':').map_or("443", |(_, port)| port);
        let name = host.strip_suffix(port).and_then(|rest| rest.strip_suffix(':')).unwrap_or(host);
        ["localhost", "127.0.0.1", "[::1]"].into_iter().any(|own| name.eq_ignore_ascii_case(own))
    }

    /// Lock for creating a CA certificate, so that the service never exceeds its limit.
    pub(crate) fn lock_ca_certificates(&self) -> MutexGuard<'_, ()> {
        self.ca_certificates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 244 random bits.
fn random_secret() -> [u8; 32] {
    let mut secret = [0; 32];
    let (first, second) = secret.split_at_mut(16);
    first.copy_from_slice(Uuid::new_v4().as_bytes());
    second.copy_from_slice(Uuid::new_v4().as_bytes());
    secret
}
