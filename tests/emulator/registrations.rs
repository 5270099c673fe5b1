//! Registration records.

use crate::common::Host;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_registration_is_read_and_removed() {
    let host = Host::start();
    let put = host.admin(Method::PUT, "registrations/Dev-1", Some(json!({"assignedHub": "h"}))).await.json();
    let read = host.get("/registrations/dev-1").await;
    assert_eq!(read.json(), put);
    assert_eq!((&put["registrationId"], &put["status"]), (&json!("Dev-1"), &json!("assigned")));
    let stale = "IjAwMDAwMDAwLTAwMDAtMDgwMC0wMDAwLTY0NjgwMWY1MDAwMCI=";
    let removed = host.call(Method::DELETE, "/registrations/dev-1", &[("if-match", stale)], None).await;
    assert_eq!(removed.refusal().0, 412);
    let removed =
        host.call(Method::DELETE, "/registrations/DEV-1", &[("if-match", put["etag"].as_str().unwrap())], None).await;
    assert_eq!((removed.status, removed.text.as_str()), (204, ""));
    assert_eq!(host.get("/registrations/dev-1").await.refusal().0, 404);
    assert_eq!(host.delete("/registrations/dev-1").await.refusal().0, 404);
}

#[tokio::test]
async fn a_query_lists_the_registrations_of_one_group() {
    let host = Host::start();
    host.seed(json!({"collection": "registrations", "count": 30, "prefix": "a-", "enrollmentGroupId": "Group-A"}))
        .await;
    host.seed(json!({"collection": "registrations", "count": 5, "prefix": "b-", "enrollmentGroupId": "group-b"})).await;
    let (mut seen, mut token) = (0, None::<String>);
    loop {
        let mut headers = vec![("x-ms-max-item-count", "12")];
        headers.extend(token.iter().map(|token| ("x-ms-continuation", token.as_str())));
        let page = host.call(Method::POST, "/registrations/group-a/query", &headers, None).await;
        assert_eq!(page.header("x-ms-item-type"), Some("DeviceRegistration"));
        let records = page.json();
        let of_group = |record: &Value| record["registrationId"].as_str().unwrap().starts_with("a-");
        assert!(records.as_array().unwrap().iter().all(of_group));
        assert_eq!(records[0].get("enrollmentGroupId"), None);
        seen += records.as_array().unwrap().len();
        token = page.header("x-ms-continuation").map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, 30);
}

#[tokio::test]
async fn registrations_outlive_their_group_and_show_in_their_enrollment() {
    let host = Host::start();
    let group = json!({"enrollmentGroupId": "g", "attestation": {"type": "symmetricKey"}});
    host.put("/enrollmentGroups/g", group).await;
    host.admin(Method::PUT, "registrations/r", Some(json!({"enrollmentGroupId": "g"}))).await;
    host.delete("/enrollmentGroups/g").await;
    let left = host.call(Method::POST, "/registrations/g/query", &[], None).await.json();
    assert_eq!(left[0]["registrationId"], "r");

    host.enroll("dev-1").await;
    let seeded = host.admin(Method::PUT, "registrations/DEV-1", Some(json!({"assignedHub": "h"}))).await.json();
    assert_eq!(host.get("/enrollments/dev-1").await.json()["registrationState"], seeded);
}
