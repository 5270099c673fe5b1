//! Queries: sizes, tokens, order, and many records.

use crate::common::{Host, options};
use aziotdps::emulator::Options;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn ids(page: &Value) -> Vec<String> {
    page.as_array().unwrap().iter().map(|record| record["registrationId"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_record_comes_once_whatever_the_page_size() {
    let host = Host::with(Options { page_size: 70, ..options() });
    host.seed(json!({"count": 200, "prefix": "dev-"})).await;
    for (asked, pages) in [(None, 3), (Some("50"), 4), (Some("0"), 3), (Some("1000"), 3), (Some("200"), 3)] {
        let (mut seen, mut count, mut token) = (Vec::new(), 0, None::<String>);
        loop {
            let mut headers: Vec<(&str, &str)> = asked.iter().map(|asked| ("x-ms-max-item-count", *asked)).collect();
            headers.extend(token.iter().map(|token| ("x-ms-continuation", token.as_str())));
            let page = host.query("/enrollments/query", &headers).await;
            assert_eq!(page.header("x-ms-item-type"), Some("Enrollment"));
            assert_eq!(page.header("x-ms-max-item-count"), None);
            seen.extend(ids(&page.json()));
            count += 1;
            token = page.header("x-ms-continuation").map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        assert_eq!(count, pages, "{asked:?}");
        assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (200, 200));
        let mut sorted = seen.clone();
        sorted.sort();
        assert_ne!(seen, sorted, "ordered by name");
        assert_ne!(seen, (0..200).map(|number| format!("dev-{number}")).collect::<Vec<_>>(), "ordered by insertion");
    }
}

#[tokio::test]
async fn a_token_survives_what_is_removed_and_added_between_pages() {
    let host = Host::start();
    host.seed(json!({"count": 60, "prefix": "old-"})).await;
    let first = host.query("/enrollments/query", &[("x-ms-max-item-count", "20")]).await;
    let mut seen = ids(&first.json());
    for id in &seen {
        host.delete(&format!("/enrollments/{id}")).await;
    }
    host.seed(json!({"count": 60, "prefix": "new-"})).await;
    let token = first.header("x-ms-continuation").unwrap();
    let rest = host.query("/enrollments/query", &[("x-ms-continuation", token)]).await;
    seen.extend(ids(&rest.json()));
    let old: BTreeSet<&String> = seen.iter().filter(|id| id.starts_with("old-")).collect();
    assert_eq!(old.len(), 60);
    assert_eq!(seen.iter().filter(|id| id.starts_with("old-")).count(), 60);
}

#[tokio::test]
async fn what_is_no_query_and_no_token_is_refused() {
    let host = Host::start();
    host.seed(json!({"count": 2})).await;
    for body in [json!({}), json!({"query": 1}), json!([]), json!("SELECT *")] {
        assert_eq!(host.call(Method::POST, "/enrollments/query", &[], Some(body)).await.refusal().0, 400);
    }
    let page = host.query("/enrollments/query", &[("x-ms-max-item-count", "1")]).await;
    let token = page.header("x-ms-continuation").unwrap();
    for (path, header) in [
        ("/enrollments/query", ("x-ms-continuation", "bm9uc2Vuc2U=")),
        ("/enrollmentGroups/query", ("x-ms-continuation", token)),
        ("/enrollments/query", ("x-ms-max-item-count", "many")),
        ("/enrollments/query", ("x-ms-max-item-count", "-1")),
    ] {
        assert_eq!(host.query(path, &[header]).await.refusal().0, 400, "{header:?}");
    }
    // Any text of a query will do.
    let answer =
        host.call(Method::POST, "/enrollments/query", &[], Some(json!({"query": "select * from enrollments"}))).await;
    assert_eq!(ids(&answer.json()).len(), 2);
}

#[tokio::test]
async fn a_query_shows_no_registration_state() {
    let host = Host::start();
    host.enroll("dev-1").await;
    assert_eq!(host.query("/enrollments/query", &[]).await.json()[0].get("registrationState"), None);
    assert_eq!(host.get("/enrollments/dev-1").await.json()["registrationState"]["status"], "unassigned");
}

/// The process's resident memory in kilobytes.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// In a process of its own, since other tests' memory would be counted too.
#[cfg(target_os = "linux")]
#[test]
fn a_hundred_thousand_records_are_listed_in_flat_memory() {
    let output = super::durability::again("paging::lists_a_hundred_thousand", &[]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "run in a process of its own by the test above"]
async fn lists_a_hundred_thousand() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::with(Options { data_path: Some(folder.path().join("records.db")), ..options() });
    host.seed(json!({"count": 100_000})).await;
    let (mut seen, mut token, mut early) = (0, None::<String>, 0);
    loop {
        let headers: Vec<(&str, &str)> = token.iter().map(|token| ("x-ms-continuation", token.as_str())).collect();
        let page = host.query("/enrollments/query", &headers).await;
        seen += page.json().as_array().unwrap().len();
        if seen == 10_000 {
            early = resident();
        }
        token = page.header("x-ms-continuation").map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, 100_000);
    let grown = resident().saturating_sub(early);
    assert!(grown < 16 * 1024, "{grown} KiB more after 100,000 records than after 10,000");
}
