//! An enrollment record: what is accepted, what is kept, and what is shown.

use super::attestation;
use super::json::{drop_nulls, normalize_twin, ordered};
use super::text;
use super::webhook_url;
use crate::emulator::clock;
use crate::emulator::errors::{Result, ServiceError, bad_request};
use crate::model::{AllocationPolicy, EnrollmentKind, Members, ProvisioningStatus, Record, WireEnum};
use serde_json::Value;

/// The members of either kind in the order in which the service writes them; unknown ones come last.
const ORDER: [&str; 20] = [
    "registrationId",
    "enrollmentGroupId",
    "deviceId",
    "registrationState",
    "optionalDeviceInformation",
    "attestation",
    "capabilities",
    "iotHubHostName",
    "namespaceName",
    "certificateAuthorityName",
    "certificatePolicyName",
    "initialTwin",
    "etag",
    "provisioningStatus",
    "reprovisionPolicy",
    "createdDateTimeUtc",
    "lastUpdatedDateTimeUtc",
    "allocationPolicy",
    "iotHubs",
    "customAllocationDefinition",
];

/// What the service writes itself; a value that is sent is ignored.
const READ_ONLY: [&str; 4] = ["registrationState", "etag", "createdDateTimeUtc", "lastUpdatedDateTimeUtc"];

/// Turns what was sent for `id` into the record to keep, in place of `stored`.
pub(crate) fn compose(kind: EnrollmentKind, id: &str, sent: Record, stored: Option<&Record>) -> Result<Record> {
    let mut members = sent.0;
    check_id(kind, id, &members)?;
    members.retain(|name, value| {
        !READ_ONLY.contains(&name.as_str()) && (!value.is_null() || name == "provisioningStatus")
    });
    for (name, value) in &mut members {
        check_member(name, value)?;
    }
    let stored_attestation = stored.and_then(|stored| stored.get(&["attestation"]));
    attestation::accept(kind, members.entry("attestation").or_insert(Value::Null), stored_attestation)?;
    members.entry("provisioningStatus").or_insert_with(|| ProvisioningStatus::Enabled.wire().into());

    let now = Value::from(clock::now());
    let kept = |name: &str| stored.and_then(|stored| stored.0.get(name)).cloned();
    if let Some(id) = kept(kind.id_member()) {
        members.insert(kind.id_member().to_owned(), id);
    }
    members.insert("etag".to_owned(), clock::etag().into());
    members.insert("createdDateTimeUtc".to_owned(), kept("createdDateTimeUtc").unwrap_or_else(|| now.clone()));
    members.insert("lastUpdatedDateTimeUtc".to_owned(), now);
    Ok(ordered(members, &ORDER))
}

/// The certificates of a record, which no response contains, and its keys, which a read does not return.
const CERTIFICATES: &[&str] = &["attestation", "x509", "*", "*", "certificate"];
const KEYS: &[&str] = &["attestation", "symmetricKey"];

/// The stored record, a JSON text, as PUT returns it.
pub(crate) fn with_keys(stored: &str) -> Result<String> {
    text::without(stored, &[CERTIFICATES])
}

/// The stored record as GET and queries return it.
pub(crate) fn without_keys(stored: &str) -> Result<String> {
    text::without(stored, &[CERTIFICATES, KEYS])
}

/// A parsed record as GET and queries return it.
pub(crate) fn record_without_keys(record: &Record) -> Result<Record> {
    Ok(serde_json::from_str(&without_keys(&serde_json::to_string(record)?)?)?)
}

/// The stored record as GET returns it, with the state of its registration, a JSON text too.
pub(crate) fn with_state(stored: &str, state: &str) -> Result<String> {
    let before = ["registrationId", "enrollmentGroupId", "deviceId"];
    text::with(stored, &[CERTIFICATES, KEYS], "registrationState", state, &before)
}

/// The attestation of the stored record, with its keys.
pub(crate) fn attestation_mechanism(stored: &str) -> Result<String> {
    Ok(text::member(&with_keys(stored)?, "attestation")?.unwrap_or("null").to_owned())
}

fn check_id(kind: EnrollmentKind, id: &str, members: &Members) -> Result<()> {
    let member = kind.id_member();
    match members.get(member).and_then(Value::as_str) {
        Some(sent) if sent.eq_ignore_ascii_case(id) => {}
        Some(_) => return Err(bad_request(format!("{member} in the body is not the one in the path."))),
        None => return Err(bad_request(format!("{member} is missing in the body."))),
    }
    check_id_text(member, id)
}

/// Checks that a record can have this id; `member` is the name in the error.
pub(crate) fn check_id_text(member: &str, id: &str) -> Result<()> {
    let known = |letter: char| letter.is_ascii_alphanumeric() || "-._:".contains(letter);
    let ends_well = id.ends_with(|last: char| last.is_ascii_alphanumeric() || last == '-');
    if id.len() <= 128 && id.chars().all(known) && ends_well {
        Ok(())
    } else {
        Err(bad_request(format!(
            "{member} must be 1 to 128 letters, digits, '-', '.', '_' or ':', and end with a letter, a digit or '-'."
        )))
    }
}

fn check_member(name: &str, value: &mut Value) -> Result<()> {
    let must_be = |what: &str| bad_request(format!("{name} must be {what}."));
    match name {
        "deviceId" => {
            let known = |letter: char| letter.is_ascii_alphanumeric() || "-:.+%_#*?!(),=@$'".contains(letter);
            let fits = |id: &str| (1..=128).contains(&id.len()) && id.chars().all(known);
            if value.as_str().is_some_and(fits) { Ok(()) } else { Err(must_be("an IoT Hub device id")) }
        }
        "iotHubHostName" if !value.is_string() => Err(must_be("a host name")),
        "provisioningStatus" if !value.is_null() => {
            wire_spelling::<ProvisioningStatus>(value, || must_be("enabled or disabled"))
        }
        "allocationPolicy" => {
            wire_spelling::<AllocationPolicy>(value, || must_be("one of hashed, geoLatency, static, custom"))
        }
        "iotHubs" => match value.as_array() {
            Some(hubs) if hubs.iter().all(Value::is_string) => Ok(()),
            _ => Err(must_be("an array of host names")),
        },
        "reprovisionPolicy" => switches(value, &[("updateHubAssignment", true), ("migrateDeviceData", true)], &must_be),
        "capabilities" => switches(value, &[("iotEdge", false)], &must_be),
        "customAllocationDefinition" => {
            drop_nulls(value);
            let text = |member: &str| value.get(member).and_then(Value::as_str).unwrap_or_default();
            if webhook_url::is_allowed(text("webhookUrl")) && !text("apiVersion").is_empty() {
                Ok(())
            } else {
                Err(must_be("an object with webhookUrl (https, or http on this machine) and apiVersion"))
            }
        }
        "initialTwin" => {
            normalize_twin(value).ok_or_else(|| must_be("an object of tags and properties.desired, each an object"))
        }
        "optionalDeviceInformation" if !value.is_object() => Err(must_be("an object")),
        _ => Ok(()),
    }
}

/// Replaces the value by its spelling on the wire.
fn wire_spelling<W: WireEnum>(value: &mut Value, error: impl FnOnce() -> ServiceError) -> Result<()> {
    let word = value.as_str().and_then(W::parse).ok_or_else(error)?;
    *value = word.wire().into();
    Ok(())
}

/// An object of booleans, each with its default.
fn switches(value: &mut Value, known: &[(&str, bool)], must_be: &dyn Fn(&str) -> ServiceError) -> Result<()> {
    drop_nulls(value);
    let members = value.as_object_mut().ok_or_else(|| must_be("an object"))?;
    for (name, default) in known {
        let switch = members.entry(*name).or_insert_with(|| (*default).into());
        if !switch.is_boolean() {
            return Err(must_be(&format!("an object in which {name} is true or false")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use EnrollmentKind::Individual;
    use serde_json::json;

    fn sent(extra: Value) -> Record {
        let mut record: Record =
            serde_json::from_value(json!({"registrationId": "dev-1", "attestation": {"type": "symmetricKey"}}))
                .unwrap();
        record.0.extend(extra.as_object().unwrap().clone());
        record
    }

    fn composed(extra: Value) -> Record {
        compose(Individual, "dev-1", sent(extra), None).unwrap()
    }

    fn refused(extra: Value) -> String {
        compose(Individual, "dev-1", sent(extra), None).unwrap_err().message
    }

    #[test]
    fn members_come_in_the_service_s_order_and_unknown_ones_last() {
        let record = composed(json!({
            "novelty": serde_json::from_str::<Value>(r#"{"b":null,"a":1.10}"#).unwrap(), "customAllocationDefinition": {"webhookUrl": "https://x", "apiVersion": "1"},
            "iotHubs": [], "allocationPolicy": "Custom", "initialTwin": {"tags": {"version": "x", "gone": null}},
            "capabilities": {}, "deviceId": "d", "reprovisionPolicy": {"migrateDeviceData": false}, "iotHubHostName": "h",
        }));
        let names: Vec<&str> = record.0.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "registrationId",
                "deviceId",
                "attestation",
                "capabilities",
                "iotHubHostName",
                "initialTwin",
                "etag",
                "provisioningStatus",
                "reprovisionPolicy",
                "createdDateTimeUtc",
                "lastUpdatedDateTimeUtc",
                "allocationPolicy",
                "iotHubs",
                "customAllocationDefinition",
                "novelty"
            ]
        );
        assert_eq!(record.0["novelty"].to_string(), r#"{"b":null,"a":1.10}"#);
        assert_eq!(record.0["initialTwin"].to_string(), r#"{"tags":{"version":"x","gone":null}}"#);
        assert_eq!(record.0["allocationPolicy"], "custom");
        assert_eq!(record.0["capabilities"], json!({"iotEdge": false}));
        assert_eq!(record.0["reprovisionPolicy"], json!({"migrateDeviceData": false, "updateHubAssignment": true}));
    }

    #[test]
    fn what_is_left_out_stays_out_and_the_status_can_be_null() {
        let record = composed(json!({"deviceId": null, "reprovisionPolicy": null, "capabilities": null}));
        let names: Vec<&str> = record.0.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "registrationId",
                "attestation",
                "etag",
                "provisioningStatus",
                "createdDateTimeUtc",
                "lastUpdatedDateTimeUtc"
            ]
        );
        assert_eq!(record.0["provisioningStatus"], "enabled");
        assert_eq!(composed(json!({"provisioningStatus": null})).0["provisioningStatus"], Value::Null);
    }

    #[test]
    fn an_update_keeps_the_id_s_spelling_and_the_day_of_creation() {
        let mut stored = composed(json!({}));
        stored.set(&["createdDateTimeUtc"], "2020-01-01T00:00:00Z");
        let mut again = sent(json!({"createdDateTimeUtc": "1999-01-01T00:00:00Z", "etag": "x"}));
        again.set(&["registrationId"], "DEV-1");
        let updated = compose(Individual, "Dev-1", again, Some(&stored)).unwrap();
        assert_eq!(updated.text(&["registrationId"]), Some("dev-1"));
        assert_eq!(updated.text(&["createdDateTimeUtc"]), Some("2020-01-01T00:00:00Z"));
        assert_ne!(updated.0["etag"], stored.0["etag"]);
    }

    #[test]
    fn no_call_shows_a_certificate_and_a_read_no_key() {
        let pem = rcgen::generate_simple_self_signed(["dev-1".to_owned()]).unwrap().cert.pem();
        let x509 =
            json!({"attestation": {"type": "x509", "x509": {"clientCertificates": {"primary": {"certificate": pem}}}}});
        let certificate = serde_json::to_string(&composed(x509)).unwrap();
        let key = serde_json::to_string(&composed(json!({}))).unwrap();
        let parsed = |text: Result<String>| serde_json::from_str::<Value>(&text.unwrap()).unwrap();
        for shown in [with_keys(&certificate), without_keys(&certificate), with_state(&certificate, "{}")] {
            let slots = parsed(shown)["attestation"]["x509"]["clientCertificates"].clone();
            for slot in ["primary", "secondary"] {
                assert_eq!(slots[slot].as_object().unwrap().keys().collect::<Vec<_>>(), ["info"]);
            }
        }
        assert_eq!(with_keys(&key).unwrap(), key);
        assert_eq!(parsed(without_keys(&key))["attestation"], json!({"type": "symmetricKey"}));
        assert_eq!(attestation_mechanism(&key).unwrap(), parsed(Ok(key.clone()))["attestation"].to_string());
    }

    #[test]
    fn the_state_has_its_place() {
        let stored = serde_json::to_string(&composed(json!({"deviceId": "d"}))).unwrap();
        let shown: Members = serde_json::from_str(&with_state(&stored, r#"{"status":"x"}"#).unwrap()).unwrap();
        assert_eq!(ordered(shown.clone(), &ORDER).0.keys().collect::<Vec<_>>(), shown.keys().collect::<Vec<_>>());
        assert_eq!(shown["registrationState"], json!({"status": "x"}));
    }

    #[test]
    fn ids_are_checked() {
        let with = |id: &str| {
            let mut record = sent(json!({}));
            record.set(&["registrationId"], id);
            compose(Individual, id, record, None).is_ok()
        };
        assert!(with("a:b.c_d-") && with(&"a".repeat(128)));
        assert!(!with("") && !with("a b") && !with("a/b") && !with("a.") && !with("é") && !with(&"a".repeat(129)));
        assert!(compose(Individual, "dev-2", sent(json!({})), None).unwrap_err().message.contains("path"));
    }

    #[test]
    fn each_member_is_refused_by_its_name() {
        for (name, value) in [
            ("deviceId", json!("a b")),
            ("provisioningStatus", json!("on")),
            ("allocationPolicy", json!(1)),
            ("iotHubs", json!("hub")),
            ("reprovisionPolicy", json!({"updateHubAssignment": "yes"})),
            ("capabilities", json!([])),
            ("customAllocationDefinition", json!({"webhookUrl": "http://x", "apiVersion": "1"})),
            ("initialTwin", json!({"properties": {"desired": []}})),
            ("optionalDeviceInformation", json!(1)),
            ("attestation", json!(null)),
        ] {
            assert!(refused(json!({ name: value })).contains(name), "{name}");
        }
    }
}
