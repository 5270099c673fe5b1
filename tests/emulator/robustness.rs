//! What neither silence, nor bulk, nor long work may do: keep others from being served.

use super::transport::connect;
use crate::common::{Host, OWNER, options, symmetric};
use aziotdps::emulator::{Limits, Options};
use reqwest::Method;
use serde_json::json;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn limits(limits: Limits) -> Options {
    Options { limits, ..options() }
}

/// Reads until the other side closes the connection, and returns how long that took.
fn until_closed(connection: &mut impl Read) -> Duration {
    let started = Instant::now();
    let mut part = [0; 1024];
    while matches!(connection.read(&mut part), Ok(length) if length > 0) {}
    started.elapsed()
}

/// Whether the other side has neither sent anything nor closed the connection.
fn is_open(connection: &mut TcpStream) -> bool {
    connection.set_nonblocking(true).unwrap();
    matches!(connection.read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn silent_connections_lock_nobody_out() {
    let host = Host::with(limits(Limits { connections: 20, ..Limits::default() }));
    let ready = host.emulator.ready();
    let own = host.authority().rsplit(':').next().unwrap().parse().unwrap();
    let ports = [own, ready.mqtt_port, ready.amqp_port].into_iter().cycle().take(60);
    let mut silent: Vec<TcpStream> = ports.map(|port| TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
    // Each port accepts on its own: what still waits at one would take the place of a request on another.
    let started = Instant::now();
    while silent.len() > 20 {
        assert!(started.elapsed() < Duration::from_secs(5), "{} are open", silent.len());
        silent.retain_mut(is_open);
        std::thread::sleep(Duration::from_millis(10));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let started = Instant::now();
    assert_eq!(runtime.block_on(host.put("/enrollments/a", symmetric("a"))).status, 200);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    drop(silent);
}

#[test]
fn a_handshake_has_its_time() {
    let host = Host::with(limits(Limits { handshake: Duration::from_millis(200), ..Limits::default() }));
    for port in [host.emulator.ready().mqtt_port, host.authority().rsplit(':').next().unwrap().parse().unwrap()] {
        let mut silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
        assert!(until_closed(&mut silent) < Duration::from_secs(5));
    }
}

#[test]
fn a_head_has_its_time_and_so_has_the_pause_before_it() {
    let host = Host::with(limits(Limits { idle: Duration::from_millis(200), ..Limits::default() }));
    for sent in ["", "GET /_emulator/health HTTP/1.1\r\nHost: local"] {
        let mut connection = connect(&host);
        connection.write_all(sent.as_bytes()).unwrap();
        connection.flush().unwrap();
        assert!(until_closed(&mut connection) < Duration::from_secs(5), "{sent}");
    }
}

#[test]
fn a_body_has_its_time() {
    let host = Host::with(limits(Limits { body: Duration::from_millis(200), ..Limits::default() }));
    let mut connection = connect(&host);
    let head = format!("PUT /enrollments/a HTTP/1.1\r\nHost: {}\r\nContent-Length: 100\r\n\r\n{{", host.authority());
    connection.write_all(head.as_bytes()).unwrap();
    let started = Instant::now();
    let mut answer = String::new();
    let _ = connection.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_large_body_is_not_kept_for_whoever_may_not_send_it() {
    let host = Host::start();
    let large = || Some("x".repeat(5 * 1024 * 1024));
    let path = "/enrollments/a?api-version=2021-10-01";
    let json = ("content-type", "application/json");
    assert_eq!(host.raw(Method::PUT, path, &[json], large()).await.refusal().0, 401);
    let sas = host.sas(OWNER);
    assert_eq!(host.raw(Method::PUT, path, &[json, ("authorization", &sas)], large()).await.refusal().0, 413);
    let device = "/0ne0EMULATOR/registrations/a/register?api-version=2021-10-01";
    let smaller = Some("x".repeat(100 * 1024));
    assert_eq!(host.raw(Method::PUT, device, &[json], smaller).await.refusal().0, 413);
}

#[tokio::test]
async fn faults_that_cannot_be_played_are_refused() {
    let host = Host::start();
    let status = |status: u32| json!({"kind": {"status": {"status": status}}});
    let header = |name: &str, value: &str| json!({"kind": {"status": {"status": 429, "headers": {name: value}}}});
    for (fault, part) in [
        (status(0), "status"),
        (status(99), "status"),
        (status(100), "status"),
        (status(600), "status"),
        (status(1000), "status"),
        (header("no name", "x"), "name"),
        (header("", "x"), "name"),
        (header("x", "a\nb"), "value"),
        (header("Content-Length", "3"), "content-length"),
        (json!({"kind": {"status": {"status": 429, "retryAfter": "a\r\nb"}}}), "retry-after"),
        (json!({"kind": {"status": {"status": 429, "errorCode": 7}}}), "errorCode"),
        (json!({"times": 0, "kind": "drop"}), "times"),
        (json!([{"kind": "drop"}, {"times": 0}]), "times"),
    ] {
        let reply = host.admin(Method::POST, "faults", Some(fault.clone())).await;
        let (status, _, text) = reply.refusal();
        assert_eq!((status, text.contains(part)), (400, true), "{fault}: {text}");
    }
    assert_eq!(host.emulator.faults().pending(), []);
}

/// A seed takes its time. Meanwhile everybody is served, and the end comes at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_seed_delays_nobody() {
    let folder = tempfile::tempdir().unwrap();
    for data_path in [None, Some(folder.path().join("records.db"))] {
        let host = Host::with(Options { data_path, ..options() });
        host.enroll("known").await;
        let (http, url) = (host.http.clone(), host.url("/_emulator/seed"));
        let seed =
            tokio::spawn(async move { http.post(url).body(json!({"count": 1_000_000}).to_string()).send().await });
        let mut times = Vec::new();
        for number in 0..40 {
            let started = Instant::now();
            assert_eq!(host.admin(Method::GET, "health", None).await.status, 200);
            times.push(started.elapsed());
            assert_eq!(host.get("/enrollments/known").await.status, 200);
            let id = format!("new-{number}");
            assert_eq!(host.put(&format!("/enrollments/{id}"), symmetric(&id)).await.status, 200);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(!seed.is_finished(), "there was nothing to be delayed by");
        times.sort();
        let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
        assert!(median < Duration::from_millis(50) && longest < Duration::from_secs(1), "{median:?}, {longest:?}");
        let ending = Instant::now();
        host.emulator.stop();
        assert!(ending.elapsed() < Duration::from_secs(2), "{:?}", ending.elapsed());
        let _ = seed.await;
    }
}

#[tokio::test]
async fn two_emulators_on_one_file_get_along() {
    let folder = tempfile::tempdir().unwrap();
    let start = || Host::with(Options { data_path: Some(folder.path().join("records.db")), ..options() });
    let (one, other) = (start(), start());
    let write = async |host: &Host, prefix: &str| {
        for number in 0..100 {
            let id = format!("{prefix}-{number}");
            let reply = host.put(&format!("/enrollments/{id}"), symmetric(&id)).await;
            assert_eq!(reply.status, 200, "{reply:?}");
        }
    };
    tokio::join!(write(&one, "one"), write(&other, "other"));
    assert_eq!(one.get("/enrollments/other-99").await.status, 200);
    assert_eq!(other.query("/enrollments/query", &[]).await.json().as_array().unwrap().len(), 200);
}

/// The program with a standard error that nobody reads, which is full after a few hundred requests.
#[cfg(all(unix, feature = "cli"))]
#[tokio::test]
async fn an_unread_log_changes_nothing() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let home = tempfile::tempdir().unwrap();
    let mut program = Command::new(crate::common::PROGRAM)
        .args(["emulator", "start", "--port", "0", "--json"])
        .env("AZIOTDPS_HOME", home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    let http = crate::common::client(ready["caCertificate"].as_str().unwrap().as_ref());
    let url = format!("{}/enrollments/{}?api-version=2021-10-01", ready["endpoint"].as_str().unwrap(), "x".repeat(100));
    for number in 0..3000 {
        let reply = http.get(&url).timeout(Duration::from_secs(10)).send().await;
        assert_eq!(reply.unwrap_or_else(|error| panic!("request {number}: {error}")).status(), 401);
    }
    let ending = Instant::now();
    let id = program.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    while program.try_wait().unwrap().is_none() {
        if ending.elapsed() > Duration::from_secs(2) {
            program.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
