//! What was answered with success is there after the process was killed.

use crate::common::{Host, client, options, signature, symmetric};
use aziotdps::emulator::{Emulator, Options};
use aziotdps::model::EnrollmentKind;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// This test program again, to run the one ignored test `name` with `environment`.
pub fn again(name: &str, environment: &[(&str, &Path)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([name, "--exact", "--ignored", "--nocapture"]).envs(environment.iter().copied());
    command
}

/// Serves until it is killed.
#[test]
#[ignore = "run in a process of its own by the test below"]
fn serves_until_it_is_killed() {
    let path = |name: &str| Some(std::env::var_os(name).unwrap().into());
    let options =
        Options { port: 0, data_path: path("EMULATOR_DATA"), home: path("EMULATOR_HOME"), ..Options::default() };
    let emulator = Emulator::start(options).unwrap();
    let mut out = std::io::stdout();
    writeln!(out, "\nready {}", serde_json::to_string(emulator.ready()).unwrap()).unwrap();
    out.flush().unwrap();
    loop {
        std::thread::park();
    }
}

#[tokio::test]
async fn what_was_answered_with_success_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (data, home) = (folder.path().join("records.db"), folder.path().join("home"));
    let mut child =
        again("durability::serves_until_it_is_killed", &[("EMULATOR_DATA", &data), ("EMULATOR_HOME", &home)])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready: Value = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("ready ").map(|ready| serde_json::from_str(ready).unwrap()))
        .unwrap();
    let endpoint = ready["endpoint"].as_str().unwrap();
    let http = client(Path::new(ready["caCertificate"].as_str().unwrap()));
    let sas = signature(0, &endpoint.strip_prefix("https://").unwrap().replace(':', "%3A"));
    let mut answered = Vec::new();
    for number in 0..50 {
        let id = format!("dev-{number}");
        let answer = http
            .put(format!("{endpoint}/enrollments/{id}?api-version=2021-10-01"))
            .header("authorization", &sas)
            .header("content-type", "application/json")
            .body(symmetric(&id).to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        answered.push(serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap());
    }
    // SIGKILL: nothing is closed, nothing is written at the end.
    child.kill().unwrap();
    child.wait().unwrap();

    let emulator =
        Emulator::start(Options { port: 0, data_path: Some(data), home: Some(home), ..Options::default() }).unwrap();
    for record in answered {
        let id = record["registrationId"].as_str().unwrap();
        let kept: Value = serde_json::from_str(&emulator.stored(EnrollmentKind::Individual, id).unwrap()).unwrap();
        assert_eq!(kept, record);
    }
}

#[tokio::test]
async fn records_in_memory_are_gone_and_those_in_a_file_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = Some(folder.path().join("records.db"));
    for (data_path, expected) in [(None, 404), (file, 200)] {
        let options = || Options { data_path: data_path.clone(), ..options() };
        let host = Host::with(options());
        host.enroll("dev-1").await;
        host.admin(reqwest::Method::PUT, "registrations/r", Some(json!({}))).await;
        host.emulator.stop();
        let host = Host::with(options());
        assert_eq!(host.get("/enrollments/dev-1").await.status, expected);
        assert_eq!(host.get("/registrations/r").await.status, expected);
    }
}
