//! Faults on purpose, as a client meets them.

use crate::common::{Host, symmetric};
use aziotdps::emulator::{Fault, FaultStatus};
use aziotdps::model::EnrollmentKind;
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};

const PATH: &str = "/enrollments/dev-1?api-version=2021-10-01";

async fn put(host: &Host) -> reqwest::Result<crate::common::Reply> {
    let sas = host.sas(crate::common::OWNER);
    let headers = [("authorization", sas.as_str()), ("content-type", "application/json")];
    host.try_raw(Method::PUT, PATH, &headers, Some(symmetric("dev-1").to_string())).await
}

fn kept(host: &Host) -> bool {
    host.emulator.stored(EnrollmentKind::Individual, "dev-1").is_some()
}

#[tokio::test]
async fn a_status_comes_instead_of_the_request_or_after_it() {
    let host = Host::start();
    for status in [401, 403, 404, 409, 412, 429, 500, 503] {
        host.emulator.faults().queue(Fault::status(status).on("PUT", "/enrollments/"));
        assert_eq!(put(&host).await.unwrap().refusal().0, status);
        assert!(!kept(&host));
    }
    host.emulator.faults().queue(Fault::status(503).applied());
    assert_eq!(put(&host).await.unwrap().status, 503);
    assert!(kept(&host));
    assert_eq!(put(&host).await.unwrap().status, 409);
}

#[tokio::test]
async fn a_connection_breaks_before_or_after_the_write() {
    let host = Host::start();
    host.emulator.faults().queue(Fault::drop_connection());
    assert!(put(&host).await.is_err());
    assert!(!kept(&host));
    host.emulator.faults().queue(Fault::drop_connection().applied());
    assert!(put(&host).await.is_err());
    assert!(kept(&host));
    let statuses: Vec<_> = host.emulator.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [None, None]);
}

#[tokio::test]
async fn a_body_breaks_off_in_the_middle() {
    let host = Host::start();
    host.emulator.faults().queue(Fault::cut_body());
    let answer = host
        .http
        .put(host.url(PATH))
        .header("authorization", host.sas(crate::common::OWNER))
        .header("content-type", "application/json")
        .body(symmetric("dev-1").to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.is_err());
    assert!(kept(&host));
}

#[tokio::test]
async fn what_an_answer_holds_can_be_chosen() {
    let host = Host::start();
    let faults = host.emulator.faults();
    faults.queue(Fault::status(429).retry_after("7"));
    faults.queue(Fault::status(429));
    faults.queue(Fault::answer(FaultStatus {
        status: 502,
        html: Some("<html>Bad Gateway</html>".to_owned()),
        ..FaultStatus::default()
    }));
    faults.queue(Fault::answer(FaultStatus {
        status: 400,
        error_code: Some(400_123),
        headers: [("x-odd".to_owned(), "yes".to_owned())].into(),
        ..FaultStatus::default()
    }));
    assert_eq!(put(&host).await.unwrap().header("retry-after"), Some("7"));
    assert_eq!(put(&host).await.unwrap().header("retry-after"), None);
    let html = put(&host).await.unwrap();
    assert_eq!((html.status, html.header("content-type")), (502, Some("text/html")));
    let odd = put(&host).await.unwrap();
    assert_eq!((odd.refusal().1, odd.header("x-odd")), (400_123, Some("yes")));
    assert_eq!(put(&host).await.unwrap().status, 200);
}

#[tokio::test]
async fn faults_come_over_http_and_reach_tokens_and_resource_manager() {
    let host = Host::start();
    let faults = json!([
        {"match": {"pathContains": "/oauth2/"}, "kind": {"status": {"status": 503, "body": "{}"}}},
        {"match": {"pathContains": "/subscriptions"}, "delayMs": 300, "kind": {"status": {"status": 500}}},
    ]);
    assert_eq!(host.admin(Method::POST, "faults", Some(faults)).await.status, 204);
    assert_eq!(host.raw(Method::POST, "/t/oauth2/v2.0/token", &[], None).await.text, "{}");
    let started = Instant::now();
    assert_eq!(host.raw(Method::GET, "/subscriptions", &[], None).await.status, 500);
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert_eq!(host.raw(Method::GET, "/subscriptions", &[], None).await.status, 401);

    let one = json!({"match": {"method": "PUT"}, "kind": "drop"});
    host.admin(Method::POST, "faults", Some(one)).await;
    assert_eq!(host.admin(Method::GET, "faults", None).await.json().as_array().unwrap().len(), 1);
    assert_eq!(host.admin(Method::DELETE, "faults", None).await.status, 204);
    assert_eq!(put(&host).await.unwrap().status, 200);
    let unknown = host.admin(Method::POST, "faults", Some(json!({"often": 1}))).await;
    assert!(unknown.refusal().2.contains("often"));
}

#[tokio::test]
async fn an_empty_page_leads_to_the_records() {
    let host = Host::start();
    host.enroll("dev-1").await;
    host.emulator.faults().queue(Fault::empty_page());
    let empty = host.query("/enrollments/query", &[]).await;
    assert_eq!((empty.status, empty.text.as_str()), (200, "[]"));
    let token = empty.header("x-ms-continuation").unwrap();
    let full = host.query("/enrollments/query", &[("x-ms-continuation", token)]).await;
    assert_eq!(full.json()[0]["registrationId"], "dev-1");
    assert_eq!(full.header("x-ms-continuation"), None);
}

#[tokio::test]
async fn what_was_asked_for_is_done_though_the_caller_has_gone() {
    let host = Host::start();
    host.emulator.faults().queue(Fault::delay(Duration::from_millis(300)));
    assert!(tokio::time::timeout(Duration::from_millis(100), put(&host)).await.is_err());
    assert!(!kept(&host));
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(kept(&host));
    assert_eq!(host.emulator.requests().last().unwrap().status, Some(200));
}
