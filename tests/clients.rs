//! Public clients, as they were published, with their normal settings, against an emulator.
//!
//! Each is installed at the versions that `tests/clients/` pins, into the target folder. Where this machine has no
//! Node.js or Python, or can't reach the registry, a test is ignored and says why, in the words of the usual harness.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use aziotdps::emulator::{Configuration, Emulator, Options, Ready};
use aziotdps::model::DEVELOPMENT;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Where the clients are installed; kept from run to run.
static INSTALLED: LazyLock<PathBuf> = LazyLock::new(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients"));

/// No client takes longer; one that does has hung.
const PATIENCE: Duration = Duration::from_secs(120);

/// What installers say when it is the network that fails. pip finds no version at all then; a pinned one that was
/// withdrawn leaves others.
const UNREACHABLE: [&str; 10] = [
    "(from versions: none)",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ENETUNREACH",
    "ETIMEDOUT",
    "NewConnectionError",
    "ConnectTimeoutError",
    "ProxyError",
];

/// The data plane's scope, encoded.
const SCOPE: &str = "https%3A%2F%2Fazure-devices-provisioning.net%2F.default";

/// Why a test did not pass.
enum Trouble {
    /// The machine lacks what it needs.
    Ignored(String),
    Failed(String),
}

type Outcome = Result<(), Trouble>;

/// The ports that an emulator has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ports {
    Free,
    /// 443, 8883 and 5671, which the device clients do not let anybody change. They are free in a network namespace of
    /// the test's own, where the clients are then used with no setting at all.
    Usual,
}

/// A client, the script that uses it, the transport of a device, and the ports.
struct Test {
    name: &'static str,
    run: fn(&Test) -> Outcome,
    script: &'static str,
    transport: &'static str,
    ports: Ports,
}

const TESTS: [Test; 12] = [
    Test { name: "node_service_client", run: node, script: "service.js", transport: "http", ports: Ports::Free },
    Test { name: "python_service_client", run: python, script: "service.py", transport: "http", ports: Ports::Free },
    Test { name: "node_identity", run: node, script: "identity.js", transport: "http", ports: Ports::Free },
    Test { name: "python_identity", run: python, script: "identity.py", transport: "http", ports: Ports::Free },
    Test {
        name: "python_management_client",
        run: python,
        script: "management.py",
        transport: "http",
        ports: Ports::Free,
    },
    Test { name: "node_device_client", run: node, script: "device.js", transport: "http", ports: Ports::Free },
    usual("node_device_client_mqtt", node, "device.js", "mqtt"),
    usual("node_device_client_mqtt_websocket", node, "device.js", "mqtt_ws"),
    usual("node_device_client_amqp", node, "device.js", "amqp"),
    usual("node_device_client_amqp_websocket", node, "device.js", "amqp_ws"),
    usual("python_device_client_mqtt", python, "device.py", "mqtt"),
    usual("python_device_client_mqtt_websocket", python, "device.py", "mqtt_ws"),
];

const fn usual(name: &'static str, run: fn(&Test) -> Outcome, script: &'static str, transport: &'static str) -> Test {
    Test { name, run, script, transport, ports: Ports::Usual }
}

/// What this program is called with in a network namespace, before the name of the test.
const INSIDE: &str = "--inside-network-namespace";

fn main() -> ExitCode {
    if let [_, inside, name] = std::env::args().collect::<Vec<_>>().as_slice()
        && inside == INSIDE
    {
        return inside_namespace(name);
    }
    if std::env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let filter = std::env::args().nth(1).filter(|argument| !argument.starts_with('-')).unwrap_or_default();
    let (started, mut passed, mut failed, mut ignored) = (Instant::now(), 0, 0, 0);
    let filtered = TESTS.iter().filter(|test| !test.name.contains(&filter)).count();
    println!("\nrunning {} tests", TESTS.len() - filtered);
    for test in TESTS.iter().filter(|test| test.name.contains(&filter)) {
        let name = test.name;
        match (test.run)(test) {
            Ok(()) => {
                passed += 1;
                println!("test {name} ... ok");
            }
            Err(Trouble::Ignored(why)) => {
                ignored += 1;
                println!("test {name} ... ignored, {why}");
            }
            Err(Trouble::Failed(why)) => {
                failed += 1;
                println!("test {name} ... FAILED\n{why}");
            }
        }
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {word}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; {filtered} filtered out; \
         finished in {:.2}s\n",
        started.elapsed().as_secs_f64()
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the test `name` where nobody else has its ports, and says on standard error how it failed.
fn inside_namespace(name: &str) -> ExitCode {
    match TESTS.iter().find(|test| test.name == name).map(|test| (test.run)(test)) {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(Trouble::Failed(why) | Trouble::Ignored(why))) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
        None => ExitCode::FAILURE,
    }
}

fn node(test: &Test) -> Outcome {
    need("node")?;
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    need(npm)?;
    let folder = installed("node", &["package.json", "package-lock.json"], |folder| {
        let mut install = Command::new(npm);
        install.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(folder);
        vec![install]
    })?;
    let mut client = Command::new("node");
    client.arg(source(test.script)).env("NODE_PATH", folder.join("node_modules"));
    with_emulator(test, client, "NODE_EXTRA_CA_CERTS")
}

fn python(test: &Test) -> Outcome {
    let python = if cfg!(windows) { "python" } else { "python3" };
    need(python)?;
    let inside = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
    let folder = installed("python", &["requirements.txt"], |folder| {
        let mut make = Command::new(python);
        make.args(["-m", "venv"]).arg(folder);
        let mut install = Command::new(folder.join(inside));
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r"]);
        install.arg(folder.join("requirements.txt"));
        vec![make, install]
    })?;
    let mut client = Command::new(folder.join(inside));
    client.arg(source(test.script));
    with_emulator(test, client, "REQUESTS_CA_BUNDLE")
}

/// Runs this program again for `test`, with the loopback addresses of a network namespace that ends with it.
fn in_namespace(test: &Test) -> Outcome {
    let run = |arguments: &[&str], script: &str, rest: &[&str]| {
        Command::new("unshare").args(arguments).args(["sh", "-c", script]).args(rest).output()
    };
    const UP: &str = "ip link set lo up";
    // Root needs no namespace of users; somebody else is root in one, where the machine allows it.
    let ways: [&[&str]; 2] = [&["--net"], &["--user", "--map-root-user", "--net"]];
    let works = |way: &&&[&str]| run(way, UP, &[]).is_ok_and(|output| output.status.success());
    let Some(way) = ways.iter().find(works) else {
        return Err(Trouble::Ignored("this machine gives no network namespace (unshare, ip)".to_owned()));
    };
    let program = std::env::current_exe().unwrap();
    let rest = [program.to_str().unwrap(), INSIDE, test.name];
    let output = run(way, &format!("{UP} && exec \"$0\" \"$@\""), &rest).unwrap();
    match output.status.success() {
        true => Ok(()),
        false => Err(Trouble::Failed(said(&output))),
    }
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

fn need(program: &str) -> Outcome {
    match Command::new(program).arg("--version").output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err(Trouble::Ignored(format!("this machine has no {program}"))),
    }
}

/// The folder `name` with what `install` puts into it, made anew where one of `files` is another than last time.
fn installed(name: &str, files: &[&str], install: impl Fn(&Path) -> Vec<Command>) -> Result<PathBuf, Trouble> {
    let folder = INSTALLED.join(name);
    let done = folder.join("installed");
    let pinned: String = files.iter().map(|file| std::fs::read_to_string(source(file)).unwrap()).collect();
    if std::fs::read_to_string(&done).is_ok_and(|text| text == pinned) {
        return Ok(folder);
    }
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for file in files {
        std::fs::copy(source(file), folder.join(file)).unwrap();
    }
    for mut step in install(&folder) {
        let output = step.output().map_err(|error| Trouble::Failed(format!("{step:?}: {error}")))?;
        if !output.status.success() {
            let said = said(&output);
            return Err(match UNREACHABLE.iter().find(|word| said.contains(**word)) {
                Some(word) => Trouble::Ignored(format!("the registry can't be reached: {word}")),
                None => Trouble::Failed(format!("{step:?}: {said}")),
            });
        }
    }
    std::fs::write(done, pinned).unwrap();
    Ok(folder)
}

fn said(output: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs `client` on an emulator of its own, which `trust` makes it trust.
fn with_emulator(test: &Test, mut client: Command, trust: &str) -> Outcome {
    if test.ports == Ports::Usual && !std::env::args().any(|argument| argument == INSIDE) {
        return in_namespace(test);
    }
    let home = tempfile::tempdir().unwrap();
    let options = Options { home: Some(home.path().to_owned()), configuration: configuration(), ..Options::default() };
    let emulator = Emulator::start(match test.ports {
        Ports::Free => Options { port: 0, ..options },
        Ports::Usual => Options { port: 443, mqtt_port: Some(8883), amqp_port: Some(5671), ..options },
    });
    let emulator = emulator.unwrap();
    let ready = emulator.ready();
    client
        .env(trust, &ready.ca_certificate)
        .env("DPS_CONNECTION_STRING", &ready.connection_string)
        .env("DPS_PORT", ready.endpoint.strip_prefix("https://localhost:").unwrap_or("443"))
        .env("DPS_TRANSPORT", test.transport)
        .env("DPS_ID_SCOPE", &ready.id_scope)
        .env("NO_PROXY", "localhost")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (token, federated) = runtime.block_on(prepare(ready));
    let federated_file = home.path().join("federated-token");
    std::fs::write(&federated_file, federated).unwrap();
    client
        .env("DPS_TOKEN", token)
        .env("DPS_TENANT_ID", ready.tenant_id)
        .env("DPS_CLIENT_ID", ready.client_id)
        .env("DPS_CLIENT_SECRET", ready.client_secret)
        .env("DPS_SUBSCRIPTION_ID", &ready.subscription_id)
        .env("DPS_RESOURCE_GROUP", &ready.resource_group_name)
        .env("DPS_IDENTITY_ENDPOINT", &ready.identity_endpoint)
        .env("DPS_IDENTITY_HEADER", ready.identity_header)
        .env("DPS_READER_ID", READER)
        .env("DPS_IDENTITY_ID", IDENTITY)
        .env("DPS_CERTIFICATE", application_certificate())
        .env("DPS_FEDERATED_TOKEN_FILE", federated_file);
    client.env("DPS_CERTIFICATES", certificates(home.path()).unwrap());
    let said = home.path().join("said");
    let output = File::create(&said).unwrap();
    let mut client = client.stdout(output.try_clone().unwrap()).stderr(output).spawn().unwrap();
    let started = Instant::now();
    let ended = loop {
        match client.try_wait().unwrap() {
            Some(status) => break status.to_string(),
            None if started.elapsed() > PATIENCE => {
                client.kill().unwrap();
                break format!("{}, after {PATIENCE:?}", client.wait().unwrap());
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    match client.wait().unwrap().success() {
        true => Ok(()),
        false => Err(Trouble::Failed(format!("{ended}\n{}", std::fs::read_to_string(said).unwrap()))),
    }
}

/// An application that reads, with the certificate and as the subject below.
const READER: &str = "00000000-0000-4000-8000-00000000000a";

/// A user-assigned managed identity that reads.
const IDENTITY: &str = "00000000-0000-4000-8000-00000000000b";

/// Whom the federated token is issued for.
const SUBJECT: &str = "system:serviceaccount:default:dps";

/// A certificate and its key, which is RSA.
fn application_certificate() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/application.pem")
}

/// The development tenant with the application and the managed identity.
fn configuration() -> Configuration {
    let roles = json!([{"role": "Device Provisioning Service Data Reader"}]);
    let value = json!({"tenants": [{"tenantId": DEVELOPMENT.tenant_id, "applications": [
        {"clientId": READER, "certificateFiles": [application_certificate()], "federatedSubjects": [SUBJECT],
         "roleAssignments": roles},
        {"clientId": IDENTITY, "managedIdentity": "userAssigned", "roleAssignments": roles},
    ]}]});
    serde_json::from_value(value).unwrap()
}

/// What a client can't do by itself: it gets a bearer token and a federated one, and five registrations to read.
async fn prepare(ready: &Ready) -> (String, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authority = std::fs::read(&ready.ca_certificate).unwrap();
    let authority = reqwest::Certificate::from_pem(&authority).unwrap();
    let http = reqwest::Client::builder().tls_certs_only([authority]).no_proxy().build().unwrap();
    let post = |path: &str| http.post(format!("{}/{path}", ready.endpoint));
    let seed = json!({"collection": "registrations", "count": 5, "prefix": "seeded-", "enrollmentGroupId": "seeded"});
    post("_emulator/seed").body(seed.to_string()).send().await.unwrap().error_for_status().unwrap();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={SCOPE}",
        ready.client_id, ready.client_secret
    );
    let answer = post(&format!("{}/oauth2/v2.0/token", ready.tenant_id)).body(form).send().await.unwrap();
    let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let wanted = post("_emulator/federatedToken").body(json!({ "subject": SUBJECT }).to_string());
    let federated: Value = serde_json::from_str(&wanted.send().await.unwrap().text().await.unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&answer["access_token"]), text(&federated["token"]))
}

/// A folder in `home` with an authority, and certificates and keys of devices: one of the authority, and two of
/// nobody's.
fn certificates(home: &Path) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let folder = home.join("certificates");
    std::fs::create_dir(&folder)?;
    let named = |name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let key = KeyPair::generate()?;
    let mut authority = named("Contoso Root");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    std::fs::write(folder.join("root.pem"), authority.self_signed(&key)?.pem())?;
    for (name, signed) in [("certified-1", true), ("certified-2", false), ("stranger-1", false)] {
        let device_key = KeyPair::generate()?;
        let device = match signed {
            true => named(name).signed_by(&device_key, &Issuer::from_params(&authority, &key))?,
            false => named(name).self_signed(&device_key)?,
        };
        std::fs::write(folder.join(format!("{name}.pem")), device.pem())?;
        std::fs::write(folder.join(format!("{name}-key.pem")), device_key.serialize_pem())?;
    }
    Ok(folder)
}
