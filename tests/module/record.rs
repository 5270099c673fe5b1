//! What the library hands out fills the module's classes: every member has a property, every word is one that a
//! parameter takes.

use crate::class::Types;
use crate::common::Bench;
use crate::request::call;
use crate::source::cmdlets;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A bench whose answers must fill the module's classes.
struct Classes {
    bench: Bench,
    types: Types,
    /// What the parameters of a record's words take, by their names.
    words: BTreeMap<String, Vec<String>>,
}

impl Classes {
    /// Each record of the answer fills `type_name`.
    fn ask(&self, operation: &str, type_name: &str, mut request: Value) -> Vec<Value> {
        request["shape"] = "powershell".into();
        let records = self.bench.run(call(operation), request.clone()).items();
        assert!(!records.is_empty(), "{request} yields nothing");
        for record in &records {
            self.fits(type_name, record, type_name);
        }
        records
    }

    /// Fails unless `value` fills `type_name`. `place` ends with the name of the member that it is.
    fn fits(&self, type_name: &str, value: &Value, place: &str) {
        let type_name =
            type_name.strip_prefix("Nullable[").and_then(|name| name.strip_suffix(']')).unwrap_or(type_name);
        if let Some(element) = type_name.strip_suffix("[]") {
            for item in value.as_array().unwrap_or_else(|| panic!("{place} is no list: {value}")) {
                self.fits(element, item, place);
            }
        } else if self.types.class(type_name).is_some() {
            let properties = self.types.properties(type_name);
            for (name, value) in value.as_object().unwrap_or_else(|| panic!("{place} is no object: {value}")) {
                let property = properties.iter().find(|(property, _)| property == name);
                let (_, type_name) = property.unwrap_or_else(|| panic!("{type_name} has no {name}: {value}"));
                self.fits(type_name, value, &format!("{place}.{name}"));
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
            let member =
                if place.ends_with("Attestation.Type") { "AttestationType" } else { place.rsplit('.').next().unwrap() };
            if let Some(words) = self.words.get(member) {
                assert!(words.iter().any(|word| Some(word.as_str()) == value.as_str()), "{place}: {value}");
            }
        }
    }
}

fn classes() -> Classes {
    let new =
        cmdlets().into_iter().find(|cmdlet| cmdlet.name == "New-AzIoTDeviceProvisioningServiceEnrollment").unwrap();
    let words = new
        .parameters
        .into_iter()
        .filter_map(|parameter| Some((parameter.name, parameter.accepted.or(parameter.offered)?)));
    // Of the re-provisioning policy a record has two members for the one word.
    let words: BTreeMap<_, _> = words.filter(|(name, _)| name != "ReprovisionPolicy").collect();
    assert_eq!(words.keys().collect::<Vec<_>>(), ["AllocationPolicy", "AttestationType", "ProvisioningStatus"]);
    Classes { bench: Bench::connected(), types: Types::read(), words }
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
    classes.ask("enrollment_new", one, key);
    let endorsed =
        json!({"registrationId": "tpm", "attestationType": "Tpm", "endorsementKey": "MDEyMzQ1Njc4OWFiY2RlZg=="});
    classes.ask("enrollment_new", one, endorsed);
    let signed = json!({"registrationId": "x509", "attestationType": "X509", "primaryCertificate": certificate()});
    classes.ask("enrollment_new", one, signed);
    let provisioned = json!({"assignedHub": "h", "payload": {"p": 1}}).to_string();
    classes.bench.http(Method::PUT, "/_emulator/registrations/key", provisioned);
    for id in ["key", "tpm", "x509"] {
        classes.ask("enrollment_get", one, json!({"registrationId": id, "showKey": id == "key"}));
    }
    let change = json!({"registrationId": "key", "clear": ["DeviceId", "DeviceInformation"], "tagMerge": {"a": null, "z": 1},
        "swapKey": true, "regenerateKey": "Secondary"});
    let changed = &classes.ask("enrollment_set", one, change)[0];
    assert_eq!((changed.get("DeviceId"), &changed["InitialTwinState"]["Tags"]), (None, &json!({"z": 1})));
    classes.ask("enrollment_list", "PSIndividualEnrollments", json!({}));
}

#[test]
fn groups_fill_their_class() {
    let classes = classes();
    let one = "PSEnrollmentGroup";
    let key = json!({"name": "key", "attestationType": "SymmetricKey", "namespaceName": "n"});
    classes.ask("enrollment_group_new", one, key);
    let signed = json!({"name": "x509", "attestationType": "X509", "primaryCertificate": certificate()});
    classes.ask("enrollment_group_new", one, signed);
    let vouched =
        json!({"name": "ca", "attestationType": "X509", "primaryCAName": "root-1", "secondaryCAName": "root-2"});
    classes.ask("enrollment_group_new", one, vouched);
    for id in ["key", "x509", "ca"] {
        classes.ask("enrollment_group_get", one, json!({"name": id, "showKey": id == "key"}));
    }
    classes.ask("enrollment_group_set", one, json!({"name": "ca", "secondaryCAName": "root-3"}));
    let cleared = &classes.ask("enrollment_group_set", one, json!({"name": "ca", "clear": ["PrimaryCAName"]}))[0];
    assert_eq!(cleared["Attestation"]["X509"]["CAReferences"], json!({"Primary": "root-3"}));
    classes.ask("enrollment_group_list", "PSEnrollmentGroups", json!({}));
    classes.ask("device_key_derive", "string", json!({"name": "key", "registrationId": "pump-7"}));
    classes.ask("enrollment_group_remove", "bool", json!({"all": true, "passThru": true}));
}

#[test]
fn registrations_fill_their_class() {
    let classes = classes();
    let failed = json!({"enrollmentGroupId": "g", "status": "failed", "errorCode": 400_209, "errorMessage": "no",
        "deviceId": "d", "substatus": "deviceDataMigrated", "payload": {"a": ["2024-01-02T03:04:05.120Z", 1.5, null]}});
    classes.bench.http(Method::PUT, "/_emulator/registrations/r", failed.to_string());
    let read = &classes.ask("registration_get", "PSDeviceRegistrationState", json!({"registrationId": "r"}))[0];
    let class = classes.types.properties("PSDeviceRegistrationState");
    let unset = class.iter().filter(|(name, _)| read.get(name).is_none()).map(|(name, _)| name.as_str());
    assert_eq!(unset.collect::<Vec<_>>(), ["AssignedHub"], "{read}");
    classes.ask("registration_get", "PSDeviceRegistrationStates", json!({"enrollmentId": "g"}));
    classes.ask("registration_remove", "bool", json!({"registrationId": "r", "passThru": true}));
}

#[test]
fn services_fill_their_class() {
    let classes = classes();
    let target = json!({"target": {"resourceGroupName": "emulator", "dpsName": "emulator"}});
    classes.ask("service_get", "PSProvisioningServiceDescription", target);
    classes.ask("service_list", "PSProvisioningServicesDescription", json!({}));
}
