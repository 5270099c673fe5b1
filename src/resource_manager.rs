//! The client for Azure Resource Manager: which provisioning services there are, their host names, their policies.

use crate::credential::{Audience, SignIn};
use crate::error::{Code, Error, Result};
use crate::events::Events;
use crate::http::{Method, Pages, Request, Response, Transport, Url, url_of};
use crate::model::{AccessRights, PROVIDER, RESOURCE_MANAGER_API_VERSION, Record, ResourceId};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What a body should be.
const BODY: &str = "Azure Resource Manager's";

const SUBSCRIPTIONS_API_VERSION: &str = "2020-01-01";

/// A shared access policy with its keys.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The policy's name.
    pub key_name: String,
    /// base64.
    pub primary_key: SecretString,
    /// base64.
    pub secondary_key: SecretString,
    /// The rights that it grants.
    pub rights: AccessRights,
}

/// A shared access policy, as `listkeys` returns it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedPolicy {
    key_name: String,
    primary_key: Option<SecretString>,
    secondary_key: Option<SecretString>,
    #[serde(default)]
    rights: AccessRights,
}

impl ListedPolicy {
    /// The policy, if it has keys: without them it can sign nothing.
    fn with_keys(self) -> Option<Policy> {
        let Self { key_name, primary_key, secondary_key, rights } = self;
        Some(Policy { key_name, primary_key: primary_key?, secondary_key: secondary_key?, rights })
    }
}

/// A page of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct List<T> {
    value: Vec<T>,
    #[serde(default)]
    next_link: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    subscription_id: String,
}

/// The resource id in Azure Resource Manager's record of a service.
///
/// # Errors
/// [`Code::UnexpectedResponse`] if there is none.
pub fn id_of(service: &Record) -> Result<ResourceId> {
    let id = service.text(&["id"]).and_then(ResourceId::parse);
    id.ok_or_else(|| {
        Error::new(Code::UnexpectedResponse, "The record of the service in Azure Resource Manager has no id.")
    })
}

/// The data-plane host name in Azure Resource Manager's record of a service.
///
/// # Errors
/// [`Code::Conflict`] while the service is being provisioned.
pub fn host_name_of(service: &Record) -> Result<String> {
    let host_name = service.text(&["properties", "serviceOperationsHostName"]).map(str::to_owned);
    host_name.ok_or_else(|| {
        let name = service.text(&["name"]).unwrap_or_default();
        let message = format!("Provisioning service '{name}' has no host name yet; it may still be provisioning.");
        Error::new(Code::Conflict, message).with_target(format!("provisioning service/{name}"))
    })
}

/// A client for Azure Resource Manager.
#[derive(Debug)]
pub struct ResourceManager<'a> {
    url: &'a Url,
    sign_in: &'a SignIn,
    transport: &'a Transport,
    events: &'a Events,
}

impl<'a> ResourceManager<'a> {
    /// The Azure Resource Manager at `url`, with the account of `sign_in`.
    pub fn new(url: &'a Url, sign_in: &'a SignIn, transport: &'a Transport, events: &'a Events) -> Self {
        Self { url, sign_in, transport, events }
    }

    /// Reads one service.
    ///
    /// # Errors
    /// [`Code::NotFound`], and those of any request.
    pub async fn service(&self, id: &ResourceId) -> Result<Record> {
        let response = self.send(Method::GET, url_of(self.url, &id.segments(), RESOURCE_MANAGER_API_VERSION)).await;
        response.map_err(|error| error.with_target(id.target()))?.json(BODY)
    }

    /// The first page of the services of a subscription, or of one resource group, or the page at `next`.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn services(
        &self,
        subscription_id: &str,
        resource_group_name: Option<&str>,
        next: Option<Url>,
    ) -> Result<(Vec<Record>, Option<Url>)> {
        let mut segments = vec!["subscriptions", subscription_id];
        segments.extend(resource_group_name.iter().flat_map(|group| ["resourceGroups", *group]));
        segments.extend(PROVIDER);
        let first = || url_of(self.url, &segments, RESOURCE_MANAGER_API_VERSION);
        let page = self.page(Method::GET, next.unwrap_or_else(first)).await;
        page.map_err(|error| error.with_target("provisioning services"))
    }

    /// The service called `name`, in any resource group of the subscription.
    ///
    /// # Errors
    /// [`Code::NotFound`], and those of any request.
    pub async fn find(&self, subscription_id: &str, name: &str) -> Result<Record> {
        let mut next = None;
        let mut pages = Pages::default();
        loop {
            let (services, following) = self.services(subscription_id, None, next).await?;
            let same = |service: &Record| service.text(&["name"]).is_some_and(|other| other.eq_ignore_ascii_case(name));
            if let Some(service) = services.into_iter().find(same) {
                return Ok(service);
            }
            let Some(url) = following else {
                let message =
                    format!("Not Found: subscription {subscription_id} has no provisioning service '{name}'.");
                return Err(Error::new(Code::NotFound, message).with_target(format!("provisioning service/{name}")));
            };
            pages.follow(url.as_str(), false)?;
            next = Some(url);
        }
    }

    /// All shared access policies of a service that have keys.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn policies(&self, id: &ResourceId) -> Result<Vec<Policy>> {
        let mut segments = id.segments();
        segments.push("listkeys");
        let policies = self.all(Method::POST, url_of(self.url, &segments, RESOURCE_MANAGER_API_VERSION)).await;
        let policies: Vec<ListedPolicy> = policies.map_err(|error| error.with_target(id.target()))?;
        Ok(policies.into_iter().filter_map(ListedPolicy::with_keys).collect())
    }

    /// The ids of all subscriptions that the account can access.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn subscriptions(&self) -> Result<Vec<String>> {
        let all = self.all(Method::GET, url_of(self.url, &["subscriptions"], SUBSCRIPTIONS_API_VERSION)).await;
        let all: Vec<Subscription> = all.map_err(|error| error.with_target("subscriptions"))?;
        Ok(all.into_iter().map(|subscription| subscription.subscription_id).collect())
    }

    async fn all<T: DeserializeOwned>(&self, method: Method, first: Url) -> Result<Vec<T>> {
        let (mut all, mut next) = self.page(method, first).await?;
        let mut pages = Pages::default();
        while let Some(url) = next {
            pages.follow(url.as_str(), false)?;
            // A link is followed with GET, whatever the method of the first request.
            let (mut page, following) = self.page(Method::GET, url).await?;
            all.append(&mut page);
            next = following;
        }
        Ok(all)
    }

    async fn page<T: DeserializeOwned>(&self, method: Method, url: Url) -> Result<(Vec<T>, Option<Url>)> {
        let page: List<T> = self.send(method, url).await?.json(BODY)?;
        let next = match page.next_link.filter(|link| !link.is_empty()) {
            Some(link) => Some(self.next_page(&link)?),
            None => None,
        };
        Ok((page.value, next))
    }

    /// The URL of the next page. The token goes only to the host that it is for.
    fn next_page(&self, link: &str) -> Result<Url> {
        match self.url.join(link) {
            Ok(url) if url.origin() == self.url.origin() => Ok(url),
            _ => {
                Err(Error::new(Code::UnexpectedResponse, "The next page of Azure Resource Manager is on another host."))
            }
        }
    }

    async fn send(&self, method: Method, url: Url) -> Result<Response> {
        let credentials = self.sign_in.credentials(Audience::ResourceManager, self.transport, self.events);
        self.transport.send_authorized(Request::new(method, url), &credentials, self.events).await?.success()
    }
}
