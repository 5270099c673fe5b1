//! Resource manager: which provisioning services there are, where they answer, and their shared access policies.

use super::refusal::{accepted, unreadable};
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::http::{Method, Request, Response, Url};
use crate::model::{AccessRights, PROVIDER, RESOURCE_MANAGER_API_VERSION, Record, ResourceId};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const SUBSCRIPTIONS_API_VERSION: &str = "2020-01-01";

/// A shared access policy, as `listkeys` gives it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// The policy's name.
    pub key_name: String,
    /// base64.
    pub primary_key: SecretString,
    /// base64.
    pub secondary_key: SecretString,
    /// What it may do.
    pub rights: AccessRights,
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

/// Resource manager as one operation sees it.
#[derive(Debug)]
pub struct ResourceManager<'a> {
    context: &'a Context,
}

impl<'a> ResourceManager<'a> {
    /// Resource manager with the session's account.
    pub fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// Reads one service.
    ///
    /// # Errors
    /// [`Code::NotFound`], and those of any request.
    pub async fn service(&self, id: &ResourceId) -> Result<Record> {
        let response = self.send(Method::GET, &self.url(&id.segments(), RESOURCE_MANAGER_API_VERSION)).await;
        read(&response.map_err(|error| error.with_target(id.target()))?)
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
        let page =
            self.page(Method::GET, next.unwrap_or_else(|| self.url(&segments, RESOURCE_MANAGER_API_VERSION))).await;
        page.map_err(|error| error.with_target("provisioning services"))
    }

    /// The service called `name`, in whichever resource group of the subscription it is.
    ///
    /// # Errors
    /// [`Code::NotFound`], and those of any request.
    pub async fn find(&self, subscription_id: &str, name: &str) -> Result<Record> {
        let mut next = None;
        loop {
            let (services, following) = self.services(subscription_id, None, next).await?;
            let same = |service: &Record| service.text(&["name"]).is_some_and(|other| other.eq_ignore_ascii_case(name));
            if let Some(service) = services.into_iter().find(same) {
                return Ok(service);
            }
            next = following;
            if next.is_none() {
                let message =
                    format!("Not Found: subscription {subscription_id} has no provisioning service '{name}'.");
                return Err(Error::new(Code::NotFound, message).with_target(format!("provisioning service/{name}")));
            }
        }
    }

    /// All shared access policies of a service, with their keys.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn policies(&self, id: &ResourceId) -> Result<Vec<Policy>> {
        let mut segments = id.segments();
        segments.push("listkeys");
        let policies = self.all(Method::POST, self.url(&segments, RESOURCE_MANAGER_API_VERSION)).await;
        policies.map_err(|error| error.with_target(id.target()))
    }

    /// The ids of all subscriptions that the account sees.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn subscriptions(&self) -> Result<Vec<String>> {
        let all = self.all(Method::GET, self.url(&["subscriptions"], SUBSCRIPTIONS_API_VERSION)).await;
        let all: Vec<Subscription> = all.map_err(|error| error.with_target("subscriptions"))?;
        Ok(all.into_iter().map(|subscription| subscription.subscription_id).collect())
    }

    async fn all<T: DeserializeOwned>(&self, method: Method, first: Url) -> Result<Vec<T>> {
        let (mut all, mut next) = self.page(method, first).await?;
        while let Some(url) = next {
            // A link is read, however the list was asked for.
            let (mut page, following) = self.page(Method::GET, url).await?;
            all.append(&mut page);
            next = following;
        }
        Ok(all)
    }

    async fn page<T: DeserializeOwned>(&self, method: Method, url: Url) -> Result<(Vec<T>, Option<Url>)> {
        let page: List<T> = read(&self.send(method, &url).await?)?;
        let next = match page.next_link.filter(|link| !link.is_empty()) {
            Some(link) => Some(self.next_page(&link)?),
            None => None,
        };
        Ok((page.value, next))
    }

    /// A link is followed only to the host that the token is for.
    fn next_page(&self, link: &str) -> Result<Url> {
        let endpoint = &self.context.connection().cloud.resource_manager;
        match endpoint.join(link) {
            Ok(url) if url.origin() == endpoint.origin() => Ok(url),
            _ => Err(Error::new(Code::UnexpectedResponse, "Resource manager's next page is on another host.")),
        }
    }

    async fn send(&self, method: Method, url: &Url) -> Result<Response> {
        let connection = self.context.connection();
        let mut request = Request { method, url: url.clone(), headers: Vec::new(), authorization: None, body: None };
        request.authorization = Some(connection.resource_manager_token(self.context).await?);
        let mut response = self.context.send(&request).await.map_err(Error::of_a_read)?;
        if response.status == 401 && connection.forget_resource_manager_token() {
            self.context.verbose("401: signing in again".to_owned());
            request.authorization = Some(connection.resource_manager_token(self.context).await?);
            response = self.context.send(&request).await.map_err(Error::of_a_read)?.after(&response);
        }
        accepted(response)
    }

    fn url(&self, segments: &[&str], api_version: &str) -> Url {
        let mut url = self.context.connection().cloud.resource_manager.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url.query_pairs_mut().append_pair("api-version", api_version);
        url
    }
}

fn read<T: DeserializeOwned>(response: &Response) -> Result<T> {
    serde_json::from_slice(&response.body).map_err(|_| unreadable(response, "resource manager's"))
}
