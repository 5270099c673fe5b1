//! From a target to the host that serves it, and to the credentials for it.

use super::{Connection, Context};
use crate::credential::{Audience, ConnectionString, SharedAccessKey};
use crate::error::{Code, Error, Result};
use crate::events::{Events, Origin};
use crate::http::{Authorize, Url};
use crate::model::{AccessRight, AuthType, ResourceId};
use crate::resource_manager::Policy;
use crate::target::Target;
use secrecy::SecretString;

/// The data-plane host of a service, and how requests to it are authorized.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `https://host/`.
    pub url: Url,
    host_name: String,
    resource_id: Option<ResourceId>,
    access: Access,
}

/// How requests to an endpoint are authorized.
#[derive(Clone, Debug)]
enum Access {
    /// By a key that the target brought.
    Key(ConnectionString),
    /// By a key of a shared access policy of the service, looked up when it is needed.
    Policies(ResourceId),
    /// By a token of the account.
    Login,
}

impl Endpoint {
    /// Finds the host of `target`. Keys are looked up later, by what each request needs.
    ///
    /// # Errors
    /// [`Code::NotFound`] and [`Code::NotConnected`], and those of Azure Resource Manager.
    pub async fn resolve(target: Target, context: &Context) -> Result<Self> {
        let Context { connection, events } = context;
        let (resource_id, host_name, access) = match target {
            Target::ConnectionString(connection_string) => {
                (None, connection_string.host_name.clone(), Access::Key(connection_string))
            }
            Target::HostName(host_name) => {
                let access = Access::to_host(&host_name, connection);
                (None, host_name, access)
            }
            Target::Name { resource_group_name, name } => {
                let id = find(resource_group_name, name, connection, events).await?;
                (Some(id.clone()), connection.host_name(&id, events).await?, Access::to(id, connection))
            }
            Target::Resource { id, host_name: Some(host_name) } => {
                (Some(id.clone()), host_name, Access::to(id, connection))
            }
            Target::Resource { id, host_name: None } => {
                (Some(id.clone()), connection.host_name(&id, events).await?, Access::to(id, connection))
            }
        };
        let url = Url::parse(&format!("https://{host_name}/"));
        let url =
            url.map_err(|_| Error::new(Code::UnexpectedResponse, format!("'{host_name}' is not a host name.")))?;
        Ok(Self { url, host_name, resource_id, access })
    }

    /// Which service this is.
    pub fn origin(&self) -> Origin {
        Origin { host_name: self.host_name.clone(), resource_id: self.resource_id.as_ref().map(ToString::to_string) }
    }

    /// The credentials for a request that needs `right`.
    pub fn credentials<'a>(&'a self, right: AccessRight, context: &'a Context) -> Credentials<'a> {
        Credentials { endpoint: self, right, context }
    }
}

async fn find(
    resource_group_name: Option<String>,
    name: String,
    connection: &Connection,
    events: &Events,
) -> Result<ResourceId> {
    let subscription_id = connection.subscription(events).await?;
    match resource_group_name {
        Some(resource_group_name) => Ok(ResourceId { subscription_id, resource_group_name, name }),
        None => connection.find(&subscription_id, &name, events).await,
    }
}

impl Access {
    /// The way to a host: the key of the connection string that the session is connected with if it is that host's, else
    /// a token.
    fn to_host(host_name: &str, connection: &Connection) -> Self {
        match &connection.default_target {
            Some(Target::ConnectionString(known)) if known.host_name.eq_ignore_ascii_case(host_name) => {
                Self::Key(known.clone())
            }
            _ => Self::Login,
        }
    }

    /// The way to the service `id` that the connection prefers.
    fn to(id: ResourceId, connection: &Connection) -> Self {
        match connection.auth_type {
            AuthType::Key => Self::Policies(id),
            AuthType::Login => Self::Login,
        }
    }
}

/// The credentials for requests to an endpoint that need one right.
#[derive(Debug)]
pub struct Credentials<'a> {
    endpoint: &'a Endpoint,
    right: AccessRight,
    context: &'a Context,
}

impl Authorize for Credentials<'_> {
    /// A signature by the least privileged policy that has the right, or a token.
    ///
    /// # Errors
    /// [`Code::Forbidden`] if no policy has the right, and those of signing in.
    async fn authorization(&self) -> Result<SecretString> {
        let Context { connection, events } = self.context;
        let host_name = &self.endpoint.host_name;
        match &self.endpoint.access {
            Access::Key(connection_string) => Ok(connection_string.key.authorization(host_name, events)),
            Access::Login => {
                connection.sign_in.credentials(Audience::DataPlane, &connection.transport, events).authorization().await
            }
            Access::Policies(id) => {
                let policies = connection.policies(id, events).await?;
                let policy = least(&policies, self.right).ok_or_else(|| {
                    let right = self.right.name();
                    let message = format!("Forbidden: no shared access policy of '{}' has the right {right}.", id.name);
                    Error::new(Code::Forbidden, message)
                })?;
                let key = SharedAccessKey::new(policy.key_name.clone(), policy.primary_key.clone(), "target")?;
                Ok(key.authorization(host_name, events))
            }
        }
    }

    fn forget(&self) -> bool {
        let Context { connection, events } = self.context;
        match &self.endpoint.access {
            Access::Key(_) => false,
            Access::Login => {
                connection.sign_in.credentials(Audience::DataPlane, &connection.transport, events).forget()
            }
            Access::Policies(id) => {
                connection.forget_policies(id);
                true
            }
        }
    }
}

/// The least privileged of the policies that have `right`.
fn least(policies: &[Policy], right: AccessRight) -> Option<&Policy> {
    policies.iter().filter(|policy| policy.rights.allow(right)).min_by_key(|policy| policy.rights.weight())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AccessRights;

    #[test]
    fn the_least_privileged_policy_that_suffices_is_used() {
        let policy = |name: &str, rights| Policy {
            key_name: name.into(),
            primary_key: "AA==".into(),
            secondary_key: "AA==".into(),
            rights: AccessRights::parse(rights),
        };
        let policies = [
            policy("owner", "ServiceConfig, EnrollmentWrite"),
            policy("write", "EnrollmentWrite"),
            policy("read", "EnrollmentRead"),
        ];
        assert_eq!(least(&policies, AccessRight::EnrollmentRead).unwrap().key_name, "read");
        assert_eq!(least(&policies, AccessRight::EnrollmentWrite).unwrap().key_name, "write");
        assert!(least(&policies[2..], AccessRight::EnrollmentWrite).is_none());
        assert!(least(&policies, AccessRight::RegistrationStatusRead).is_none());
    }
}
