//! From a target to the host that serves it, and to the credentials for it.

use super::{Connection, Context};
use crate::credential::{Audience, ConnectionString, SharedAccessKey};
use crate::error::{Code, Error, Result};
use crate::events::{Events, Origin};
use crate::http::{Authorize, Request, Response, Url};
use crate::model::{AccessRight, AuthType, ResourceId};
use crate::resource_manager::Policy;
use crate::target::Target;
use secrecy::SecretString;
use std::sync::atomic::{AtomicBool, Ordering};

/// The data-plane host of a service, and how requests to it are authorized.
#[derive(Debug)]
pub struct Endpoint {
    /// `https://host/`.
    pub url: Url,
    host_name: String,
    resource_id: Option<ResourceId>,
    access: Access,
    /// Whether the service refused a lesser policy than the most privileged one.
    needs_strongest: AtomicBool,
}

/// How requests to an endpoint are authorized.
#[derive(Debug)]
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
        Ok(Self { url, host_name, resource_id, access, needs_strongest: AtomicBool::new(false) })
    }

    /// Which service this is.
    pub fn origin(&self) -> Origin {
        Origin { host_name: self.host_name.clone(), resource_id: self.resource_id.as_ref().map(ToString::to_string) }
    }

    /// The newest api-version that the service accepts, if it is known.
    pub fn api_version(&self, context: &Context) -> Option<&'static str> {
        context.connection.api_versions.cached(&self.host_name)
    }

    /// Remembers the newest api-version that the service accepts, for all requests of the session.
    pub fn remember_api_version(&self, version: &'static str, context: &Context) {
        context.connection.api_versions.put(self.host_name.clone(), version);
    }

    /// Sends a request that needs `right`. What rights a policy really gives is the service's to say: if it refuses the
    /// least privileged policy that seems to suffice, the request is sent once more with the most privileged one, which is
    /// used from then on if it is accepted.
    ///
    /// # Errors
    /// Those of signing in, and those of any request.
    pub async fn send(&self, right: AccessRight, request: &Request, context: &Context) -> Result<Response> {
        let strongest = self.needs_strongest.load(Ordering::Relaxed);
        let credentials = Credentials { endpoint: self, right, strongest, looked_up_anew: false, context };
        let first = context.send(request.clone(), &credentials).await?;
        let is_refusal = |response: &Response| matches!(response.status, 401 | 403);
        if !is_refusal(&first) || !credentials.has_stronger().await {
            return Ok(first);
        }
        context.events.verbose(format!("{}: trying the most privileged shared access policy", first.status));
        let credentials = Credentials { strongest: true, looked_up_anew: first.status == 401, ..credentials };
        let again = context.send(request.clone(), &credentials).await;
        if again.as_ref().is_ok_and(|again| !is_refusal(again)) {
            self.needs_strongest.store(true, Ordering::Relaxed);
        }
        first.followed_by(again, request.is_write)
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
struct Credentials<'a> {
    endpoint: &'a Endpoint,
    right: AccessRight,
    /// Whether the most privileged policy is used, whatever the others have.
    strongest: bool,
    /// Whether the policies were looked up anew since the service refused one.
    looked_up_anew: bool,
    context: &'a Context,
}

impl Credentials<'_> {
    fn policy<'p>(&self, policies: &'p [Policy]) -> Option<&'p Policy> {
        if self.strongest { most_privileged(policies) } else { least_privileged(policies, self.right) }
    }

    /// Whether another policy than the one used is the most privileged one.
    async fn has_stronger(&self) -> bool {
        let Context { connection, events } = self.context;
        let Access::Policies(id) = &self.endpoint.access else { return false };
        // They are cached. Without them there is no other policy to try, and the refusal is what matters.
        let Ok(policies) = connection.policies(id, events).await else { return false };
        let name = |policy: Option<&Policy>| policy.map(|policy| policy.key_name.clone());
        name(self.policy(&policies)) != name(most_privileged(&policies))
    }
}

impl Authorize for Credentials<'_> {
    /// A signature by a shared access policy, or a token.
    ///
    /// # Errors
    /// [`Code::Forbidden`] if the service has no policy, and those of signing in.
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
                let policy = self.policy(&policies).ok_or_else(|| {
                    let message = format!("Forbidden: '{}' has no shared access policy.", id.name);
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
            Access::Policies(_) if self.looked_up_anew => false,
            Access::Policies(id) => {
                connection.forget_policies(id);
                true
            }
        }
    }
}

/// The least privileged of the policies that list `right`; the most privileged one if none does.
fn least_privileged(policies: &[Policy], right: AccessRight) -> Option<&Policy> {
    let listed = policies.iter().filter(|policy| policy.rights.allow(right));
    listed.min_by_key(|policy| policy.rights.weight()).or_else(|| most_privileged(policies))
}

fn most_privileged(policies: &[Policy]) -> Option<&Policy> {
    policies.iter().max_by_key(|policy| policy.rights.weight())
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
        let least = |policies, right| least_privileged(policies, right).map(|policy| policy.key_name.as_str());
        assert_eq!(least(&policies, AccessRight::EnrollmentRead), Some("read"));
        assert_eq!(least(&policies, AccessRight::EnrollmentWrite), Some("write"));
        // None lists it: the service says what its policies really give.
        assert_eq!(least(&policies, AccessRight::RegistrationStatusRead), Some("owner"));
        assert_eq!(least(&policies[2..], AccessRight::EnrollmentWrite), Some("read"));
        assert_eq!(least(&[], AccessRight::EnrollmentRead), None);
    }
}
