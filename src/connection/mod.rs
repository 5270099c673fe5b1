//! What a session is connected with, and how the service that a request names is found and signed in to.

mod cloud;
mod context;
mod endpoint;
mod lookup;

pub use cloud::Cloud;
pub use context::Context;
pub use endpoint::Endpoint;

use crate::credential::{Account, SignIn};
use crate::error::{Code, Error, Result};
use crate::events::Events;
use crate::http::{Settings, Transport};
use crate::model::{AuthType, ResourceId};
use crate::resource_manager::{Policy, ResourceManager, host_name_of, id_of};
use crate::sync::Fetched;
use crate::target::Target;
use lookup::Lookup;
use std::sync::Arc;

/// What a session is connected with. Clones share the account, the connections and what was looked up, so that a clone
/// with another default service costs nothing.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The cloud.
    pub cloud: Cloud,
    /// The account.
    pub sign_in: Arc<SignIn>,
    /// How requests to the data plane are authorized.
    pub auth_type: AuthType,
    /// The subscription in which services are looked up by name.
    pub subscription_id: Option<String>,
    /// The api-version of data-plane requests, if the caller chose one.
    pub api_version: Option<String>,
    /// The service of requests that name none.
    pub default_target: Option<Target>,
    /// Sends the requests.
    pub transport: Arc<Transport>,
    only_subscription: Arc<Fetched<String, Error>>,
    names: Arc<Lookup<(String, String), ResourceId>>,
    host_names: Arc<Lookup<ResourceId, String>>,
    policies: Arc<Lookup<ResourceId, Arc<Vec<Policy>>>>,
    /// By the host name of a data plane, the newest api-version that it accepts.
    api_versions: Arc<Lookup<String, &'static str>>,
}

impl Connection {
    /// A connection that has sent nothing yet.
    pub fn new(cloud: Cloud, account: Option<Account>, settings: Settings) -> Self {
        Self {
            sign_in: Arc::new(SignIn::new(cloud.authority.clone(), account)),
            cloud,
            auth_type: AuthType::Key,
            subscription_id: None,
            api_version: None,
            default_target: None,
            transport: Arc::new(Transport::new(settings)),
            only_subscription: Arc::default(),
            names: Arc::default(),
            host_names: Arc::default(),
            policies: Arc::default(),
            api_versions: Arc::default(),
        }
    }

    /// Azure Resource Manager with the session's account.
    pub fn resource_manager<'a>(&'a self, events: &'a Events) -> ResourceManager<'a> {
        ResourceManager::new(&self.cloud.resource_manager, &self.sign_in, &self.transport, events)
    }

    /// The host name of a service, looked up once.
    ///
    /// # Errors
    /// Those of Azure Resource Manager; [`Code::Conflict`] while the service is being provisioned.
    pub async fn host_name(&self, id: &ResourceId, events: &Events) -> Result<String> {
        let fetch = async { host_name_of(&self.resource_manager(events).service(id).await?) };
        self.host_names.get(id.clone(), fetch).await
    }

    /// The service called `name`, in any resource group of the subscription, looked up once.
    ///
    /// # Errors
    /// Those of Azure Resource Manager.
    pub async fn find(&self, subscription_id: &str, name: &str, events: &Events) -> Result<ResourceId> {
        let key = (subscription_id.to_owned(), name.to_lowercase());
        let fetch = async {
            let service = self.resource_manager(events).find(subscription_id, name).await?;
            let id = id_of(&service)?;
            self.host_names.put(id.clone(), host_name_of(&service)?);
            Ok(id)
        };
        self.names.get(key, fetch).await
    }

    /// The shared access policies of a service, looked up once.
    ///
    /// # Errors
    /// Those of Azure Resource Manager.
    pub async fn policies(&self, id: &ResourceId, events: &Events) -> Result<Arc<Vec<Policy>>> {
        let fetch = async { self.resource_manager(events).policies(id).await.map(Arc::new) };
        self.policies.get(id.clone(), fetch).await
    }

    /// Drops the policies of a service, since one of their keys was not accepted.
    pub fn forget_policies(&self, id: &ResourceId) {
        self.policies.forget(id);
    }

    /// The subscription in which services are looked up by name: the chosen one, or the only one that the account can
    /// access.
    ///
    /// # Errors
    /// [`Code::NotConnected`] if there is none or more than one, and those of Azure Resource Manager.
    pub async fn subscription(&self, events: &Events) -> Result<String> {
        if let Some(subscription_id) = &self.subscription_id {
            return Ok(subscription_id.clone());
        }
        let only = async {
            match &self.resource_manager(events).subscriptions().await?[..] {
                [only] => Ok(only.clone()),
                [] => Err(Error::new(Code::NotConnected, "The account has no subscription.")),
                several => Err(Error::new(
                    Code::NotConnected,
                    format!(
                        "The account has {} subscriptions: name one by ⟨subscriptionId⟩ when connecting.",
                        several.len()
                    ),
                )),
            }
        };
        self.only_subscription.get(|_| true, only).await
    }
}
