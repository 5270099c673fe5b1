//! A provisioning service as resource manager describes it, both ways.

use super::error::{Result, bad_request, error, of_service};
use crate::emulator::configuration::{LinkedHub, SharedAccessPolicy, are_hubs};
use crate::emulator::record::attestation::new_key;
use crate::emulator::service::settings::{Settings, new_etag, with_keys};
use crate::emulator::service::{Service, ServiceState};
use crate::model::{AllocationPolicy, Members, WireEnum};
use serde::Deserialize;
use serde_json::{Value, json};

/// The api-version that brought `disableLocalAuth`, `identity` and hubs without connection strings.
const NO_LOCAL_AUTH: &str = "2026-11-01";

/// What the provider writes itself; a value that is sent is passed over.
const READ_ONLY: [&str; 7] = [
    "state",
    "provisioningState",
    "serviceOperationsHostName",
    "deviceProvisioningHostName",
    "portalOperationsHostName",
    "idScope",
    "deviceRegistryNamespaces",
];

/// What a connection string shows in place of its key.
const MASK: &str = "****";

/// How a hub trusts the service where it is linked by a connection string.
const KEY_BASED: &str = "KeyBased";

/// What a PUT sends.
#[derive(Deserialize)]
pub(super) struct Description {
    location: Option<String>,
    #[serde(default)]
    tags: Option<Members>,
    sku: Option<Sku>,
    identity: Option<Value>,
    properties: Option<Members>,
}

#[derive(Deserialize)]
struct Sku {
    name: String,
    capacity: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SentHub {
    connection_string: Option<String>,
    host_name: Option<String>,
    authentication_type: Option<String>,
    selected_user_assigned_identity_resource_id: Option<String>,
    location: Option<String>,
    allocation_weight: Option<u32>,
    apply_allocation_policy: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SentPolicy {
    key_name: String,
    primary_key: Option<String>,
    secondary_key: Option<String>,
    rights: String,
}

/// Whether an api-version, which is a date and perhaps `-preview`, knows what 2026-11-01 brought.
fn is_recent(version: &str) -> bool {
    version.get(..NO_LOCAL_AUTH.len()).is_some_and(|date| date >= NO_LOCAL_AUTH)
}

/// A region in lower case without spaces, as resource manager answers with it.
pub(super) fn normal_location(location: &str) -> String {
    location.replace(' ', "").to_ascii_lowercase()
}

impl Description {
    /// The settings of a service that is created, or of the one that is written over. A PUT describes the whole service;
    /// only the policies stay where it names none, since no GET shows them.
    pub(super) fn settings(self, stored: Option<&Settings>, version: &str) -> Result<Settings> {
        let Some(location) = self.location.as_deref().map(normal_location).filter(|location| !location.is_empty())
        else {
            let message = "The location property is required for this definition.";
            return Err(error(400, "LocationRequired", message));
        };
        if let Some(stored) = stored.filter(|stored| stored.location != location) {
            let message = format!("The resource already exists in location '{}'.", stored.location);
            return Err(error(409, "InvalidResourceLocation", &message));
        }
        let mut settings = Settings::new(location);
        let sku = self.sku.ok_or_else(|| bad_request("sku is missing."))?;
        let capacity = sku.capacity.unwrap_or(1);
        if sku.name != "S1" || capacity == 0 {
            return Err(bad_request("sku must have the name S1 and a capacity of 1 at least."));
        }
        settings.sku["capacity"] = capacity.into();
        settings.tags = tags(self.tags)?;
        let mut properties = self.properties.ok_or_else(|| bad_request("properties is missing."))?;
        properties.retain(|name, value| !READ_ONLY.contains(&name.as_str()) && !value.is_null());
        let mut take = |name: &str| properties.shift_remove(name);
        settings.linked_hubs = hubs(take("iotHubs"), stored, version)?;
        if let Some(policy) = take("allocationPolicy") {
            let policy = policy.as_str().and_then(AllocationPolicy::parse);
            settings.allocation_policy = policy
                .filter(|policy| *policy != AllocationPolicy::Custom)
                .ok_or_else(|| bad_request("allocationPolicy must be Hashed, GeoLatency or Static."))?;
        }
        settings.policies = policies(take("authorizationPolicies"), stored)?;
        let (disable_local_auth, identity) = (take("disableLocalAuth"), self.identity);
        if is_recent(version) {
            settings.identity = identity;
            settings.disable_local_auth = match disable_local_auth {
                None => false,
                Some(value) => value.as_bool().ok_or_else(|| bad_request("disableLocalAuth must be true or false."))?,
            };
        } else if let Some(stored) = stored {
            settings.identity.clone_from(&stored.identity);
            settings.disable_local_auth = stored.disable_local_auth;
        }
        settings.other_properties = properties;
        Ok(settings)
    }
}

/// The settings with other tags.
pub(super) fn with_tags(stored: &Settings, sent: Option<Members>) -> Result<Settings> {
    let tags = sent.map_or_else(|| Ok(stored.tags.clone()), |sent| tags(Some(sent)))?;
    Ok(Settings { tags, etag: new_etag(), ..stored.clone() })
}

fn tags(sent: Option<Members>) -> Result<Members> {
    let tags = sent.unwrap_or_default();
    match tags.values().all(Value::is_string) {
        true => Ok(tags),
        false => Err(error(400, "InvalidRequestContent", "The value of a tag must be a string.")),
    }
}

fn hubs(sent: Option<Value>, stored: Option<&Settings>, version: &str) -> Result<Vec<LinkedHub>> {
    let Some(sent) = sent else { return Ok(Vec::new()) };
    let sent: Vec<SentHub> =
        serde_json::from_value(sent).map_err(|error| bad_request(&format!("iotHubs is not valid: {error}.")))?;
    let linked: Vec<LinkedHub> = sent.into_iter().map(|hub| linked(hub, stored, version)).collect::<Result<_>>()?;
    are_hubs(&linked).map_err(bad_request)?;
    Ok(linked)
}

fn linked(sent: SentHub, stored: Option<&Settings>, version: &str) -> Result<LinkedHub> {
    let known = |name: &str| {
        stored.and_then(|stored| stored.linked_hubs.iter().find(|hub| hub.host_name.eq_ignore_ascii_case(name)))
    };
    let (name, authentication_type) = match (&sent.connection_string, &sent.host_name) {
        (Some(text), _) => {
            let (name, key) = connection_string(text)?;
            if key.contains(MASK) && known(name).is_none() {
                return Err(bad_request(&format!("The connection string of the IoT hub '{name}' has no key.")));
            }
            (name, KEY_BASED.to_owned())
        }
        (None, Some(name)) if is_recent(version) => {
            let authentication = sent.authentication_type.as_deref().unwrap_or_default();
            let known = ["SystemAssigned", "UserAssigned"].into_iter().find(|kind| *kind == authentication);
            let kind = known.ok_or_else(|| {
                bad_request(
                    "An IoT hub without connectionString needs an authenticationType: SystemAssigned or UserAssigned.",
                )
            })?;
            if kind == "UserAssigned" && sent.selected_user_assigned_identity_resource_id.is_none() {
                return Err(bad_request("A UserAssigned IoT hub needs selectedUserAssignedIdentityResourceId."));
            }
            (name.as_str(), kind.to_owned())
        }
        _ => return Err(bad_request("An IoT hub has no connectionString.")),
    };
    let location = sent.location.as_deref().map(normal_location).filter(|location| !location.is_empty());
    let weight = sent.allocation_weight.unwrap_or(1);
    if weight > 1000 {
        return Err(bad_request("allocationWeight must be 0 to 1000."));
    }
    Ok(LinkedHub {
        location: location.ok_or_else(|| bad_request("An IoT hub has no location."))?,
        allocation_weight: weight,
        apply_allocation_policy: sent.apply_allocation_policy.unwrap_or(true),
        latency_ms: known(name).map_or(0, |known| known.latency_ms),
        authentication_type,
        selected_user_assigned_identity_resource_id: sent.selected_user_assigned_identity_resource_id,
        ..LinkedHub::new(name)
    })
}

/// The host name and the key of a hub's connection string.
fn connection_string(text: &str) -> Result<(&str, &str)> {
    let field = |name: &str| {
        let mut fields = text.split(';').filter_map(|field| field.split_once('='));
        fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).filter(|value| !value.is_empty())
    };
    match (field("HostName"), field("SharedAccessKeyName"), field("SharedAccessKey")) {
        (Some(host), Some(_), Some(key)) => Ok((host, key)),
        _ => Err(bad_request(
            "The connectionString of an IoT hub must have HostName, SharedAccessKeyName and SharedAccessKey.",
        )),
    }
}

fn policies(sent: Option<Value>, stored: Option<&Settings>) -> Result<Vec<SharedAccessPolicy>> {
    let sent: Vec<SentPolicy> = match sent {
        None => Vec::new(),
        Some(sent) => serde_json::from_value(sent)
            .map_err(|error| bad_request(&format!("authorizationPolicies is not valid: {error}.")))?,
    };
    let known = stored.map(|stored| stored.policies.as_slice()).unwrap_or_default();
    if sent.is_empty() {
        return match stored {
            Some(_) => Ok(known.to_vec()),
            None => Ok(vec![owner()?]),
        };
    }
    let mut policies: Vec<SharedAccessPolicy> = Vec::with_capacity(sent.len());
    for SentPolicy { key_name, primary_key, secondary_key, rights } in sent {
        if policies.iter().any(|other| other.key_name.eq_ignore_ascii_case(&key_name)) {
            return Err(bad_request(&format!("authorizationPolicies has '{key_name}' twice.")));
        }
        let before = known.iter().find(|policy| policy.key_name.eq_ignore_ascii_case(&key_name));
        let key = |sent: Option<String>, kept: fn(&SharedAccessPolicy) -> &String| {
            sent.filter(|key| !key.is_empty()).or_else(|| before.map(kept).cloned()).unwrap_or_default()
        };
        let policy = SharedAccessPolicy {
            primary_key: key(primary_key, |policy| &policy.primary_key),
            secondary_key: key(secondary_key, |policy| &policy.secondary_key),
            key_name,
            rights,
        };
        policy.check().map_err(|reason| bad_request(&reason))?;
        policies.push(with_keys(policy).map_err(of_service)?);
    }
    Ok(policies)
}

/// The policy that every new service has, with the rights that a real one is listed with.
fn owner() -> Result<SharedAccessPolicy> {
    Ok(SharedAccessPolicy {
        key_name: "provisioningserviceowner".to_owned(),
        primary_key: new_key().map_err(of_service)?,
        secondary_key: new_key().map_err(of_service)?,
        rights: "ServiceConfig, DeviceConnect, EnrollmentWrite".to_owned(),
    })
}

/// The service as GET shows it.
pub(super) fn shown(service: &Service, version: &str) -> Value {
    let settings = service.settings();
    let state = service.state();
    let mut properties = json!({
        "state": match state {
            ServiceState::Activating => "Activating",
            ServiceState::Active => "Active",
            ServiceState::Transitioning => "Transitioning",
        },
        "provisioningState": if state == ServiceState::Active { "Succeeded" } else { "Accepted" },
        "iotHubs": settings.linked_hubs.iter().map(|hub| shown_hub(hub, version)).collect::<Vec<_>>(),
        "allocationPolicy": settings.allocation_policy.powershell(),
        "serviceOperationsHostName": service.host,
        "deviceProvisioningHostName": service.host,
        "idScope": service.id_scope,
        "enableDataResidency": false,
    });
    if let Some(members) = properties.as_object_mut() {
        members.extend(settings.other_properties.clone());
        if is_recent(version) {
            members.insert("disableLocalAuth".to_owned(), settings.disable_local_auth.into());
        }
    }
    let mut shown = json!({
        "id": service.resource.to_string(),
        "name": service.resource.name,
        "type": "Microsoft.Devices/provisioningServices",
        "location": settings.location,
        "tags": settings.tags,
        "properties": properties,
        "resourcegroup": service.resource.resource_group_name,
        "subscriptionid": service.resource.subscription_id,
        "etag": settings.etag,
        "sku": settings.sku,
    });
    if let Some(identity) = settings.identity.clone().filter(|_| is_recent(version)) {
        shown["identity"] = identity;
    }
    shown
}

fn shown_hub(hub: &LinkedHub, version: &str) -> Value {
    let mut shown = json!({
        "name": hub.host_name,
        "location": hub.location,
        "authenticationType": hub.authentication_type,
        "allocationWeight": hub.allocation_weight,
        "applyAllocationPolicy": hub.apply_allocation_policy,
    });
    if hub.authentication_type == KEY_BASED {
        let text = format!("HostName={};SharedAccessKeyName=iothubowner;SharedAccessKey={MASK}", hub.host_name);
        shown["connectionString"] = text.into();
    }
    if is_recent(version) {
        shown["hostName"] = hub.host_name.clone().into();
        if let Some(identity) = &hub.selected_user_assigned_identity_resource_id {
            shown["selectedUserAssignedIdentityResourceId"] = identity.clone().into();
        }
    }
    shown
}
