//! Provisioning services, as resource manager knows them.

use super::{Common, Event, Request};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::Record;
use crate::present::{Shape, service as present};
use crate::service::{ResourceId, ResourceManager};
use crate::target::Target;
use serde::Deserialize;
use serde_json::Value;

/// Reads one service: by resource id, or by name, in whichever group it is.
pub async fn get(mut request: Request, context: &Context) -> Result<()> {
    let mut common: Common = request.take()?;
    request.finish()?;
    let record = match common.target()? {
        Some(Target::Resource { id, .. }) => ResourceManager::new(context).service(&id).await?,
        Some(Target::Name { resource_group_name: Some(resource_group_name), name }) => {
            let subscription_id = context.connection().subscription(context).await?;
            ResourceManager::new(context).service(&ResourceId { subscription_id, resource_group_name, name }).await?
        }
        Some(Target::Name { resource_group_name: None, name }) => {
            let subscription_id = context.connection().subscription(context).await?;
            ResourceManager::new(context).find(&subscription_id, &name).await?
        }
        Some(Target::HostName(_) | Target::ConnectionString(_)) | None => {
            let ways = "resourceGroupName and dpsName, dpsName alone, or resourceId";
            return Err(Error::argument("target", format!("A service is read by {ways}.")));
        }
    };
    context.item(present(common.shape, record)).await
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
    let subscription_id = context.connection().subscription(context).await?;
    let manager = ResourceManager::new(context);
    let mut next = None;
    loop {
        let (services, following) = manager.services(&subscription_id, resource_group_name.as_deref(), next).await?;
        let shaped: Vec<Value> = services.into_iter().map(|record: Record| present(shape, record)).collect();
        if !shaped.is_empty() {
            context.emit(Event::Items(shaped)).await?;
        }
        next = following;
        if next.is_none() {
            return Ok(());
        }
    }
}
