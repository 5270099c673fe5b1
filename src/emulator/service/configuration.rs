//! The linked hubs and the allocation policy of a service, which a file can configure.

use crate::error::{Error, Result};
use crate::model::{AllocationPolicy, WireEnum};
use serde::Deserialize;
use std::path::Path;

/// The limit of the real service.
const HUBS: usize = 50;

/// The largest configuration file. Reading a device or a pipe might never end.
const CONFIGURATION_BYTES: u64 = 1 << 20;

/// The service's IoT hubs and how it chooses among them.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Configuration {
    /// The hubs that devices are assigned to. None of them is called.
    pub linked_hubs: Vec<LinkedHub>,
    /// The policy for enrollments without one: hashed, geoLatency or static.
    pub allocation_policy: AllocationPolicy,
}

/// A hub that the service can assign devices to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
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
    /// The latency between devices and this hub, for geoLatency.
    #[serde(default)]
    pub latency_ms: u32,
}

fn east() -> String {
    "eastus".to_owned()
}

fn one() -> u32 {
    1
}

impl Default for Configuration {
    fn default() -> Self {
        let hub = |number: u32, location: &str| LinkedHub {
            host_name: format!("emulated-hub-{number}.azure-devices.net"),
            location: location.to_owned(),
            allocation_weight: 1,
            latency_ms: 20 * number,
        };
        Self { linked_hubs: vec![hub(1, "eastus"), hub(2, "westus")], allocation_policy: AllocationPolicy::Hashed }
    }
}

impl Configuration {
    /// Reads a JSON file; members that it leaves out have their defaults.
    pub fn read(file: &Path) -> Result<Self> {
        let refused = |error: &dyn std::error::Error| {
            Error::argument("config", format!("The configuration {} can't be read.", file.display())).caused_by(error)
        };
        let size = std::fs::metadata(file).map_err(|error| refused(&error))?;
        if !size.is_file() || size.len() > CONFIGURATION_BYTES {
            return Err(refused(&std::io::Error::other("it is not a file of at most 1 MiB")));
        }
        let text = std::fs::read(file).map_err(|error| refused(&error))?;
        serde_json::from_slice(&text).map_err(|error| refused(&error))
    }

    /// Checks the rules of the service.
    pub(crate) fn check(&self) -> Result<()> {
        let refused = |message: &str| Err(Error::argument("config", message));
        if self.allocation_policy == AllocationPolicy::Custom {
            return refused("The service's own allocation policy must be hashed, geoLatency or static.");
        }
        if self.linked_hubs.len() > HUBS {
            return refused("The service can be linked to at most 50 IoT hubs.");
        }
        let mut names: Vec<String> = self.linked_hubs.iter().map(|hub| hub.host_name.to_ascii_lowercase()).collect();
        names.sort();
        names.dedup();
        if names.len() < self.linked_hubs.len() || names.iter().any(|name| name.trim().is_empty()) {
            return refused("Every linked IoT hub must have a hostName of its own.");
        }
        Ok(())
    }

    /// The spelling of resource manager.
    pub(crate) fn policy_name(&self) -> &'static str {
        self.allocation_policy.powershell()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Configuration {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_a_file_leaves_out_is_the_default() {
        let read = parsed(r#"{"linkedHubs":[{"hostName":"h"}],"allocationPolicy":"GeoLatency"}"#);
        assert_eq!(read.policy_name(), "GeoLatency");
        let hub = LinkedHub { host_name: "h".into(), location: "eastus".into(), allocation_weight: 1, latency_ms: 0 };
        assert_eq!(read.linked_hubs, [hub]);
        assert_eq!(parsed("{}").linked_hubs, Configuration::default().linked_hubs);
        assert!(serde_json::from_str::<Configuration>(r#"{"hubs":[]}"#).is_err());
    }

    #[test]
    fn what_no_service_could_be_is_refused() {
        assert!(Configuration::default().check().is_ok());
        for text in [
            r#"{"allocationPolicy":"custom"}"#,
            r#"{"linkedHubs":[{"hostName":"h"},{"hostName":"H"}]}"#,
            r#"{"linkedHubs":[{"hostName":" "}]}"#,
        ] {
            assert!(parsed(text).check().is_err(), "{text}");
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.json");
        assert!(Configuration::read(&file).unwrap_err().message().contains("c.json"));
        std::fs::write(&file, r#"{"linkedHubs":[]}"#).unwrap();
        assert_eq!(Configuration::read(&file).unwrap().linked_hubs, []);
    }
}
