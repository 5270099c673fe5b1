//! The device plane with symmetric keys, and what every call of it answers.

use super::device::{Device, Proof, derived_key, group, individual, primary, secondary, signature};
use super::golden::comparable;
use crate::common::{Host, PATIENCE, options, soon, wire};
use aziotdps::emulator::Options;
use aziotdps::model::DEVELOPMENT;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const HUBS: [&str; 2] = ["emulated-hub-1.azure-devices.net", "emulated-hub-2.azure-devices.net"];

#[tokio::test]
async fn both_keys_of_an_individual_enrollment_provision_its_device() {
    let host = Host::start();
    let record = individual(&host, "dev-1", json!({"deviceId": "Thermostat"})).await;
    for key in [primary(&record), secondary(&record)] {
        let state = Device::with_key("dev-1", key).assigned(&host).await;
        assert_eq!((&state["symmetricKey"], &state["deviceId"]), (&json!({}), &json!("Thermostat")));
        assert!(HUBS.contains(&state["assignedHub"].as_str().unwrap()), "{state}");
    }
}

#[tokio::test]
async fn a_registration_is_accepted_polled_looked_up_and_kept() {
    let host = Host::start();
    let record = individual(&host, "dev-1", json!({})).await;
    let device = Device::with_key("dev-1", primary(&record));
    assert_eq!(device.look_up(&host).await.json(), json!({"registrationId": "dev-1", "status": "unassigned"}));

    let accepted = device.register(&host).await;
    let body = accepted.json();
    let shape = |text: &str| text.replace(|letter: char| letter.is_ascii_hexdigit(), "0");
    let recorded = wire("device-register-accepted");
    assert_eq!(shape(body["operationId"].as_str().unwrap()), shape(recorded["operationId"].as_str().unwrap()));
    assert_eq!((accepted.status, &body["status"]), (202, &recorded["status"]));
    assert_eq!(accepted.header("retry-after"), Some("3"));
    let location = accepted.header("location").unwrap();
    let operation = format!("/registrations/dev-1/operations/{}?", body["operationId"].as_str().unwrap());
    assert!(location.starts_with(&host.url("/")) && location.contains(&operation), "{location}");

    let end = device.end(&host, &accepted).await;
    assert_eq!(end["operationId"], body["operationId"]);
    let mut state = end["registrationState"].clone();
    assert_eq!(device.look_up(&host).await.json(), state);
    state.as_object_mut().unwrap().shift_remove("symmetricKey");
    assert_eq!(host.get("/registrations/dev-1").await.text, state.to_string(), "the record has no proof in it");
    assert_eq!(host.get("/enrollments/dev-1").await.json()["registrationState"], state);
    assert_eq!(
        comparable(&state),
        comparable(&{
            let mut recorded = wire("registration-state-get-response");
            for member in ["registrationId", "deviceId", "assignedHub"] {
                recorded[member] = state[member].clone();
            }
            recorded
        })
    );
    let other = device.call(&host, Method::GET, "/operations/4.0.x", None).await;
    assert_eq!(other.refusal().0, 404);
}

#[tokio::test]
async fn a_group_s_devices_come_with_derived_keys() {
    let host = Host::start();
    let one = group(&host, "one", json!({})).await;
    let two = group(&host, "two", json!({})).await;
    for (id, key, expected) in [
        ("a", derived_key(primary(&one), "a"), "one"),
        ("b", derived_key(secondary(&two), "b"), "two"),
        ("C:9", derived_key(primary(&two), "C:9"), "two"),
    ] {
        let state = Device::with_key(id, &key).assigned(&host).await;
        assert_eq!(state["symmetricKey"], json!({"enrollmentGroupId": expected}));
        assert_eq!(state["deviceId"], id);
    }
    let listed = host.call(Method::POST, "/registrations/TWO/query", &[], None).await.json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert!(listed.to_string().find("emulator\":").is_none(), "{listed}");
    let stranger = Device::with_key("a", primary(&one)).register(&host).await;
    assert_eq!(stranger.refusal().1, 401_002, "the key of the group itself");
}

#[tokio::test]
async fn the_documented_vector_of_a_derived_key_is_taken() {
    let host = Host::start();
    let key = "8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9Egw==";
    let keys = json!({"attestation": {"type": "symmetricKey", "symmetricKey": {"primaryKey": key}}});
    group(&host, "g", keys).await;
    let id = "sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6";
    Device::with_key(id, "Jsm0lyGpjaVYVP2g3FnmnmG9dI/9qU24wNoykUmermc=").assigned(&host).await;
}

#[tokio::test]
async fn an_individual_enrollment_decides_before_any_group() {
    let host = Host::start();
    let shared = group(&host, "g", json!({})).await;
    let by_group = Device::with_key("dev-1", &derived_key(primary(&shared), "dev-1"));
    by_group.assigned(&host).await;
    let record = individual(&host, "DEV-1", json!({})).await;
    assert_eq!(by_group.register(&host).await.refusal().1, 401_002);
    Device::with_key("dev-1", primary(&record)).assigned(&host).await;
    host.delete("/enrollments/dev-1").await;
    by_group.assigned(&host).await;
}

#[tokio::test]
async fn a_disabled_enrollment_decides_too() {
    let host = Host::start();
    let shared = group(&host, "g", json!({"provisioningStatus": "disabled"})).await;
    let record = individual(&host, "dev-1", json!({"provisioningStatus": "disabled"})).await;
    for device in [
        Device::with_key("dev-1", primary(&record)),
        Device::with_key("dev-2", &derived_key(primary(&shared), "dev-2")),
    ] {
        let answer = device.register(&host).await;
        let body = answer.json();
        assert_eq!((answer.status, &body["status"]), (200, &json!("disabled")), "{body}");
        assert_eq!(body["registrationState"], json!({"registrationId": device.id, "status": "disabled"}));
        assert_eq!(host.get(&format!("/registrations/{}", device.id)).await.status, 404);
    }
    let stranger = Device::with_key("dev-1", primary(&shared)).register(&host).await;
    assert_eq!(stranger.refusal().0, 401, "a disabled device still has to prove who it is");
}

#[tokio::test]
async fn each_fault_of_a_device_s_proof_has_its_own_text() {
    let host = Host::start();
    let record = individual(&host, "dev-1", json!({})).await;
    let (scope, key) = (DEVELOPMENT.id_scope, primary(&record));
    let good = signature(scope, "dev-1", key, soon());
    for (proof, text) in [
        (signature(scope, "dev-1", key, 1000), "expired"),
        (signature(scope, "dev-2", key, soon()), "sr must be"),
        (signature("0ne0OTHER", "dev-1", key, soon()), "sr must be"),
        (good.replace("skn=registration", "skn=provisioningserviceowner"), "skn must be"),
        (good.replace("se=", "es="), "no se"),
        (signature(scope, "dev-1", "b3RoZXIgb3RoZXIgb3RoZXI=", soon()), "not made with a key"),
        ("Bearer x".to_owned(), "SharedAccessSignature"),
        (host.sas(crate::common::OWNER), "skn must be"),
    ] {
        let device = Device { id: "dev-1".to_owned(), proof: Proof::Signature(proof) };
        let (status, code, message) = device.register(&host).await.refusal();
        assert_eq!((status, code), (401, 401_002));
        assert!(message.contains(text), "{text}: {message}");
        assert_eq!(device.look_up(&host).await.status, 401);
        assert_eq!(device.call(&host, Method::GET, "/operations/4.x", None).await.status, 401);
    }
    assert_eq!(Device::with_key("nobody", key).register(&host).await.refusal().1, 401_002);
    let body = Some(json!({"registrationId": "dev-1"}).to_string());
    let path = format!("/{scope}/registrations/dev-1/register?api-version=2021-10-01");
    let anonymous = host.raw(Method::PUT, &path, &[("content-type", "application/json")], body).await;
    assert!(anonymous.refusal().2.contains("neither"), "{anonymous:?}");
}

#[tokio::test]
async fn a_request_that_is_wrong_in_itself_is_named() {
    let host = Host::start();
    let record = individual(&host, "dev-1", json!({})).await;
    let device = Device::with_key("dev-1", primary(&record));
    for (body, status, text) in [
        (json!({"registrationId": "dev-2"}), 400, "not the one in the path"),
        (json!({}), 400, "registrationId"),
        (json!({"registrationId": "dev-1", "tpm": {"endorsementKey": "AToAAQ=="}}), 400, "storageRootKey"),
        (json!({"registrationId": "dev-1", "csr": "MII="}), 501, "csr"),
    ] {
        let refusal = device.call(&host, Method::PUT, "/register", Some(body)).await.refusal();
        assert_eq!(refusal.0, status);
        assert!(refusal.2.contains(text), "{refusal:?}");
    }
    assert_eq!(device.call(&host, Method::PUT, "/register", None).await.refusal().0, 415);
    for (method, below, allow) in
        [(Method::POST, "/register", "PUT"), (Method::PUT, "/operations/4.x", "GET"), (Method::GET, "", "POST")]
    {
        let answer = device.call(&host, method, below, None).await;
        assert_eq!((answer.refusal().0, answer.header("allow")), (405, Some(allow)), "{below}");
    }
    let path = "/0ne0OTHER/registrations/dev-1/register?api-version=2021-10-01";
    let headers = [("content-type", "application/json")];
    let other = host.raw(Method::PUT, path, &headers, Some(json!({"registrationId": "dev-1"}).to_string())).await;
    assert!(other.refusal().0 == 404 && other.refusal().2.contains("ID scope"), "{other:?}");
    let path = format!("/{}/registrations/dev-1/register", DEVELOPMENT.id_scope);
    assert!(host.raw(Method::PUT, &path, &[], None).await.refusal().2.contains("api-version"));
}

#[tokio::test]
async fn the_owner_of_a_group_named_registrations_still_finds_its_devices() {
    let host = Host::start();
    let record = group(&host, "registrations", json!({})).await;
    Device::with_key("a", &derived_key(primary(&record), "a")).assigned(&host).await;
    let listed = host.call(Method::POST, "/registrations/registrations/query", &[], None).await.json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
}

#[tokio::test]
async fn a_device_comes_back_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = || aziotdps::emulator::Options {
        data_path: Some(folder.path().join("records.db")),
        ..crate::common::options()
    };
    let host = Host::with(options());
    let record = individual(&host, "dev-1", json!({})).await;
    let device = Device::with_key("dev-1", primary(&record));
    let before = device.assigned(&host).await;
    drop(host);
    let host = Host::with(options());
    let state = |value: &Value| (value["assignedHub"].clone(), value["substatus"].clone());
    assert_eq!(device.look_up(&host).await.json(), before);
    assert_eq!(state(&device.assigned(&host).await), state(&before));
}

#[tokio::test]
async fn one_of_two_registrations_at_once_is_refused_and_the_other_gets_its_result() {
    let host = Host::start();
    let record = individual(&host, "dev-1", json!({})).await;
    let device = Device::with_key("dev-1", primary(&record));
    let (one, other) = tokio::join!(device.register(&host), device.register(&host));
    let (accepted, refused) = if one.status == 202 { (one, other) } else { (other, one) };
    assert_eq!((accepted.status, refused.refusal().0), (202, 409));
    // However long the assignment took: a device that does not know its result yet is being registered.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(device.register(&host).await.refusal().0, 409);
    assert_eq!(device.end(&host, &accepted).await["status"], "assigned");
    device.assigned(&host).await;
}

#[tokio::test]
async fn a_device_that_never_asked_for_its_result_may_come_again_and_still_learns_it() {
    let host = Host::with(Options { retry_after: Duration::ZERO, ..options() });
    let record = individual(&host, "dev-1", json!({})).await;
    let device = Device::with_key("dev-1", primary(&record));
    let first = device.register(&host).await;
    assert_eq!((first.status, first.header("retry-after")), (202, Some("0")));
    let started = Instant::now();
    let second = loop {
        let second = device.register(&host).await;
        if second.status == 202 {
            break second;
        }
        assert!(started.elapsed() < PATIENCE, "{second:?}");
    };
    for accepted in [first, second] {
        assert_eq!(device.end(&host, &accepted).await["status"], "assigned");
    }
}

#[tokio::test]
async fn a_signature_without_skn_is_taken_and_one_with_another_is_not() {
    let host = Host::start();
    let record = individual(&host, "dev-1", json!({})).await;
    let signed = signature(DEVELOPMENT.id_scope, "dev-1", primary(&record), soon());
    let with = |text: &str| Device {
        id: "dev-1".to_owned(),
        proof: Proof::Signature(signed.replace("&skn=registration", text)),
    };
    // The official Python client sends none.
    with("").assigned(&host).await;
    let refusal = with("&skn=provisioningserviceowner").register(&host).await.refusal();
    assert!(refusal.1 == 401_002 && refusal.2.contains("skn"), "{refusal:?}");
}
