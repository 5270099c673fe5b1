//! How a request names a provisioning service.

use crate::credential::{ConnectionString, is_host_name, other_host};
use crate::error::{Error, Result, quote};
use crate::model::ResourceId;
use secrecy::SecretString;
use serde::Deserialize;

/// The ways in which a request can name the service.
pub const WAYS: &str = "⟨resourceGroupName⟩ and ⟨dpsName⟩, ⟨resourceId⟩, ⟨hostName⟩, or ⟨connectionString⟩";

/// The members that name a service. [`Target::parse`] checks which go together.
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

/// A provisioning service, as the request named it.
#[derive(Clone, Debug)]
pub enum Target {
    /// By name; without a resource group, in any group of the subscription.
    Name {
        /// The resource group.
        resource_group_name: Option<String>,
        /// The service.
        name: String,
    },
    /// By resource id, with the host name if the caller knows it.
    Resource {
        /// The resource.
        id: ResourceId,
        /// Its data-plane host.
        host_name: Option<String>,
    },
    /// By host name; requests are authorized by an Entra token, or by the key that the session is connected with.
    HostName(String),
    /// By a connection string, which also authorizes requests.
    ConnectionString(ConnectionString),
}

impl Target {
    /// Parses a request's target; `None` if it names no service.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidArgument`] for an invalid value, and for members that exclude each other.
    pub fn parse(request: TargetRequest) -> Result<Option<Self>> {
        let TargetRequest { resource_group_name, dps_name, resource_id, host_name, connection_string } = request;
        if let Some(host_name) = &host_name
            && !is_host_name(host_name)
        {
            let message =
                format!("{} is not a host name, such as 'mydps.azure-devices-provisioning.net'.", quote(host_name));
            return Err(Error::argument("hostName", message));
        }
        if let Some(host_name) = &host_name
            && !other_host(host_name).is_empty()
        {
            let message = format!("{} is not a provisioning service's.{}", quote(host_name), other_host(host_name));
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
                return Err(Error::argument("dpsName", "⟨resourceGroupName⟩ needs ⟨dpsName⟩ too."));
            }
            _ => {
                return Err(Error::argument("target", format!("A service is named in one way: by {WAYS}.")));
            }
        }))
    }
}

fn resource(text: &str) -> Result<ResourceId> {
    let form = "/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Devices/provisioningServices/<name>";
    let message = format!("{} is not the resource id of a provisioning service; its form is '{form}'.", quote(text));
    let id = ResourceId::parse(text).ok_or_else(|| Error::argument("resourceId", message))?;
    check_segment("resourceId", &id.subscription_id)?;
    check_segment("resourceId", &id.resource_group_name)?;
    Ok(id)
}

/// Checks the name of a resource group, a subscription, a tenant or an application, which becomes a segment of a URL's
/// path: dots alone would change the path, and a connection string given by mistake would be sent.
///
/// # Errors
/// [`crate::error::Code::InvalidArgument`].
pub fn check_segment(parameter: &str, text: &str) -> Result<()> {
    let inside = |character: char| character.is_alphanumeric() || "-_.()".contains(character);
    let dots = text.chars().all(|character| character == '.');
    if !dots && text.chars().all(inside) && text.chars().count() <= 90 {
        return Ok(());
    }
    let rule = "1 to 90 letters, digits and - _ . ( )";
    Err(Error::argument(parameter, format!("{} is not accepted for ⟨{parameter}⟩: {rule}.", quote(text))))
}

/// Checks a name by the service's own rule, which also keeps it one segment of a URL path.
fn check_name(name: &str) -> Result<()> {
    let characters = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
    let ends = !name.starts_with('-') && !name.ends_with('-');
    if (3..=50).contains(&name.len()) && characters && ends && !name.chars().all(|character| character.is_ascii_digit())
    {
        return Ok(());
    }
    let rule = "3 to 50 letters, digits and '-', not only digits, with no '-' at either end";
    Err(Error::argument("dpsName", format!("{} is not the name of a provisioning service: {rule}.", quote(name))))
}

#[cfg(test)]
mod tests {
    use super::*;
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
}
