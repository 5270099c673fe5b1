//! The real service's recorded answers: the request that gave one gives it here, byte for byte but for what differs
//! from call to call (etags, dates, tracking ids) and from certificate to certificate.

use crate::common::{Host, pem, symmetric, wire};
use aziotdps::emulator::Options;
use reqwest::Method;
use serde_json::{Value, json};

const VOLATILE: [&str; 10] = [
    "etag",
    "createdDateTimeUtc",
    "lastUpdatedDateTimeUtc",
    "subjectName",
    "sha1Thumbprint",
    "sha256Thumbprint",
    "issuerName",
    "notBeforeUtc",
    "notAfterUtc",
    "serialNumber",
];

/// The value as text with volatile members blanked, so that order and presence still count.
pub fn comparable(value: &Value) -> String {
    fn blank(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    if VOLATILE.contains(&name.as_str()) {
                        assert!(member.is_string(), "{name}");
                        *member = "".into();
                    } else {
                        blank(member);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(blank),
            _ => {}
        }
    }
    let mut value = value.clone();
    blank(&mut value);
    value.to_string()
}

/// What a caller sent to get `answer`: the record without what the service adds.
fn request_of(answer: &Value) -> Value {
    let mut request = answer.clone();
    let members = request.as_object_mut().unwrap();
    for added in ["etag", "createdDateTimeUtc", "lastUpdatedDateTimeUtc", "registrationState"] {
        members.shift_remove(added);
    }
    if members["attestation"]["type"] == "x509" {
        let x509 = members["attestation"]["x509"].as_object_mut().unwrap();
        for pair in x509.values_mut() {
            *pair = json!({"primary": {"certificate": pem()}});
        }
    }
    request
}

#[track_caller]
fn assert_same(answer: &crate::common::Reply, recorded: &Value) {
    assert_eq!(answer.status, 200, "{answer:?}");
    // The text as it came: parsing would hide a difference in numbers or spaces.
    assert_eq!(answer.text, answer.json().to_string());
    assert_eq!(comparable(&answer.json()), comparable(recorded));
}

#[tokio::test]
async fn individual_with_symmetric_keys() {
    let host = Host::start();
    let recorded = wire("individual-symmetrickey-put-response");
    let path = "/enrollments/sym_enrollment_abf63bb6";
    assert_same(&host.put(path, request_of(&recorded)).await, &recorded);
    assert_same(&host.get(path).await, &wire("individual-symmetrickey-get-response"));
    let mechanism = host.call(Method::POST, &format!("{path}/attestationmechanism"), &[], None).await;
    assert_same(&mechanism, &wire("individual-symmetrickey-attestationmechanism-response"));
}

#[tokio::test]
async fn individual_with_a_tpm() {
    let host = Host::start();
    let recorded = wire("individual-tpm-put-response");
    assert_same(&host.put("/enrollments/ind_enroll_tpm_07cef397f", request_of(&recorded)).await, &recorded);
}

#[tokio::test]
async fn individual_with_a_client_certificate() {
    let host = Host::start();
    let recorded = wire("individual-x509-client-get-response");
    let path = "/enrollments/x509_enrollment_c47537a6";
    assert_eq!(host.put(path, request_of(&recorded)).await.status, 200);
    assert_same(&host.get(path).await, &recorded);
}

#[tokio::test]
async fn group_with_symmetric_keys() {
    let host = Host::start();
    let recorded = wire("group-symmetrickey-put-response");
    assert_same(&host.put("/enrollmentGroups/reg_enroll_grp_4dfe3739", request_of(&recorded)).await, &recorded);
}

#[tokio::test]
async fn group_with_a_signing_certificate_created_and_updated() {
    let host = Host::start();
    let path = "/enrollmentGroups/x509_enroll_grp_ead0363a";
    let created = wire("group-x509-signing-put-response");
    let answer = host.put(path, request_of(&created)).await;
    assert_same(&answer, &created);
    let updated = wire("group-x509-signing-update-response");
    let before = answer.json();
    let answer = host.update(path, before["etag"].as_str().unwrap(), request_of(&updated)).await;
    assert_same(&answer, &updated);
    let after = answer.json();
    assert_ne!(after["etag"], before["etag"]);
    assert_ne!(after["lastUpdatedDateTimeUtc"], before["lastUpdatedDateTimeUtc"]);
    assert_eq!(after["createdDateTimeUtc"], before["createdDateTimeUtc"]);
}

#[tokio::test]
async fn group_with_ca_references_is_accepted_as_it_was_sent() {
    let host = Host::start();
    let sent = wire("group-x509-ca-reference-put-request");
    let answer = host.put("/enrollmentGroups/example-group", sent.clone()).await.json();
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(answer[name].to_string(), value.to_string(), "{name}");
    }
}

#[tokio::test]
async fn a_registration() {
    let host = Host::start();
    let recorded = wire("registration-state-get-response");
    host.admin(Method::PUT, "registrations/device-4dfe3739", Some(request_of_registration(&recorded))).await;
    let answer = host.get("/registrations/device-4dfe3739").await;
    assert_same(&answer, &recorded);
    assert_eq!(answer.json()["createdDateTimeUtc"], recorded["createdDateTimeUtc"]);
}

fn request_of_registration(recorded: &Value) -> Value {
    let mut sent = recorded.clone();
    sent.as_object_mut().unwrap().shift_remove("etag");
    sent
}

#[tokio::test]
async fn bulk_results() {
    let host = Host::start();
    let individuals: Vec<Value> = (1..=2).map(|number| symmetric(&format!("sym_enrollment_{number}"))).collect();
    let groups: Vec<Value> = (1..=2)
        .map(|number| {
            json!({"enrollmentGroupId": format!("sym_group_{number}"), "attestation": {"type": "symmetricKey"}})
        })
        .collect();
    for (path, items, conflict) in [
        ("enrollments", individuals, wire("bulk-individual-conflict-response")),
        ("enrollmentGroups", groups, wire("bulk-group-conflict-response")),
    ] {
        for (mode, recorded) in [("create", wire("bulk-success-response")), ("update", conflict)] {
            let body = json!({"mode": mode, path: items});
            assert_same(&host.call(Method::POST, &format!("/{path}"), &[], Some(body)).await, &recorded);
        }
    }
}

#[tokio::test]
async fn a_page_of_a_query() {
    let host = Host::with(Options { page_size: 1, ..crate::common::options() });
    let exchange = wire("query-page-exchange");
    let record = &exchange["response"]["body"][0];
    host.put("/enrollments/sym_enrollment_abf63bb6", request_of(record)).await;
    host.enroll("another").await;

    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in exchange["request"]["headers"].as_object().unwrap() {
        headers.push((name.clone(), value.as_str().unwrap().to_owned()));
    }
    headers.push(("authorization".to_owned(), host.sas(crate::common::OWNER)));
    let path = exchange["request"]["path"].as_str().unwrap();
    let mut continuation = String::new();
    for page in 0..2 {
        let mut all: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if page == 1 {
            all.push(("x-ms-continuation", &continuation));
        }
        let answer = host.raw(Method::POST, path, &all, Some(exchange["request"]["body"].to_string())).await;
        for (name, recorded) in exchange["response"]["headers"].as_object().unwrap() {
            match name.as_str() {
                "x-ms-continuation" => {}
                // The service's own covers its subdomains; those of localhost are other people's.
                "Strict-Transport-Security" => assert_eq!(answer.header(name), Some("max-age=31536000")),
                _ => assert_eq!(answer.header(name), recorded.as_str(), "{name}"),
            }
        }
        let body = answer.json();
        if body[0]["registrationId"] == record["registrationId"] {
            assert_eq!(comparable(&body[0]), comparable(record));
        }
        assert_eq!(answer.header("x-ms-continuation").is_some(), page == 0);
        assert_eq!(body.as_array().unwrap().len(), 1);
        continuation = answer.header("x-ms-continuation").unwrap_or_default().to_owned();
    }
}

/// An example of the service's own specification. They show every member at once, so no whole one is valid input.
fn example(name: &str) -> Value {
    wire(&format!("examples/{name}_MaximumSet_Gen"))
}

#[tokio::test]
async fn every_member_of_the_specification_s_examples_comes_back_as_it_was_sent() {
    let host = Host::start();
    for (name, member, collection, id_member) in [
        ("IndividualEnrollment_CreateOrUpdate", "enrollment", "enrollments", "registrationId"),
        ("EnrollmentGroup_CreateOrUpdate", "enrollmentGroup", "enrollmentGroups", "enrollmentGroupId"),
    ] {
        let mut sent = example(name)["parameters"][member].clone();
        let path = format!("/{collection}/{}", sent[id_member].as_str().unwrap());
        let refused = host.put(&path, sent.clone()).await.refusal();
        assert!(refused.0 == 400 && refused.2.contains("webhookUrl"), "{refused:?}");
        sent["customAllocationDefinition"]["webhookUrl"] = "https://example.invalid/allocate".into();
        let refused = host.put(&path, sent.clone()).await.refusal();
        assert!(refused.0 == 400 && refused.2.contains("attestation"), "{refused:?}");
        let key = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMzQ=";
        sent["attestation"] = json!({"type": "symmetricKey", "symmetricKey": {"primaryKey": key, "secondaryKey": key}});
        for added in ["namespaceName", "certificateAuthorityName", "certificatePolicyName"] {
            sent[added] = format!("of-2026-11-01-{added}").into();
        }
        let put = host.call_version("2026-11-01", Method::PUT, &path, &[], Some(sent.clone())).await.json();
        let read = host.call_version("2026-11-01", Method::GET, &path, &[], None).await.json();
        for (name, value) in sent.as_object().unwrap() {
            match name.as_str() {
                // The service's own, whatever is sent.
                "etag" | "registrationState" => assert_ne!(&put[name], value),
                "attestation" => assert_eq!(read[name].to_string(), r#"{"type":"symmetricKey"}"#),
                _ => assert_eq!(read[name].to_string(), value.to_string(), "{name}"),
            }
            if name != "etag" && name != "registrationState" {
                assert_eq!(put[name].to_string(), value.to_string(), "{name}");
            }
        }
    }
    let recorded = example("DeviceRegistrationState_Get")["responses"]["200"]["body"].clone();
    let path = format!("registrations/{}", recorded["registrationId"].as_str().unwrap());
    host.admin(Method::PUT, &path, Some(request_of_registration(&recorded))).await;
    assert_same(&host.get(&format!("/{path}")).await, &recorded);
}
