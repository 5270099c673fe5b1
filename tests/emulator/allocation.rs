//! Which hub a device goes to, and what becomes of it when it comes again.

use super::device::{Device, derived_key, group, individual, primary};
use crate::common::{Host, KEY, options, webhook, wire};
use aziotdps::emulator::{Configuration, LinkedHub, Options};
use aziotdps::model::AllocationPolicy;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

fn configuration(hubs: &[(&str, u32, u32)]) -> Configuration {
    let hub = |&(name, allocation_weight, latency_ms): &(&str, u32, u32)| LinkedHub {
        allocation_weight,
        latency_ms,
        location: "westeurope".to_owned(),
        ..LinkedHub::new(name)
    };
    Configuration { linked_hubs: hubs.iter().map(hub).collect(), ..Configuration::default() }
}

fn linked(hubs: &[(&str, u32, u32)]) -> Host {
    Host::with(Options { configuration: configuration(hubs), ..options() })
}

async fn hub(host: &Host, device: &Device) -> String {
    device.assigned(host).await["assignedHub"].as_str().unwrap().to_owned()
}

/// Changes the enrollment of `dev-1`, which keeps its key.
async fn device(host: &Host, extra: Value) -> Device {
    let keys = json!({"attestation": {"type": "symmetricKey", "symmetricKey": {"primaryKey": KEY}}});
    let mut all = extra;
    all["attestation"] = keys["attestation"].clone();
    individual(host, "dev-1", all).await;
    Device::with_key("dev-1", KEY)
}

#[tokio::test]
async fn each_policy_chooses_in_its_way() {
    let host = linked(&[("far", 1, 90), ("near", 1, 5), ("unused", 0, 1)]);
    for (extra, expected) in [
        (json!({"allocationPolicy": "geoLatency"}), "near"),
        (json!({"allocationPolicy": "static", "iotHubs": ["Unused"]}), "unused"),
        (json!({"allocationPolicy": "static", "iotHubs": ["near", "far"]}), "near"),
        (json!({"allocationPolicy": "geoLatency", "iotHubs": ["far"]}), "far"),
        (json!({"allocationPolicy": "hashed", "iotHubs": ["far", "unlinked"]}), "far"),
        (json!({"iotHubHostName": "near"}), "near"),
    ] {
        let device = device(&host, extra.clone()).await;
        assert_eq!(hub(&host, &device).await, expected, "{extra}");
    }
    let device = device(&host, json!({"iotHubs": ["unlinked"]})).await;
    assert!(device.failure(&host).await.contains("No linked IoT hub"));
    let kept = host.get("/registrations/dev-1").await.json();
    assert_eq!((&kept["status"], &kept["assignedHub"]), (&json!("failed"), &json!("near")), "it keeps the hub it had");
}

#[tokio::test]
async fn devices_spread_over_the_hubs_and_stay() {
    let host = linked(&[("a", 1, 0), ("b", 1, 0)]);
    let record = group(&host, "g", json!({"allocationPolicy": "hashed"})).await;
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..12 {
        let id = format!("dev-{number}");
        let device = Device::with_key(&id, &derived_key(primary(&record), &id));
        let first = hub(&host, &device).await;
        assert_eq!(hub(&host, &device).await, first);
        seen.insert(first);
    }
    assert_eq!(seen.len(), 2, "{seen:?}");
}

#[tokio::test]
async fn the_service_s_own_policy_counts_where_a_record_has_none() {
    let mut configuration = configuration(&[("far", 99, 90), ("near", 1, 5)]);
    configuration.allocation_policy = AllocationPolicy::GeoLatency;
    let host = Host::with(Options { configuration, ..options() });
    let device = device(&host, json!({})).await;
    assert_eq!(hub(&host, &device).await, "near");
    let path = format!("{}?api-version=2022-12-12", aziotdps::model::DEVELOPMENT.resource_id());
    let service = super::resource_manager::send(&host, Method::GET, &path, &[], None).await.json();
    assert_eq!(service["properties"]["allocationPolicy"], "GeoLatency");
    assert_eq!(
        service["properties"]["iotHubs"][0],
        json!({
            "name": "far",
            "connectionString": "HostName=far;SharedAccessKeyName=iothubowner;SharedAccessKey=****",
            "location": "westeurope",
            "authenticationType": "KeyBased",
            "allocationWeight": 99,
            "applyAllocationPolicy": true,
        })
    );
}

#[test]
fn a_configuration_that_no_service_could_have_does_not_start() {
    let configuration = configuration(&[("a", 1, 0), ("A", 1, 0)]);
    let refused = aziotdps::emulator::Emulator::start(Options { configuration, ..options() }).err().unwrap();
    assert_eq!(refused.parameter(), Some("config"));
}

/// What the emulator keeps of a registration and does not show: the twin that the hub would have.
async fn twin(host: &Host) -> Value {
    host.admin(Method::GET, "records/registrations/dev-1", None).await.json()["emulator"]["twin"].clone()
}

#[tokio::test]
async fn a_device_that_comes_again_is_treated_by_its_policy() {
    let policy = |update: bool, migrate: bool| json!({"updateHubAssignment": update, "migrateDeviceData": migrate});
    let (migrate, reset, never) = (policy(true, true), policy(true, false), policy(false, false));
    let host = linked(&[("a", 1, 0), ("b", 1, 0), ("c", 1, 0)]);
    // In each round the enrollment has another twin; the last number says of which round the device's own is.
    for (round, (hub, policy, expected, substatus, twin_of)) in [
        ("a", &migrate, "a", "initialAssignment", 0),
        ("a", &migrate, "a", "initialAssignment", 0),
        ("a", &reset, "a", "initialAssignment", 2),
        ("b", &migrate, "b", "deviceDataMigrated", 2),
        ("b", &migrate, "b", "deviceDataMigrated", 2),
        ("c", &reset, "c", "deviceDataReset", 5),
        ("a", &never, "c", "deviceDataReset", 5),
        ("a", &Value::Null, "a", "reprovisionedToInitialAssignment", 5),
    ]
    .into_iter()
    .enumerate()
    {
        let initial = json!({"tags": {"round": round}});
        let device = device(
            &host,
            json!({"allocationPolicy": "static", "iotHubs": [hub], "reprovisionPolicy": policy, "initialTwin": initial}),
        )
        .await;
        let state = device.assigned(&host).await;
        assert_eq!(
            (&state["assignedHub"], &state["substatus"]),
            (&json!(expected), &json!(substatus)),
            "round {round}"
        );
        assert_eq!(twin(&host).await["tags"]["round"], twin_of, "round {round}");
    }
}

fn custom(url: &str) -> Value {
    json!({"allocationPolicy": "custom", "customAllocationDefinition": {"webhookUrl": url, "apiVersion": "2021-10-01"}})
}

#[tokio::test]
async fn a_webhook_is_asked_as_the_documentation_has_it() {
    let hubs =
        ["custom-allocation-toasters-hub.azure-devices.net", "custom-allocation-heatpumps-hub.azure-devices.net"];
    let host = linked(&[("other", 1, 0), (hubs[0], 1, 0), (hubs[1], 1, 0)]);
    let answer = wire("webhook-allocation-response");
    let mut with_payload = answer.clone();
    with_payload["payload"] = json!({"hello": "device"});
    let (url, requests) = webhook(vec![(200, answer.to_string()), (200, with_payload.to_string())], Duration::ZERO);
    let mut recorded = wire("webhook-allocation-request");
    let mut sent = recorded["enrollmentGroup"].clone();
    for added in ["etag", "createdDateTimeUtc", "lastUpdatedDateTimeUtc", "enrollmentGroupId", "attestation"] {
        sent.as_object_mut().unwrap().shift_remove(added);
    }
    sent["customAllocationDefinition"]["webhookUrl"] = json!(url);
    let record = group(&host, "contoso-custom-allocated-devices", sent).await;
    let id = recorded["deviceRuntimeContext"]["registrationId"].as_str().unwrap().to_owned();
    let device = Device::with_key(&id, &derived_key(primary(&record), &id));

    let state = device.assigned(&host).await;
    assert_eq!((&state["assignedHub"], &state["substatus"]), (&json!(hubs[0]), &json!("initialAssignment")));
    assert_eq!(state.get("payload"), None);
    let kept = host.admin(Method::GET, &format!("records/registrations/{id}"), None).await.json();
    assert_eq!(kept["emulator"]["twin"], answer["initialTwin"]);

    let (head, mut asked) = requests.recv().unwrap();
    assert!(head.starts_with("post /api/allocate?code=secret http/1.1"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    assert!(asked["enrollmentGroup"]["etag"].as_str().unwrap().starts_with('"'), "{asked}");
    let shown = asked["enrollmentGroup"]["customAllocationDefinition"]["webhookUrl"].as_str().unwrap();
    assert!(shown.ends_with("/api/allocate?****"), "{shown}");
    for request in [&mut asked, &mut recorded] {
        request["enrollmentGroup"]["customAllocationDefinition"]["webhookUrl"] = json!("");
    }
    assert_eq!(super::golden::comparable(&asked), super::golden::comparable(&recorded));

    let end = device.provision_with(&host, Some(json!({"model": 7}))).await;
    assert_eq!(end["registrationState"]["payload"], with_payload["payload"]);
    assert_eq!(host.get(&format!("/registrations/{id}")).await.json()["payload"], with_payload["payload"]);
    let (_, asked) = requests.recv().unwrap();
    assert_eq!(
        asked["deviceRuntimeContext"],
        json!({
            "registrationId": id,
            "currentIotHubHostName": hubs[0],
            "currentDeviceId": id,
            "symmetricKey": {},
            "payload": {"model": 7},
        })
    );
}

#[tokio::test]
async fn a_webhook_that_fails_fails_the_registration() {
    let host = Host::start();
    let (url, _requests) = webhook(
        vec![
            (500, "{}".to_owned()),
            (200, "nonsense".to_owned()),
            (200, json!({"iotHubHostName": "elsewhere.azure-devices.net"}).to_string()),
        ],
        Duration::ZERO,
    );
    let by_webhook = device(&host, custom(&url)).await;
    for text in ["status 500", "response is not valid", "not one of the linkedHubs", "can't be called"] {
        let message = by_webhook.failure(&host).await;
        assert!(message.contains(text) && !message.contains("secret"), "{message}");
    }
    let of_enrollment = host.get("/enrollments/dev-1").await.json();
    assert_eq!(of_enrollment["registrationState"]["status"], "failed");
    // An HTTPS webhook must have a certificate that this machine trusts; the emulator's own has none.
    let untrusted = device(&host, custom(&host.url("/_emulator/health"))).await;
    assert!(untrusted.failure(&host).await.contains("can't be called"));
    let none = device(&host, json!({"allocationPolicy": "custom"})).await;
    assert!(none.failure(&host).await.contains("no webhook"));
}

#[tokio::test]
async fn while_a_webhook_thinks_the_device_is_being_assigned() {
    let host = Host::start();
    let answer = json!({"iotHubHostName": "emulated-hub-2.azure-devices.net"}).to_string();
    let (url, _requests) = webhook(vec![(200, answer)], Duration::from_millis(600));
    let device = device(&host, custom(&url)).await;
    let accepted = device.register(&host).await;
    let operation = format!("/operations/{}", accepted.json()["operationId"].as_str().unwrap());
    let polled = device.call(&host, Method::GET, &operation, None).await;
    assert_eq!((polled.status, polled.json()), (202, accepted.json()));
    assert_eq!(polled.header("retry-after"), Some("3"));
    assert_eq!(device.register(&host).await.refusal().0, 409, "one registration at a time");
    let end = device.end(&host, &accepted).await;
    assert_eq!(end["registrationState"]["assignedHub"], "emulated-hub-2.azure-devices.net");
}

#[tokio::test]
async fn an_emulator_stops_while_a_webhook_thinks() {
    let host = Host::start();
    let (url, requests) = webhook(vec![(200, "{}".to_owned())], Duration::from_secs(4));
    let device = device(&host, custom(&url)).await;
    assert_eq!(device.register(&host).await.status, 202);
    requests.recv().unwrap();
    let started = std::time::Instant::now();
    host.emulator.stop();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}
