//! The noun `enrollment-group`: the same verbs on the second kind.

use crate::common::{KEY, PROGRAM, Ran, Service};
use crate::without;
use aziotdps::model::EnrollmentKind::Group;
use serde_json::{Value, json};

const PEM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/device.pem");
const OTHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/other.pem");

impl Service {
    fn group(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["enrollment-group"], arguments].concat())
    }
}

#[test]
fn a_group_is_created_shown_listed_changed_and_removed() {
    let service = Service::start();
    let hubs = ["--ap", "hashed", "--ih", "a.azure-devices.net b.azure-devices.net", "--ih", "c.azure-devices.net"];
    let settings = ["--tags", r#"{"count":1.50}"#, "--rp", "never", "--ee", "true", "--ps", "disabled"];
    let create = ["create", "--enrollment-id", "g1", "--pk", KEY, "--sk", KEY];
    let created = service.group(&[&create[..], &hubs, &settings].concat()).ok().record();
    assert_eq!(created, service.record(Group, "g1"));
    assert_eq!(created["attestation"]["type"], "symmetricKey");
    assert_eq!(created["attestation"]["symmetricKey"]["primaryKey"], KEY);
    assert_eq!(created["initialTwin"]["tags"].to_string(), r#"{"count":1.50}"#);
    assert_eq!((&created["capabilities"]["iotEdge"], created["iotHubs"].as_array().unwrap().len()), (&json!(true), 3));
    service.group(&["create", "--gid", "g1"]).fails(1, &["help: aziotdps help AlreadyExists", "enrollmentGroup/g1"]);

    for id in ["--enrollment-id", "--eid", "--group-id", "--gid"] {
        let shown = service.group(&["show", id, "G1"]).ok().json();
        assert_eq!(shown["attestation"], json!({"type": "symmetricKey"}));
    }
    let with_keys = service.group(&["show", "--gid", "g1", "--keys"]).ok().json();
    assert_eq!(with_keys["attestation"], created["attestation"]);
    let listed = service.group(&["list"]).ok().json();
    assert_eq!(without(listed[0].clone(), &["attestation"]), without(created.clone(), &["attestation"]));

    let etag = created["etag"].as_str().unwrap();
    let changed =
        service.group(&["update", "--gid", "g1", "--ps", "enabled", "--ee", "FALSE", "-e", etag]).ok().record();
    assert_eq!(changed["attestation"], created["attestation"]);
    assert_eq!(
        (&changed["provisioningStatus"], &changed["capabilities"]["iotEdge"]),
        (&json!("enabled"), &json!(false))
    );
    let stale = service.group(&["update", "--gid", "g1", "--ps", "disabled", "-e", etag]);
    stale.fails(1, &["help: aziotdps help PreconditionFailed"]);
    service.group(&["update", "--gid", "g1", "--ps", "disabled", "-e", "*"]).ok();
    assert_eq!(service.record(Group, "g1")["provisioningStatus"], "disabled");
    service.group(&["delete", "--gid", "g1", "-e", etag]).fails(1, &["help: aziotdps help PreconditionFailed"]);
    assert_eq!(service.group(&["delete", "--gid", "g1"]).ok().out, "");
    service.group(&["show", "--gid", "g1"]).fails(3, &["help: aziotdps help NotFound", "enrollmentGroup/g1"]);
}

#[test]
fn the_type_of_a_group_follows_from_what_is_given() {
    let service = Service::start();
    let attestation = |id: &str, given: &[&str]| {
        let created = service.group(&[&["create", "--gid", id], given].concat()).ok().record();
        created["attestation"].clone()
    };
    assert_eq!(attestation("s", &[])["type"], "symmetricKey");
    let signed = attestation("x", &["--certificate-path", PEM]);
    assert_eq!(signed["x509"]["signingCertificates"]["primary"]["info"]["subjectName"], "CN=device-01");
    let named = json!({"type": "x509", "x509": {"caReferences": {"primary": "a", "secondary": "b"}}});
    assert_eq!(attestation("c", &["--root-ca-name", "a", "--secondary-root-ca-name", "b"]), named);
    assert_eq!(attestation("d", &["--cn", "a", "--scn", "b", "--at", "X509"]), named);
    assert_eq!(attestation("e", &["--ca-name", "a", "--secondary-ca-name", "b"]), named);

    let refused = |given: &[&str], option: &str, says: &str| {
        service.group(&[&["create", "--gid", "r"], given].concat()).fails(2, &[&format!("option: {option}\n"), says]);
    };
    refused(&["--cp", PEM, "--cn", "a"], "--certificate-path", "either CA reference or X509 certificate");
    refused(&["--cp", PEM, "--pk", KEY, "--sk", KEY], "--primary-key", "attestation type");
    refused(&["--at", "symmetricKey", "--cn", "a"], "--root-ca-name", "attestation type");
    refused(&["--at", "x509"], "--certificate-path", "An X.509 group needs");
    refused(&["--at", "tpm"], "--attestation-type", "not a valid attestation mechanism for an enrollment group");

    // What az refuses or breaks: a reference alone, and a certificate in a reference's place.
    let update = |id: &str, given: &[&str]| {
        service.group(&[&["update", "--gid", id], given].concat()).ok().record()["attestation"]["x509"].clone()
    };
    assert_eq!(update("c", &["--scn", "z"]), json!({"caReferences": {"primary": "a", "secondary": "z"}}));
    assert_eq!(update("c", &["--clear", "root-ca-name"]), json!({"caReferences": {"primary": "z"}}));
    assert!(update("c", &["--cp", PEM])["signingCertificates"]["primary"].is_object());
    let (first, second) = (update("x", &["--scp", OTHER]), update("x", &["--rc"]));
    let thumbprint = |slots: &Value, slot: &str| slots["signingCertificates"][slot]["info"]["sha256Thumbprint"].clone();
    assert_eq!(thumbprint(&second, "primary"), thumbprint(&first, "secondary"));
}

#[test]
fn what_a_group_does_not_have_is_not_understood() {
    let service = Service::start();
    for (arguments, says) in [
        (&["create", "--gid", "g", "--endorsement-key", "QUJD"][..], "--endorsement-key"),
        (&["create", "--gid", "g", "--device-id", "d"], "--device-id"),
        (&["create", "--gid", "g", "--info", "{}"], "--info"),
        (&["create"], "--enrollment-id"),
        (&["update", "--gid", "g", "--at", "x509"], "--at"),
        (&["delete"], "--enrollment-id"),
        (&["registration", "list"], "--enrollment-id"),
        (&["registration", "show"], "--registration-id"),
        (&["compute-device-key"], "--registration-id"),
    ] {
        service.group(arguments).fails(2, &[says]);
    }
    service.group(&["update", "--gid", "g", "--clear", "device-id"]).fails(2, &["option: --clear", "deviceId"]);
    assert_eq!(service.emulator.requests().iter().filter(|call| call.path.contains("nrollment")).count(), 0);
}

#[test]
fn groups_have_columns_and_pages() {
    let service = Service::with(aziotdps::emulator::Options { page_size: 2, ..Default::default() });
    for number in 0..5 {
        service.group(&["create", "--gid", &format!("g{number}"), "-o", "none"]).ok();
    }
    assert_eq!(service.group(&["list"]).ok().json().as_array().unwrap().len(), 5);
    assert_eq!(service.group(&["list", "--top", "3", "-o", "tsv"]).ok().out.lines().count(), 3);
    let table = service.group(&["list", "-o", "table"]).ok().out;
    assert!(table.starts_with("EnrollmentGroupId  Attestation   Status   Created            LastUpdated\n"), "{table}");
}

#[test]
fn a_devices_key_comes_of_the_groups() {
    // The documentation's own example.
    let key = "8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9Egw==";
    let id = "sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6";
    let derived = "Jsm0lyGpjaVYVP2g3FnmnmG9dI/9qU24wNoykUmermc=";
    let service = Service::start();
    let direct = |arguments: &[&str]| Ran::of(service.command(PROGRAM).args(arguments));
    for noun in [&["enrollment-group", "compute-device-key"][..], &["compute-device-key"]] {
        let offline = [noun, &["--registration-id", id, "--symmetric-key", key]].concat();
        assert_eq!(direct(&offline).ok().json(), derived);
        let offline = [noun, &["--rid", id, "--key", key, "-o", "tsv"]].concat();
        assert_eq!(direct(&offline).ok().out, format!("{derived}\n"));
    }
    assert_eq!(service.emulator.requests(), []);

    service.group(&["create", "--gid", "g", "--pk", key, "--sk", key]).ok();
    let compute = ["enrollment-group", "compute-device-key", "--rid", id, "--gid", "g"];
    assert_eq!(service.run(&compute).ok().json(), derived);
    let login = ["--login", service.connection_string()];
    assert_eq!(direct(&[&compute, &login[..]].concat()).ok().json(), derived);
    assert_eq!(direct(&[&["compute-device-key", "--rid", id, "--gid", "g"], &login[..]].concat()).ok().json(), derived);

    direct(&["compute-device-key", "--rid", id]).fails(2, &["option: --symmetric-key", "Give either"]);
    direct(&["compute-device-key", "--rid", id, "--key", "no!"]).fails(2, &["option: --symmetric-key", "base64"]);
    direct(&["compute-device-key", "--rid", "a b", "--key", key]).fails(2, &["option: --registration-id"]);
    direct(&["compute-device-key", "--rid", id, "--key", key, "--gid", "g"]).fails(2, &["Give either"]);
    direct(&compute).fails(2, &["--dps-name, --login or --emulator"]);
    service.group(&["create", "--gid", "x", "--cn", "a"]).ok();
    service.run(&["compute-device-key", "--rid", id, "--gid", "x"]).fails(1, &["not attested by symmetric keys"]);
    service.run(&["compute-device-key", "--rid", id, "--gid", "none"]).fails(3, &["enrollmentGroup/none"]);
}
