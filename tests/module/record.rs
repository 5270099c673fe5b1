//! What the library hands out fills the module's classes: every member has a property, every word is of its enum.

use crate::source::Types;
use aziotdps::emulator::{Emulator, Options};
use aziotdps::operation::{Call, Event, Session};
use serde_json::{Value, json};
use std::time::Duration;

fn run(session: &Session, call: Call, request: &Value) -> Vec<Value> {
    let operation = session.start(call, request.to_string().as_bytes());
    let mut found = Vec::new();
    loop {
        match operation.next(Some(Duration::from_secs(30))) {
            Event::Items(items) => found.extend(items),
            Event::Error(error) => panic!("{request}: {error}"),
            Event::End => return found,
            _ => {}
        }
    }
}

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

#[test]
fn records_fill_the_classes() {
    let types = Types::read();
    let home = tempfile::tempdir().unwrap();
    let emulator =
        Emulator::start(Options { port: 0, home: Some(home.path().to_owned()), ..Options::default() }).unwrap();
    let ready = emulator.ready();
    let session = Session::new().unwrap();
    let connect = json!({"emulator": ready.endpoint, "caCertificate": ready.ca_certificate, "shape": "powershell"});
    run(&session, Call::SessionConnect, &connect);

    let ask = |call: Call, type_name: &str, more: Value| {
        let mut request = json!({"shape": "powershell"});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let records = run(&session, call, &request);
        assert!(!records.is_empty(), "{request} yields nothing");
        for record in &records {
            fits(&types, type_name, record, type_name);
        }
    };
    let key = json!({"registrationId": "key", "attestationType": "SymmetricKey", "deviceId": "pump", "edgeEnabled": true,
        "reprovisionPolicy": "never", "allocationPolicy": "Custom", "webhookUrl": "https://example.org/choose",
        "apiVersion": "2021-10-01", "tag": {"a": [1]}, "desired": {"b": {"c": "d"}}, "provisioningStatus": "Disabled"});
    ask(Call::EnrollmentNew, "PSIndividualEnrollment", key);
    let endorsed =
        json!({"registrationId": "tpm", "attestationType": "Tpm", "endorsementKey": "MDEyMzQ1Njc4OWFiY2RlZg=="});
    ask(Call::EnrollmentNew, "PSIndividualEnrollment", endorsed);
    let signed = rcgen::generate_simple_self_signed(["x509".to_owned()]).unwrap().cert.pem();
    let signed = json!({"registrationId": "x509", "attestationType": "X509", "primaryCertificate": signed});
    ask(Call::EnrollmentNew, "PSIndividualEnrollment", signed);
    for id in ["key", "tpm", "x509"] {
        ask(Call::EnrollmentGet, "PSIndividualEnrollment", json!({"registrationId": id, "showKey": id == "key"}));
    }
    ask(
        Call::EnrollmentSet,
        "PSIndividualEnrollment",
        json!({"registrationId": "key", "provisioningStatus": "Enabled"}),
    );
    ask(Call::EnrollmentList, "PSIndividualEnrollments", json!({}));
    let target = json!({"target": {"resourceGroupName": "emulator", "dpsName": "emulator"}});
    ask(Call::ServiceGet, "PSProvisioningServiceDescription", target);
    ask(Call::ServiceList, "PSProvisioningServicesDescription", json!({}));
}
