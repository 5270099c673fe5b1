//! A provisioning service as a configuration describes it.

use super::refused;
use crate::emulator::base64;
use crate::error::Result;
use crate::model::{AccessRights, AllocationPolicy, WireEnum};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// The limit of the real service.
const HUBS: usize = 50;

/// A provisioning service; what is left out is as in the whole configuration, or made from the name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProvisioningService {
    /// The name, which is the first label of the host name too.
    pub name: String,
    /// What devices call the service by.
    pub id_scope: Option<String>,
    /// The subscription; the development one where none is named.
    pub subscription_id: Option<String>,
    /// The resource group; the development one where none is named.
    pub resource_group_name: Option<String>,
    /// The region that resource manager shows; eastus where none is named.
    pub location: Option<String>,
    /// The IoT hubs that devices are assigned to.
    pub linked_hubs: Option<Vec<LinkedHub>>,
    /// hashed, geoLatency or static.
    pub allocation_policy: Option<AllocationPolicy>,
    /// The shared access policies; the development ones where none are named.
    pub policies: Option<Vec<SharedAccessPolicy>>,
    /// Whether shared access signatures of the policies are refused.
    #[serde(default)]
    pub disable_local_auth: bool,
}

impl ProvisioningService {
    pub(super) fn check(&self) -> Result<()> {
        if !is_name(&self.name) {
            return Err(refused(format!("'{}' can't be the name of a provisioning service.", self.name)));
        }
        self.linked_hubs.as_deref().map_or(Ok(()), check_hubs)?;
        self.allocation_policy.map_or(Ok(()), check_policy)?;
        let policies = self.policies.as_deref().unwrap_or_default();
        policies.iter().try_for_each(|policy| policy.check().map_err(refused))
    }
}

/// Whether a service may have this name: 3 to 50 letters, digits and hyphens, no hyphen at either end, not digits only.
pub(crate) fn is_name(name: &str) -> bool {
    let known = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    (3..=50).contains(&name.len())
        && name.chars().all(known)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.chars().all(|letter| letter.is_ascii_digit())
}

pub(super) fn check_policy(policy: AllocationPolicy) -> Result<()> {
    match policy {
        AllocationPolicy::Custom => {
            Err(refused("The service's own allocation policy must be hashed, geoLatency or static."))
        }
        _ => Ok(()),
    }
}

pub(super) fn check_hubs(hubs: &[LinkedHub]) -> Result<()> {
    are_hubs(hubs).map_err(refused)
}

/// Refuses hubs that no service can be linked to; the error is the reason.
pub(crate) fn are_hubs(hubs: &[LinkedHub]) -> std::result::Result<(), &'static str> {
    if hubs.len() > HUBS {
        return Err("The service can be linked to at most 50 IoT hubs.");
    }
    let mut names: Vec<String> = hubs.iter().map(|hub| hub.host_name.to_ascii_lowercase()).collect();
    names.sort();
    names.dedup();
    if names.len() < hubs.len() || names.iter().any(|name| name.trim().is_empty()) {
        return Err("Every linked IoT hub must have a hostName of its own.");
    }
    Ok(())
}

/// A hub that the service can assign devices to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkedHub {
    /// The hub's host name.
    pub host_name: String,
    /// Its Azure region.
    #[serde(default = "east")]
    pub location: String,
    /// Its share of the devices; 0 excludes it from the policies hashed and geoLatency.
    #[serde(default = "one")]
    pub allocation_weight: u32,
    /// Whether it takes part for enrollments that name no hub.
    #[serde(default = "yes")]
    pub apply_allocation_policy: bool,
    /// The latency between devices and this hub, for geoLatency.
    #[serde(default)]
    pub latency_ms: u32,
    /// How the hub trusts the service: KeyBased, SystemAssigned or UserAssigned. Nothing follows from it.
    #[serde(default = "key_based")]
    pub authentication_type: String,
    /// The resource id of the identity, where it is UserAssigned.
    #[serde(default)]
    pub selected_user_assigned_identity_resource_id: Option<String>,
}

fn east() -> String {
    "eastus".to_owned()
}

fn one() -> u32 {
    1
}

fn key_based() -> String {
    "KeyBased".to_owned()
}

fn yes() -> bool {
    true
}

impl LinkedHub {
    /// A hub in eastus with weight 1 and no latency.
    pub fn new(host_name: impl Into<String>) -> Self {
        Self {
            host_name: host_name.into(),
            location: east(),
            allocation_weight: one(),
            apply_allocation_policy: yes(),
            latency_ms: 0,
            authentication_type: key_based(),
            selected_user_assigned_identity_resource_id: None,
        }
    }
}

/// A shared access policy, in the form of resource manager.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SharedAccessPolicy {
    /// The policy's name, `skn` in a signature.
    pub key_name: String,
    /// base64 of 16 to 64 bytes; made where it is left out.
    #[serde(default)]
    pub primary_key: String,
    /// The other key, in the same form.
    #[serde(default)]
    pub secondary_key: String,
    /// The rights, joined by commas.
    pub rights: String,
}

impl SharedAccessPolicy {
    /// The rights as a set.
    pub(crate) fn access_rights(&self) -> AccessRights {
        AccessRights::parse(&self.rights)
    }

    /// Refuses what no policy could be; the error is the reason.
    pub(crate) fn check(&self) -> std::result::Result<(), String> {
        let name = &self.key_name;
        if !(1..=64).contains(&name.len()) {
            return Err("The keyName of a shared access policy must have 1 to 64 characters.".to_owned());
        }
        let rights = self.rights.split(',').filter(|right| !right.trim().is_empty()).count();
        if rights == 0 || self.access_rights().0.len() != rights {
            return Err(format!("The rights of the shared access policy '{name}' are not known."));
        }
        let fits =
            |key: &str| key.is_empty() || base64::decode(key).is_some_and(|bytes| (16..=64).contains(&bytes.len()));
        if fits(&self.primary_key) && fits(&self.secondary_key) {
            Ok(())
        } else {
            Err(format!("The keys of the shared access policy '{name}' must be base64 of 16 to 64 bytes."))
        }
    }
}

impl fmt::Debug for SharedAccessPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("SharedAccessPolicy").field(&self.key_name).field(&self.rights).finish()
    }
}

/// An allocation policy as resource manager spells it.
pub(crate) fn serialize_policy<S: Serializer>(
    policy: &AllocationPolicy,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(policy.powershell())
}
