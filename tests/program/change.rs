//! What the peers cannot do: clear, merge, exchange and renew, one certificate out, all of a collection at once.

use crate::common::{KEY, Service};
use aziotdps::model::EnrollmentKind::{Group, Individual};
use serde_json::{Value, json};

const PEM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/device.pem");
const OTHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/other.pem");
const OTHER_KEY: &str = "b3RoZXIga2V5IG90aGVyIGtleSBvdGhlciBrZXk=";

fn full(service: &Service) {
    let settings = ["-d", "d", "--info", r#"{"a":1}"#, "--ap", "custom", "--av", "2019-03-31", "--wh"];
    let create = ["create", "--eid", "full", "--at", "symmetricKey", "--pk", KEY, "--sk", OTHER_KEY];
    let twins = ["--tags", r#"{"a":{"x":1.50,"y":2},"b":1}"#, "--props", r#"{"p":1}"#, "-o", "none"];
    service.enrollment(&[&create, &settings[..], &["https://f.example/x", "--ih", "h.example"], &twins].concat()).ok();
}

#[test]
fn everything_that_can_be_given_can_be_cleared() {
    let service = Service::start();
    full(&service);
    let update = |given: &[&str]| {
        let changed = service.enrollment(&[&["update", "--eid", "full"], given].concat()).ok().record();
        assert_eq!(changed, service.stored("full"));
        changed
    };
    // One bag at a time, which az cannot do.
    let after = update(&["--tags", ""]);
    let twin = json!({"tags": {}, "properties": {"desired": {"p": 1}}});
    assert_eq!(after["initialTwin"], twin);
    let after = update(&["--tags", r#"{"t":1}"#, "--props", ""]);
    assert_eq!(after["initialTwin"], json!({"tags": {"t": 1}, "properties": {"desired": {}}}));

    let after = update(&["--clear", "device-id", "TAGS", "--clear", "device-information iot-hubs"]);
    for member in ["deviceId", "optionalDeviceInformation", "iotHubs"] {
        assert!(after.get(member).is_none(), "{member}: {after}");
    }
    assert_eq!(after["initialTwin"]["tags"], json!({}));
    assert_eq!(after["customAllocationDefinition"]["webhookUrl"], "https://f.example/x");
    let after = update(&["--clear", "allocation-policy", "reprovision-policy", "props"]);
    assert!(after.get("allocationPolicy").is_none() && after.get("customAllocationDefinition").is_none(), "{after}");

    // What custom allocation cannot do without is given anew in the same breath.
    full_again(&service);
    service
        .enrollment(&["update", "--eid", "again", "--clear", "webhook-url"])
        .fails(1, &["option: --webhook-url", "function url"]);
    let hashed = service.enrollment(&["update", "--eid", "again", "--clear", "webhook-url", "--ap", "hashed"]);
    assert!(hashed.ok().record().get("customAllocationDefinition").is_none());
    service.enrollment(&["update", "--eid", "full", "--clear", "etag"]).fails(2, &["device-id", "props"]);
    service.enrollment(&["update", "--eid", "full", "--clear"]).fails(2, &["--clear"]);
}

fn full_again(service: &Service) {
    let custom = ["--ap", "custom", "--av", "2019-03-31", "--wh", "https://f.example/x"];
    service.enrollment(&[&["create", "--eid", "again", "--at", "symmetricKey"], &custom[..]].concat()).ok();
}

#[test]
fn twins_are_merged() {
    let service = Service::start();
    full(&service);
    let merge = [r#"{"a":{"y":null,"z":3},"c":[]}"#, r#"{"p":null,"q":{"r":true}}"#];
    let both = ["update", "--eid", "full", "--tags-merge", merge[0], "--props-merge", merge[1]];
    let twin = service.enrollment(&both).ok().record()["initialTwin"].clone();
    assert_eq!(twin["tags"].to_string(), r#"{"a":{"x":1.50,"z":3},"b":1,"c":[]}"#);
    assert_eq!(twin["properties"]["desired"], json!({"q": {"r": true}}));

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"{"b":null}"#).unwrap();
    let from_file = format!("@{}", file.path().display());
    let changed = service.enrollment(&["update", "--eid", "full", "--tags-merge", &from_file]).ok().json();
    assert!(changed["initialTwin"]["tags"].get("b").is_none(), "{changed}");
    for (option, value) in [("--tags-merge", ""), ("--tags-merge", "[1]"), ("--props-merge", "{")] {
        let named = format!("'{option} <JSON>'");
        service.enrollment(&["update", "--eid", "full", option, value]).fails(2, &[&named, "a JSON object"]);
    }
}

#[test]
fn keys_are_exchanged_and_renewed_on_both_nouns() {
    let service = Service::start();
    full(&service);
    service.line(&format!("enrollment-group create --gid full --pk {KEY} --sk {OTHER_KEY}")).ok();
    for (noun, kind) in [("enrollment", Individual), ("enrollment-group", Group)] {
        let update = |rest: &str| service.line(&format!("{noun} update --enrollment-id full {rest}"));
        let keys = || service.record(kind, "full")["attestation"]["symmetricKey"].clone();
        let key = |slot: &str| keys()[slot].as_str().unwrap().to_owned();
        update("--swap-keys").ok();
        assert_eq!(keys(), json!({"primaryKey": OTHER_KEY, "secondaryKey": KEY}));
        update("--regenerate-key Secondary").ok();
        assert_eq!(key("primaryKey"), OTHER_KEY);
        let renewed = key("secondaryKey");
        assert!(renewed != KEY && renewed.len() == 88, "{renewed}");
        update("--regenerate-key primary --swap-keys").ok();
        assert_eq!(key("secondaryKey"), OTHER_KEY);
        assert_ne!(key("primaryKey"), renewed);
        update(&format!("--sk {KEY}")).ok();
        assert_eq!(key("secondaryKey"), KEY);
        update("--regenerate-key third").fails(2, &["primary, secondary"]);
        update(&format!("--swap-keys --pk {KEY}")).fails(2, &["option: --swap-keys", "--primary-key"]);
    }
    service.enrollment(&["create", "--eid", "t", "--at", "tpm", "--ek", "QUJD"]).ok();
    service.enrollment(&["update", "--eid", "t", "--swap-keys"]).fails(1, &["two symmetric keys"]);
}

#[test]
fn one_certificate_goes_and_never_the_last() {
    let service = Service::start();
    let create = ["create", "--eid", "x", "--at", "x509", "--cp", PEM, "--scp", OTHER, "--only-show-errors"];
    let created = service.enrollment(&create).ok().record();
    let slots = |record: &Value| record["attestation"]["x509"]["clientCertificates"].clone();
    let thumbprint = |slots: &Value, slot: &str| slots[slot]["info"]["sha256Thumbprint"].clone();
    let update =
        |given: &[&str]| service.enrollment(&[&["update", "--eid", "x", "--only-show-errors"], given].concat());
    let before = slots(&created);
    // Three states: no is no.
    update(&["--rc", "false", "--remove-secondary-certificate", "false"]).fails(2, &["Nothing to change"]);
    assert_eq!(slots(&service.enrollment(&["show", "--eid", "x"]).ok().json()), before);
    for both in [&["--rc", "--rsc"][..], &["--clear", "certificate-path", "secondary-certificate-path"]] {
        update(both).fails(1, &["option: --certificate-path", "Primary certificate cannot be null"]);
    }
    let promoted = slots(&update(&["--remove-certificate"]).ok().json());
    assert_eq!(thumbprint(&promoted, "primary"), thumbprint(&before, "secondary"));
    // Out with the old, in with the new, at once.
    let replaced = slots(&update(&["--rc", "true", "--rsc", "true", "--cp", PEM]).ok().json());
    assert_eq!(thumbprint(&replaced, "primary"), thumbprint(&before, "primary"));
}

#[test]
fn the_only_certificate_stays_where_az_leaves_it() {
    let service = Service::start();
    service.enrollment(&["create", "--eid", "x", "--at", "x509", "--cp", PEM, "--only-show-errors"]).ok();
    let thumbprint = "attestation.x509.clientCertificates.primary.info.sha256Thumbprint";
    let before = service.enrollment(&["show", "--eid", "x", "--query", thumbprint]).ok().out;
    let ran = service.enrollment(&["update", "--eid", "x", "--rc", "--query", thumbprint]);
    assert_eq!(
        (ran.code, ran.out, ran.err.as_str()),
        (Some(0), before, "warning: The certificate stays: the record has no other one.\n")
    );
}

#[test]
fn hubs_without_a_policy_and_one_key_alone_are_taken_as_az_does() {
    let service = Service::start();
    service.create("d");
    let hub = service.enrollment(&["update", "--eid", "d", "--ih", "h.azure-devices.net"]).ok().record();
    assert_eq!(hub["iotHubs"], serde_json::json!(["h.azure-devices.net"]));
    for (given, made) in [("primaryKey", "secondaryKey"), ("secondaryKey", "primaryKey")] {
        let option = if given == "primaryKey" { "--pk" } else { "--sk" };
        let created = service.enrollment(&["create", "--eid", given, "--at", "symmetricKey", option, KEY]).ok().json();
        let keys = &created["attestation"]["symmetricKey"];
        assert!(keys[given] == KEY && keys[made].as_str().is_some_and(|key| key != KEY), "{keys}");
    }
}

#[test]
fn the_device_registry_is_named_on_both_nouns() {
    let service = Service::start();
    let names = "--namespace-name n --certificate-authority-name c --certificate-policy-name p";
    service.create("d");
    service.line("enrollment-group create --gid d").ok();
    for noun in ["enrollment", "enrollment-group"] {
        let run = |rest: &str| service.line(&format!("{noun} update --enrollment-id d {rest}"));
        let named = run(names).ok().json();
        assert_eq!((&named["namespaceName"], &named["certificatePolicyName"]), (&json!("n"), &json!("p")));
        let cleared = run("--clear certificate-policy-name --data-plane-api-version 2026-11-01").ok().record();
        assert_eq!((&cleared["certificateAuthorityName"], cleared.get("certificatePolicyName")), (&json!("c"), None));
        run("--data-plane-api-version soon").fails(2, &["option: --data-plane-api-version"]);
    }
    let versions =
        |version: &str| service.emulator.requests().iter().filter(|call| call.path.contains(version)).count();
    assert!(versions("api-version=2026-11-01") >= 8 && versions("api-version=2021-10-01") == 0);
}

#[test]
fn all_of_a_collection_goes_only_when_it_is_said_twice() {
    let service = Service::with(aziotdps::emulator::Options { page_size: 2, ..Default::default() });
    for number in 0..5 {
        service.create(&format!("d{number}"));
        service.line(&format!("enrollment-group create --gid g{number}")).ok();
    }
    for noun in ["enrollment", "enrollment-group"] {
        let delete = |rest: &str| service.line(&format!("{noun} delete {rest}"));
        delete("--all").fails(2, &["--yes", "Nothing was removed", "option: --all"]);
        delete("--yes").fails(2, &["--enrollment-id"]);
        delete("--all --yes --enrollment-id d1").fails(2, &["'--all' cannot be used with '--enrollment-id"]);
        delete("--all --yes --etag x").fails(2, &["--etag"]);
        assert_eq!(service.line(&format!("{noun} list")).ok().json().as_array().unwrap().len(), 5);
        assert_eq!(delete("--all -y").ok().out, "");
        assert_eq!(service.line(&format!("{noun} list")).ok().out, "[]\n");
    }
}
