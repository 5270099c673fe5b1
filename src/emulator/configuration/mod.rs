//! What an emulator is like: the part of its options that a file may hold.

mod directory;
mod service;

pub use directory::{Application, ManagedIdentity, Role, RoleAssignment, Tenant};
pub use service::{LinkedHub, ProvisioningService, SharedAccessPolicy};
pub(crate) use service::{are_hubs, is_name, serialize_policy};

use crate::error::{Error, Result};
use crate::model::AllocationPolicy;
use serde::Deserialize;
use std::path::Path;

/// The largest configuration file. Reading a device or a pipe might never end.
const CONFIGURATION_BYTES: u64 = 1 << 20;

/// The services of an emulator, and who may sign in.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Configuration {
    /// The hubs that devices are assigned to, of each service that has none of its own. None of them is called.
    pub linked_hubs: Vec<LinkedHub>,
    /// The policy for enrollments without one: hashed, geoLatency or static. Of each service that has none of its own.
    pub allocation_policy: AllocationPolicy,
    /// The services besides the development one, which is always there; an entry of its name says what it is like.
    pub services: Vec<ProvisioningService>,
    /// The tenants besides the development one, which is always there; an entry of its id adds to it.
    pub tenants: Vec<Tenant>,
}

impl Default for Configuration {
    fn default() -> Self {
        let hub = |number: u32, location: &str| LinkedHub {
            location: location.to_owned(),
            latency_ms: 20 * number,
            ..LinkedHub::new(format!("emulated-hub-{number}.azure-devices.net"))
        };
        Self {
            linked_hubs: vec![hub(1, "eastus"), hub(2, "westus")],
            allocation_policy: AllocationPolicy::Hashed,
            services: Vec::new(),
            tenants: Vec::new(),
        }
    }
}

impl Configuration {
    /// Reads a JSON file; members that it leaves out have their defaults. Files that it names are relative to its folder.
    pub fn read(file: &Path) -> Result<Self> {
        let refused = |error: &dyn std::error::Error| {
            Error::argument("config", format!("The configuration {} can't be read.", file.display())).caused_by(error)
        };
        let size = std::fs::metadata(file).map_err(|error| refused(&error))?;
        if !size.is_file() || size.len() > CONFIGURATION_BYTES {
            return Err(refused(&std::io::Error::other("it is not a file of at most 1 MiB")));
        }
        let text = std::fs::read(file).map_err(|error| refused(&error))?;
        let mut read: Self = serde_json::from_slice(&text).map_err(|error| refused(&error))?;
        let folder = file.parent().unwrap_or(Path::new(""));
        let applications = read.tenants.iter_mut().flat_map(|tenant| &mut tenant.applications);
        for certificate in applications.flat_map(|application| &mut application.certificate_files) {
            *certificate = folder.join(&*certificate);
        }
        Ok(read)
    }

    /// Checks the rules of the service.
    pub(crate) fn check(&self) -> Result<()> {
        service::check_hubs(&self.linked_hubs)?;
        service::check_policy(self.allocation_policy)?;
        self.services.iter().try_for_each(ProvisioningService::check)?;
        let mut names: Vec<String> = self.services.iter().map(|service| service.name.to_ascii_lowercase()).collect();
        names.sort();
        names.dedup();
        if names.len() < self.services.len() {
            return Err(refused("Every provisioning service must have a name of its own."));
        }
        Ok(())
    }
}

fn refused(message: impl Into<String>) -> Error {
    Error::argument("config", message.into())
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
        assert_eq!(read.allocation_policy, AllocationPolicy::GeoLatency);
        assert_eq!(read.linked_hubs, [LinkedHub::new("h")]);
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
            r#"{"services":[{"name":"abc"},{"name":"ABC"}]}"#,
            r#"{"services":[{"name":"a_b"}]}"#,
            r#"{"services":[{"name":"abc","allocationPolicy":"custom"}]}"#,
            r#"{"services":[{"name":"abc","policies":[{"keyName":"p","rights":"Everything"}]}]}"#,
            r#"{"services":[{"name":"abc","policies":[{"keyName":"p","rights":"ServiceConfig","primaryKey":"?"}]}]}"#,
        ] {
            assert!(parsed(text).check().is_err(), "{text}");
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.json");
        assert!(Configuration::read(&file).unwrap_err().message().contains("c.json"));
        std::fs::write(&file, r#"{"linkedHubs":[]}"#).unwrap();
        assert_eq!(Configuration::read(&file).unwrap().linked_hubs, []);
    }
    #[test]
    fn certificates_lie_beside_the_file_that_names_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.json");
        let text = r#"{"tenants":[{"tenantId":"t","applications":[{"clientId":"a","certificateFiles":["a.pem"]}]}]}"#;
        std::fs::write(&file, text).unwrap();
        let read = Configuration::read(&file).unwrap();
        assert_eq!(read.tenants[0].applications[0].certificate_files, [folder.path().join("a.pem")]);
    }

    #[test]
    fn secrets_are_not_printed() {
        let read = parsed(
            r#"{"services":[{"name":"abc","policies":[{"keyName":"p","rights":"ServiceConfig","primaryKey":"hidden"}]}],
                "tenants":[{"tenantId":"t","applications":[{"clientId":"a","clientSecrets":["hidden"]}]}]}"#,
        );
        assert!(!format!("{read:?}").contains("hidden"));
    }
}
