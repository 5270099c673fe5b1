//! The emulator's own calls, its log and its list of requests.

use crate::common::{Host, OWNER, options, symmetric};
use aziotdps::emulator::Options;
use aziotdps::model::DEVELOPMENT;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

#[tokio::test]
async fn a_record_is_shown_as_it_is_kept() {
    let host = Host::start();
    let put = host.enroll("Dev-1").await;
    let kept = host.admin(Method::GET, "records/enrollments/dev-1", None).await;
    assert_eq!(kept.json(), put);
    assert_eq!(host.emulator.stored(aziotdps::model::EnrollmentKind::Individual, "DEV-1"), Some(kept.text));
    assert_eq!(host.admin(Method::GET, "records/enrollmentGroups/dev-1", None).await.status, 404);
    assert_eq!(host.admin(Method::GET, "records/others/dev-1", None).await.status, 400);
}

#[tokio::test]
async fn a_reset_forgets_everything() {
    let host = Host::start();
    host.enroll("dev-1").await;
    host.admin(Method::POST, "faults", Some(json!({"kind": "drop"}))).await;
    assert_eq!(host.admin(Method::POST, "reset", None).await.status, 204);
    assert_eq!(host.emulator.requests(), []);
    assert_eq!(host.get("/enrollments/dev-1").await.status, 404);
}

#[tokio::test]
async fn the_list_of_requests_has_what_a_test_asks_for() {
    let host = Host::start();
    let sas = host.sas(OWNER);
    let headers = [
        ("authorization", sas.as_str()),
        ("content-type", "application/json"),
        ("if-match", "*"),
        ("x-ms-max-item-count", "5"),
        ("x-ms-continuation", "token"),
        ("user-agent", "tester/1"),
        ("x-ms-client-request-id", "42"),
    ];
    host.raw(Method::PUT, "/enrollments/a?api-version=2021-10-01", &headers, Some(symmetric("a").to_string())).await;
    host.admin(Method::GET, "health", None).await;
    let listed = host.admin(Method::GET, "requests", None).await.json();
    assert_eq!(
        listed,
        json!([{
            "method": "PUT", "path": "/enrollments/a?api-version=2021-10-01", "status": 404, "errorCode": "404201",
            "ifMatch": "*", "maxItemCount": "5", "continuation": "token", "userAgent": "tester/1",
            "clientRequestId": "42", "policy": "provisioningserviceowner", "bodyLength": symmetric("a").to_string().len(),
        }])
    );
}

#[tokio::test]
async fn the_log_has_a_line_per_request_one_warning_per_version_and_no_secret() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let log = move |line: &str| sink.lock().unwrap().push(line.to_owned());
    let host = Host::with(Options { log: Some(Box::new(log)), ..options() });
    let keys = host.enroll("dev-1").await["attestation"]["symmetricKey"].clone();
    let sas = host.sas(OWNER);
    for _ in 0..2 {
        let headers = [("authorization", sas.as_str())];
        let answer = host.raw(Method::GET, "/enrollments/dev-1?api-version=2099-01-01", &headers, None).await;
        assert_eq!(answer.status, 200);
    }
    host.get("/enrollments/nobody").await;
    host.admin(Method::GET, "records/enrollments/dev-1", None).await;
    let requests = serde_json::to_string(&host.emulator.requests()).unwrap();
    // The log has a thread of its own, which has written everything at the end.
    host.emulator.stop();
    let lines = lines.lock().unwrap().clone();
    assert_eq!(lines.iter().filter(|line| line.contains("2099-01-01")).count(), 1, "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("GET /enrollments/nobody 404 ") && line.ends_with("404201")));
    assert_eq!(lines.len(), 6, "{lines:?}");
    let secrets = [keys["primaryKey"].as_str().unwrap(), DEVELOPMENT.policies[OWNER].primary_key, "sig="];
    for secret in secrets {
        assert!(!lines.concat().contains(secret) && !requests.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn web_pages_and_foreign_names_are_kept_out() {
    let host = Host::start();
    let page = host.raw(Method::POST, "/_emulator/reset", &[("origin", "https://example.com")], None).await;
    assert_eq!(page.refusal().0, 403);
    let rebound = host.raw(Method::GET, "/_emulator/requests", &[("host", "example.com")], None).await;
    assert_eq!(rebound.refusal().0, 403);
}

#[tokio::test]
async fn wrong_turns_among_the_admin_calls_are_named() {
    let host = Host::start();
    assert_eq!(host.admin(Method::DELETE, "reset", None).await.refusal().0, 405);
    let (status, _, text) = host.admin(Method::GET, "nonsense", None).await.refusal();
    assert_eq!((status, text.as_str()), (501, "GET /_emulator/nonsense is not implemented by this emulator."));
    let typo = host.admin(Method::POST, "seed", Some(json!({"count": 1, "prefx": "x"}))).await;
    assert!(typo.refusal().2.contains("prefx"));
    let health: Value = host.admin(Method::GET, "health", None).await.json();
    assert_eq!(health, json!({"status": "ok"}));
}
