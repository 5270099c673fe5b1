//! What scripts for `az iot dps` rely on: the examples of its documentation, and how it prints.

use crate::common::{KEY, PROGRAM, Ran, Service};
use aziotdps::model::EnrollmentKind::{self, Group, Individual};
use serde_json::{Value, json};

const PEM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/device.pem");
const OTHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/other.pem");
const OTHER_KEY: &str = "b3RoZXIga2V5IG90aGVyIGtleSBvdGhlciBrZXk=";
const ENDORSEMENT_KEY: &str = "14963E8F3BA5B3984110B3C1CA8E8B89";

/// An example: what there must be before, the command without `az iot dps` and the service, and what it leaves of the
/// record.
struct Example(&'static str, &'static str, Value);

impl Service {
    /// Runs a command as a script for `az` has it: the service by name and group.
    fn az(&self, command: &str) -> Ran {
        let etag = || self.record(kind(command), "e1")["etag"].as_str().unwrap().to_owned();
        let given = command.split_whitespace().map(|argument| match argument {
            "{etag}" => etag(),
            "{pem}" => PEM.to_owned(),
            "{other}" => OTHER.to_owned(),
            "{key}" => KEY.to_owned(),
            "{other_key}" => OTHER_KEY.to_owned(),
            "{ek}" => ENDORSEMENT_KEY.to_owned(),
            other => other.to_owned(),
        });
        let line: Vec<String> = ["iot", "dps"].map(str::to_owned).into_iter().chain(given).collect();
        let service = ["-g", "emulator", "--dps-name", "emulator", "--only-show-errors"];
        self.run(&line.iter().map(String::as_str).chain(service).collect::<Vec<_>>())
    }
}

/// What a command is about.
fn kind(command: &str) -> EnrollmentKind {
    if command.starts_with("enrollment-group") { Group } else { Individual }
}

/// Every member that `expected` has is there with its value; `"*"` is any that is not null.
#[track_caller]
fn has(found: &Value, expected: &Value, place: &str) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            for (name, value) in expected {
                has(found.get(name).unwrap_or(&json!("no such member")), value, &format!("{place}/{name}"));
            }
        }
        (found, Value::String(any)) if any == "*" => assert!(!found.is_null() && found != "no such member", "{place}"),
        (found, expected) => assert_eq!(found, expected, "{place}"),
    }
}

fn examples() -> Vec<Example> {
    let x509 = "enrollment create --eid e1 --at x509 --cp {other}";
    let symmetric = "enrollment create --eid e1 --at symmetricKey --pk {key} --sk {key}";
    let tpm = "enrollment create --eid e1 --at tpm --ek QUJD --tags {'a':1}";
    let keys = "enrollment-group create --eid e1 --pk {key} --sk {key}";
    let signed = "enrollment-group create --eid e1 --cp {other} --scp {other}";
    let named = "enrollment-group create --eid e1 --cn old";
    let attested = |r#type: &str, what: Value| json!({"type": r#type, (r#type): what});
    let none = "";
    vec![
        // enrollment show
        Example(symmetric, "enrollment show --enrollment-id e1", json!({"registrationId": "e1"})),
        Example(
            symmetric,
            "enrollment show --enrollment-id e1 --show-keys",
            json!({"attestation": attested("symmetricKey", json!({"primaryKey": KEY, "secondaryKey": KEY}))}),
        ),
        // enrollment create
        Example(
            none,
            "enrollment create --enrollment-id e1 --attestation-type x509 --certificate-path {pem} \
             --provisioning-status disabled --initial-twin-properties {'location':{'region':'US'}} \
             --initial-twin-tags {'version':'1'} --device-info {'color':'red'} --device-id d1",
            json!({
                "attestation": {
                    "type": "x509", "tpm": null, "symmetricKey": null,
                    "x509": {
                        "caReferences": null, "signingCertificates": null,
                        "clientCertificates": {"primary": {"certificate": null, "info": {"subjectName": "CN=device-01"}}}
                    }
                },
                "provisioningStatus": "disabled", "deviceId": "d1", "optionalDeviceInformation": {"color": "red"},
                "initialTwin": {"tags": {"version": "1"}, "properties": {"desired": {"location": {"region": "US"}}}},
                "allocationPolicy": null, "iotHubs": null, "iotHubHostName": null, "customAllocationDefinition": null,
                "registrationState": null, "etag": "*", "createdDateTimeUtc": "*", "lastUpdatedDateTimeUtc": "*",
                "capabilities": {"iotEdge": false},
                "reprovisionPolicy": {"updateHubAssignment": true, "migrateDeviceData": true}
            }),
        ),
        Example(
            none,
            "enrollment create --enrollment-id e1 --attestation-type tpm --endorsement-key {ek}",
            json!({
                "attestation": {
                    "type": "tpm", "x509": null, "symmetricKey": null,
                    "tpm": {"endorsementKey": ENDORSEMENT_KEY, "storageRootKey": null}
                },
                "deviceId": null, "provisioningStatus": "enabled"
            }),
        ),
        Example(
            none,
            "enrollment create --enrollment-id e1 --attestation-type symmetrickey --primary-key {key} \
             --secondary-key {other_key}",
            json!({"attestation": attested("symmetricKey", json!({"primaryKey": KEY, "secondaryKey": OTHER_KEY}))}),
        ),
        Example(
            none,
            "enrollment create --enrollment-id e1 --attestation-type tpm --reprovision-policy \
             reprovisionandresetdata --endorsement-key {ek}",
            json!({"reprovisionPolicy": {"updateHubAssignment": true, "migrateDeviceData": false}}),
        ),
        Example(
            none,
            "enrollment create --enrollment-id e1 --attestation-type tpm --allocation-policy static \
             --endorsement-key {ek} --iot-hubs a.azure-devices.net",
            json!({"allocationPolicy": "static", "iotHubs": ["a.azure-devices.net"]}),
        ),
        Example(
            none,
            "enrollment create --enrollment-id e1 --attestation-type tpm --allocation-policy hashed \
             --endorsement-key {ek} --iot-hubs a.azure-devices.net b.azure-devices.net",
            json!({"allocationPolicy": "hashed", "iotHubs": ["a.azure-devices.net", "b.azure-devices.net"]}),
        ),
        Example(
            none,
            "enrollment create --enrollment-id e1 --attestation-type symmetrickey --allocation-policy custom \
             --webhook-url https://f.example/x --api-version 2019-03-31",
            json!({
                "allocationPolicy": "custom",
                "customAllocationDefinition": {"webhookUrl": "https://f.example/x", "apiVersion": "2019-03-31"},
                "attestation": {"symmetricKey": {"primaryKey": "*", "secondaryKey": "*"}}
            }),
        ),
        // enrollment update
        Example(
            x509,
            "enrollment update --enrollment-id e1 --certificate-path {pem} --etag {etag}",
            json!({"attestation": {"x509": {"clientCertificates": {"primary": {"info": {"subjectName": "CN=device-01"}}}}}}),
        ),
        Example(
            tpm,
            "enrollment update --enrollment-id e1 --endorsement-key {ek} --etag {etag}",
            json!({"attestation": {"tpm": {"endorsementKey": ENDORSEMENT_KEY}}, "initialTwin": {"tags": {"a": 1}}}),
        ),
        Example(
            symmetric,
            "enrollment update --enrollment-id e1 --primary-key {other_key} --etag {etag}",
            json!({"attestation": attested("symmetricKey", json!({"primaryKey": OTHER_KEY, "secondaryKey": KEY}))}),
        ),
        Example(
            symmetric,
            "enrollment update --enrollment-id e1 --reprovision-policy never --etag {etag}",
            json!({"reprovisionPolicy": {"updateHubAssignment": false, "migrateDeviceData": false}}),
        ),
        Example(
            symmetric,
            "enrollment update --enrollment-id e1 --allocation-policy geolatency --etag {etag} --iot-hubs \
             a.azure-devices.net b.azure-devices.net c.azure-devices.net",
            json!({
                "allocationPolicy": "geoLatency",
                "iotHubs": ["a.azure-devices.net", "b.azure-devices.net", "c.azure-devices.net"]
            }),
        ),
        Example(
            symmetric,
            "enrollment update --enrollment-id e1 --initial-twin-properties {'location':{'region':'USA'}} \
             --initial-twin-tags {'version1':'2'} --device-info {'color':'red'}",
            json!({
                "initialTwin": {"tags": {"version1": "2"}, "properties": {"desired": {"location": {"region": "USA"}}}},
                "optionalDeviceInformation": {"color": "red"}
            }),
        ),
        // enrollment-group show
        Example(keys, "enrollment-group show --enrollment-id e1", json!({"enrollmentGroupId": "e1"})),
        Example(
            keys,
            "enrollment-group show --enrollment-id e1 --show-keys true",
            json!({"attestation": attested("symmetricKey", json!({"primaryKey": KEY, "secondaryKey": KEY}))}),
        ),
        // enrollment-group create
        Example(
            none,
            "enrollment-group create --enrollment-id e1 --certificate-path {pem}",
            json!({
                "attestation": {
                    "type": "x509", "tpm": null, "symmetricKey": null,
                    "x509": {"caReferences": null, "clientCertificates": null, "signingCertificates": {"primary": "*"}}
                },
                "iotHubs": null
            }),
        ),
        Example(
            none,
            "enrollment-group create --enrollment-id e1 --secondary-ca-name ca",
            json!({"attestation": {"x509": {"caReferences": {"primary": "ca", "secondary": null}}}}),
        ),
        Example(
            none,
            "enrollment-group create --enrollment-id e1 --certificate-path {pem} --provisioning-status \
             enabled --initial-twin-properties {'location':{'region':'US'}} --initial-twin-tags \
             {'version_dps':'1'}",
            json!({"provisioningStatus": "enabled", "initialTwin": {"tags": {"version_dps": "1"}}}),
        ),
        Example(
            none,
            "enrollment-group create --enrollment-id e1 --primary-key {key} --secondary-key {other_key}",
            json!({"attestation": attested("symmetricKey", json!({"primaryKey": KEY, "secondaryKey": OTHER_KEY}))}),
        ),
        Example(
            none,
            "enrollment-group create --enrollment-id e1 --allocation-policy custom --webhook-url \
             https://f.example/x --api-version 2019-03-31",
            json!({"customAllocationDefinition": {"webhookUrl": "https://f.example/x", "apiVersion": "2019-03-31"}}),
        ),
        // enrollment-group update
        Example(
            keys,
            "enrollment-group update --enrollment-id e1 --initial-twin-properties \
             {'location':{'region':'USA'}} --initial-twin-tags {'version_dps':'2'} --etag {etag}",
            json!({
                "initialTwin": {"tags": {"version_dps": "2"}, "properties": {"desired": {"location": {"region": "USA"}}}}
            }),
        ),
        Example(
            signed,
            "enrollment-group update --enrollment-id e1 --certificate-path {pem} \
             --remove-secondary-certificate --etag {etag}",
            json!({"attestation": {"x509": {"signingCertificates": {"primary": {"info": {"subjectName": "CN=device-01"}}}}}}),
        ),
        Example(
            named,
            "enrollment-group update --enrollment-id e1 --secondary-ca-name new --remove-certificate --etag \
             {etag}",
            json!({"attestation": {"x509": {"caReferences": {"primary": "new", "secondary": null}}}}),
        ),
        Example(
            keys,
            "enrollment-group update --enrollment-id e1 --primary-key {other_key} --etag {etag}",
            json!({"attestation": attested("symmetricKey", json!({"primaryKey": OTHER_KEY, "secondaryKey": KEY}))}),
        ),
        // enrollment-group compute-device-key
        Example(none, "enrollment-group compute-device-key --key {key} --registration-id d1", json!("*")),
        Example(keys, "enrollment-group compute-device-key --enrollment-id e1 --registration-id d1", json!("*")),
    ]
}

#[test]
fn the_documented_examples_of_az_run_unchanged() {
    let service = Service::start();
    for Example(before, command, expected) in examples() {
        if !before.is_empty() {
            service.az(before).ok();
        }
        let answer = service.az(command).ok().json();
        has(&answer, &expected, command);
        // What it prints is what there is.
        if let Some(etag) = answer.get("etag") {
            assert_eq!(etag, &service.record(kind(command), "e1")["etag"], "{command}");
        }
        if !before.is_empty() || command.contains(" create ") {
            service.az(&format!("{} delete --enrollment-id e1", command.split(' ').next().unwrap())).ok();
        }
    }
}

/// The members of each object, in their order.
fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn records_have_the_members_of_az_in_its_order() {
    let service = Service::start();
    let line = |rest: &str| service.line(&format!("enrollment {rest}")).ok();
    let created = line("create --eid d --at symmetricKey").json();
    let all = [
        "allocationPolicy",
        "attestation",
        "capabilities",
        "createdDateTimeUtc",
        "customAllocationDefinition",
        "deviceId",
        "etag",
        "initialTwin",
        "iotHubHostName",
        "iotHubs",
        "lastUpdatedDateTimeUtc",
        "optionalDeviceInformation",
        "provisioningStatus",
        "registrationId",
        "registrationState",
        "reprovisionPolicy",
    ];
    assert_eq!(members(&created), all);
    assert_eq!(members(&line("update --eid d --ps disabled").json()), all);
    assert_eq!(members(&created["attestation"]), ["symmetricKey", "tpm", "type", "x509"]);
    // These are the service's own, as with az.
    assert!(members(&line("show --eid d").json()).iter().all(|member| *member != "deviceId"));
    let group = service.line("enrollment-group create --gid g").ok().json();
    assert_eq!(group.get("deviceId"), None);
    assert_eq!(group["iotHubs"], Value::Null);
    assert!(members(&group).contains(&"iotHubs"));
}

#[test]
fn queries_are_answered_with_what_came() {
    let service = Service::start();
    let tags = r#"{"n":123456789012345678901234567890,"f":1.50,"z":1,"a":2}"#;
    service.enrollment(&["create", "--eid", "d1", "--at", "symmetricKey", "--tags", tags, "-o", "none"]).ok();
    service.create("d2");
    let show = |query: &str, output: &str| {
        service.enrollment(&["show", "--eid", "d1", "--query", query, "-o", output]).ok().out
    };
    let etag = service.stored("d1")["etag"].as_str().unwrap().to_owned();
    assert_eq!(show("etag", "tsv"), format!("{etag}\n"));
    assert_eq!(show("etag", "json"), format!("\"{etag}\"\n"));
    assert_eq!(show("initialTwin.tags.[f, n]", "tsv"), "1.50\n123456789012345678901234567890\n");
    let twin = "{\n  \"f\": 1.50,\n  \"n\": 123456789012345678901234567890\n}\n";
    assert_eq!(show("initialTwin.tags.{n: n, f: f}", "json"), twin);
    // JSON has the members by name, the query's own order is that of columns.
    assert_eq!(show("[initialTwin.tags.{z: z, a: a}]", "tsv"), "1\t2\n");
    assert_eq!(show("initialTwin.tags.{z: z, a: a}", "table"), "Z    A\n---  ---\n1    2\n");
    assert_eq!(show("capabilities.iotEdge", "tsv"), "false\n");
    assert_eq!(show("[capabilities.iotEdge, deviceId]", "tsv"), "false\nNone\n");
    for output in ["json", "yaml", "tsv", "table"] {
        assert_eq!(show("nothing", output), "", "{output}");
    }

    let list = |query: &str| service.enrollment(&["list", "--query", query, "-o", "tsv"]).ok().out;
    assert_eq!(list("length(@)"), "2\n");
    assert_eq!(list("sort_by(@, &registrationId)[].registrationId"), "d1\nd2\n");
    assert_eq!(list("[?registrationId=='d2'].attestation.type"), "symmetricKey\n");
    assert_eq!(list("[?initialTwin.tags.f == `1.5`].registrationId"), "d1\n");
    assert_eq!(
        service.enrollment(&["list", "--top", "1", "--query", "[].attestation"]).ok().json(),
        json!([{"type": "symmetricKey"}])
    );

    // What was changed is said, though its answer cannot be.
    let update = ["update", "--eid", "d2", "--ps", "disabled", "--query", "length(capabilities.iotEdge)"];
    service.enrollment(&update).fails(2, &["option: --query", "outcome: the change was made"]);
    assert_eq!(service.stored("d2")["provisioningStatus"], "disabled");
    service
        .enrollment(&["show", "--eid", "d1", "--query", "attestation", "-o", "table"])
        .fails(2, &["option: --query"]);
}

#[test]
fn every_format_is_that_of_az() {
    let service = Service::start();
    service.enrollment(&["create", "--eid", "d", "--at", "tpm", "--ek", "QUJD", "--tags", "{a:['no',1.5]}"]).ok();
    let stored = service.stored("d");
    let text = |member: &str| stored[member].as_str().unwrap();
    let (created, etag) = (text("createdDateTimeUtc"), text("etag"));
    let run = |rest: &str| service.line(&format!("enrollment {rest}")).ok().out;
    // An object is an empty column: attestation, capabilities, initialTwin, registrationState, reprovisionPolicy.
    let row = format!("\t\t{created}\t{etag}\t\t{created}\tenabled\td\t\t\n");
    assert_eq!(run("show --eid d -o tsv"), row);
    // Records that are listed have no registrationState.
    assert_eq!(run("list -o tsv"), row.replace("\td\t\t\n", "\td\t\n"));
    assert_eq!(run("list -o none"), "");
    let yaml = run("list -o yaml");
    assert!(yaml.starts_with("- attestation:\n    tpm:\n      endorsementKey: QUJD\n    type: tpm\n"), "{yaml}");
    assert!(yaml.contains("\n    tags:\n      a:\n      - \"no\"\n      - 1.5\n"), "{yaml}");
    // Colours are for terminals.
    assert_eq!(run("list -o yamlc"), yaml);
    assert_eq!(run("show --eid d -o JSONC"), run("show --eid d"));
    run("delete --eid d");
    for (output, nothing) in [("json", "[]\n"), ("yaml", "[]\n"), ("tsv", ""), ("table", "")] {
        assert_eq!(run(&format!("list -o {output}")), nothing, "{output}");
    }
}

#[test]
fn switches_take_true_and_false() {
    let service = Service::start();
    service.create("d");
    for (switch, shown) in
        [("--show-keys true", true), ("--keys True", true), ("--keys", true), ("--show-keys false", false), ("", false)]
    {
        let shows = service.line(format!("enrollment show --eid d {switch}").trim_end()).ok().json();
        assert_eq!(shows["attestation"]["symmetricKey"].is_object(), shown, "{switch}");
    }
    service.line("enrollment show --eid d --keys maybe").fails(2, &["accepted are true and false"]);
}

#[test]
fn a_secondary_alone_becomes_the_primary() {
    let service = Service::start();
    let quiet = |arguments: &[&str]| service.run(&[arguments, &["--only-show-errors"]].concat()).ok().json();
    let created = quiet(&["enrollment", "create", "--eid", "d", "--at", "x509", "--scp", PEM]);
    let slots = &created["attestation"]["x509"]["clientCertificates"];
    assert_eq!(slots["primary"]["info"]["subjectName"], "CN=device-01");
    let group = quiet(&["enrollment-group", "create", "--gid", "g", "--scp", PEM]);
    assert_eq!(group["attestation"]["x509"]["signingCertificates"]["primary"]["info"]["subjectName"], "CN=device-01");
    let named = quiet(&["enrollment-group", "create", "--gid", "n", "--cn", "a", "--scn", "b"]);
    assert_eq!(named["attestation"]["x509"]["caReferences"], json!({"primary": "a", "secondary": "b"}));
    let names =
        |switch: &str| quiet(&["enrollment-group", "update", "--gid", "n", switch])["attestation"]["x509"].clone();
    assert_eq!(names("--rc")["caReferences"], json!({"primary": "b", "secondary": null}));
    quiet(&["enrollment-group", "update", "--gid", "n", "--scn", "c"]);
    assert_eq!(names("--rsc")["caReferences"], json!({"primary": "b", "secondary": null}));
}

#[test]
fn the_emulator_is_named_in_many_ways() {
    let service = Service::start();
    let port = service.emulator.ready().endpoint.rsplit(':').next().unwrap();
    for address in
        [port.to_owned(), format!("localhost:{port}"), format!("https://localhost:{port}"), format!("127.0.0.1:{port}")]
    {
        let list = ["enrollment", "list", &format!("--emulator={address}")];
        assert_eq!(Ran::of(service.command(PROGRAM).args(list)).ok().out, "[]\n", "{address}");
        if !address.starts_with("127") {
            let list = ["enrollment", "--emulator", &address, "list"];
            assert_eq!(Ran::of(service.command(PROGRAM).args(list)).ok().out, "[]\n", "{address}");
        }
    }
}
