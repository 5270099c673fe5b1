//! What resource manager did, kept beside the records for the next start.

use super::Service;
use super::services::ResourceGroup;
use super::settings::Settings;
use crate::error::{Error, Result};
use crate::model::ResourceId;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::Path;

/// What differs from the configuration.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Saved {
    pub(super) services: Vec<SavedService>,
    /// The names of configured services that were deleted.
    pub(super) removed: Vec<String>,
    pub(super) resource_groups: Vec<ResourceGroup>,
}

/// A service that was created or changed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SavedService {
    #[serde(with = "resource_id")]
    pub(super) resource: ResourceId,
    pub(super) id_scope: String,
    pub(super) settings: Settings,
}

impl SavedService {
    pub(super) fn of(service: &Service) -> Self {
        let settings = Settings::clone(&service.settings());
        Self { resource: service.resource.clone(), id_scope: service.id_scope.clone(), settings }
    }
}

impl Saved {
    /// `None` where there is no such file.
    pub(super) fn read(file: &Path) -> Result<Option<Self>> {
        let read = match std::fs::read(file) {
            Ok(text) => serde_json::from_slice(&text).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => Err(error),
        };
        read.map(Some).map_err(|error| {
            Error::argument("data-path", format!("The services in {} can't be read.", file.display())).caused_by(&error)
        })
    }

    /// Replaces the file as a whole; it holds keys, and only its owner may read it.
    pub(super) fn write(&self, file: &Path) -> io::Result<()> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
        temporary.write_all(&serde_json::to_vec_pretty(self)?)?;
        temporary.as_file().sync_all()?;
        temporary.persist(file)?;
        Ok(())
    }
}

/// A resource id as its text.
mod resource_id {
    use crate::model::ResourceId;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(id: &ResourceId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ResourceId, D::Error> {
        let text = String::deserialize(deserializer)?;
        ResourceId::parse(&text).ok_or_else(|| de::Error::custom(format!("'{text}' is not a provisioning service")))
    }
}
