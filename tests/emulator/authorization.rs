//! Who may do what.

use crate::common::{
    Host, OWNER, READER, REGISTRATION_READER, REGISTRATION_WRITER, WRITER, options, signature, symmetric,
};
use aziotdps::emulator::Options;
use aziotdps::model::DEVELOPMENT;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

const VERSION: &str = "?api-version=2021-10-01";
const DATA: &str = "https://azure-devices-provisioning.net/.default";
const MANAGEMENT: &str = "https://management.azure.com/.default";

async fn token_answer(host: &Host, tenant: &str, fields: &[(&str, &str)]) -> crate::common::Reply {
    let mut form = vec![
        ("grant_type", "client_credentials"),
        ("client_id", DEVELOPMENT.client_id),
        ("client_secret", DEVELOPMENT.client_secret),
        ("scope", DATA),
    ];
    for (name, value) in fields {
        form.retain(|(key, _)| key != name);
        form.push((name, value));
    }
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    host.raw(Method::POST, &format!("/{tenant}/oauth2/v2.0/token"), &headers, Some(body)).await
}

async fn bearer(host: &Host, scope: &str) -> String {
    let answer = token_answer(host, DEVELOPMENT.tenant_id, &[("scope", scope)]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    format!("Bearer {}", answer.json()["access_token"].as_str().unwrap())
}

#[tokio::test]
async fn each_policy_may_do_what_its_rights_say() {
    let host = Host::start();
    host.enroll("dev-1").await;
    host.admin(Method::PUT, "registrations/r", Some(json!({}))).await;
    let query = || Some(json!({"query": "SELECT *"}).to_string());
    let bulk = || Some(json!({"mode": "create", "enrollments": []}).to_string());
    let put = || Some(symmetric("new").to_string());
    let calls = [
        (Method::GET, "/enrollments/dev-1", None, vec![OWNER, READER, WRITER]),
        (Method::POST, "/enrollments/query", query(), vec![OWNER, READER, WRITER]),
        (Method::POST, "/enrollments/dev-1/attestationmechanism", None, vec![OWNER, WRITER]),
        (Method::POST, "/enrollments", bulk(), vec![OWNER, WRITER]),
        (Method::PUT, "/enrollments/new", put(), vec![OWNER, WRITER]),
        (Method::DELETE, "/enrollments/new", None, vec![OWNER, WRITER]),
        (Method::GET, "/registrations/r", None, vec![OWNER, REGISTRATION_READER, REGISTRATION_WRITER]),
        (Method::POST, "/registrations/g/query", None, vec![OWNER, REGISTRATION_READER, REGISTRATION_WRITER]),
        (Method::DELETE, "/registrations/r", None, vec![OWNER, REGISTRATION_WRITER]),
    ];
    for (method, path, body, allowed) in calls {
        for policy in 0..DEVELOPMENT.policies.len() {
            let sas = host.sas(policy);
            let headers = [("authorization", sas.as_str()), ("content-type", "application/json")];
            let answer = host.raw(method.clone(), &format!("{path}{VERSION}"), &headers, body.clone()).await;
            let name = DEVELOPMENT.policies[policy].name;
            if allowed.contains(&policy) {
                assert!(![401, 403].contains(&answer.status), "{name} {method} {path}: {answer:?}");
            } else {
                assert_eq!(answer.refusal().0, 403, "{name} {method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_good_signature_is_401() {
    let host = Host::start();
    host.enroll("dev-1").await;
    let good = host.sas(OWNER);
    let elsewhere = signature(OWNER, "example.azure-devices-provisioning.net");
    let other_path = signature(OWNER, &format!("{}%2FenrollmentGroups", host.authority().replace(':', "%3A")));
    let half = signature(OWNER, &format!("{}%2Fenroll", host.authority().replace(':', "%3A")));
    let tampered = good.replace("sr=localhost", "sr=LOCALHOST");
    for authorization in ["", "Basic eA==", "Bearer x.y.z", &elsewhere, &other_path, &half, &tampered] {
        let headers = [("authorization", authorization)];
        let answer = host.raw(Method::GET, &format!("/enrollments/dev-1{VERSION}"), &headers, None).await;
        assert_eq!(answer.refusal().0, 401, "{authorization}");
    }
    assert_eq!(host.raw(Method::GET, &format!("/enrollments/dev-1{VERSION}"), &[], None).await.refusal().0, 401);
    let exact = signature(OWNER, &format!("{}%2fEnrollments%2fDev-1", host.authority()));
    let headers = [("authorization", exact.as_str())];
    assert_eq!(host.raw(Method::GET, &format!("/enrollments/dev-1{VERSION}"), &headers, None).await.status, 200);
}

#[tokio::test]
async fn a_bearer_token_opens_its_own_plane() {
    let host = Host::start();
    host.enroll("dev-1").await;
    let services = format!("{}?api-version=2022-12-12", DEVELOPMENT.resource_id());
    for (scope, data, management) in [(DATA, 200, 401), (MANAGEMENT, 401, 200)] {
        let token = bearer(&host, scope).await;
        let headers = [("authorization", token.as_str())];
        for (path, expected) in [(format!("/enrollments/dev-1{VERSION}"), data), (services.clone(), management)] {
            assert_eq!(host.raw(Method::GET, &path, &headers, None).await.status, expected, "{scope} {path}");
        }
    }
    // Another emulator's token, though every claim but the signature may be right.
    let other = Host::start();
    let foreign = bearer(&other, DATA).await;
    let headers = [("authorization", foreign.as_str())];
    assert_eq!(host.raw(Method::GET, &format!("/enrollments/dev-1{VERSION}"), &headers, None).await.status, 401);
}

#[tokio::test]
async fn a_token_lives_as_long_as_it_says() {
    let host = Host::with(Options { token_lifetime: Duration::from_secs(2), ..options() });
    host.enroll("dev-1").await;
    let answer = token_answer(&host, DEVELOPMENT.tenant_id, &[]).await.json();
    assert_eq!((&answer["expires_in"], &answer["token_type"]), (&json!(2), &json!("Bearer")));
    let token = format!("Bearer {}", answer["access_token"].as_str().unwrap());
    let headers = [("authorization", token.as_str())];
    let path = format!("/enrollments/dev-1{VERSION}");
    assert_eq!(host.raw(Method::GET, &path, &headers, None).await.status, 200);
    tokio::time::sleep(Duration::from_millis(3100)).await;
    let refused = host.raw(Method::GET, &path, &headers, None).await;
    assert!(refused.refusal().2.contains("Expired"), "{refused:?}");
}

#[tokio::test]
async fn the_token_endpoint_refuses_in_entra_s_form() {
    let host = Host::start();
    let tenant = DEVELOPMENT.tenant_id;
    for (tenant, field, status, error) in [
        (tenant, ("client_secret", "wrong"), 401, "invalid_client"),
        (tenant, ("client_id", "nobody"), 400, "unauthorized_client"),
        (tenant, ("grant_type", "password"), 400, "unsupported_grant_type"),
        (tenant, ("scope", "https://graph.microsoft.com/.default"), 400, "invalid_resource"),
        (tenant, ("scope", "https://management.azure.com"), 400, "invalid_scope"),
        (tenant, ("client_secret", ""), 401, "invalid_client"),
        ("another", ("scope", DATA), 400, "invalid_request"),
    ] {
        let answer = token_answer(&host, tenant, &[field]).await;
        let body = answer.json();
        assert_eq!((answer.status, body["error"].as_str().unwrap()), (status, error));
        let number = body["error_codes"][0].as_u64().unwrap();
        assert!(body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{number}: ")), "{body}");
    }
}

#[tokio::test]
async fn the_keys_of_the_issuer_are_where_its_configuration_says() {
    let host = Host::start();
    let tenant = DEVELOPMENT.tenant_id;
    let configuration =
        host.raw(Method::GET, &format!("/{tenant}/v2.0/.well-known/openid-configuration"), &[], None).await.json();
    let keys = configuration["jwks_uri"].as_str().unwrap().strip_prefix(&host.url("")).unwrap().to_owned();
    let keys = host.raw(Method::GET, &keys, &[], None).await.json();
    let answer = token_answer(&host, tenant, &[]).await.json();
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keys).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(set.find("emulator").unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    validation.set_audience(&["https://azure-devices-provisioning.net"]);
    validation.set_issuer(&[configuration["issuer"].as_str().unwrap()]);
    jsonwebtoken::decode::<serde_json::Value>(answer["access_token"].as_str().unwrap(), &key, &validation).unwrap();
}
