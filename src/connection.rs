//! What a session is connected with: the cloud, the account, the default service, and what was looked up so far.

use crate::context::Context;
use crate::credential::{Account, Authority, SuppliedTokens, TokenCache};
use crate::error::{Code, Error, Result};
use crate::http::{Settings, Transport, Url};
use crate::lookup::Lookup;
use crate::model::{AuthType, ResourceId};
use crate::service::{Policy, ResourceManager};
use crate::target::{Target, host_name_of, resource_of};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Where a cloud's services are.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// Sign-in, and what tokens are asked for.
    pub authority: Authority,
    /// Resource manager.
    pub resource_manager: Url,
}

/// What a session is connected with. Replaced as a whole by the next connect.
#[derive(Debug)]
pub struct Connection {
    /// The cloud.
    pub cloud: Cloud,
    /// Who signs in, if anyone.
    pub account: Option<Account>,
    /// How the data plane is signed in to.
    pub auth_type: AuthType,
    /// The subscription that names of services are looked up in.
    pub subscription_id: Option<String>,
    /// The data-plane api-version that is spoken, where the caller insists on one.
    pub api_version: Option<String>,
    /// The service that is meant when a request names none.
    pub default_target: Option<Target>,
    /// The way out.
    pub transport: Transport,
    tokens: TokenCache,
    only_subscription: OnceCell<String>,
    names: Lookup<(String, String), ResourceId>,
    host_names: Lookup<ResourceId, String>,
    policies: Lookup<ResourceId, Arc<Vec<Policy>>>,
}

impl Connection {
    /// A connection that has asked for nothing yet.
    pub fn new(cloud: Cloud, settings: Settings) -> Self {
        Self {
            cloud,
            account: None,
            auth_type: AuthType::Key,
            subscription_id: None,
            api_version: None,
            default_target: None,
            transport: Transport::new(settings),
            tokens: TokenCache::default(),
            only_subscription: OnceCell::new(),
            names: Lookup::default(),
            host_names: Lookup::default(),
            policies: Lookup::default(),
        }
    }

    /// The `Authorization` header for resource manager.
    ///
    /// # Errors
    /// [`Code::NotConnected`] without an account, and those of signing in.
    pub async fn resource_manager_token(&self, context: &Context) -> Result<SecretString> {
        let scope = &self.cloud.authority.resource_manager_scope;
        self.token(scope, |tokens| tokens.resource_manager.as_ref(), "a token for resource manager", context).await
    }

    /// The `Authorization` header for the data plane, by Entra.
    ///
    /// # Errors
    /// As for [`Self::resource_manager_token`].
    pub async fn data_plane_token(&self, context: &Context) -> Result<SecretString> {
        let scope = &self.cloud.authority.data_plane_scope;
        self.token(scope, |tokens| tokens.data_plane.as_ref(), "a token for the data plane", context).await
    }

    /// Drops resource manager's token; whether another can be had.
    pub fn forget_resource_manager_token(&self) -> bool {
        self.forget(&self.cloud.authority.resource_manager_scope)
    }

    /// Drops the data plane's token; whether another can be had.
    pub fn forget_data_plane_token(&self) -> bool {
        self.forget(&self.cloud.authority.data_plane_scope)
    }

    /// The host name of a service, looked up once.
    ///
    /// # Errors
    /// Those of resource manager; [`Code::Conflict`] while the service is still being made.
    pub async fn host_name(&self, id: &ResourceId, context: &Context) -> Result<String> {
        let look = async { host_name_of(&ResourceManager::new(context).service(id).await?) };
        self.host_names.get(id.clone(), look).await
    }

    /// The service called `name`, in whichever resource group of the subscription it is, looked up once.
    ///
    /// # Errors
    /// Those of resource manager.
    pub async fn named(&self, subscription_id: &str, name: &str, context: &Context) -> Result<ResourceId> {
        let key = (subscription_id.to_owned(), name.to_lowercase());
        let look = async {
            let service = ResourceManager::new(context).find(subscription_id, name).await?;
            let id = resource_of(&service)?;
            self.host_names.put(id.clone(), host_name_of(&service)?);
            Ok(id)
        };
        self.names.get(key, look).await
    }

    /// The shared access policies of a service, looked up once.
    ///
    /// # Errors
    /// Those of resource manager.
    pub async fn policies(&self, id: &ResourceId, context: &Context) -> Result<Arc<Vec<Policy>>> {
        let look = async { ResourceManager::new(context).policies(id).await.map(Arc::new) };
        self.policies.get(id.clone(), look).await
    }

    /// Drops the policies of a service: one of their keys was not accepted.
    pub fn forget_policies(&self, id: &ResourceId) {
        self.policies.forget(id);
    }

    /// The subscription of names: the one given, or the only one that the account sees.
    ///
    /// # Errors
    /// [`Code::NotConnected`] where there is none or more than one, and those of resource manager.
    pub async fn subscription(&self, context: &Context) -> Result<String> {
        if let Some(subscription_id) = &self.subscription_id {
            return Ok(subscription_id.clone());
        }
        let only = self.only_subscription.get_or_try_init(|| async {
            match &ResourceManager::new(context).subscriptions().await?[..] {
                [only] => Ok(only.clone()),
                [] => Err(Error::new(Code::NotConnected, "The account sees no subscription.")),
                several => Err(Error::new(
                    Code::NotConnected,
                    format!(
                        "The account sees {} subscriptions: name one when connecting (subscriptionId).",
                        several.len()
                    ),
                )),
            }
        });
        only.await.cloned()
    }

    /// The account's token for `scope`, or the one that was supplied for it.
    async fn token(
        &self,
        scope: &str,
        supplied: impl Fn(&SuppliedTokens) -> Option<&SecretString>,
        what: &str,
        context: &Context,
    ) -> Result<SecretString> {
        match &self.account {
            Some(Account::ClientSecret(account)) => {
                let token = self.tokens.token(account, &self.cloud.authority, scope, &self.transport, context).await?;
                Ok(bearer(&token))
            }
            Some(Account::Supplied(tokens)) => supplied(tokens).map(bearer).ok_or_else(|| not_connected(what)),
            None => Err(not_connected("an account")),
        }
    }

    fn forget(&self, scope: &str) -> bool {
        self.tokens.forget(scope);
        matches!(self.account, Some(Account::ClientSecret(_)))
    }
}

fn bearer(token: &SecretString) -> SecretString {
    format!("Bearer {}", token.expose_secret()).into()
}

fn not_connected(what: &str) -> Error {
    Error::new(
        Code::NotConnected,
        format!("This needs {what}: connect first (Connect-AzIoTDps, session_connect), or give a connection string."),
    )
}
