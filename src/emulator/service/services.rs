//! All provisioning services of an emulator, and the resource groups that they are in.

use super::saved::{Saved, SavedService};
use super::settings::Settings;
use super::{OPERATION_TIME, Service, ServiceState};
use crate::emulator::configuration::{Configuration, ProvisioningService};
use crate::emulator::errors::{self, Result};
use crate::emulator::record::store::Store;
use crate::error::{Code, Error};
use crate::model::{DEVELOPMENT, Members, ResourceId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long the result of an operation of resource manager can be asked for.
const RESULT_TIME: Duration = Duration::from_secs(3600);

/// What all services of an emulator have in common.
pub(crate) struct Common {
    pub(crate) port: u16,
    pub(crate) page_size: usize,
    /// How long a device waits before it asks for the status of its operation again; whole seconds.
    pub(crate) retry_after: Duration,
    /// The file of the development service's records; the others lie beside it.
    pub(crate) data_path: Option<PathBuf>,
}

/// A resource group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResourceGroup {
    pub(crate) subscription_id: String,
    pub(crate) name: String,
    pub(crate) location: String,
    pub(crate) tags: Members,
}

/// The services and resource groups.
pub(crate) struct Services {
    common: Common,
    development: Arc<Service>,
    /// What the emulator starts with, and how it was then.
    configured: Vec<(Arc<Service>, Arc<Settings>)>,
    configured_groups: Vec<ResourceGroup>,
    now: RwLock<Now>,
    /// Held while services come and go, so that two changes do not mix. Nobody who reads waits for it.
    changing: Mutex<()>,
    operations: Mutex<HashMap<String, Instant>>,
}

#[derive(Clone, Default)]
struct Now {
    services: Vec<Arc<Service>>,
    groups: Vec<ResourceGroup>,
}

impl Services {
    /// The services of a configuration, with what resource manager did to them in earlier runs on the same file.
    pub(crate) fn open(configuration: &Configuration, common: Common) -> std::result::Result<Self, Error> {
        let is_development = |service: &&ProvisioningService| service.name.eq_ignore_ascii_case(DEVELOPMENT.name);
        let usual = ProvisioningService { name: DEVELOPMENT.name.to_owned(), ..Default::default() };
        let development = configuration.services.iter().find(is_development).unwrap_or(&usual);
        let (development, settings) = common.configured(configuration, development)?;
        let mut configured = vec![(Arc::clone(&development), settings)];
        for service in configuration.services.iter().filter(|service| !is_development(service)) {
            configured.push(common.configured(configuration, service)?);
        }
        let mut groups: Vec<ResourceGroup> = Vec::new();
        for (service, settings) in &configured {
            let group = ResourceGroup {
                subscription_id: service.resource.subscription_id.clone(),
                name: service.resource.resource_group_name.clone(),
                location: settings.location.clone(),
                tags: Members::new(),
            };
            if !groups.iter().any(|known| known.is(&group.subscription_id, &group.name)) {
                groups.push(group);
            }
        }
        let services = configured.iter().map(|(service, _)| Arc::clone(service)).collect();
        let now = RwLock::new(Now { services, groups: groups.clone() });
        let services = Self {
            common,
            development,
            configured,
            configured_groups: groups,
            now,
            changing: Mutex::default(),
            operations: Mutex::default(),
        };
        services.load()?;
        Ok(services)
    }

    /// The service that is there at first; the emulator's own calls are about it where they name no other.
    pub(crate) fn development(&self) -> &Arc<Service> {
        &self.development
    }

    pub(crate) fn all(&self) -> Vec<Arc<Service>> {
        self.read(|now| now.services.clone())
    }

    pub(crate) fn find(&self, is: impl Fn(&Service) -> bool) -> Option<Arc<Service>> {
        self.read(|now| now.services.iter().find(|service| is(service)).cloned())
    }

    pub(crate) fn resource_groups(&self) -> Vec<ResourceGroup> {
        self.read(|now| now.groups.clone())
    }

    /// Creates a service. `None` where there is one of this name, which all subscriptions share.
    pub(crate) fn create(&self, resource: ResourceId, settings: Settings) -> Result<Option<Arc<Service>>> {
        let settings = Arc::new(settings);
        let _changing = self.lock();
        self.change(|now| {
            let named = |service: &Service| service.resource.name.eq_ignore_ascii_case(&resource.name);
            if now.services.iter().any(|service| named(service)) {
                return Ok(None);
            }
            let before = self.configured.iter().map(|(service, _)| service).find(|service| named(service));
            let service = match before {
                // Its records were removed with it.
                Some(service) if service.resource == resource => {
                    service.set_settings(Arc::clone(&settings), ServiceState::Activating);
                    Arc::clone(service)
                }
                _ => {
                    let store = Store::open(self.common.file(&resource.name).as_deref());
                    let store = store.map_err(|error| errors::internal(error.to_string()))?;
                    let id_scope = format!("0ne{:08X}", fastrand::u32(..));
                    let service = self.common.service(resource.clone(), id_scope, Arc::clone(&settings), store);
                    service.set_settings(Arc::clone(&settings), ServiceState::Activating);
                    Arc::new(service)
                }
            };
            now.services.push(Arc::clone(&service));
            Ok(Some(service))
        })
    }

    /// Changes the settings of a service.
    pub(crate) fn update(&self, service: &Service, settings: Settings) -> Result<()> {
        let _changing = self.lock();
        self.change(|_| {
            service.set_settings(Arc::new(settings), ServiceState::Transitioning);
            Ok(())
        })
    }

    /// Removes a service and its records.
    pub(crate) fn remove(&self, service: &Arc<Service>) -> Result<()> {
        let _changing = self.lock();
        self.change(|now| {
            now.services.retain(|other| !Arc::ptr_eq(other, service));
            Ok(())
        })?;
        service.clear()
    }

    /// Creates or changes a resource group; whether it is new.
    pub(crate) fn put_resource_group(&self, group: ResourceGroup) -> Result<bool> {
        let _changing = self.lock();
        self.change(|now| match now.groups.iter_mut().find(|known| known.is(&group.subscription_id, &group.name)) {
            Some(known) => {
                known.tags = group.tags;
                Ok(false)
            }
            None => {
                now.groups.push(group);
                Ok(true)
            }
        })
    }

    /// Forgets all records, and everything that resource manager did.
    pub(crate) fn reset(&self) -> Result<()> {
        let _changing = self.lock();
        let before = self.all();
        self.change(|now| {
            for (service, settings) in &self.configured {
                service.set_settings(Arc::clone(settings), ServiceState::Active);
            }
            now.services = self.configured.iter().map(|(service, _)| Arc::clone(service)).collect();
            now.groups = self.configured_groups.clone();
            Ok(())
        })?;
        before.iter().try_for_each(|service| service.clear())
    }

    /// Begins an operation of resource manager; its id.
    pub(crate) fn begin_operation(&self) -> String {
        let id = uuid::Uuid::new_v4().to_string();
        let mut operations = self.operations.lock().unwrap_or_else(PoisonError::into_inner);
        operations.retain(|_, begun| begun.elapsed() < RESULT_TIME);
        operations.insert(id.clone(), Instant::now());
        id
    }

    /// Whether an operation still runs; `None` where there is none of this id.
    pub(crate) fn is_running(&self, operation_id: &str) -> Option<bool> {
        let operations = self.operations.lock().unwrap_or_else(PoisonError::into_inner);
        operations.get(operation_id).map(|begun| begun.elapsed() < OPERATION_TIME)
    }

    fn read<T>(&self, read: impl FnOnce(&Now) -> T) -> T {
        read(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a change and keeps it on disk. The caller holds the lock.
    fn change<T>(&self, change: impl FnOnce(&mut Now) -> Result<T>) -> Result<T> {
        let mut next = self.read(Now::clone);
        let made = change(&mut next)?;
        if let Some(file) = self.common.saved_file() {
            self.saved(&next).write(&file).map_err(|error| errors::internal(error.to_string()))?;
        }
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(made)
    }

    /// What differs from the configuration.
    fn saved(&self, now: &Now) -> Saved {
        let unchanged = |service: &Service| {
            self.configured.iter().any(|(same, settings)| {
                std::ptr::eq(Arc::as_ptr(same), service) && Arc::ptr_eq(settings, &service.settings())
            })
        };
        let here = |service: &Arc<Service>| now.services.iter().any(|other| Arc::ptr_eq(other, service));
        Saved {
            services: now
                .services
                .iter()
                .filter(|service| !unchanged(service))
                .map(|each| SavedService::of(each))
                .collect(),
            removed: self
                .configured
                .iter()
                .filter(|(service, _)| !here(service))
                .map(|(service, _)| service.resource.name.clone())
                .collect(),
            resource_groups: now.groups.clone(),
        }
    }

    /// Takes up what earlier runs left behind.
    fn load(&self) -> std::result::Result<(), Error> {
        let Some(saved) = self.common.saved_file().map(|file| Saved::read(&file)).transpose()?.flatten() else {
            return Ok(());
        };
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        now.services.retain(|service| !saved.removed.contains(&service.resource.name));
        for SavedService { resource, id_scope, settings } in saved.services {
            let settings = Arc::new(settings);
            match now.services.iter().find(|service| service.resource == resource) {
                Some(service) => service.set_settings(settings, ServiceState::Active),
                None => {
                    let store = Store::open(self.common.file(&resource.name).as_deref())?;
                    now.services.push(Arc::new(self.common.service(resource, id_scope, settings, store)));
                }
            }
        }
        for group in saved.resource_groups {
            if !now.groups.iter().any(|known| known.is(&group.subscription_id, &group.name)) {
                now.groups.push(group);
            }
        }
        Ok(())
    }
}

impl ResourceGroup {
    pub(crate) fn is(&self, subscription_id: &str, name: &str) -> bool {
        self.subscription_id.eq_ignore_ascii_case(subscription_id) && self.name.eq_ignore_ascii_case(name)
    }
}

impl Common {
    /// For tests of what needs no more than services on a port.
    #[cfg(test)]
    pub(crate) fn on_port(port: u16) -> Self {
        Self { port, page_size: 1, retry_after: Duration::ZERO, data_path: None }
    }

    /// A service of the configuration, with its settings.
    fn configured(
        &self,
        configuration: &Configuration,
        service: &ProvisioningService,
    ) -> std::result::Result<(Arc<Service>, Arc<Settings>), Error> {
        let settings = Settings::configured(configuration, service);
        let settings = Arc::new(settings.map_err(|error| Error::new(Code::Internal, error.message))?);
        let resource = resource(service);
        let id_scope = service.id_scope.clone().unwrap_or_else(|| id_scope(&resource.name));
        let store = Store::open(self.file(&resource.name).as_deref())?;
        Ok((Arc::new(self.service(resource, id_scope, Arc::clone(&settings), store)), settings))
    }

    fn service(&self, resource: ResourceId, id_scope: String, settings: Arc<Settings>, store: Store) -> Service {
        let is_development = resource.name.eq_ignore_ascii_case(DEVELOPMENT.name);
        let name = if is_development { String::new() } else { format!("{}.", resource.name.to_ascii_lowercase()) };
        Service {
            host: host(&name, self.port),
            resource,
            id_scope,
            page_size: self.page_size.max(1),
            store,
            operations: Default::default(),
            retry_after: self.retry_after,
            tpm_secret: random_secret(),
            settings: RwLock::new(settings),
            change: Mutex::default(),
            ca_certificates: Mutex::default(),
        }
    }

    /// The file of a service's records.
    fn file(&self, name: &str) -> Option<PathBuf> {
        let data_path = self.data_path.as_ref()?;
        match name.eq_ignore_ascii_case(DEVELOPMENT.name) {
            true => Some(data_path.clone()),
            false => Some(with_suffix(data_path, &name.to_ascii_lowercase())),
        }
    }

    /// The file of what resource manager did.
    fn saved_file(&self) -> Option<PathBuf> {
        self.data_path.as_ref().map(|data_path| with_suffix(data_path, "services.json"))
    }
}

/// What follows `https://`. Some clients take no port in a connection string, so the usual one is left out.
fn host(name: &str, port: u16) -> String {
    match port {
        443 => format!("{name}localhost"),
        port => format!("{name}localhost:{port}"),
    }
}

fn with_suffix(path: &std::path::Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn resource(service: &ProvisioningService) -> ResourceId {
    let or = |given: &Option<String>, usual: &str| given.clone().unwrap_or_else(|| usual.to_owned());
    ResourceId {
        subscription_id: or(&service.subscription_id, DEVELOPMENT.subscription_id),
        resource_group_name: or(&service.resource_group_name, DEVELOPMENT.resource_group_name),
        name: service.name.clone(),
    }
}

/// The ID scope of a configured service: the same with each start.
fn id_scope(name: &str) -> String {
    if name.eq_ignore_ascii_case(DEVELOPMENT.name) {
        return DEVELOPMENT.id_scope.to_owned();
    }
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(name.to_ascii_lowercase()));
    format!("0ne{:08X}", u32::from_be_bytes([a, b, c, d]))
}

/// 244 random bits.
fn random_secret() -> [u8; 32] {
    let mut secret = [0; 32];
    let (first, second) = secret.split_at_mut(16);
    first.copy_from_slice(Uuid::new_v4().as_bytes());
    second.copy_from_slice(Uuid::new_v4().as_bytes());
    secret
}
