//! Provisioning services, as Azure Resource Manager has them.

use super::request::{Common, Request};
use crate::connection::Context;
use crate::credential::ConnectionString;
use crate::error::{Code, Error, Result};
use crate::events::Event;
use crate::http::Url;
use crate::model::{Record, ResourceId, Slot};
use crate::present::{self, Shape};
use crate::resource_manager::{ResourceManager, host_name_of, id_of};
use crate::target::Target;
use serde::Deserialize;
use serde_json::{Value, json};

/// The policy that every service is created with.
const DEFAULT_POLICY: &str = "provisioningserviceowner";

/// Reads one service, by resource id or by name.
pub async fn get(mut request: Request, context: &Context) -> Result<()> {
    let mut common: Common = request.take()?;
    request.finish()?;
    let target = common.target()?.or_else(|| context.connection.default_target.clone());
    let record = one(target, context).await?;
    context.events.item(present::service(common.shape, record)).await
}

/// Reads the connection strings of one service, or of every service of the subscription.
pub async fn connection_string(mut request: Request, context: &Context) -> Result<()> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Which {
        policy_name: Option<String>,
        key_type: Option<Slot>,
        show_all: bool,
        resource_group_name: Option<String>,
    }
    let mut common: Common = request.take()?;
    let which: Which = request.take()?;
    request.finish()?;
    if which.show_all && which.policy_name.is_some() {
        return Err(Error::argument("showAll", "showAll shows every policy; it does not go with policyName."));
    }
    let policy_name = which.policy_name.unwrap_or_else(|| DEFAULT_POLICY.to_owned());
    let wanted = Wanted { policy_name, key: which.key_type.unwrap_or(Slot::Primary), all: which.show_all };
    match common.target()? {
        Some(target) => {
            let service = one(Some(target), context).await?;
            context.events.item(json!({"connectionString": wanted.of(&service, context).await?})).await
        }
        None => {
            let mut services = Services::new(which.resource_group_name, context).await?;
            while let Some(records) = services.next().await? {
                for service in records {
                    let name = service.text(&["name"]).unwrap_or_default().to_owned();
                    match wanted.of(&service, context).await {
                        Ok(text) => context.events.item(json!({"name": name, "connectionString": text})).await?,
                        // A service may lack the policy.
                        Err(error) if error.code() == Code::NotFound => {
                            context.events.warning(format!("{name} is omitted: {error}"))
                        }
                        Err(error) if error.is_terminating() => return Err(error),
                        Err(error) => context.events.emit(Event::Error(error)).await?,
                    }
                }
            }
            Ok(())
        }
    }
}

/// Which connection strings of a service the caller wants.
struct Wanted {
    policy_name: String,
    key: Slot,
    all: bool,
}

impl Wanted {
    /// One text, or with `all` a list of them.
    async fn of(&self, service: &Record, context: &Context) -> Result<Value> {
        let id = id_of(service)?;
        let host_name = host_name_of(service)?;
        let policies = context.connection.resource_manager(&context.events).policies(&id).await?;
        let mut texts = policies
            .iter()
            .filter(|policy| self.all || policy.key_name.eq_ignore_ascii_case(&self.policy_name))
            .map(|policy| {
                let key = match self.key {
                    Slot::Primary => &policy.primary_key,
                    Slot::Secondary => &policy.secondary_key,
                };
                Value::String(ConnectionString::format(&host_name, &policy.key_name, key))
            });
        if self.all {
            return Ok(texts.collect());
        }
        texts.next().ok_or_else(|| {
            let message = format!("Not Found: '{}' has no shared access policy '{}'.", id.name, self.policy_name);
            Error::new(Code::NotFound, message).with_target(id.target())
        })
    }
}

/// Reads the service that `target` names.
///
/// # Errors
/// [`Code::InvalidArgument`] if it is named by its host only, and those of Azure Resource Manager.
pub async fn one(target: Option<Target>, context: &Context) -> Result<Record> {
    Ok(match target {
        Some(Target::Resource { id, .. }) => context.connection.resource_manager(&context.events).service(&id).await?,
        Some(Target::Name { resource_group_name: Some(resource_group_name), name }) => {
            let subscription_id = context.connection.subscription(&context.events).await?;
            context
                .connection
                .resource_manager(&context.events)
                .service(&ResourceId { subscription_id, resource_group_name, name })
                .await?
        }
        Some(Target::Name { resource_group_name: None, name }) => {
            let subscription_id = context.connection.subscription(&context.events).await?;
            context.connection.resource_manager(&context.events).find(&subscription_id, &name).await?
        }
        Some(Target::HostName(_) | Target::ConnectionString(_)) | None => {
            let ways = "resourceGroupName and dpsName, dpsName alone, or resourceId";
            return Err(Error::argument("target", format!("A service is read by {ways}.")));
        }
    })
}

/// Reads all services of the subscription, or of one resource group.
pub async fn list(mut request: Request, context: &Context) -> Result<()> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct List {
        shape: Shape,
        resource_group_name: Option<String>,
    }
    let List { shape, resource_group_name } = request.take()?;
    request.finish()?;
    let mut services = Services::new(resource_group_name, context).await?;
    while let Some(records) = services.next().await? {
        let shaped: Vec<Value> = records.into_iter().map(|record| present::service(shape, record)).collect();
        if !shaped.is_empty() {
            context.events.emit(Event::Items(shaped)).await?;
        }
    }
    Ok(())
}

/// The services of the subscription, or of one resource group, page by page.
struct Services<'a> {
    manager: ResourceManager<'a>,
    subscription_id: String,
    resource_group_name: Option<String>,
    next: Next,
}

enum Next {
    First,
    At(Url),
    None,
}

impl<'a> Services<'a> {
    async fn new(resource_group_name: Option<String>, context: &'a Context) -> Result<Self> {
        let subscription_id = context.connection.subscription(&context.events).await?;
        Ok(Self {
            manager: context.connection.resource_manager(&context.events),
            subscription_id,
            resource_group_name,
            next: Next::First,
        })
    }

    async fn next(&mut self) -> Result<Option<Vec<Record>>> {
        let at = match std::mem::replace(&mut self.next, Next::None) {
            Next::First => None,
            Next::At(url) => Some(url),
            Next::None => return Ok(None),
        };
        let group = self.resource_group_name.as_deref();
        let (records, following) = self.manager.services(&self.subscription_id, group, at).await?;
        self.next = following.map_or(Next::None, Next::At);
        Ok(Some(records))
    }
}
