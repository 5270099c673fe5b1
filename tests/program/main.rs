//! The built program, run as a person or a script would run it.

#![allow(clippy::unwrap_used)]

mod az;
mod change;
#[path = "../common/mod.rs"]
mod common;
mod device;
mod group;
mod messages;
mod registration;
mod service;
mod telling;
#[cfg(unix)]
mod terminal;

use aziotdps::emulator::{Fault, FaultKind, Options};
use aziotdps::model::EnrollmentKind;
use common::{KEY, PROGRAM, Ran, Service};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

impl Service {
    fn stored(&self, id: &str) -> Value {
        self.record(EnrollmentKind::Individual, id)
    }

    fn record(&self, kind: EnrollmentKind, id: &str) -> Value {
        serde_json::from_str(&self.emulator.stored(kind, id).unwrap()).unwrap()
    }

    /// Runs `aziotdps`, its arguments in one text.
    fn line(&self, arguments: &str) -> Ran {
        self.run(&arguments.split(' ').collect::<Vec<_>>())
    }

    fn create(&self, id: &str) {
        self.enrollment(&["create", "--eid", id, "--at", "symmetricKey", "-o", "none"]).ok();
    }
}

impl Ran {
    /// The record that was created or changed, as the service sent it: without what `az` has as null.
    #[track_caller]
    fn record(&self) -> Value {
        fn sent(value: &mut Value) {
            if let Value::Object(members) = value {
                members.retain(|name, value| {
                    if name != "initialTwin" {
                        sent(value);
                    }
                    !value.is_null()
                });
            }
        }
        let mut record = self.json();
        sent(&mut record);
        record
    }
}

/// The value without the members that only some answers have.
fn without(mut value: Value, members: &[&str]) -> Value {
    for member in members {
        value.as_object_mut().unwrap().shift_remove(*member);
    }
    value
}

#[test]
fn an_enrollment_is_created_shown_listed_changed_and_removed() {
    let service = Service::start();
    let created = service
        .enrollment(&[
            "create",
            "--enrollment-id",
            "dev-01",
            "--attestation-type",
            "SYMMETRICKEY",
            "--primary-key",
            KEY,
            "--secondary-key",
            KEY,
            "-d",
            "device-1",
            "--tags",
            r#"{"version":"3.2.0","count":1.50}"#,
            "--props",
            r#"{"metadata":{"a":null}}"#,
            "--info",
            r#"{"floor":3}"#,
            "--ps",
            "disabled",
            "--rp",
            "never",
            "--ee",
            "--ap",
            "hashed",
            "--ih",
            "a.azure-devices.net b.azure-devices.net",
            "c.azure-devices.net",
            "--ih",
            "d.azure-devices.net",
        ])
        .ok()
        .record();
    assert_eq!(created, service.stored("dev-01"));
    assert_eq!(created["attestation"]["symmetricKey"]["primaryKey"], KEY);
    assert_eq!(created["initialTwin"]["tags"].to_string(), r#"{"count":1.50,"version":"3.2.0"}"#);
    assert_eq!(created["initialTwin"]["properties"]["desired"], json!({"metadata": {"a": null}}));
    assert_eq!(created["optionalDeviceInformation"], json!({"floor": 3}));
    assert_eq!(created["reprovisionPolicy"], json!({"updateHubAssignment": false, "migrateDeviceData": false}));
    assert_eq!(created["capabilities"], json!({"iotEdge": true}));
    assert_eq!(created["iotHubs"].as_array().unwrap().len(), 4);
    assert_eq!(created["provisioningStatus"], "disabled");

    let shown = service.enrollment(&["show", "--eid", "DEV-01"]).ok().json();
    let keyless = json!({"type": "symmetricKey"});
    assert_eq!(shown["attestation"], keyless);
    let same = |value: &Value| without(value.clone(), &["attestation", "registrationState"]);
    assert_eq!(same(&shown), same(&created));
    let with_keys = service.enrollment(&["show", "--eid", "dev-01", "--show-keys"]).ok().json();
    assert_eq!(with_keys["attestation"], created["attestation"]);

    let listed = service.enrollment(&["list"]).ok().json();
    assert_eq!(listed.as_array().unwrap().iter().map(same).collect::<Vec<_>>(), [same(&created)]);

    let etag = created["etag"].as_str().unwrap();
    let update = |arguments: &[&str]| service.enrollment(&[&["update", "--eid", "dev-01"], arguments].concat());
    let changed = update(&["--provisioning-status", "Enabled", "--edge-enabled", "False", "-e", etag]).ok().record();
    assert_eq!(changed, service.stored("dev-01"));
    let mut expected = without(created.clone(), &["etag", "lastUpdatedDateTimeUtc"]);
    expected["provisioningStatus"] = json!("enabled");
    expected["capabilities"]["iotEdge"] = json!(false);
    assert_eq!(without(changed, &["etag", "lastUpdatedDateTimeUtc"]), expected);

    update(&["--ps", "disabled", "-e", etag])
        .fails(1, &["error: Precondition Failed", "--etag", "help: aziotdps help PreconditionFailed"]);
    assert_eq!(service.stored("dev-01")["provisioningStatus"], "enabled");

    service
        .enrollment(&["delete", "--eid", "dev-01", "-e", etag])
        .fails(1, &["help: aziotdps help PreconditionFailed"]);
    assert_eq!(service.enrollment(&["delete", "--eid", "dev-01"]).ok().out, "");
    service.enrollment(&["delete", "--eid", "dev-01"]).fails(3, &["Not Found", "tracking id: ", "enrollment/dev-01"]);
    service.enrollment(&["show", "--eid", "dev-01"]).fails(3, &["error: ", "help: aziotdps help NotFound"]);
    assert_eq!(service.enrollment(&["list"]).ok().out, "[]\n");
}

#[test]
fn the_kinds_of_attestation_go_in() {
    let service = Service::start();
    let certificate = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/device.pem");
    let x509 = service.enrollment(&["create", "--eid", "x", "--at", "x509", "--cp", certificate, "--only-show-errors"]);
    assert_eq!(x509.ok().json()["attestation"]["type"], "x509");
    let tpm = service.enrollment(&["create", "--eid", "t", "--at", "tpm", "--ek", "QUJD"]).ok().json();
    assert_eq!(tpm["attestation"]["tpm"]["endorsementKey"], "QUJD");
    service
        .enrollment(&["create", "--eid", "t", "--at", "tpm", "--ek", "QUJD"])
        .fails(1, &["help: aziotdps help AlreadyExists"]);
    let rooted = service.enrollment(&["update", "--eid", "t", "--storage-root-key", "QUJE"]).ok().record();
    assert_eq!(rooted["attestation"]["tpm"], json!({"endorsementKey": "QUJD", "storageRootKey": "QUJE"}));
    let cleared = service.enrollment(&["update", "--eid", "t", "--clear", "storage-root-key"]).ok().record();
    assert_eq!(cleared["attestation"]["tpm"], json!({"endorsementKey": "QUJD"}));

    let mut json = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut json, br#"{"from":"a file"}"#).unwrap();
    let from_file = format!("@{}", json.path().display());
    let changed = service.enrollment(&["update", "--eid", "t", "--initial-twin-tags", &from_file]).ok().json();
    assert_eq!(changed["initialTwin"]["tags"], json!({"from": "a file"}));
    service.enrollment(&["update", "--eid", "t", "--tags", "@/no/such"]).fails(2, &["--initial-twin-tags", "/no/such"]);

    let hub = service.enrollment(&["update", "--eid", "t", "--hn", "h.azure-devices.net"]).ok().json();
    assert_eq!((&hub["allocationPolicy"], &hub["iotHubs"]), (&json!("static"), &json!(["h.azure-devices.net"])));
    let webhook = ["--ap", "custom", "--wh", "https://f.example/x", "--av", "2019-03-31"];
    let custom = service.enrollment(&[&["update", "--eid", "t"], webhook.as_slice()].concat()).ok().json();
    assert_eq!(custom["customAllocationDefinition"]["apiVersion"], "2019-03-31");
}

#[test]
fn what_cannot_be_right_is_refused_before_any_call() {
    let service = Service::start();
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/device-key.pem"), key.path()).unwrap();
    let text = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(text.path(), "not a certificate").unwrap();
    let (key, text) = (key.path().to_str().unwrap(), text.path().to_str().unwrap());
    let symmetric = ["create", "--eid", "d", "--at", "symmetricKey"];
    let x509 = ["create", "--eid", "d", "--at", "x509"];
    let hubs = ["--ih", "a.example", "b.example"];
    for (before, after, option, says) in [
        (&["show"][..], &["--eid", "a/b"][..], "--enrollment-id", "1 to 128 letters"),
        (&["show"], &["--eid", "a b"], "--enrollment-id", "1 to 128 letters"),
        (&["delete"], &["--eid", "ends."], "--enrollment-id", "1 to 128 letters"),
        (&symmetric, &["-d", "a b"], "--device-id", "device id"),
        (&symmetric, &["--pk", "not base64!", "--sk", KEY], "--primary-key", "16 to 64 bytes"),
        (&symmetric, &["--pk", KEY, "--sk", "QUJD"], "--secondary-key", "16 to 64 bytes"),
        (&symmetric, &["--ek", "QUJD"], "--endorsement-key", "attestation type Tpm"),
        (&["create", "--eid", "d", "--at", "tpm"], &[], "--endorsement-key", "A TPM enrollment needs"),
        (&x509, &[], "", "An X.509 enrollment needs"),
        (&x509, &["--cp", "/no/such/file.pem"], "--certificate-path", "'/no/such/file.pem'"),
        (&x509, &["--cp", text], "--certificate-path", "not an X.509 certificate"),
        (&x509, &["--cp", key], "--certificate-path", "private key"),
        (&x509, &["--scp", text], "--secondary-certificate-path", "accepted are"),
        (&symmetric, &["--ap", "static"], "--iot-hubs", "a hub"),
        (&symmetric, &[&["--ap", "static"], &hubs[..]].concat(), "--iot-hubs", "only one hub"),
        (&symmetric, &["--ap", "custom", "--av", "2019-03-31"], "--webhook-url", "function url"),
        (&symmetric, &["--ap", "custom", "--wh", "http://f.example"], "--webhook-url", "https"),
        (&symmetric, &["--ap", "hashed", "--hn", "h.example"], "--iot-hub-host-name", "not required"),
        (&symmetric, &hubs, "--allocation-policy", "allocation policy"),
        (&symmetric, &["--ap", "hashed", "--ih", "short"], "--iot-hubs", "is it 'short.azure-devices.net'?"),
        (&["update", "--eid", "d"], &["-e", ""], "--etag", "not an etag"),
        (&["update", "--eid", "d"], &["-e", "v 1"], "--etag", "'*' for any version"),
        (&["show"], &["--eid", &"a".repeat(129)], "--enrollment-id", "(129 characters)"),
    ] {
        let login = ["--login", service.connection_string()];
        let ran = Ran::of(service.command(PROGRAM).arg("enrollment").args(before).args(after).args(login));
        let named = if option.is_empty() { String::new() } else { format!("option: {option}\n") };
        ran.fails(2, &["error: ", &named, says, "help: aziotdps help "]);
    }
    assert_eq!(service.emulator.requests(), []);
}

#[test]
fn options_that_are_not_understood_end_with_2() {
    let service = Service::start();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/device.pem");
    for (arguments, says) in [
        (&["create", "--eid", "d"][..], "--attestation-type"),
        (&["create", "--eid", "d", "--at", "none"], "symmetricKey"),
        (&["create", "--eid", "d", "--at", "tpm", "--ap", "random"], "geoLatency"),
        (&["create", "--eid", "d", "--at", "tpm", "--ps", "on"], "enabled"),
        (&["update", "--eid", "d", "--ee", "maybe"], "true and false"),
        (&["update", "--eid", "d", "--at", "tpm"], "cannot be changed: delete the enrollment and create it anew"),
        (&["show"], "--enrollment-id"),
        (&["create", "--eid", "d", "--at", "tpm", "--tags", "{"], "not a JSON object (line 1, column 2)"),
        (&["create", "--eid", "d", "--at", "tpm", "--props", "[1]"], "not an object"),
        (&["create", "--eid", "d", "--at", "tpm", "--info", "yes"], "not an object"),
        (&["update", "--eid", "d", "--tags", file], "put @ before its path"),
        (&["list", "--top", "-2"], "'--top <COUNT>'"),
        (&["list", "--top", "0"], "from 1, and -1 for all"),
        (&["list", "-o", "xml"], "table"),
        (&["list", "--query", "[?"], "'--query <JMESPATH>'"),
        (&["show", "--eid", "d", "--emulator=x"], "'--emulator[=<PORT>]'"),
        (&["replace"], "replace"),
    ] {
        service.enrollment(arguments).fails(2, &[says]);
    }
    assert_eq!(service.emulator.requests(), []);
    assert_eq!(service.enrollment(&["list", "--top", "-1"]).ok().out, "[]\n");
    // A long option may be cut short, as with az.
    assert_eq!(service.enrollment(&["list", "--out", "TSV"]).ok().out, "");
}

#[test]
fn a_list_comes_page_by_page_and_ends_when_nobody_reads() {
    let service = Service::with(Options { page_size: 2, ..Options::default() });
    for number in 0..7 {
        service.create(&format!("dev-{number}"));
    }
    let queries = || service.emulator.requests().iter().filter(|request| request.path.contains("/query")).count();
    assert_eq!(service.enrollment(&["list"]).ok().json().as_array().unwrap().len(), 7);
    assert_eq!(queries(), 4);
    let top = service.enrollment(&["list", "--top", "3", "-o", "tsv"]).ok();
    assert_eq!((top.out.lines().count(), queries()), (3, 6));

    // The third page hangs: the first two are out before it is asked for.
    let third = Fault { skip: 2, delay_ms: 30_000, ..Fault::delay(Duration::ZERO).on("POST", "/query") };
    service.emulator.faults().queue(third);
    let emulator = format!("--emulator={}", service.emulator.ready().endpoint);
    let mut command = service.command(PROGRAM);
    command.args(["enrollment", "list", "-o", "tsv", &emulator]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Running(command.spawn().unwrap());
    let mut out = BufReader::new(child.0.stdout.take().unwrap());
    for _ in 0..4 {
        assert!(out.read_line(&mut String::new()).unwrap() > 0);
    }
    #[cfg(unix)]
    {
        child.signal("-INT");
        assert_eq!(child.ended().code(), Some(130));
        let mut err = String::new();
        child.0.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert!(err.contains("help: aziotdps help Cancelled"), "{err}");
    }
    service.emulator.faults().clear();

    let mut child = Running(command.spawn().unwrap());
    drop(child.0.stdout.take());
    assert_eq!(child.ended().code(), Some(0));
    let mut err = String::new();
    child.0.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(err, "");
}

#[test]
fn a_service_is_named_in_many_ways() {
    let service = Service::start();
    service.create("dev-01");
    let list = |arguments: &[&str]| {
        service.enrollment(&[&["list", "-o", "tsv", "--query", "[].registrationId"], arguments].concat()).ok().out
    };
    let host = service.emulator.ready().endpoint.strip_prefix("https://").unwrap();
    for way in [
        &[][..],
        &["-n", "emulator", "-g", "emulator"],
        &["--dps-name", "EMULATOR"],
        &["-n", "emulator.azure-devices-provisioning.net"],
        &["-n", host, "--auth-type", "login"],
        &["-n", &format!("https://{host}"), "--auth-type", "LOGIN"],
        &["--auth-type", "login"],
        &["--auth-type", "key"],
        &["--subscription", "d0e5d0e5-0000-4000-8000-000000000003"],
    ] {
        assert_eq!(list(way), "dev-01\n", "{way:?}");
    }
    let direct = |arguments: &[&str], variables: &[(&str, &str)]| {
        let variables = variables.iter().copied();
        Ran::of(
            service
                .command(PROGRAM)
                .args(["enrollment", "list", "-o", "tsv", "--query", "[].registrationId"])
                .args(arguments)
                .envs(variables),
        )
    };
    let connection_string = service.connection_string();
    assert_eq!(direct(&["--login", connection_string], &[]).ok().out, "dev-01\n");
    let variable = ("AZIOTDPS_CONNECTION_STRING", connection_string);
    assert_eq!(direct(&[], &[variable]).ok().out, "dev-01\n");
    // A name that is given counts for more than the environment.
    direct(&["-n", "other"], &[variable]).fails(2, &["AZURE_TENANT_ID", "are not set", "--login"]);
    direct(&["-n", "o"], &[("AZURE_TENANT_ID", "t")]).fails(2, &["AZURE_CLIENT_ID"]);
    direct(&[], &[]).fails(2, &["--dps-name, --login or --emulator", "help: aziotdps help NotConnected"]);
    direct(&["--login", "HostName=h;SharedAccessKeyName=n"], &[]).fails(2, &["option: --login", "SharedAccessKey"]);
    service.enrollment(&["list", "-n", "nowhere"]).fails(3, &["nowhere"]);
    direct(&["--emulator=https://service.example"], &[]).fails(2, &["option: --emulator", "this machine"]);
    let certificate = ["--login", connection_string, "--ca-certificate", "/no/such.pem"];
    direct(&certificate, &[]).fails(2, &["option: --ca-certificate", "/no/such.pem"]);
}

#[test]
fn no_secret_is_shown_at_the_most_talkative_level() {
    let service = Service::start();
    let owner = service.connection_string().rsplit_once("SharedAccessKey=").unwrap().1.to_owned();
    let secret = service.emulator.ready().client_secret;
    let login = ["--login", service.connection_string()];
    let mut told = String::new();
    let keys = format!("--pk {KEY} --sk {KEY}");
    for (arguments, shows) in [
        (format!("enrollment create --eid d --at symmetricKey {keys}"), true),
        (format!("enrollment create --eid d --at symmetricKey {keys}"), false),
        ("enrollment show --eid d".to_owned(), false),
        ("enrollment show --eid d --show-keys".to_owned(), true),
        (format!("enrollment update --eid d --pk {KEY}"), true),
        ("enrollment update --eid d --ek QUJD".to_owned(), false),
        ("enrollment update --eid d --swap-keys -o table".to_owned(), false),
        ("enrollment list".to_owned(), false),
        ("enrollment list -o table".to_owned(), false),
        ("enrollment delete --eid d".to_owned(), false),
        (format!("enrollment-group create --gid g {keys}"), true),
        (format!("enrollment-group create --gid g {keys}"), false),
        ("enrollment-group show --gid g".to_owned(), false),
        ("enrollment-group update --gid g --swap-keys -o none".to_owned(), false),
        ("enrollment-group compute-device-key --rid d --gid g".to_owned(), false),
        (format!("enrollment-group compute-device-key --rid d --key {KEY}"), false),
        (format!("enrollment-group compute-device-key --rid d --key {KEY} --gid g"), false),
        ("enrollment-group registration list --gid g".to_owned(), false),
        ("enrollment-group delete --gid g".to_owned(), false),
        ("dps show".to_owned(), false),
    ] {
        for way in [&login[..], &[&format!("--emulator={}", service.emulator.ready().endpoint)]] {
            let ran = Ran::of(service.command(PROGRAM).args(arguments.split(' ')).args(way).arg("--debug"));
            assert!(shows || !ran.out.contains(KEY), "{arguments:?}: {}", ran.out);
            for hidden in [owner.as_str(), secret] {
                assert!(!ran.out.contains(hidden), "{arguments:?}: {}", ran.out);
            }
            told.push_str(&ran.err);
        }
    }
    assert!(told.contains("debug: PUT ") && told.contains("error: "), "{told}");
    for hidden in [owner.as_str(), secret, KEY, "SharedAccessSignature", "Bearer"] {
        assert!(!told.contains(hidden), "{hidden} is in: {told}");
    }
}

#[test]
fn faults_of_the_service_are_told() {
    let service = Service::start();
    for (noun, path) in [("enrollment", "/enrollments"), ("enrollment-group", "/enrollmentGroups")] {
        let failing = |fault: Fault, method: &str, arguments: &str, says: &[&str]| {
            // A refusal is tried again with the most privileged policy.
            let times = fault.times.max(2);
            service.emulator.faults().queue(fault.on(method, path).times(times));
            service.line(&format!("{noun} {arguments}")).fails(1, says);
            service.emulator.faults().clear();
        };
        let show = "show --enrollment-id d";
        failing(
            Fault::status(401).times(9),
            "GET",
            show,
            &["HTTP status: 401", "tracking id: ", "help: aziotdps help Unauthorized"],
        );
        failing(Fault::status(403), "GET", show, &["HTTP status: 403", "help: aziotdps help Forbidden"]);
        failing(Fault::cut_body().times(9), "POST", "list", &["help: aziotdps help UnexpectedResponse"]);
        let lost = Fault { applied: true, kind: Some(FaultKind::Drop), times: 9, ..Fault::drop_connection() };
        let create = format!("create --enrollment-id d --at symmetricKey --pk {KEY} --sk {KEY}");
        failing(lost, "PUT", &create, &["outcome: unknown", "help: aziotdps help ConnectionFailed"]);
    }
    for (method, verb) in [("GET", "show"), ("DELETE", "delete")] {
        service.emulator.faults().queue(Fault::status(403).on(method, "/registrations").times(2));
        let ran = service.line(&format!("enrollment registration {verb} --eid d"));
        ran.fails(1, &["HTTP status: 403", "help: aziotdps help Forbidden", "registration/d"]);
    }

    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("--emulator=https://localhost:{port}");
    let ran = Ran::of(service.command(PROGRAM).args(["enrollment", "list", &nobody]));
    ran.fails(1, &["because: ", "help: aziotdps help ConnectionFailed"]);
}

#[test]
fn the_version_comes_at_once() {
    let version = || Ran::of(Command::new(PROGRAM).arg("--version")).ok();
    assert_eq!(version().out, format!("aziotdps {}\n", env!("CARGO_PKG_VERSION")));
    // The quickest of a few: others use this machine too.
    let quickest = (0..10).map(|_| {
        let started = Instant::now();
        version();
        started.elapsed()
    });
    let quickest = quickest.min().unwrap();
    assert!(quickest < Duration::from_millis(100), "{quickest:?}");
}

#[test]
fn the_emulator_has_the_hubs_of_its_configuration() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("hubs.json");
    std::fs::write(&file, r#"{"linkedHubs":[{"hostName":"only.example"}],"allocationPolicy":"static"}"#).unwrap();
    let start = |file: &std::path::Path| {
        let mut command = Command::new(PROGRAM);
        command.args(["emulator", "start", "--port", "0", "--json", "--config"]).arg(file);
        command.env("AZIOTDPS_HOME", home.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let mut emulator = Running(start(&file).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(emulator.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let option = format!("--emulator={}", ready["endpoint"].as_str().unwrap());
    let show = ["dps", "show", "--dps-name", "emulator", &option];
    let service = Ran::of(Command::new(PROGRAM).args(show).env("AZIOTDPS_HOME", home.path())).ok().json();
    assert_eq!(service["properties"]["iotHubs"].as_array().unwrap().len(), 1);
    assert_eq!(service["properties"]["iotHubs"][0]["name"], "only.example");
    assert_eq!(service["properties"]["allocationPolicy"], "Static");
    Ran::of(&mut start(&home.path().join("missing.json"))).fails(1, &["missing.json"]);
}

#[test]
fn an_emulator_that_a_program_starts_goes_with_it_and_not_on_ctrl_c() {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(["emulator", "start", "--port", "0", "--json", "--until-eof"]).env("AZIOTDPS_HOME", home.path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut emulator = Running(command.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(emulator.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    #[cfg(unix)]
    {
        emulator.signal("-INT");
        std::thread::sleep(Duration::from_millis(300));
        assert!(emulator.0.try_wait().unwrap().is_none(), "Ctrl+C was meant for another");
    }
    drop(emulator.0.stdin.take());
    assert_eq!(emulator.ended().code(), Some(0));
}

#[test]
fn the_emulator_says_when_it_is_ready_and_ends_when_asked() {
    let home = tempfile::tempdir().unwrap();
    let start = |arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.args(["emulator", "start", "--port", "0"]).args(arguments).env("AZIOTDPS_HOME", home.path());
        Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    };
    let mut emulator = start(&["--json", "--data-path", home.path().join("records.db").to_str().unwrap()]);
    let mut out = BufReader::new(emulator.0.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let text = |member: &str| ready[member].as_str().unwrap_or_else(|| panic!("{member}: {ready}"));
    assert_eq!(text("event"), "ready");
    assert!(text("endpoint").starts_with("https://localhost:"), "{ready}");
    assert!(std::fs::read_to_string(text("caCertificate")).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    for member in ["resourceId", "idScope", "tenantId", "clientId", "clientSecret"] {
        assert!(!text(member).is_empty());
    }
    let login = ["enrollment", "create", "--eid", "d", "--at", "symmetricKey", "-o", "none", "--login"];
    Ran::of(Command::new(PROGRAM).args(login).arg(text("connectionString")).env("AZIOTDPS_HOME", home.path())).ok();
    // A program that trusts the authority because it is told to.
    let elsewhere = tempfile::tempdir().unwrap();
    let show = ["enrollment", "show", "--eid", "d", "-o", "none", "--ca-certificate", text("caCertificate"), "--login"];
    Ran::of(Command::new(PROGRAM).args(show).arg(text("connectionString")).env("AZIOTDPS_HOME", elsewhere.path())).ok();
    let untrusted = &show[..6];
    let ran = Ran::of(
        Command::new(PROGRAM)
            .args(untrusted)
            .args(["--login", text("connectionString")])
            .env("AZIOTDPS_HOME", elsewhere.path()),
    );
    ran.fails(1, &["help: aziotdps help UntrustedCertificate"]);

    // Everything else is a log, and stderr's.
    #[cfg(unix)]
    {
        emulator.signal("-TERM");
        assert_eq!(emulator.ended().code(), Some(0));
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
        let mut log = String::new();
        emulator.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert!(log.contains("PUT /enrollments/d"), "{log}");
    }

    let mut emulator = start(&[]);
    let mut out = BufReader::new(emulator.0.stdout.take().unwrap());
    let mut lines = std::iter::repeat_with(|| {
        let mut line = String::new();
        out.read_line(&mut line).map(|_| line).unwrap()
    });
    let text: String = lines.by_ref().take(9).collect();
    assert!(text.contains("HostName=localhost:") && text.contains("emulator-ca.pem"), "{text}");
    let port = text.split("https://localhost:").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let taken =
        Command::new(PROGRAM).args(["emulator", "start", "--port", &port]).env("AZIOTDPS_HOME", home.path()).output();
    assert_eq!(taken.unwrap().status.code(), Some(1));
}

/// A program that ends with the test, however that ends.
struct Running(Child);

impl Running {
    #[cfg(unix)]
    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap().success());
    }

    fn ended(&mut self) -> std::process::ExitStatus {
        let started = Instant::now();
        loop {
            match self.0.try_wait().unwrap() {
                Some(status) => return status,
                None if started.elapsed() > Duration::from_secs(20) => panic!("it does not end"),
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
