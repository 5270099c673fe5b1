//! The plain members of a record. Each is replaced if the request has it, and not changed otherwise.

use crate::error::{Error, Result, quote};
use crate::model::{ProvisioningStatus, Record, ReprovisionPolicy, WireEnum};
use crate::operation::request::json_object;
use serde::Deserialize;
use serde_json::{Value, json};

/// The path of the initial twin's tags.
pub const TAGS: &[&str] = &["initialTwin", "tags"];

/// The path of the initial twin's desired properties.
pub const DESIRED: &[&str] = &["initialTwin", "properties", "desired"];

/// The plain members that a request gives.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    provisioning_status: Option<ProvisioningStatus>,
    reprovision_policy: Option<ReprovisionPolicy>,
    edge_enabled: Option<bool>,
    tag: Option<Value>,
    desired: Option<Value>,
    namespace_name: Option<String>,
    certificate_authority_name: Option<String>,
    certificate_policy_name: Option<String>,
}

/// The members of individual enrollments only.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeviceSettings {
    device_id: Option<String>,
    device_information: Option<Value>,
}

impl Settings {
    /// Checks what can be checked without the record, and parses twins that are given as text.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidArgument`] for a twin that is not a JSON object.
    pub fn check(&mut self) -> Result<()> {
        json_object(&mut self.tag, "tag")?;
        json_object(&mut self.desired, "desired")
    }

    /// Sets what the request gives in `record`.
    pub fn apply(&self, record: &mut Record) {
        if let Some(status) = self.provisioning_status {
            record.set(&["provisioningStatus"], status.wire());
        }
        if let Some(policy) = self.reprovision_policy {
            let (update_hub_assignment, migrate_device_data) = policy.switches();
            record.set(&["reprovisionPolicy", "updateHubAssignment"], update_hub_assignment);
            record.set(&["reprovisionPolicy", "migrateDeviceData"], migrate_device_data);
        }
        if let Some(edge) = self.edge_enabled {
            record.set(&["capabilities", "iotEdge"], edge);
        }
        if let Some(tag) = &self.tag {
            record.set(TAGS, tag.clone());
        }
        if let Some(desired) = &self.desired {
            record.set(DESIRED, desired.clone());
        }
        for (name, member) in self.registry() {
            if let Some(name) = name {
                record.set(&[member], name.as_str());
            }
        }
    }

    /// Whether the request gives a member that only [`crate::model::DEVICE_REGISTRY_API_VERSION`] has.
    pub fn needs_device_registry(&self) -> bool {
        self.registry().iter().any(|(name, _)| name.is_some())
    }

    fn registry(&self) -> [(&Option<String>, &'static str); 3] {
        [
            (&self.namespace_name, "namespaceName"),
            (&self.certificate_authority_name, "certificateAuthorityName"),
            (&self.certificate_policy_name, "certificatePolicyName"),
        ]
    }

    /// Sets the defaults of a new record, which are those of the Az module and `az`.
    pub fn apply_defaults(record: &mut Record) {
        let defaults = Self {
            reprovision_policy: Some(ReprovisionPolicy::Migrate),
            edge_enabled: Some(false),
            tag: Some(json!({})),
            desired: Some(json!({})),
            ..Self::default()
        };
        defaults.apply(record);
    }
}

impl DeviceSettings {
    /// Checks what can be checked without the record.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidArgument`] for a device id that IoT Hub refuses, and for device information that
    /// is not a JSON object.
    pub fn check(&mut self) -> Result<()> {
        json_object(&mut self.device_information, "deviceInformation")?;
        match &self.device_id {
            Some(id) if !is_device_id(id) => {
                let rule = "1 to 128 ASCII letters, digits and - . + % _ # * ? ! ( ) , : = @ $ '";
                Err(Error::argument("deviceId", format!("{} is not a device id: {rule}.", quote(id))))
            }
            _ => Ok(()),
        }
    }

    /// Sets what the request gives in `record`.
    pub fn apply(&self, record: &mut Record) {
        if let Some(id) = &self.device_id {
            record.set(&["deviceId"], id.as_str());
        }
        if let Some(information) = &self.device_information {
            record.set(&["optionalDeviceInformation"], information.clone());
        }
    }
}

fn is_device_id(id: &str) -> bool {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-.+%_#*?!(),:=@$'".contains(character);
    (1..=128).contains(&id.len()) && id.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_come_as_objects_or_as_text() {
        let mut settings = Settings { tag: Some(json!(r#"{"version":"3.2.0"}"#)), ..Settings::default() };
        settings.check().unwrap();
        assert_eq!(settings.tag, Some(json!({"version": "3.2.0"})));
        for (bad, says) in
            [(json!("{"), "line 1, column"), (json!("[1]"), "not a JSON object"), (json!([1]), "is a JSON object")]
        {
            let refused = Settings { desired: Some(bad), ..Settings::default() }.check().unwrap_err();
            assert!(refused.parameter() == Some("desired") && refused.message().contains(says), "{refused}");
        }
    }

    #[test]
    fn only_what_is_given_changes() {
        let text = r#"{"initialTwin":{"tags":{"version":1.50},"new":7},"capabilities":{"iotEdge":true,"x":1}}"#;
        let mut record: Record = serde_json::from_str(text).unwrap();
        Settings::default().apply(&mut record);
        DeviceSettings::default().apply(&mut record);
        assert_eq!(serde_json::to_string(&record).unwrap(), text);
        let given = Settings { edge_enabled: Some(false), desired: Some(json!({})), ..Settings::default() };
        given.apply(&mut record);
        assert_eq!(
            serde_json::to_string(&record).unwrap(),
            r#"{"initialTwin":{"tags":{"version":1.50},"new":7,"properties":{"desired":{}}},"capabilities":{"iotEdge":false,"x":1}}"#
        );
    }
}
