//! Provisioning services, as Azure Resource Manager has them.

use super::request::{Common, Request, broken_off};
use crate::connection::Context;
use crate::credential::ConnectionString;
use crate::error::{Code, Error, Result};
use crate::events::Event;
use crate::http::{Pages, Url};
use crate::model::{Record, ResourceId, Slot};
use crate::present::{self, Shape};
use crate::resource_manager::{ResourceManager, host_name_of, id_of};
use crate::target::{Target, check_segment};
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
        return Err(Error::argument("showAll", "⟨showAll⟩ gives every policy; it does not go with ⟨policyName⟩."));
    }
    let policy_name = which.policy_name.unwrap_or_else(|| DEFAULT_POLICY.to_owned());
    let wanted = Wanted { policy_name, key: which.key_type.unwrap_or(Slot::Primary), all: which.show_all };
    match common.target()? {
        Some(target) => {
            let service = one(Some(target), context).await?;
            let found = wanted.of(&service, context).await?;
            context.events.emit(Event::Items(wanted.present(common.shape, &service, found, true))).await
        }
        None => {
            let mut services = Services::new(which.resource_group_name, context).await?;
            while let Some(records) = services.next().await? {
                for service in records {
                    match wanted.of(&service, context).await {
                        Ok(found) => {
                            let records = wanted.present(common.shape, &service, found, false);
                            context.events.emit(Event::Items(records)).await?;
                        }
                        // A service may lack the policy.
                        Err(error) if error.code() == Code::NotFound => {
                            let name = service.text(&["name"]).unwrap_or_default();
                            context.events.warning(format!("{name} is omitted: {error}"));
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
    /// The names and connection strings of the policies.
    async fn of(&self, service: &Record, context: &Context) -> Result<Vec<(String, String)>> {
        let id = id_of(service)?;
        let host_name = host_name_of(service)?;
        let policies = context.connection.resource_manager(&context.events).policies(&id).await?;
        let found: Vec<_> = policies
            .iter()
            .filter(|policy| self.all || policy.key_name.eq_ignore_ascii_case(&self.policy_name))
            .map(|policy| {
                let key = match self.key {
                    Slot::Primary => &policy.primary_key,
                    Slot::Secondary => &policy.secondary_key,
                };
                (policy.key_name.clone(), ConnectionString::format(&host_name, &policy.key_name, key))
            })
            .collect();
        if found.is_empty() && !self.all {
            let message = format!("Not Found: '{}' has no shared access policy '{}'.", id.name, self.policy_name);
            return Err(Error::new(Code::NotFound, message).with_target(id.target()));
        }
        Ok(found)
    }

    /// The records of a service. In the shape `az` it is one, without the name of a service that was `named`.
    fn present(&self, shape: Shape, service: &Record, found: Vec<(String, String)>, named: bool) -> Vec<Value> {
        if shape == Shape::PowerShell {
            let record = |(policy, text): (String, String)| present::connection_string(service, &policy, &text);
            return found.into_iter().map(record).collect();
        }
        let mut texts: Vec<Value> = found.into_iter().map(|(_, text)| Value::String(text)).collect();
        let text = if self.all { Value::Array(texts) } else { texts.swap_remove(0) };
        let record = match service.text(&["name"]) {
            Some(name) if !named => json!({"name": name, "connectionString": text}),
            _ => json!({"connectionString": text}),
        };
        vec![record]
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
            let ways = "⟨resourceGroupName⟩ and ⟨dpsName⟩, ⟨dpsName⟩ alone, or ⟨resourceId⟩";
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
    done: u64,
    pages: Pages,
}

enum Next {
    First,
    At(Url),
    None,
}

impl<'a> Services<'a> {
    async fn new(resource_group_name: Option<String>, context: &'a Context) -> Result<Self> {
        if let Some(name) = &resource_group_name {
            check_segment("resourceGroupName", name)?;
        }
        let subscription_id = context.connection.subscription(&context.events).await?;
        Ok(Self {
            manager: context.connection.resource_manager(&context.events),
            subscription_id,
            resource_group_name,
            next: Next::First,
            done: 0,
            pages: Pages::default(),
        })
    }

    async fn next(&mut self) -> Result<Option<Vec<Record>>> {
        let at = match std::mem::replace(&mut self.next, Next::None) {
            Next::First => None,
            Next::At(url) => Some(url),
            Next::None => return Ok(None),
        };
        let group = self.resource_group_name.as_deref();
        let page = self.manager.services(&self.subscription_id, group, at).await;
        let (records, following) = page.map_err(|error| broken_off(error, self.done))?;
        if let Some(url) = &following {
            self.pages.follow(url.as_str(), records.is_empty()).map_err(|error| broken_off(error, self.done))?;
        }
        self.next = following.map_or(Next::None, Next::At);
        self.done += records.len() as u64;
        Ok(Some(records))
    }
}
