//! Changes of an existing record other than new values: clearing members, merging twins, exchanging and replacing keys.

use super::attestation::CA_REFERENCES;
use super::settings::{DESIRED, TAGS};
use super::symmetric_key::new_key;
use crate::error::{Code, Error, Result};
use crate::events::Events;
use crate::model::{ClearableMember, EnrollmentKind, Record, Slot, WireEnum};
use crate::operation::request::json_object;
use serde::Deserialize;
use serde_json::{Value, json};

const PRIMARY_KEY: &[&str] = &["attestation", "symmetricKey", "primaryKey"];
const SECONDARY_KEY: &[&str] = &["attestation", "symmetricKey", "secondaryKey"];

/// The changes that a request asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Change {
    clear: Vec<ClearableMember>,
    tag_merge: Option<Value>,
    desired_merge: Option<Value>,
    swap_key: bool,
    regenerate_key: Option<Slot>,
    /// The members for which the request gives new values.
    #[serde(skip)]
    given: Vec<ClearableMember>,
}

impl Change {
    /// Checks what can be checked without the record, and parses merge patches that are given as text. `given` are the
    /// members for which the request gives new values.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`].
    pub fn check(&mut self, kind: EnrollmentKind, given: Vec<ClearableMember>) -> Result<()> {
        for (merge, member, parameter) in [
            (&self.tag_merge, ClearableMember::Tag, "tagMerge"),
            (&self.desired_merge, ClearableMember::Desired, "desiredMerge"),
        ] {
            if merge.is_some() && given.contains(&member) {
                let message = format!("⟨{parameter}⟩ and ⟨{}⟩ exclude each other: merge, or replace.", member.wire());
                return Err(Error::argument(parameter, message));
            }
        }
        self.given = given;
        if kind == EnrollmentKind::Group {
            let only_devices =
                [ClearableMember::DeviceId, ClearableMember::DeviceInformation, ClearableMember::StorageRootKey];
            if let Some(member) = self.clear.iter().find(|member| only_devices.contains(member)) {
                let message = format!("An enrollment group has no ⟨{}⟩.", member.wire());
                return Err(Error::argument("clear", message));
            }
        }
        json_object(&mut self.tag_merge, "tagMerge")?;
        json_object(&mut self.desired_merge, "desiredMerge")
    }

    /// Says which members the merge patches remove: a value that is missing by mistake removes one too.
    pub fn tell(&self, events: &Events) {
        for (patch, parameter) in [(&self.tag_merge, "tagMerge"), (&self.desired_merge, "desiredMerge")] {
            let members = patch.as_ref().and_then(Value::as_object).into_iter().flatten();
            let removed: Vec<&str> =
                members.filter(|(_, value)| value.is_null()).map(|(name, _)| name.as_str()).collect();
            if !removed.is_empty() {
                events.verbose(format!("⟨{parameter}⟩ takes out: {}.", removed.join(", ")));
            }
        }
    }

    /// The member that exchanges or replaces keys, if the request has one.
    pub fn touches_keys(&self) -> Option<&'static str> {
        if self.swap_key { Some("swapKey") } else { self.regenerate_key.map(|_| "regenerateKey") }
    }

    /// Whether applying the change twice has the effect of applying it once.
    pub fn is_idempotent(&self) -> bool {
        self.touches_keys().is_none()
            && ![ClearableMember::PrimaryCertificate, ClearableMember::PrimaryCaName]
                .into_iter()
                .any(|member| self.promotes(member))
    }

    /// Whether the secondary value becomes the primary one, since the request gives no new primary one.
    fn promotes(&self, member: ClearableMember) -> bool {
        matches!(member, ClearableMember::PrimaryCertificate | ClearableMember::PrimaryCaName)
            && self.clears(member)
            && !self.given.contains(&member)
    }

    /// Warns if a certificate is to be removed that stays, since the record has no other one: the service shows the only
    /// certificate in both places.
    pub fn warn(&self, kind: EnrollmentKind, before: &Record, events: &Events) {
        let [primary, secondary] = slots(ClearableMember::PrimaryCertificate, kind).map(|path| before.get(&path));
        if self.promotes(ClearableMember::PrimaryCertificate)
            && !self.clears(ClearableMember::SecondaryCertificate)
            && primary.is_some()
            && primary.map(identity) == secondary.map(identity)
        {
            events.warning("The certificate stays: the record has no other one.".to_owned());
        }
    }

    /// Whether a member is cleared that only [`crate::model::DEVICE_REGISTRY_API_VERSION`] has.
    pub fn needs_device_registry(&self) -> bool {
        let registry = [
            ClearableMember::NamespaceName,
            ClearableMember::CertificateAuthorityName,
            ClearableMember::CertificatePolicyName,
        ];
        registry.into_iter().any(|member| self.clears(member))
    }

    /// Whether `found` has the key that the change generated for `written`. Without such a key nothing shows who wrote.
    pub fn generated_key_is_in(&self, found: &Record, written: &Record) -> bool {
        let path = match self.regenerate_key {
            Some(Slot::Primary) => PRIMARY_KEY,
            Some(Slot::Secondary) => SECONDARY_KEY,
            None => return false,
        };
        written.text(path).is_some_and(|key| found.text(path) == Some(key))
    }

    /// Applies the idempotent part of the change to `record`.
    fn apply_idempotent(&self, kind: EnrollmentKind, record: &mut Record) {
        for member in self.clear.iter().filter(|member| !self.promotes(**member)) {
            clear(*member, kind, record);
        }
        for (patch, path) in [(&self.tag_merge, TAGS), (&self.desired_merge, DESIRED)] {
            if let Some(patch) = patch {
                let mut twin = record.get(path).cloned().unwrap_or_else(|| json!({}));
                merge(&mut twin, patch);
                record.set(path, twin);
            }
        }
    }

    /// Whether `member` is to be cleared.
    pub fn clears(&self, member: ClearableMember) -> bool {
        self.clear.contains(&member)
    }

    /// Applies the change to `record`. New values of the request are set after it.
    ///
    /// # Errors
    /// [`Code::InvalidChange`] if the record has no keys to exchange.
    pub fn apply(&self, kind: EnrollmentKind, record: &mut Record) -> Result<()> {
        // First, so that a secondary value that is cleared too does not become the primary one.
        self.apply_idempotent(kind, record);
        for member in [ClearableMember::PrimaryCertificate, ClearableMember::PrimaryCaName]
            .into_iter()
            .filter(|member| self.promotes(*member))
        {
            promote(member, kind, record);
        }
        if let Some(parameter) = self.touches_keys()
            && (record.text(PRIMARY_KEY).is_none() || record.text(SECONDARY_KEY).is_none())
        {
            let message = format!("⟨{parameter}⟩ needs a record with two symmetric keys.");
            return Err(Error::new(Code::InvalidChange, message).with_parameter(parameter));
        }
        if self.swap_key
            && let (Some(primary), Some(secondary)) =
                (record.get(PRIMARY_KEY).cloned(), record.get(SECONDARY_KEY).cloned())
        {
            record.set(PRIMARY_KEY, secondary);
            record.set(SECONDARY_KEY, primary);
        }
        match self.regenerate_key {
            Some(Slot::Primary) => record.set(PRIMARY_KEY, new_key()?),
            Some(Slot::Secondary) => record.set(SECONDARY_KEY, new_key()?),
            None => {}
        }
        Ok(())
    }
}

fn clear(member: ClearableMember, kind: EnrollmentKind, record: &mut Record) {
    let x509 = |member, slot| ["attestation", "x509", member, slot];
    let certificates = kind.certificates_member();
    match member {
        ClearableMember::DeviceId => drop(record.remove(&["deviceId"])),
        ClearableMember::Tag => record.set(TAGS, json!({})),
        ClearableMember::Desired => record.set(DESIRED, json!({})),
        ClearableMember::DeviceInformation => drop(record.remove(&["optionalDeviceInformation"])),
        ClearableMember::ReprovisionPolicy => drop(record.remove(&["reprovisionPolicy"])),
        ClearableMember::AllocationPolicy => {
            for member in ["allocationPolicy", "iotHubs", "iotHubHostName", "customAllocationDefinition"] {
                record.remove(&[member]);
            }
        }
        ClearableMember::IotHub => drop(record.remove(&["iotHubs"])),
        ClearableMember::IotHubHostName => drop(record.remove(&["iotHubHostName"])),
        ClearableMember::WebhookUrl => drop(record.remove(&["customAllocationDefinition"])),
        ClearableMember::StorageRootKey => drop(record.remove(&["attestation", "tpm", "storageRootKey"])),
        ClearableMember::PrimaryCertificate => drop(record.remove(&x509(certificates, "primary"))),
        ClearableMember::SecondaryCertificate => drop(record.remove(&x509(certificates, "secondary"))),
        ClearableMember::PrimaryCaName => drop(record.remove(&x509(CA_REFERENCES, "primary"))),
        ClearableMember::SecondaryCaName => drop(record.remove(&x509(CA_REFERENCES, "secondary"))),
        ClearableMember::NamespaceName => drop(record.remove(&["namespaceName"])),
        ClearableMember::CertificateAuthorityName => drop(record.remove(&["certificateAuthorityName"])),
        ClearableMember::CertificatePolicyName => drop(record.remove(&["certificatePolicyName"])),
    }
}

/// A record needs a primary certificate, so the secondary one becomes it.
fn promote(member: ClearableMember, kind: EnrollmentKind, record: &mut Record) {
    let [primary, secondary] = slots(member, kind);
    record.remove(&primary);
    if let Some(second) = record.remove(&secondary) {
        record.set(&primary, second);
    }
}

/// The paths of the primary and the secondary value, of certificates or of CA names.
fn slots(member: ClearableMember, kind: EnrollmentKind) -> [[&'static str; 4]; 2] {
    let member = if member == ClearableMember::PrimaryCaName { CA_REFERENCES } else { kind.certificates_member() };
    [Slot::Primary, Slot::Secondary].map(|slot| ["attestation", "x509", member, slot.wire()])
}

/// The identity of a certificate or of a name.
pub fn identity(slot: &Value) -> &Value {
    slot.pointer("/info/sha256Thumbprint").unwrap_or(slot)
}

/// JSON merge patch (RFC 7396). The other members keep their order.
fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    if let Value::Object(members) = value {
        for (name, change) in patch {
            if change.is_null() {
                members.shift_remove(name);
            } else {
                merge(members.entry(name).or_insert(Value::Null), change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, prelude::BASE64_STANDARD};

    fn changed(kind: EnrollmentKind, record: Value, change: Value) -> Result<Value> {
        let mut change: Change = serde_json::from_value(change).unwrap();
        change.check(kind, Vec::new())?;
        let mut record: Record = serde_json::from_value(record).unwrap();
        change.apply(kind, &mut record)?;
        Ok(serde_json::to_value(record).unwrap())
    }

    #[test]
    fn every_member_that_is_cleared_is_removed() {
        let full = json!({
            "deviceId": "d", "optionalDeviceInformation": {"a": 1},
            "attestation": {"type": "x509", "tpm": {"endorsementKey": "e", "storageRootKey": "s"}, "x509": {
                "clientCertificates": {"primary": 1, "secondary": 2}, "caReferences": {"primary": "a", "secondary": "b"}}},
            "iotHubHostName": "h", "initialTwin": {"tags": {"a": 1}, "properties": {"desired": {"b": 1}}},
            "reprovisionPolicy": {"updateHubAssignment": true}, "allocationPolicy": "custom", "iotHubs": ["h"],
            "customAllocationDefinition": {"webhookUrl": "u"},
            "namespaceName": "n", "certificateAuthorityName": "c", "certificatePolicyName": "p"
        });
        for (member, pointer, left) in [
            ("DeviceId", "/deviceId", None),
            ("Tag", "/initialTwin/tags", Some(json!({}))),
            ("Desired", "/initialTwin/properties/desired", Some(json!({}))),
            ("DeviceInformation", "/optionalDeviceInformation", None),
            ("ReprovisionPolicy", "/reprovisionPolicy", None),
            ("AllocationPolicy", "/customAllocationDefinition", None),
            ("IotHub", "/iotHubs", None),
            ("IotHubHostName", "/iotHubHostName", None),
            ("WebhookUrl", "/customAllocationDefinition", None),
            ("StorageRootKey", "/attestation/tpm/storageRootKey", None),
            ("PrimaryCertificate", "/attestation/x509/clientCertificates", Some(json!({"primary": 2}))),
            ("SecondaryCertificate", "/attestation/x509/clientCertificates", Some(json!({"primary": 1}))),
            ("PrimaryCAName", "/attestation/x509/caReferences", Some(json!({"primary": "b"}))),
            ("SecondaryCAName", "/attestation/x509/caReferences", Some(json!({"primary": "a"}))),
            ("NamespaceName", "/namespaceName", None),
            ("CertificateAuthorityName", "/certificateAuthorityName", None),
            ("CertificatePolicyName", "/certificatePolicyName", None),
        ] {
            let after = changed(EnrollmentKind::Individual, full.clone(), json!({"clear": [member]})).unwrap();
            assert_eq!(after.pointer(pointer), left.as_ref(), "{member}");
            assert_ne!(after, full, "{member}");
        }
        assert_eq!(ClearableMember::ALL.len(), 17, "a member without a case above");
        let both = json!({"clear": ["PrimaryCertificate", "SecondaryCertificate"]});
        let after = changed(EnrollmentKind::Individual, full.clone(), both).unwrap();
        assert_eq!(after.pointer("/attestation/x509/clientCertificates"), Some(&json!({})));
    }

    #[test]
    fn twins_merge_by_merge_patch() {
        let record = r#"{"initialTwin":{"tags":{"a":{"x":1.50,"y":2},"b":1},"more":1}}"#;
        let record = serde_json::from_str(record).unwrap();
        let after = changed(
            EnrollmentKind::Group,
            record,
            json!({"tagMerge": {"a": {"y": null, "z": 3}, "c": []}, "desiredMerge": "{\"d\":1}"}),
        )
        .unwrap();
        assert_eq!(
            after.to_string(),
            r#"{"initialTwin":{"tags":{"a":{"x":1.50,"z":3},"b":1,"c":[]},"more":1,"properties":{"desired":{"d":1}}}}"#
        );
    }

    #[test]
    fn a_merge_leaves_the_order_of_what_stays() {
        let record = r#"{"initialTwin":{"tags":{"a":1,"b":2,"c":3,"d":4}}}"#;
        let record = serde_json::from_str(record).unwrap();
        let after =
            changed(EnrollmentKind::Group, record, json!({"tagMerge": {"a": null, "c": {"x": null, "y": 1}}})).unwrap();
        assert_eq!(after.to_string(), r#"{"initialTwin":{"tags":{"b":2,"c":{"y":1},"d":4}}}"#);
    }

    #[test]
    fn the_only_certificate_stays_where_its_copy_is() {
        let info = json!({"info": {"sha256Thumbprint": "AB"}});
        let record = json!({"attestation": {"x509": {"clientCertificates": {"primary": info, "secondary": info}}}});
        let after = changed(EnrollmentKind::Individual, record, json!({"clear": ["PrimaryCertificate"]})).unwrap();
        assert_eq!(after["attestation"]["x509"]["clientCertificates"], json!({"primary": info}));
    }

    #[test]
    fn a_first_certificate_that_is_given_anew_leaves_the_second() {
        let mut change: Change = serde_json::from_value(json!({"clear": ["PrimaryCertificate"]})).unwrap();
        change.check(EnrollmentKind::Individual, vec![ClearableMember::PrimaryCertificate]).unwrap();
        let record = json!({"attestation": {"x509": {"clientCertificates": {"primary": 1, "secondary": 2}}}});
        let mut record: Record = serde_json::from_value(record).unwrap();
        change.apply(EnrollmentKind::Individual, &mut record).unwrap();
        let left = record.get(&["attestation", "x509", "clientCertificates"]).unwrap();
        assert_eq!((left, change.is_idempotent()), (&json!({"secondary": 2}), true));
    }

    #[test]
    fn keys_are_exchanged_and_renewed_one_side_at_a_time() {
        let record = json!({"attestation": {"symmetricKey": {"primaryKey": "p", "secondaryKey": "s"}}});
        let keys = |change| {
            changed(EnrollmentKind::Group, record.clone(), change).unwrap()["attestation"]["symmetricKey"].clone()
        };
        assert_eq!(keys(json!({"swapKey": true})), json!({"primaryKey": "s", "secondaryKey": "p"}));
        let renewed = keys(json!({"regenerateKey": "Secondary"}));
        assert_eq!(renewed["primaryKey"], "p");
        assert_eq!(BASE64_STANDARD.decode(renewed["secondaryKey"].as_str().unwrap()).unwrap().len(), 64);
        // Both: the old primary becomes the secondary, and a new primary takes over.
        let rolled = keys(json!({"swapKey": true, "regenerateKey": "Primary"}));
        assert_eq!(rolled["secondaryKey"], "p");
        let refused = changed(EnrollmentKind::Group, json!({}), json!({"swapKey": true})).unwrap_err();
        assert_eq!((refused.code(), refused.parameter()), (Code::InvalidChange, Some("swapKey")));
    }

    #[test]
    fn a_group_has_no_device_to_clear() {
        let refused = changed(EnrollmentKind::Group, json!({}), json!({"clear": ["deviceid"]})).unwrap_err();
        assert_eq!(refused.parameter(), Some("clear"));
    }
}
