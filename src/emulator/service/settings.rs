//! What resource manager may change of a service.

use crate::emulator::base64;
use crate::emulator::configuration::{
    Configuration, LinkedHub, ProvisioningService, SharedAccessPolicy, serialize_policy,
};
use crate::emulator::errors::Result;
use crate::emulator::record::attestation::new_key;
use crate::model::{AllocationPolicy, DEVELOPMENT, Members};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The settings of a service.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    pub(crate) location: String,
    pub(crate) tags: Members,
    pub(crate) sku: Value,
    pub(crate) policies: Vec<SharedAccessPolicy>,
    pub(crate) linked_hubs: Vec<LinkedHub>,
    #[serde(serialize_with = "serialize_policy")]
    pub(crate) allocation_policy: AllocationPolicy,
    pub(crate) disable_local_auth: bool,
    /// The identity of the service, from which nothing follows here.
    pub(crate) identity: Option<Value>,
    /// The other properties, from which nothing follows here.
    pub(crate) other_properties: Members,
    pub(crate) etag: String,
}

impl Settings {
    /// The settings of a service that a configuration describes.
    pub(super) fn configured(configuration: &Configuration, service: &ProvisioningService) -> Result<Self> {
        let policies = service.policies.clone().unwrap_or_else(|| {
            let development = DEVELOPMENT.policies.iter().map(|policy| SharedAccessPolicy {
                key_name: policy.name.to_owned(),
                primary_key: policy.primary_key.to_owned(),
                secondary_key: policy.secondary_key.to_owned(),
                rights: policy.rights.to_owned(),
            });
            development.collect()
        });
        let mut settings = Self::new(service.location.clone().unwrap_or_else(|| "eastus".to_owned()));
        settings.policies = policies.into_iter().map(with_keys).collect::<Result<_>>()?;
        settings.linked_hubs = service.linked_hubs.clone().unwrap_or_else(|| configuration.linked_hubs.clone());
        settings.allocation_policy = service.allocation_policy.unwrap_or(configuration.allocation_policy);
        settings.disable_local_auth = service.disable_local_auth;
        Ok(settings)
    }

    /// A service that is linked to nothing and that nobody has a key of.
    pub(crate) fn new(location: String) -> Self {
        Self {
            location,
            tags: Members::new(),
            sku: json!({ "name": "S1", "tier": "Standard", "capacity": 1 }),
            policies: Vec::new(),
            linked_hubs: Vec::new(),
            allocation_policy: AllocationPolicy::Hashed,
            disable_local_auth: false,
            identity: None,
            other_properties: Members::new(),
            etag: new_etag(),
        }
    }
}

/// The policy with keys of its own where it has none.
pub(crate) fn with_keys(mut policy: SharedAccessPolicy) -> Result<SharedAccessPolicy> {
    for key in [&mut policy.primary_key, &mut policy.secondary_key] {
        if key.is_empty() {
            *key = new_key()?;
        }
    }
    Ok(policy)
}

/// An etag as resource manager's are: base64 of eight bytes.
pub(crate) fn new_etag() -> String {
    base64::encode(u64::from(fastrand::u32(..)).to_be_bytes())
}
