//! Reads and writes of single enrollments, and the preconditions on them.

use crate::common::{Host, OWNER, Reply, pem, symmetric};
use aziotdps::model::EnrollmentKind;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_put_without_if_match_creates_only() {
    let host = Host::start();
    host.enroll("dev-1").await;
    let again = host.put("/enrollments/dev-1", symmetric("dev-1")).await;
    assert_eq!(again.refusal(), (409, 409_201, "Enrollment already exists.".to_owned()));
    let group = json!({"enrollmentGroupId": "g", "attestation": {"type": "symmetricKey"}});
    assert_eq!(host.put("/enrollmentGroups/g", group.clone()).await.status, 200);
    let again = host.put("/enrollmentGroups/g", group).await;
    assert_eq!(again.refusal(), (409, 409_202, "EnrollmentGroup already exists.".to_owned()));
}

#[tokio::test]
async fn an_etag_in_the_body_alone_is_no_precondition() {
    let host = Host::start();
    let record = host.enroll("dev-1").await;
    assert_eq!(host.put("/enrollments/dev-1", record).await.status, 409);
}

#[tokio::test]
async fn if_match_takes_a_star_the_etag_and_the_etag_in_quotes() {
    let host = Host::start();
    let mut record = host.enroll("dev-1").await;
    for form in ["*", "\"*\"", "{}", "\"{}\""] {
        let etag = form.replace("{}", record["etag"].as_str().unwrap());
        let answer = host.update("/enrollments/dev-1", &etag, symmetric("dev-1")).await;
        assert_eq!(answer.status, 200, "{form}");
        record = answer.json();
    }
    let decoded = STANDARD.decode(record["etag"].as_str().unwrap()).unwrap();
    let guid = String::from_utf8(decoded).unwrap();
    for mangled in [guid.as_str(), guid.trim_matches('"'), "W/\"x\""] {
        let answer = host.update("/enrollments/dev-1", mangled, symmetric("dev-1")).await;
        assert_eq!(answer.refusal(), (400, 400_000, "ETag is invalid".to_owned()), "{mangled}");
    }
}

#[tokio::test]
async fn a_stale_etag_changes_and_removes_nothing() {
    let host = Host::start();
    let stale = host.enroll("dev-1").await["etag"].as_str().unwrap().to_owned();
    host.update("/enrollments/dev-1", "*", symmetric("dev-1")).await;
    let before = host.emulator.stored(EnrollmentKind::Individual, "dev-1");
    assert_eq!(host.update("/enrollments/dev-1", &stale, symmetric("dev-1")).await.refusal().0, 412);
    let removed = host.call(Method::DELETE, "/enrollments/dev-1", &[("if-match", &stale)], None).await;
    assert_eq!(removed.refusal().0, 412);
    assert_eq!(host.emulator.stored(EnrollmentKind::Individual, "dev-1"), before);
}

#[tokio::test]
async fn what_is_missing_is_404_with_the_kind_s_code() {
    let host = Host::start();
    for (path, id, code) in
        [("enrollments", "registrationId", 404_201), ("enrollmentGroups", "enrollmentGroupId", 404_204)]
    {
        let path = format!("/{path}/nobody");
        let mechanism = host.call(Method::POST, &format!("{path}/attestationmechanism"), &[], None).await;
        let body = json!({id: "nobody", "attestation": {"type": "symmetricKey"}});
        for answer in [host.get(&path).await, host.delete(&path).await, host.update(&path, "*", body).await, mechanism]
        {
            let (status, numeric, _) = answer.refusal();
            assert_eq!((status, numeric), (404, code), "{path}");
        }
    }
}

#[tokio::test]
async fn a_delete_answers_204_without_a_body() {
    let host = Host::start();
    let record = host.enroll("dev-1").await;
    let etag = record["etag"].as_str().unwrap();
    let removed = host.call(Method::DELETE, "/enrollments/dev-1", &[("if-match", etag)], None).await;
    assert_eq!((removed.status, removed.text.as_str()), (204, ""));
    host.enroll("dev-2").await;
    assert_eq!(host.delete("/enrollments/dev-2").await.status, 204);
    assert_eq!(host.get("/enrollments/dev-2").await.status, 404);
}

#[tokio::test]
async fn ids_have_no_case_and_keep_their_first_spelling() {
    let host = Host::start();
    host.enroll("Dev-1").await;
    assert_eq!(host.put("/enrollments/dev-1", symmetric("dev-1")).await.status, 409);
    let updated = host.update("/Enrollments/DEV-1/", "*", symmetric("dev-1")).await.json();
    assert_eq!(updated["registrationId"], "Dev-1");
    assert_eq!(host.get("/ENROLLMENTS/dev-1").await.json()["registrationId"], "Dev-1");
    assert_eq!(host.delete("/enrollments/dEV-1").await.status, 204);
}

#[tokio::test]
async fn an_id_is_one_segment_of_the_path() {
    let host = Host::start();
    let record = host.put("/enrollments/a%3Ab%2Ec", symmetric("a:b.c")).await;
    assert_eq!(record.json()["registrationId"], "a:b.c");
    // An encoded slash does not lead to another call, and is no character of an id.
    host.enroll("a").await;
    let slash = host.call(Method::POST, "/enrollments/a%2Fattestationmechanism", &[], None).await;
    assert_eq!(slash.refusal().0, 405);
    assert_eq!(host.get("/enrollments/a%2Fattestationmechanism").await.refusal().1, 404_201);
    assert_eq!(host.put("/enrollments/a%2Fb", symmetric("a/b")).await.refusal().0, 400);
    assert_eq!(host.put("/enrollments/b", symmetric("a")).await.refusal().0, 400);
}

#[tokio::test]
async fn keys_are_shown_by_put_and_attestationmechanism_only() {
    let host = Host::start();
    let record = host.enroll("dev-1").await;
    let keys = record["attestation"]["symmetricKey"].clone();
    assert_eq!(STANDARD.decode(keys["primaryKey"].as_str().unwrap()).unwrap().len(), 64);
    let only_type = json!({"type": "symmetricKey"});
    assert_eq!(host.get("/enrollments/dev-1").await.json()["attestation"], only_type);
    assert_eq!(host.query("/enrollments/query", &[]).await.json()[0]["attestation"], only_type);
    let mechanism = host.call(Method::POST, "/enrollments/dev-1/attestationmechanism", &[], None).await.json();
    assert_eq!(mechanism["symmetricKey"], keys);
}

#[tokio::test]
async fn a_record_written_back_as_it_was_read_keeps_its_keys() {
    let host = Host::start();
    let empty = json!({"primaryKey": "", "secondaryKey": ""});
    for (path, id) in [("/enrollments/a", "registrationId"), ("/enrollmentGroups/a", "enrollmentGroupId")] {
        let created = host.put(path, json!({id: "a", "attestation": {"type": "symmetricKey"}})).await.json();
        let keys = &created["attestation"]["symmetricKey"];
        for symmetric_key in [None, Some(empty.clone())] {
            let mut read = host.get(path).await.json();
            if let Some(keys) = symmetric_key {
                read["attestation"]["symmetricKey"] = keys;
            }
            let etag = read["etag"].as_str().unwrap().to_owned();
            let written = host.update(path, &etag, read).await.json();
            assert_eq!(&written["attestation"]["symmetricKey"], keys, "{path}");
        }
    }
}

#[tokio::test]
async fn a_version_shows_and_takes_the_members_that_it_knows() {
    let host = Host::start();
    let names = ["namespaceName", "certificateAuthorityName", "certificatePolicyName"];
    let mut record = symmetric("a");
    for name in names {
        record[name] = "x".into();
    }
    let path = "/enrollments/a";
    let new = host.call_version("2026-11-01", Method::PUT, path, &[], Some(record.clone())).await.json();
    let old = host.get(path).await.json();
    let queried = host.query("/enrollments/query", &[]).await.json();
    let preview = host.call_version("2026-11-02-preview", Method::GET, path, &[], None).await.json();
    for name in names {
        assert_eq!((&new[name], &preview[name]), (&json!("x"), &json!("x")));
        assert!(old.get(name).is_none() && queried[0].get(name).is_none(), "{name}");
    }
    // A whole record that is written with an older version loses them, and can't set them.
    let etag = old["etag"].as_str().unwrap().to_owned();
    assert!(host.update(path, &etag, record).await.json().get("namespaceName").is_none());
    let after = host.call_version("2026-11-01", Method::GET, path, &[], None).await.json();
    assert!(after.get("namespaceName").is_none());
}

#[tokio::test]
async fn twins_and_unknown_members_come_back_byte_for_byte() {
    let host = Host::start();
    let twin = r#"{"tags":{"version":"1.0","count":null,"metadata":[1.10,-0.0,123456789012345678901234567890]},"properties":{"desired":{"z":{},"a":"\u00e9"}}}"#;
    let novelty = r#"{"b":1e+400,"a":[null]}"#;
    let body = format!(
        r#"{{"registrationId":"dev-1","attestation":{{"type":"symmetricKey"}},"initialTwin":{twin},"novelty":{novelty}}}"#
    );
    let sas = host.sas(OWNER);
    let headers = [("authorization", sas.as_str()), ("content-type", "application/json")];
    let path = "/enrollments/dev-1?api-version=2021-10-01";
    let answer = host.raw(Method::PUT, path, &headers, Some(body)).await;
    let twin = twin.replace("\\u00e9", "é");
    for text in [answer.text, host.get("/enrollments/dev-1").await.text] {
        assert!(text.contains(&format!(r#""initialTwin":{twin},"#)), "{text}");
        assert!(text.ends_with(&format!(r#""novelty":{novelty}}}"#)), "{text}");
    }
}

#[tokio::test]
async fn info_alone_keeps_a_certificate_and_a_stranger_s_info_is_refused() {
    let host = Host::start();
    let with = |slots: Value| json!({"registrationId": "dev-1", "attestation": {"type": "x509", "x509": {"clientCertificates": slots}}});
    let created = host
        .put(
            "/enrollments/dev-1",
            with(json!({"primary": {"certificate": pem()}, "secondary": {"certificate": pem()}})),
        )
        .await;
    assert!(!created.text.contains("BEGIN CERTIFICATE"), "{created:?}");
    let kept = |host: &Host| {
        let record: Value =
            serde_json::from_str(&host.emulator.stored(EnrollmentKind::Individual, "dev-1").unwrap()).unwrap();
        record["attestation"].clone()
    };
    let before = kept(&host);
    assert!(before["x509"]["clientCertificates"]["secondary"]["certificate"].as_str().unwrap().contains("BEGIN"));
    let mut read = host.get("/enrollments/dev-1").await.json();
    assert_eq!(host.update("/enrollments/dev-1", "*", read.clone()).await.status, 200);
    assert_eq!(kept(&host), before);
    for thumbprint in ["sha1Thumbprint", "sha256Thumbprint"] {
        read["attestation"]["x509"]["clientCertificates"]["primary"]["info"][thumbprint] = "00".into();
    }
    assert_eq!(host.update("/enrollments/dev-1", "*", read).await.refusal().0, 400);
}

#[tokio::test]
async fn bad_records_are_refused_by_name_and_nothing_is_kept() {
    let host = Host::start();
    for (member, value) in [
        ("attestation", json!({"type": "symmetricKey", "symmetricKey": {"primaryKey": "short"}})),
        ("attestation", json!({"type": "x509", "x509": {"clientCertificates": {"primary": {"certificate": "AAAA"}}}})),
        ("attestation", json!({"type": "tpm", "tpm": {}})),
        ("provisioningStatus", json!("on")),
        ("allocationPolicy", json!("roundRobin")),
    ] {
        let mut body = symmetric("dev-1");
        body[member] = value;
        assert_eq!(host.put("/enrollments/dev-1", body.clone()).await.refusal().0, 400, "{body}");
        assert_eq!(host.emulator.stored(EnrollmentKind::Individual, "dev-1"), None);
    }
    let sas = host.sas(OWNER);
    let headers = [("authorization", sas.as_str()), ("content-type", "application/json")];
    for body in ["", "[]", "{", "null"] {
        let answer =
            host.raw(Method::PUT, "/enrollments/dev-1?api-version=2021-10-01", &headers, Some(body.to_owned())).await;
        assert_eq!(answer.refusal().0, 400, "{body}");
    }
}

/// Many writers that each read, add one and write with the etag they read: none of their additions is lost.
#[tokio::test(flavor = "multi_thread")]
async fn of_concurrent_writers_with_one_etag_one_wins() {
    let host = Host::start();
    host.enroll("dev-1").await;
    let mut lost = 0;
    for round in 0..10 {
        let etag = host.get("/enrollments/dev-1").await.json()["etag"].as_str().unwrap().to_owned();
        let writes = (0..8).map(|writer| {
            let mut body = symmetric("dev-1");
            body["deviceId"] = format!("{round}-{writer}").into();
            let (host, etag) = (&host, etag.clone());
            async move { host.update("/enrollments/dev-1", &etag, body).await }
        });
        let answers: Vec<Reply> = futures_util::future::join_all(writes).await;
        let won: Vec<&Reply> = answers.iter().filter(|answer| answer.status == 200).collect();
        lost += answers.iter().filter(|answer| answer.status == 412).count();
        assert_eq!(won.len(), 1);
        assert_eq!(host.get("/enrollments/dev-1").await.json()["deviceId"], won[0].json()["deviceId"]);
    }
    assert_eq!(lost, 70);
}
