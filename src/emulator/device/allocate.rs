//! The choice of the IoT hub that a device is assigned to.

use crate::emulator::configuration::LinkedHub;
use crate::emulator::service::settings::Settings;
use crate::model::{AllocationPolicy, Record, WireEnum};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The hub that a device is assigned to.
#[derive(Debug)]
pub(super) struct Allocation {
    pub(super) hub: String,
    /// The initial twin, where a webhook gives one.
    pub(super) twin: Option<Value>,
    /// The payload for the device, where a webhook gives one.
    pub(super) payload: Option<Value>,
}

/// Why a device could not be assigned.
#[derive(Debug)]
pub(super) struct AllocationError {
    pub(super) message: String,
}

impl AllocationError {
    /// Not a documented code.
    pub(super) const CODE: u32 = 400_000;

    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

/// The allocation policy of `enrollment`. A record with `iotHubHostName`, the legacy form, is static.
pub(super) fn policy(enrollment: &Record, service: &Settings) -> AllocationPolicy {
    if enrollment.get(&["iotHubHostName"]).is_some() {
        return AllocationPolicy::Static;
    }
    enrollment.text(&["allocationPolicy"]).and_then(AllocationPolicy::parse).unwrap_or(service.allocation_policy)
}

/// The linked hubs that `enrollment` allows, in its order where it names some.
pub(super) fn candidates<'a>(enrollment: &Record, service: &'a Settings) -> Vec<&'a LinkedHub> {
    let linked = |name: &str| service.linked_hubs.iter().find(|hub| hub.host_name.eq_ignore_ascii_case(name));
    if let Some(name) = enrollment.text(&["iotHubHostName"]) {
        return linked(name).into_iter().collect();
    }
    match enrollment.get(&["iotHubs"]).and_then(|hubs| hubs.as_array()) {
        Some(names) if !names.is_empty() => names.iter().filter_map(|name| linked(name.as_str()?)).collect(),
        _ => service.linked_hubs.iter().filter(|hub| hub.apply_allocation_policy).collect(),
    }
}

/// The hub for a device, where the service itself chooses.
pub(super) fn choose<'a>(policy: AllocationPolicy, id: &str, candidates: &[&'a LinkedHub]) -> Option<&'a LinkedHub> {
    match policy {
        AllocationPolicy::Static => candidates.first().copied(),
        AllocationPolicy::GeoLatency => {
            let open = || candidates.iter().copied().filter(|hub| hub.allocation_weight > 0);
            let nearest = open().map(|hub| hub.latency_ms).min()?;
            let near: Vec<&LinkedHub> = open().filter(|hub| hub.latency_ms == nearest).collect();
            by_hash(id, &near)
        }
        AllocationPolicy::Hashed | AllocationPolicy::Custom => by_hash(id, candidates),
    }
}

/// Spreads devices over the hubs by weight; a device always gets the same hub.
fn by_hash<'a>(id: &str, hubs: &[&'a LinkedHub]) -> Option<&'a LinkedHub> {
    let total: u64 = hubs.iter().map(|hub| u64::from(hub.allocation_weight)).sum();
    let digest: [u8; 32] = Sha256::digest(id.to_ascii_lowercase()).into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    let mut place = u64::from_be_bytes([a, b, c, d, e, f, g, h]).checked_rem(total)?;
    hubs.iter().copied().find(|hub| {
        let weight = u64::from(hub.allocation_weight);
        let here = place < weight;
        place = place.saturating_sub(weight);
        here
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn service(hubs: &[(&str, u32, u32)]) -> Settings {
        let hub = |&(name, allocation_weight, latency_ms): &(&str, u32, u32)| LinkedHub {
            allocation_weight,
            latency_ms,
            ..LinkedHub::new(name)
        };
        Settings { linked_hubs: hubs.iter().map(hub).collect(), ..Settings::new("eastus".to_owned()) }
    }

    fn names(hubs: &[&LinkedHub]) -> Vec<String> {
        hubs.iter().map(|hub| hub.host_name.clone()).collect()
    }

    #[test]
    fn weights_count_and_a_device_stays() {
        let service = service(&[("a", 3, 0), ("b", 1, 0), ("c", 0, 0)]);
        let all: Vec<&LinkedHub> = service.linked_hubs.iter().collect();
        let mut seen = std::collections::HashMap::<&str, u32>::new();
        for number in 0..4000 {
            let chosen = |id: &str| choose(AllocationPolicy::Hashed, id, &all).unwrap().host_name.as_str();
            let hub = chosen(&format!("dev-{number}"));
            assert_eq!(hub, chosen(&format!("DEV-{number}")));
            *seen.entry(hub).or_default() += 1;
        }
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert!((2800..3200).contains(&seen["a"]), "{seen:?}");
        assert!(choose(AllocationPolicy::Hashed, "x", &all[2..]).is_none(), "no weight at all");
        assert!(choose(AllocationPolicy::Hashed, "x", &[]).is_none());
    }

    #[test]
    fn the_nearest_hub_is_that_of_the_least_latency() {
        let service = service(&[("far", 9, 80), ("near", 1, 5), ("out", 0, 1)]);
        let all: Vec<&LinkedHub> = service.linked_hubs.iter().collect();
        assert_eq!(choose(AllocationPolicy::GeoLatency, "x", &all).unwrap().host_name, "near");
        assert_eq!(choose(AllocationPolicy::Static, "x", &all).unwrap().host_name, "far");
    }

    #[test]
    fn an_enrollment_restricts_the_choice() {
        let mut service = service(&[("a", 1, 0), ("b", 1, 0), ("c", 1, 0)]);
        service.linked_hubs[2].apply_allocation_policy = false;
        let of = |record| names(&candidates(&Record(serde_json::from_value(record).unwrap()), &service));
        assert_eq!(of(json!({})), ["a", "b"]);
        assert_eq!(of(json!({"iotHubs": []})), ["a", "b"]);
        assert_eq!(of(json!({"iotHubs": ["B", "unlinked", "a"]})), ["b", "a"]);
        assert_eq!(of(json!({"iotHubs": ["c"]})), ["c"]);
        assert_eq!(of(json!({"iotHubHostName": "b"})), ["b"]);
        assert!(of(json!({"iotHubs": ["unlinked"]})).is_empty());
    }
}
