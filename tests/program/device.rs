//! A device that registers itself from the shell.

use crate::common::{KEY, PROGRAM, Ran, Service, http, webhook};
use aziotdps::emulator::{Configuration, Fault, Options};
use aziotdps::model::DEVELOPMENT;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

impl Service {
    /// `device registration create` on the emulator, its options in one text.
    fn registers(&self, options: &str) -> Ran {
        self.line(&format!("device registration create {options}"))
    }

    /// The same with nobody signed in and no service named: as a device would.
    fn registers_itself(&self, options: &[&str]) -> Ran {
        let host = self.emulator.ready().endpoint.trim_start_matches("https://").to_owned();
        let own = ["--id-scope", DEVELOPMENT.id_scope, "--provisioning-host", &host];
        Ran::of(self.command(PROGRAM).args(["device", "registration", "create"]).args(own).args(options))
    }

    fn calls(&self) -> Vec<String> {
        self.emulator.requests().iter().map(|call| format!("{} {}", call.method, call.path)).collect()
    }
}

/// A folder with the certificate of an authority, and those of a device of it, with its key.
fn certificates(folder: &Path, device: &str) -> [String; 3] {
    let named = |name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let (key, device_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut authority = named("Contoso Root");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let leaf = named(device).signed_by(&device_key, &Issuer::from_params(&authority, &key)).unwrap();
    let root = authority.self_signed(&key).unwrap();
    [("root", root.pem()), ("leaf", leaf.pem()), ("key", device_key.serialize_pem())].map(|(name, pem)| {
        let path = folder.join(format!("{device}-{name}.pem"));
        std::fs::write(&path, pem).unwrap();
        path.to_str().unwrap().to_owned()
    })
}

#[test]
fn a_device_with_a_key_is_assigned_with_what_is_read_from_the_service() {
    let service = Service::start();
    service.create("dev-01");
    let output = service.registers("--rid dev-01").ok().json();
    let state = &output["registrationState"];
    assert_eq!((&output["status"], &state["registrationId"]), (&json!("assigned"), &json!("dev-01")));
    assert!(output["operationId"].as_str().unwrap().starts_with("4."), "{output}");
    // What az has, with its nulls.
    for member in ["assignedHub", "createdDateTimeUtc", "deviceId", "etag", "lastUpdatedDateTimeUtc", "substatus"] {
        assert!(state[member].is_string(), "{member}: {output}");
    }
    assert_eq!(state.get("responsePayload"), Some(&Value::Null));
    let kept = service.line("enrollment registration show --eid dev-01").ok().json();
    assert_eq!(kept["assignedHub"], state["assignedHub"]);
    let table = service.registers("--rid dev-01 -o table").ok().out;
    assert!(table.starts_with("RegistrationId  Status    AssignedHub"), "{table}");
    // The same after 'alias az=aziotdps'.
    service.line("iot device registration create --rid dev-01 -o none").ok();

    service.line("enrollment-group create --gid meters -o none").ok();
    for options in ["--gid meters", "--group-id meters --ck", "--enrollment-group-id meters --compute-key true"] {
        let output = service.registers(&format!("--rid Meter-7 {options}")).ok().json();
        assert_eq!(output["registrationState"]["symmetricKey"]["enrollmentGroupId"], "meters");
    }
}

#[test]
fn a_device_needs_nobody_who_signs_in() {
    let service = Service::start();
    let create = ["create", "--eid", "dev-01", "--at", "symmetricKey", "--pk", KEY, "-o", "none"];
    service.enrollment(&create).ok();
    let before = service.calls().len();
    service.registers_itself(&["--rid", "dev-01", "--key", KEY]).ok();
    let calls = service.calls();
    assert!(calls[before..].iter().all(|call| call.contains("/registrations/dev-01")), "{calls:?}");

    service.line(&format!("enrollment-group create --gid g --pk {KEY} -o none")).ok();
    let derived = service.line(&format!("enrollment-group compute-device-key --rid m --key {KEY}"));
    let derived = derived.ok().json().as_str().unwrap().to_owned();
    service.registers_itself(&["--rid", "m", "--key", &derived]).ok();
    let computed = service.registers_itself(&["--rid", "m", "--key", KEY, "--ck", "--gid", "g"]).ok().json();
    assert_eq!(computed["status"], "assigned");
    // The group's key is no device's.
    service
        .registers_itself(&["--rid", "m", "--key", KEY, "--gid", "g"])
        .fails(1, &["help: aziotdps help Unauthorized"]);
}

#[test]
fn a_device_with_a_certificate_is_assigned() {
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let [root, leaf, key] = certificates(folder.path(), "dev-01");
    service.line(&format!("enrollment-group create --gid g --cp {root} -o none --only-show-errors")).ok();
    let output = service.registers_itself(&["--rid", "dev-01", "--cp", &leaf, "--kp", &key]).ok().json();
    assert_eq!(output["registrationState"]["x509"]["enrollmentGroupId"], "g");
    service.registers(&format!("--rid dev-01 --certificate-file-path {leaf} --key-file-path {key}")).ok();

    let [_, other, other_key] = certificates(folder.path(), "dev-02");
    service
        .registers_itself(&["--rid", "dev-02", "--cp", &other, "--kp", &other_key])
        .fails(1, &["help: aziotdps help Unauthorized"]);
    for (options, option, says) in [
        (&["--cp", &leaf][..], "--key-file-path", "missing"),
        (&["--kp", &key], "--certificate-file-path", "missing"),
        (&["--cp", &leaf, "--kp", &other_key], "--key-file-path", "does not go with the certificate"),
        (&["--cp", "/no/such", "--kp", &key], "--certificate-file-path", "cannot be read"),
        (&["--cp", &leaf, "--kp", KEY], "--key-file-path", "cannot be read"),
        (&["--cp", &leaf, "--kp", &key, "--key", KEY], "--symmetric-key", "not both"),
        (&["--cp", &leaf, "--kp", &key, "--ck"], "--compute-key", "a certificate has none"),
    ] {
        let before = service.calls().len();
        let ran = service.registers_itself(&[&["--rid", "dev-01"], options].concat());
        assert!(!ran.err.contains(&KEY[..16]), "{}", ran.err);
        ran.fails(2, &[&format!("option: {option}\n"), says]);
        assert_eq!(service.calls().len(), before);
    }
}

#[test]
fn an_encrypted_key_takes_its_passphrase() {
    let service = Service::start();
    let data = |name: &str| format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let (certificate, key) = (data("client.pem"), data("client-key-encrypted.pem"));
    let create =
        ["create", "--eid", "client-01", "--at", "x509", "--cp", &certificate, "-o", "none", "--only-show-errors"];
    service.enrollment(&create).ok();
    let registers = |passphrase: &[&str]| {
        service.registers_itself(&[&["--rid", "client-01", "--cp", &certificate, "--kp", &key], passphrase].concat())
    };
    assert_eq!(registers(&["--pass", "open sesame"]).ok().json()["status"], "assigned");
    registers(&[]).fails(2, &["option: --passphrase\n", "is encrypted"]);
    let wrong = registers(&["--passphrase", "open barley"]);
    assert!(!wrong.err.contains("barley"), "{}", wrong.err);
    wrong.fails(2, &["option: --passphrase\n", "cannot be decrypted"]);
}

#[test]
fn a_device_that_is_not_assigned_is_told_why() {
    let service = Service::start();
    service.create("dev-01");
    service.line("enrollment update --eid dev-01 --ps disabled -o none").ok();
    let disabled = ["its enrollment is disabled", "on: registration/dev-01", "help: aziotdps help RegistrationFailed"];
    service.registers("--rid dev-01").fails(1, &disabled);
    let create = "enrollment create --eid lost --at symmetricKey --ap hashed --ih nowhere.azure-devices.net -o none";
    service.line(create).ok();
    service
        .registers("--rid lost")
        .fails(1, &["The service says: No linked IoT hub", "help: aziotdps help RegistrationFailed"]);
    service.registers("--rid nobody").fails(3, &["enrollment/nobody"]);
    service.registers("--rid dev-01 --gid nobody").fails(3, &["enrollmentGroup/nobody"]);
    let pem = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/client.pem");
    service.line(&format!("enrollment create --eid client-01 --at x509 --cp {pem} -o none --only-show-errors")).ok();
    service.registers("--rid client-01").fails(2, &["option: --certificate-file-path", "attested by a certificate"]);
    service.line("enrollment create --eid t --at tpm --ek QUJD -o none").ok();
    service.registers("--rid t").fails(2, &["not attested by symmetric keys"]);
    service.registers("--rid dev-01 --ck").fails(2, &["option: --enrollment-group-id"]);
    service.registers("--rid a/b").fails(2, &["option: --registration-id"]);
    let nowhere =
        Ran::of(service.command(PROGRAM).args(["device", "registration", "create", "--rid", "d", "--key", KEY]));
    nowhere.fails(2, &["Which provisioning service?"]);
    let login =
        ["device", "registration", "create", "--rid", "d", "--key", KEY, "--login", service.connection_string()];
    Ran::of(service.command(PROGRAM).args(login)).fails(2, &["option: --id-scope"]);
    service.registers(&format!("--rid d --key {KEY} --host a/b")).fails(2, &["option: --provisioning-host"]);
}

#[test]
fn the_status_is_asked_for_as_the_service_says() {
    let service = Service::with(Options::default());
    service.create("dev-01");
    let key =
        service.line("enrollment show --eid dev-01 --keys --query attestation.symmetricKey.primaryKey").ok().json();
    let key = key.as_str().unwrap();
    // 'Retry-After: 1'.
    let started = Instant::now();
    service.registers_itself(&["--rid", "dev-01", "--key", key]).ok();
    assert!(started.elapsed() >= Duration::from_secs(1));
    let polls = service.calls().iter().filter(|call| call.contains("/operations/")).count();
    assert!((1..=3).contains(&polls), "{polls}");
    // The registration goes on when nobody can be asked about it.
    service.emulator.faults().queue(Fault::status(403).on("GET", "/operations/").times(9));
    let lost = service.registers_itself(&["--rid", "dev-01", "--key", key]);
    lost.fails(1, &["outcome: unknown", "help: aziotdps help Forbidden"]);
    service.emulator.faults().clear();
    let told = service.registers_itself(&["--rid", "dev-01", "--key", key, "--debug"]);
    assert!(told.code == Some(0) && told.err.contains("the device is being assigned"), "{}", told.err);
    assert!(!told.err.contains(key) && !told.err.contains("sig="), "{}", told.err);
}

#[test]
fn the_payload_goes_to_the_webhook() {
    let service = Service::start();
    let hub = Configuration::default().linked_hubs.remove(0).host_name;
    let answer = json!({"iotHubHostName": hub, "payload": {"told": true}}).to_string();
    let (url, requests) = webhook(vec![(200, answer); 3], Duration::ZERO);
    let record = json!({
        "registrationId": "dev-01",
        "attestation": {"type": "symmetricKey", "symmetricKey": {"primaryKey": KEY, "secondaryKey": KEY}},
        "allocationPolicy": "custom",
        "customAllocationDefinition": {"webhookUrl": url, "apiVersion": "2021-10-01"},
    });
    service.line("enrollment create --eid dev-01 --at symmetricKey").ok();
    http(&service.emulator, Method::PUT, "/enrollments/dev-01?api-version=2021-10-01", record.to_string());
    for (given, sent) in [
        (r#"{"floor":3.50}"#, serde_json::from_str(r#"{"floor":3.50}"#).unwrap()),
        ("{'floor':True}", json!({"floor": true})),
        ("a word", json!("a word")),
    ] {
        let state = service.registers_itself(&["--rid", "dev-01", "--key", KEY, "--payload", given]).ok().json();
        assert_eq!(state["registrationState"]["responsePayload"], json!({"told": true}));
        let (_, body) = requests.recv_timeout(Duration::from_secs(5)).unwrap();
        assert_eq!(body["deviceRuntimeContext"]["payload"], sent, "{body}");
    }
    service.registers_itself(&["--rid", "dev-01", "--key", KEY, "--payload", "{"]).fails(2, &["--payload"]);
}
