//! Bulk requests.

use crate::common::{Host, symmetric};
use aziotdps::model::EnrollmentKind;
use reqwest::Method;
use serde_json::{Value, json};

async fn bulk(host: &Host, mode: &str, items: Vec<Value>) -> crate::common::Reply {
    host.call(Method::POST, "/enrollments", &[], Some(json!({"mode": mode, "enrollments": items}))).await
}

fn codes(answer: &Value) -> Vec<(String, u64)> {
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(answer["isSuccessful"], errors.is_empty());
    let code =
        |error: &Value| (error["registrationId"].as_str().unwrap().to_owned(), error["errorCode"].as_u64().unwrap());
    errors.iter().map(code).collect()
}

#[tokio::test]
async fn each_item_stands_for_itself() {
    let host = Host::start();
    host.enroll("b").await;
    let bad = json!({"registrationId": "c", "attestation": {"type": "none"}});
    let answer = bulk(&host, "create", vec![symmetric("a"), symmetric("b"), bad, symmetric("d")]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(codes(&answer.json()), [("b".to_owned(), 409_201), ("c".to_owned(), 400_000)]);
    for (id, there) in [("a", true), ("c", false), ("d", true)] {
        assert_eq!(host.emulator.stored(EnrollmentKind::Individual, id).is_some(), there, "{id}");
    }
}

#[tokio::test]
async fn updates_go_by_the_item_s_etag() {
    let host = Host::start();
    let fresh = host.enroll("a").await;
    let mut stale = host.enroll("b").await;
    host.update("/enrollments/b", "*", stale.clone()).await;
    let none = symmetric("a");
    for mode in ["updateIfMatchETag", "updateIfMatchEtag"] {
        let answer = bulk(&host, mode, vec![stale.clone(), none.clone()]).await.json();
        assert_eq!(codes(&answer), [("b".to_owned(), 412_000), ("a".to_owned(), 400_000)], "{mode}");
    }
    assert_eq!(codes(&bulk(&host, "update", vec![fresh, none]).await.json()), [("a".to_owned(), 409_201)]);
    stale["etag"] = "*".into();
    let mut missing = symmetric("nobody");
    missing["etag"] = "*".into();
    assert_eq!(codes(&bulk(&host, "update", vec![stale, missing]).await.json()), [("nobody".to_owned(), 404_201)]);
}

#[tokio::test]
async fn deletes_name_what_was_not_there() {
    let host = Host::start();
    host.enroll("a").await;
    let answer = bulk(&host, "delete", vec![symmetric("A"), symmetric("b")]).await.json();
    assert_eq!(codes(&answer), [("b".to_owned(), 404_201)]);
    assert_eq!(host.emulator.stored(EnrollmentKind::Individual, "a"), None);
}

#[tokio::test]
async fn eleven_items_are_too_many_and_none_is_done() {
    let host = Host::start();
    let items: Vec<Value> = (0..11).map(|number| symmetric(&format!("dev-{number}"))).collect();
    assert_eq!(bulk(&host, "create", items[..10].to_vec()).await.status, 200);
    assert_eq!(bulk(&host, "delete", items).await.refusal().0, 400);
    assert!(host.emulator.stored(EnrollmentKind::Individual, "dev-0").is_some());
    assert_eq!(bulk(&host, "replace", vec![symmetric("a")]).await.refusal().0, 400);
    assert_eq!(bulk(&host, "create", vec![json!({"attestation": {}})]).await.refusal().0, 400);
    let wrong = json!({"mode": "create", "enrollmentGroups": []});
    assert_eq!(host.call(Method::POST, "/enrollments", &[], Some(wrong)).await.refusal().0, 400);
}
