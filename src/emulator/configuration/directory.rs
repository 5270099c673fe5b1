//! Tenants and what may sign in to them.

use serde::{Deserialize, Deserializer, de};
use std::fmt;
use std::path::PathBuf;

/// A tenant of Microsoft Entra.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tenant {
    /// Its id.
    pub tenant_id: String,
    /// The subscriptions that trust it.
    #[serde(default)]
    pub subscription_ids: Vec<String>,
    /// Its applications and managed identities.
    #[serde(default)]
    pub applications: Vec<Application>,
}

/// An application or a managed identity.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Application {
    /// What it signs in as.
    pub client_id: String,
    /// The id of its service principal; the client id where it is left out.
    pub object_id: Option<String>,
    /// The secrets that it may sign in with.
    #[serde(default)]
    pub client_secrets: Vec<String>,
    /// PEM files with the certificates that it may sign in with; a private key in them is passed over.
    #[serde(default)]
    pub certificate_files: Vec<PathBuf>,
    /// The subjects of the emulator's federated tokens that it may sign in with.
    #[serde(default)]
    pub federated_subjects: Vec<String>,
    /// What kind of managed identity it is; none where it is left out.
    pub managed_identity: Option<ManagedIdentity>,
    /// The resource id of a user-assigned managed identity.
    pub resource_id: Option<String>,
    /// What it may do.
    #[serde(default)]
    pub role_assignments: Vec<RoleAssignment>,
}

impl Application {
    /// The id of its service principal.
    pub(crate) fn object_id(&self) -> &str {
        self.object_id.as_deref().unwrap_or(&self.client_id)
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Application").field(&self.client_id).field(&self.role_assignments).finish()
    }
}

/// The two kinds of managed identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ManagedIdentity {
    /// The machine's own, which signs in where a caller names none.
    SystemAssigned,
    /// One that a caller has to name.
    UserAssigned,
}

/// A role on a scope.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleAssignment {
    /// The role.
    pub role: Role,
    /// The resource id that the role is assigned on; it counts for all below it. Everything where it is left out.
    #[serde(default)]
    pub scope: String,
}

/// The roles that the emulator knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything on the data plane.
    DataContributor,
    /// Reading on the data plane, keys excepted.
    DataReader,
    /// Everything in resource manager.
    Contributor,
    /// Reading in resource manager, keys excepted.
    Reader,
}

impl Role {
    const ALL: [Self; 4] = [Self::DataContributor, Self::DataReader, Self::Contributor, Self::Reader];

    /// The role's name in Azure.
    pub fn name(self) -> &'static str {
        match self {
            Self::DataContributor => "Device Provisioning Service Data Contributor",
            Self::DataReader => "Device Provisioning Service Data Reader",
            Self::Contributor => "Contributor",
            Self::Reader => "Reader",
        }
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = Self::ALL.into_iter().find(|role| role.name().eq_ignore_ascii_case(&text));
        known.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|role| role.name()).collect();
            de::Error::custom(format!("there is no role '{text}'; known are {}", names.join(", ")))
        })
    }
}
