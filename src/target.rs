//! From the many ways in which a provisioning service is named to its address and the credentials for it.

use crate::context::Context;
use crate::credential::{ConnectionString, is_host_name};
use crate::error::{Code, Error, Result};
use crate::http::Url;
use crate::model::{AccessRight, AuthType, Record, ResourceId};
use crate::service::Policy;
use secrecy::SecretString;
use serde::Deserialize;

/// The ways in which a request can name the service.
pub(crate) const WAYS: &str = "resourceGroupName and dpsName, resourceId, hostName, or connectionString";

/// How a request names the service. Which members go together is [`Target::parse`]'s business.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TargetRequest {
    /// The resource group of `dps_name`.
    pub resource_group_name: Option<String>,
    /// The service's name.
    pub dps_name: Option<String>,
    /// The service's resource id.
    pub resource_id: Option<String>,
    /// The service's host name.
    pub host_name: Option<String>,
    /// A connection string of the service.
    pub connection_string: Option<SecretString>,
}

/// A provisioning service, as it was named.
#[derive(Clone, Debug)]
pub enum Target {
    /// By name; without a group, in whichever group of the subscription it is.
    Name {
        /// The resource group.
        resource_group_name: Option<String>,
        /// The service.
        name: String,
    },
    /// By resource id; with the host name where the caller knows it already.
    Resource {
        /// The resource.
        id: ResourceId,
        /// Where it answers.
        host_name: Option<String>,
    },
    /// By host name; Entra signs in.
    HostName(String),
    /// By a connection string, which signs in too.
    ConnectionString(ConnectionString),
}

impl Target {
    /// Reads a request's target; `None` where it names no service.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] for a value that cannot be right, and for members that do not go together.
    pub fn parse(request: TargetRequest) -> Result<Option<Self>> {
        let TargetRequest { resource_group_name, dps_name, resource_id, host_name, connection_string } = request;
        if let Some(host_name) = &host_name
            && !is_host_name(host_name)
        {
            let message = format!("'{host_name}' is not a host name, such as 'mydps.azure-devices-provisioning.net'.");
            return Err(Error::argument("hostName", message));
        }
        Ok(Some(match (resource_group_name, dps_name, resource_id, host_name, connection_string) {
            (None, None, None, None, None) => return Ok(None),
            (resource_group_name, Some(name), None, None, None) => {
                check_name(&name)?;
                if let Some(group) = &resource_group_name {
                    check_segment("resourceGroupName", group)?;
                }
                Self::Name { resource_group_name, name }
            }
            (None, None, Some(id), host_name, None) => Self::Resource { id: resource(&id)?, host_name },
            (None, None, None, Some(host_name), None) => Self::HostName(host_name),
            (None, None, None, None, Some(text)) => Self::ConnectionString(ConnectionString::parse(&text)?),
            (Some(_), None, ..) => {
                return Err(Error::argument("dpsName", "resourceGroupName needs dpsName beside it."));
            }
            _ => {
                return Err(Error::argument("target", format!("A service is named in one way: by {WAYS}.")));
            }
        }))
    }

    /// The service as messages name it.
    pub fn name(&self) -> &str {
        match self {
            Self::Name { name, .. } => name,
            Self::Resource { id, .. } => &id.name,
            Self::HostName(host_name) => host_name,
            Self::ConnectionString(connection_string) => &connection_string.host_name,
        }
    }

    /// Finds the service's address. Keys are looked up later, by what each call needs.
    ///
    /// # Errors
    /// [`Code::NotFound`] and [`Code::NotConnected`], and those of resource manager.
    pub async fn resolve(self, context: &Context) -> Result<Endpoint> {
        let (host_name, access) = match self {
            Self::ConnectionString(connection_string) => {
                (connection_string.host_name.clone(), Access::Key(connection_string))
            }
            Self::HostName(host_name) => (host_name, Access::Login),
            Self::Name { resource_group_name, name } => find(resource_group_name, name, context).await?,
            Self::Resource { id, host_name: Some(host_name) } => (host_name, Access::through(id, context)),
            Self::Resource { id, host_name: None } => {
                (context.connection().host_name(&id, context).await?, Access::through(id, context))
            }
        };
        let url = Url::parse(&format!("https://{host_name}/"));
        let url =
            url.map_err(|_| Error::new(Code::UnexpectedResponse, format!("'{host_name}' is not a host name.")))?;
        Ok(Endpoint { url, host_name, access })
    }
}

/// The id of a service that resource manager described.
///
/// # Errors
/// [`Code::UnexpectedResponse`] where the description has none.
pub(crate) fn resource_of(service: &Record) -> Result<ResourceId> {
    let id = service.text(&["id"]).and_then(ResourceId::parse);
    id.ok_or_else(|| Error::new(Code::UnexpectedResponse, "Resource manager's record of the service has no id."))
}

/// The host name in resource manager's record of a service.
///
/// # Errors
/// [`Code::Conflict`] while the service is still being made.
pub(crate) fn host_name_of(service: &Record) -> Result<String> {
    let host_name = service.text(&["properties", "serviceOperationsHostName"]).map(str::to_owned);
    host_name.ok_or_else(|| {
        let name = service.text(&["name"]).unwrap_or_default();
        let message = format!("Provisioning service '{name}' has no host name yet; it may still be being made.");
        Error::new(Code::Conflict, message).with_target(format!("provisioning service/{name}"))
    })
}

fn resource(text: &str) -> Result<ResourceId> {
    let form = "/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Devices/provisioningServices/<name>";
    let message = format!("'{text}' is not the resource id of a provisioning service; its form is '{form}'.");
    ResourceId::parse(text).ok_or_else(|| Error::argument("resourceId", message))
}

async fn find(group: Option<String>, name: String, context: &Context) -> Result<(String, Access)> {
    let connection = context.connection();
    let subscription_id = connection.subscription(context).await?;
    let id = match group {
        Some(resource_group_name) => ResourceId { subscription_id, resource_group_name, name },
        None => connection.named(&subscription_id, &name, context).await?,
    };
    Ok((connection.host_name(&id, context).await?, Access::through(id, context)))
}

/// How an endpoint is signed in to.
#[derive(Clone, Debug)]
enum Access {
    Key(ConnectionString),
    Policies(ResourceId),
    Login,
}

impl Access {
    fn through(id: ResourceId, context: &Context) -> Self {
        match context.connection().auth_type {
            AuthType::Key => Self::Policies(id),
            AuthType::Login => Self::Login,
        }
    }
}

/// Where a service answers, and how to sign in to it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `https://host/`.
    pub url: Url,
    host_name: String,
    access: Access,
}

impl Endpoint {
    /// The `Authorization` header for a call that needs `right`, by the least powerful policy that has it.
    ///
    /// # Errors
    /// [`Code::Forbidden`] where no policy has the right, and those of signing in.
    pub async fn authorization(&self, context: &Context, right: AccessRight) -> Result<SecretString> {
        match &self.access {
            Access::Key(connection_string) => Ok(connection_string.key.authorization(&self.host_name)),
            Access::Login => context.connection().data_plane_token(context).await,
            Access::Policies(id) => {
                let policies = context.connection().policies(id, context).await?;
                let policy = least(&policies, right).ok_or_else(|| {
                    let message =
                        format!("Forbidden: no shared access policy of '{}' has the right {}.", id.name, right.name());
                    Error::new(Code::Forbidden, message)
                })?;
                let (name, key) = (policy.key_name.clone(), policy.primary_key.clone());
                let key = crate::credential::SharedAccessKey::new(name, key, "target")?;
                Ok(key.authorization(&self.host_name))
            }
        }
    }

    /// Drops what was cached of the credentials, since the service did not accept them; whether there may be others.
    pub fn forget(&self, context: &Context) -> bool {
        match &self.access {
            Access::Key(_) => false,
            Access::Login => context.connection().forget_data_plane_token(),
            Access::Policies(id) => {
                context.connection().forget_policies(id);
                true
            }
        }
    }
}

fn least(policies: &[Policy], right: AccessRight) -> Option<&Policy> {
    policies.iter().filter(|policy| policy.rights.allow(right)).min_by_key(|policy| policy.rights.weight())
}

/// Checks a name that becomes a segment of a path: dots alone would lead elsewhere.
///
/// # Errors
/// [`Code::InvalidArgument`].
pub(crate) fn check_segment(parameter: &str, text: &str) -> Result<()> {
    if text.trim().is_empty() || text.chars().all(|character| character == '.') || text.contains(char::is_control) {
        return Err(Error::argument(parameter, format!("'{text}' is not accepted for {parameter}.")));
    }
    Ok(())
}

/// The service's own rule for its name; also what keeps a name from being anything else in a path.
fn check_name(name: &str) -> Result<()> {
    let characters = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
    let ends = !name.starts_with('-') && !name.ends_with('-');
    if (3..=50).contains(&name.len()) && characters && ends && !name.chars().all(|character| character.is_ascii_digit())
    {
        return Ok(());
    }
    let rule = "3 to 50 letters, digits and '-', not only digits, with no '-' at either end";
    Err(Error::argument("dpsName", format!("'{name}' is not the name of a provisioning service: {rule}.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AccessRights;
    use serde_json::json;

    fn parse(request: serde_json::Value) -> Result<Option<Target>> {
        Target::parse(serde_json::from_value(request).unwrap())
    }

    #[test]
    fn the_ways_to_name_a_service_do_not_mix() {
        assert!(parse(json!({})).unwrap().is_none());
        for (request, parameter) in [
            (json!({"resourceGroupName": "g"}), "dpsName"),
            (json!({"dpsName": "a/b"}), "dpsName"),
            (json!({"dpsName": "12345"}), "dpsName"),
            (json!({"dpsName": "dps", "resourceGroupName": ".."}), "resourceGroupName"),
            (json!({"hostName": "a\nb"}), "hostName"),
            (
                json!({"resourceId": "/subscriptions/s/resourceGroups/../providers/Microsoft.Devices/provisioningServices/n"}),
                "resourceId",
            ),
            (json!({"dpsName": "d-1", "hostName": "h"}), "target"),
            (json!({"hostName": "https://h"}), "hostName"),
            (json!({"hostName": "h/x"}), "hostName"),
            (json!({"resourceId": "x"}), "resourceId"),
            (json!({"connectionString": "HostName=h"}), "connectionString"),
        ] {
            assert_eq!(parse(request.clone()).unwrap_err().parameter(), Some(parameter), "{request}");
        }
    }

    #[test]
    fn the_least_powerful_policy_that_suffices_is_taken() {
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
