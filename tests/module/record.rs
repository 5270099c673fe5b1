//! What the library hands out fills the module's classes: every member has a property, every word is of its enum.

use crate::common::Bench;
use crate::source::Types;
use aziotdps::operation::Call;
use reqwest::Method;
use serde_json::{Value, json};

/// Fails unless `value` fills `type_name`.
fn fits(types: &Types, type_name: &str, value: &Value, place: &str) {
    let type_name = type_name.strip_prefix("Nullable[").and_then(|name| name.strip_suffix(']')).unwrap_or(type_name);
    let (type_name, is_list) = type_name.strip_suffix("[]").map_or((type_name, false), |element| (element, true));
    if is_list {
        for item in value.as_array().unwrap_or_else(|| panic!("{place} is no list: {value}")) {
            fits(types, type_name, item, place);
        }
    } else if let Some(words) = types.accepted(type_name) {
        assert!(words.iter().any(|word| Some(word.as_str()) == value.as_str()), "{place} is no {type_name}: {value}");
    } else if types.class(type_name).is_some() {
        let properties = types.properties(type_name);
        for (name, value) in value.as_object().unwrap_or_else(|| panic!("{place} is no object: {value}")) {
            let property = properties.iter().find(|(property, _)| property == name);
            let (_, type_name) = property.unwrap_or_else(|| panic!("{type_name} has no {name}: {value}"));
            fits(types, type_name, value, &format!("{place}.{name}"));
        }
    } else {
        let right = match type_name {
            "string" | "datetime" => value.is_string(),
            "bool" => value.is_boolean(),
            "int" | "long" => value.is_i64(),
            "object" => true,
            dictionary => dictionary.starts_with("Collections.Generic.Dictionary") && value.is_object(),
        };
        assert!(right, "{place} is no {type_name}: {value}");
    }
}

/// A bench whose answers must fill the module's classes.
struct Classes {
    bench: Bench,
    types: Types,
}

impl Classes {
    /// Each record of the answer fills `type_name`.
    fn ask(&self, call: Call, type_name: &str, mut request: Value) -> Vec<Value> {
        request["shape"] = "powershell".into();
        let records = self.bench.run(call, request.clone()).items();
        assert!(!records.is_empty(), "{request} yields nothing");
        for record in &records {
            fits(&self.types, type_name, record, type_name);
        }
        records
    }
}

fn classes() -> Classes {
    Classes { bench: Bench::connected(), types: Types::read() }
}

fn certificate() -> String {
    rcgen::generate_simple_self_signed(["x509".to_owned()]).unwrap().cert.pem()
}

#[test]
fn enrollments_fill_their_class() {
    let classes = classes();
    let one = "PSIndividualEnrollment";
    let key = json!({"registrationId": "key", "attestationType": "SymmetricKey", "deviceId": "pump", "edgeEnabled": true,
        "reprovisionPolicy": "never", "allocationPolicy": "Custom", "webhookUrl": "https://example.org/choose",
        "apiVersion": "2021-10-01", "tag": {"a": [1]}, "desired": {"b": {"c": "d"}}, "provisioningStatus": "Disabled",
        "namespaceName": "n", "certificateAuthorityName": "c", "certificatePolicyName": "p", "deviceInformation": {"e": 1}});
    classes.ask(Call::EnrollmentNew, one, key);
    let endorsed =
        json!({"registrationId": "tpm", "attestationType": "Tpm", "endorsementKey": "MDEyMzQ1Njc4OWFiY2RlZg=="});
    classes.ask(Call::EnrollmentNew, one, endorsed);
    let signed = json!({"registrationId": "x509", "attestationType": "X509", "primaryCertificate": certificate()});
    classes.ask(Call::EnrollmentNew, one, signed);
    let provisioned = json!({"assignedHub": "h", "payload": {"p": 1}}).to_string();
    classes.bench.http(Method::PUT, "/_emulator/registrations/key", provisioned);
    for id in ["key", "tpm", "x509"] {
        classes.ask(Call::EnrollmentGet, one, json!({"registrationId": id, "showKey": id == "key"}));
    }
    let change = json!({"registrationId": "key", "clear": ["DeviceId", "DeviceInformation"], "tagMerge": {"a": null, "z": 1},
        "swapKey": true, "regenerateKey": "Secondary"});
    let changed = &classes.ask(Call::EnrollmentSet, one, change)[0];
    assert_eq!((changed.get("DeviceId"), &changed["InitialTwinState"]["Tags"]), (None, &json!({"z": 1})));
    classes.ask(Call::EnrollmentList, "PSIndividualEnrollments", json!({}));
}

#[test]
fn groups_fill_their_class() {
    let classes = classes();
    let one = "PSEnrollmentGroup";
    let key = json!({"name": "key", "attestationType": "SymmetricKey", "namespaceName": "n"});
    classes.ask(Call::EnrollmentGroupNew, one, key);
    let signed = json!({"name": "x509", "attestationType": "X509", "primaryCertificate": certificate()});
    classes.ask(Call::EnrollmentGroupNew, one, signed);
    let vouched =
        json!({"name": "ca", "attestationType": "X509", "primaryCAName": "root-1", "secondaryCAName": "root-2"});
    classes.ask(Call::EnrollmentGroupNew, one, vouched);
    for id in ["key", "x509", "ca"] {
        classes.ask(Call::EnrollmentGroupGet, one, json!({"name": id, "showKey": id == "key"}));
    }
    classes.ask(Call::EnrollmentGroupSet, one, json!({"name": "ca", "secondaryCAName": "root-3"}));
    let cleared = &classes.ask(Call::EnrollmentGroupSet, one, json!({"name": "ca", "clear": ["PrimaryCAName"]}))[0];
    assert_eq!(cleared["Attestation"]["X509"]["CAReferences"], json!({"Primary": "root-3"}));
    classes.ask(Call::EnrollmentGroupList, "PSEnrollmentGroups", json!({}));
    classes.ask(Call::DeviceKeyDerive, "string", json!({"name": "key", "registrationId": "pump-7"}));
    classes.ask(Call::EnrollmentGroupRemove, "bool", json!({"all": true, "passThru": true}));
}

#[test]
fn registrations_fill_their_class() {
    let classes = classes();
    let failed = json!({"enrollmentGroupId": "g", "status": "failed", "errorCode": 400_209, "errorMessage": "no",
        "deviceId": "d", "substatus": "deviceDataMigrated", "payload": {"a": ["2024-01-02T03:04:05.120Z", 1.5, null]}});
    classes.bench.http(Method::PUT, "/_emulator/registrations/r", failed.to_string());
    let read = &classes.ask(Call::RegistrationGet, "PSDeviceRegistrationState", json!({"registrationId": "r"}))[0];
    let class = classes.types.properties("PSDeviceRegistrationState");
    let unset = class.iter().filter(|(name, _)| read.get(name).is_none()).map(|(name, _)| name.as_str());
    assert_eq!(unset.collect::<Vec<_>>(), ["AssignedHub"], "{read}");
    classes.ask(Call::RegistrationGet, "PSDeviceRegistrationStates", json!({"enrollmentId": "g"}));
    classes.ask(Call::RegistrationRemove, "bool", json!({"registrationId": "r", "passThru": true}));
}

#[test]
fn services_fill_their_class() {
    let classes = classes();
    let target = json!({"target": {"resourceGroupName": "emulator", "dpsName": "emulator"}});
    classes.ask(Call::ServiceGet, "PSProvisioningServiceDescription", target);
    classes.ask(Call::ServiceList, "PSProvisioningServicesDescription", json!({}));
}
