//! Start and stop, TLS, and what every request goes through.

use crate::common::{Host, OWNER, client, client_with, options, symmetric};
use aziotdps::emulator::{Emulator, Options};
use aziotdps::error::Code;
use reqwest::Method;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConnection, StreamOwned};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

#[tokio::test]
async fn the_ready_record_has_what_was_promised() {
    let host = Host::start();
    let ready = serde_json::to_value(host.emulator.ready()).unwrap();
    let members: Vec<&str> = ready.as_object().unwrap().keys().map(String::as_str).collect();
    let promised = [
        "event",
        "endpoint",
        "connectionString",
        "caCertificate",
        "resourceId",
        "idScope",
        "tenantId",
        "clientId",
        "clientSecret",
        "identityEndpoint",
        "identityHeader",
        "subscriptionId",
        "resourceGroupName",
        "dpsName",
        "mqttPort",
        "amqpPort",
    ];
    assert_eq!(members, promised);
    assert_eq!(ready["event"], "ready");
    let expected = format!("HostName={};SharedAccessKeyName=provisioningserviceowner;", host.authority());
    assert!(ready["connectionString"].as_str().unwrap().starts_with(&expected));
    let (mqtt, amqp) = (ready["mqttPort"].as_u64(), ready["amqpPort"].as_u64());
    assert!(mqtt.is_some() && amqp.is_some() && mqtt != amqp, "{ready}");
}

#[test]
fn the_ports_of_devices_are_those_asked_for_or_free_ones() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let Err(refused) = Emulator::start(Options { mqtt_port: Some(port), ..options() }) else {
        panic!("{port} is taken")
    };
    assert!(refused.message().contains(&port.to_string()), "{refused}");
    drop(taken);
    let emulator = Emulator::start(Options { amqp_port: Some(port), ..options() }).unwrap();
    assert_eq!(emulator.ready().amqp_port, port);
    emulator.stop();
    drop(TcpListener::bind(("127.0.0.1", port)).unwrap());
}

#[test]
fn a_start_takes_well_under_a_tenth_of_a_second() {
    drop(Emulator::start(options()).unwrap());
    let best = (0..5)
        .map(|_| {
            let started = Instant::now();
            drop(Emulator::start(options()).unwrap());
            started.elapsed()
        })
        .min()
        .unwrap();
    assert!(best < Duration::from_millis(100), "{best:?}");
}

#[tokio::test]
async fn it_starts_and_stops_inside_a_runtime_and_frees_its_port() {
    let host = Host::start();
    let port = host.authority().rsplit(':').next().unwrap().parse().unwrap();
    host.get("/enrollments/a").await;
    let taken = Emulator::start(Options { port, ..options() }).err().unwrap();
    assert_eq!((taken.code(), taken.parameter()), (Code::InvalidArgument, Some("port")));
    host.emulator.stop();
    drop(Emulator::start(Options { port, ..options() }).unwrap());
}

#[tokio::test]
async fn every_loopback_name_is_served() {
    let host = Host::start();
    let port = host.authority().rsplit(':').next().unwrap();
    let mut names = vec!["localhost", "127.0.0.1"];
    if TcpListener::bind("[::1]:0").is_ok() {
        names.push("[::1]");
    }
    for name in names {
        let answer = host.http.get(format!("https://{name}:{port}/_emulator/health")).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{name}");
    }
}

#[tokio::test]
async fn only_its_own_authority_vouches_for_it() {
    let host = Host::start();
    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, stranger).unwrap();
    assert!(client(&file).get(host.url("/_emulator/health")).send().await.is_err());
    // The authority stays from start to start.
    let before = std::fs::read(&host.emulator.ready().ca_certificate).unwrap();
    let again = Host::start();
    assert_eq!(std::fs::read(&again.emulator.ready().ca_certificate).unwrap(), before);
    assert!(host.http.get(again.url("/_emulator/health")).send().await.is_ok());
}

/// A TLS connection to `host` and nothing more.
pub fn connect(host: &Host) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&host.emulator.ready().ca_certificate).unwrap()).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tls = ClientConnection::new(config.into(), "localhost".try_into().unwrap()).unwrap();
    StreamOwned::new(tls, TcpStream::connect(host.authority()).unwrap())
}

#[test]
fn a_connection_is_used_again() {
    let host = Host::start();
    let mut connection = connect(&host);
    for _ in 0..3 {
        write!(connection, "GET /_emulator/health HTTP/1.1\r\nHost: {}\r\n\r\n", host.authority()).unwrap();
        let mut answer = String::new();
        while !answer.ends_with("{\"status\":\"ok\"}") {
            let mut part = [0; 1024];
            let length = connection.read(&mut part).unwrap();
            assert_ne!(length, 0, "closed after {answer:?}");
            answer.push_str(std::str::from_utf8(&part[..length]).unwrap());
        }
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

#[tokio::test]
async fn what_is_not_implemented_is_named() {
    let host = Host::start();
    for (method, path) in
        [(Method::GET, "/certificates"), (Method::PUT, "/0ne0EMULATOR/registrations/dev-1/issueCertificate")]
    {
        let (status, _, text) = host.call(method.clone(), path, &[], None).await.refusal();
        assert_eq!((status, text), (501, format!("{method} {path} is not implemented by this emulator.")));
    }
}

#[tokio::test]
async fn wrong_methods_are_405_and_say_which_is_right() {
    let host = Host::start();
    for (method, path, allow) in [
        (Method::DELETE, "/enrollments", "POST"),
        (Method::PATCH, "/enrollments/a", "GET, PUT, DELETE"),
        (Method::POST, "/enrollmentGroups/a", "GET, PUT, DELETE"),
        (Method::GET, "/enrollments/a/attestationmechanism", "POST"),
        (Method::PUT, "/registrations/a", "GET, DELETE"),
        (Method::GET, "/registrations/a/query", "POST"),
    ] {
        let answer = host.call(method.clone(), path, &[], None).await;
        assert_eq!((answer.refusal().0, answer.header("allow")), (405, Some(allow)), "{method} {path}");
    }
}

#[tokio::test]
async fn version_type_and_size_of_a_request_are_checked() {
    let host = Host::start();
    let sas = host.sas(OWNER);
    let json = [("authorization", sas.as_str()), ("content-type", "application/json; charset=utf-8")];
    let body = || Some(symmetric("a").to_string());
    let missing = host.raw(Method::PUT, "/enrollments/a", &json, body()).await;
    assert_eq!(missing.refusal().2, "api-version is missing.");
    let path = "/enrollments/a?api-version=2021-10-01";
    for other in ["text/plain", "application/jsonp"] {
        let headers = [("authorization", sas.as_str()), ("content-type", other)];
        assert_eq!(host.raw(Method::PUT, path, &headers, body()).await.refusal().0, 415, "{other}");
    }
    let large = "x".repeat(5 * 1024 * 1024);
    assert_eq!(host.raw(Method::PUT, path, &json, Some(large)).await.refusal().0, 413);
    assert_eq!(host.raw(Method::PUT, path, &json, body()).await.status, 200);
}

#[tokio::test]
async fn a_client_certificate_is_taken_and_not_needed() {
    let host = Host::start();
    let device = rcgen::generate_simple_self_signed(["dev-1".to_owned()]).unwrap();
    let identity = device.cert.pem() + &device.signing_key.serialize_pem();
    let http = client_with(&host.emulator.ready().ca_certificate, Some(&identity));
    let answer = http.get(host.url("/_emulator/health")).send().await.unwrap().text().await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&answer).unwrap(), json!({"status": "ok"}));
}
