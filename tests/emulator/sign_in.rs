//! Signing in: every kind of credential, and what its roles open.

use super::resource_manager::refusal;
use crate::common::{Host, Reply, options, percent_encoded, symmetric};
use aziotdps::emulator::{Configuration, Options};
use aziotdps::model::DEVELOPMENT;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

const DATA: &str = "https://azure-devices-provisioning.net/.default";
const MANAGEMENT: &str = "https://management.azure.com/.default";
const TENANT: &str = "11111111-0000-4000-8000-000000000001";
const READER: &str = "11111111-0000-4000-8000-000000000002";
const OTHER_TENANT: &str = "22222222-0000-4000-8000-000000000001";

/// The certificate that the reader signs in with, and its key.
fn pem() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/application.pem")
}

/// A tenant with a reader of everything, one with a reader of one service, and an identity of each kind.
fn configuration() -> Configuration {
    let reader = |scope: &str| json!([{"role": "Device Provisioning Service Data Reader", "scope": scope}, {"role": "Reader", "scope": scope}]);
    let group = format!("/subscriptions/{}/resourceGroups/emulator", DEVELOPMENT.subscription_id);
    let second = format!("{group}/providers/Microsoft.Devices/provisioningServices/second");
    let value = json!({
        "services": [{"name": "second"}, {"name": "abroad", "subscriptionId": "s-2", "resourceGroupName": "g"}],
        "tenants": [
            {"tenantId": DEVELOPMENT.tenant_id, "applications": [
                {"clientId": READER, "clientSecrets": ["one", "two"], "certificateFiles": [pem()],
                 "federatedSubjects": ["system:serviceaccount:default:dps"], "roleAssignments": reader("")},
                {"clientId": "of-second", "clientSecrets": ["one"], "roleAssignments": reader(&second)},
                {"clientId": "nobody", "objectId": "nobody-s-object", "clientSecrets": ["one"]},
                {"clientId": "user-assigned", "managedIdentity": "userAssigned", "resourceId": "/user/assigned",
                 "roleAssignments": reader("")},
            ]},
            {"tenantId": TENANT, "subscriptionIds": ["s-2"], "applications": [
                {"clientId": "foreign", "clientSecrets": ["one"], "roleAssignments": reader("")},
            ]},
            {"tenantId": OTHER_TENANT},
        ],
    });
    serde_json::from_value(value).unwrap()
}

fn start() -> Host {
    Host::with(Options { configuration: configuration(), ..options() })
}

async fn post(host: &Host, tenant: &str, form: &[(&str, &str)]) -> Reply {
    let pairs: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    host.raw(Method::POST, &format!("/{tenant}/oauth2/v2.0/token"), &headers, Some(pairs.join("&"))).await
}

async fn by_secret(host: &Host, tenant: &str, client: &str, scope: &str) -> String {
    let form =
        [("grant_type", "client_credentials"), ("client_id", client), ("client_secret", "one"), ("scope", scope)];
    let reply = post(host, tenant, &form).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    format!("Bearer {}", reply.json()["access_token"].as_str().unwrap())
}

async fn by_assertion(host: &Host, assertion: &str) -> Reply {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", READER),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
        ("scope", DATA),
    ];
    post(host, DEVELOPMENT.tenant_id, &form).await
}

/// The status of a data-plane call.
async fn call(host: &Host, method: Method, path: &str, authorization: &str, body: Option<Value>) -> u16 {
    let headers = [("authorization", authorization), ("content-type", "application/json")];
    let path = format!("{path}?api-version=2021-10-01");
    host.raw(method, &path, &headers, body.map(|body| body.to_string())).await.status
}

async fn managed(host: &Host, method: Method, path: &str, authorization: &str) -> Reply {
    let path = format!("{path}?api-version=2022-12-12");
    host.raw(method, &path, &[("authorization", authorization)], None).await
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

/// An assertion of the reader, as clients make it, with `changes`.
fn assertion(host: &Host, algorithm: Algorithm, changes: Value) -> String {
    let certificate = CertificateDer::from_pem_file(pem()).unwrap();
    let PrivateKeyDer::Pkcs1(key) = PrivateKeyDer::from_pem_file(pem()).unwrap() else { panic!("another key") };
    let mut header = Header::new(algorithm);
    match algorithm {
        Algorithm::RS256 => header.x5t = Some(URL_SAFE_NO_PAD.encode(Sha1::digest(&certificate))),
        _ => header.x5t_s256 = Some(URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate))),
    }
    let mut claims = json!({
        "aud": host.url(&format!("/{}/oauth2/v2.0/token", DEVELOPMENT.tenant_id)),
        "iss": READER, "sub": READER, "jti": "1", "nbf": now(), "exp": now() + 600,
    });
    for (name, value) in changes.as_object().unwrap() {
        match name.as_str() {
            "x5t" => header.x5t = Some(value.as_str().unwrap().to_owned()),
            _ => claims[name] = value.clone(),
        }
    }
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_rsa_der(key.secret_pkcs1_der())).unwrap()
}

/// The number of an error in Entra's form.
fn number(reply: &Reply) -> u64 {
    let body = reply.json();
    let number = body["error_codes"][0].as_u64().unwrap();
    assert!(body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{number}: ")), "{body}");
    number
}

#[tokio::test]
async fn the_discovery_document_has_what_clients_require() {
    let host = start();
    for tenant in [DEVELOPMENT.tenant_id, TENANT] {
        let path = format!("/{tenant}/v2.0/.well-known/openid-configuration");
        let document = host.raw(Method::GET, &path, &[], None).await.json();
        for name in ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"] {
            assert!(document[name].as_str().unwrap().starts_with(&host.url(&format!("/{tenant}/"))), "{document}");
        }
        assert!(document["response_types_supported"].is_array() && document["subject_types_supported"].is_array());
        // Whoever comes through a forwarded port is sent back through it.
        let forwarded = host.raw(Method::GET, &path, &[("host", "localhost:9999")], None).await.json();
        assert!(forwarded["token_endpoint"].as_str().unwrap().starts_with("https://localhost:9999/"));
    }
    let stranger = host.raw(Method::GET, "/other/v2.0/.well-known/openid-configuration", &[], None).await;
    assert_eq!((stranger.status, number(&stranger)), (400, 90002));
}

#[tokio::test]
async fn a_certificate_signs_in() {
    let host = start();
    host.enroll("dev-1").await;
    for algorithm in [Algorithm::RS256, Algorithm::PS256] {
        let reply = by_assertion(&host, &assertion(&host, algorithm, json!({}))).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let bearer = format!("Bearer {}", reply.json()["access_token"].as_str().unwrap());
        assert_eq!(call(&host, Method::GET, "/enrollments/dev-1", &bearer, None).await, 200);
    }
    let with_fraction = json!({"nbf": now() as f64 + 1.25, "exp": now() as f64 + 600.5});
    let fraction = by_assertion(&host, &assertion(&host, Algorithm::PS256, with_fraction)).await;
    assert_eq!(fraction.status, 200, "{fraction:?}");
    let issuer = host.url(&format!("/{}/v2.0", DEVELOPMENT.tenant_id));
    let by_issuer = by_assertion(&host, &assertion(&host, Algorithm::PS256, json!({"aud": issuer}))).await;
    assert_eq!(by_issuer.status, 200, "{by_issuer:?}");
}

#[tokio::test]
async fn a_certificate_is_verified() {
    let host = start();
    let made = |changes| assertion(&host, Algorithm::RS256, changes);
    let good = made(json!({}));
    let (text, signature) = good.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    let tampered = format!("{text}.{other}{}", &signature[1..]);
    for (assertion, expected) in [
        (made(json!({"aud": "https://login.microsoftonline.com/t/oauth2/v2.0/token"})), 700_023),
        (made(json!({"iss": "another"})), 700_021),
        (made(json!({"sub": "another"})), 700_021),
        (made(json!({"exp": now() - 1})), 700_024),
        (made(json!({"nbf": now() + 310})), 700_024),
        (made(json!({"x5t": "AAAA"})), 700_027),
        (tampered, 700_027),
        ("nonsense".to_owned(), 50027),
    ] {
        let reply = by_assertion(&host, &assertion).await;
        assert!(reply.status >= 400 && number(&reply) == expected, "{expected}: {reply:?}");
    }
    // Signed with the public certificate as if it were a shared secret, and not signed at all.
    let certificate = std::fs::read(pem()).unwrap();
    let claims = text.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let mut header = Header::new(Algorithm::HS256);
    header.x5t = jsonwebtoken::decode_header(&good).unwrap().x5t;
    let confused = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&certificate)).unwrap();
    assert_eq!(number(&by_assertion(&host, &confused).await), 700_027);
    let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), text.split('.').nth(1).unwrap());
    assert_eq!(by_assertion(&host, &unsigned).await.status, 400);
}

async fn federated(host: &Host, wanted: Value) -> String {
    let reply = host.admin(Method::POST, "federatedToken", Some(wanted)).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_federated_token_signs_in_for_its_subject() {
    let host = start();
    let subject = "system:serviceaccount:default:dps";
    let good = federated(&host, json!({"subject": subject})).await;
    let reply = by_assertion(&host, &good).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let access = reply.json()["access_token"].as_str().unwrap().to_owned();
    for (assertion, expected) in [
        (federated(&host, json!({"subject": "system:serviceaccount:default:other"})).await, 700_213),
        (federated(&host, json!({"subject": subject, "audience": "api://other"})).await, 700_212),
        (federated(&start(), json!({"subject": subject})).await, 50013),
        (access, 700_211),
    ] {
        let refused = by_assertion(&host, &assertion).await;
        assert_eq!((refused.status, number(&refused)), (401, expected));
    }
    // Its key is published as that of a cluster is.
    let document = host.raw(Method::GET, "/federation/.well-known/openid-configuration", &[], None).await.json();
    let keys = document["jwks_uri"].as_str().unwrap().strip_prefix(&host.url("")).unwrap().to_owned();
    let keys: jsonwebtoken::jwk::JwkSet =
        serde_json::from_value(host.raw(Method::GET, &keys, &[], None).await.json()).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(&keys.keys[0]).unwrap();
    let mut validation = jsonwebtoken::Validation::new(Algorithm::ES256);
    validation.set_audience(&["api://AzureADTokenExchange"]);
    validation.set_issuer(&[document["issuer"].as_str().unwrap()]);
    jsonwebtoken::decode::<Value>(&good, &key, &validation).unwrap();
    let page = host.raw(Method::POST, "/_emulator/federatedToken", &[("origin", "https://x")], Some("{}".into())).await;
    assert_eq!(page.status, 403);
}

#[tokio::test]
async fn a_virtual_machine_s_identity_gets_its_token() {
    let host = start();
    host.enroll("dev-1").await;
    let resource = percent_encoded("https://azure-devices-provisioning.net");
    let path = format!("/metadata/identity/oauth2/token?api-version=2018-02-01&resource={resource}");
    let metadata = [("metadata", "true")];
    let body = host.raw(Method::GET, &path, &metadata, None).await.json();
    assert_eq!((&body["expires_in"], &body["token_type"]), (&json!("3599"), &json!("Bearer")));
    assert!((body["expires_on"].as_str().unwrap().parse::<i64>().unwrap() - now() - 3599).abs() < 10);
    let bearer = |body: &Value| format!("Bearer {}", body["access_token"].as_str().unwrap());
    assert_eq!(call(&host, Method::DELETE, "/enrollments/dev-1", &bearer(&body), None).await, 204);
    for named in ["client_id=user-assigned", "object_id=USER-ASSIGNED", "msi_res_id=%2Fuser%2Fassigned"] {
        let body = host.raw(Method::GET, &format!("{path}&{named}"), &metadata, None).await.json();
        assert_eq!(body["client_id"], "user-assigned");
        assert_eq!(call(&host, Method::DELETE, "/enrollments/dev-1", &bearer(&body), None).await, 403);
    }
    let newer = host.raw(Method::GET, "/metadata/identity/getplatformmetadata?cred-api-version=2.0", &metadata, None);
    assert_eq!(newer.await.status, 404);
    for (path, headers) in [
        (path.clone(), vec![]),
        (path.clone(), vec![("metadata", "true"), ("x-forwarded-for", "10.0.0.1")]),
        (format!("{path}&client_id={READER}"), metadata.to_vec()),
        (path.replace("api-version", "version"), metadata.to_vec()),
        (path.replace(&resource, "https%3A%2F%2Fgraph.microsoft.com"), metadata.to_vec()),
    ] {
        let refused = host.raw(Method::GET, &path, &headers, None).await;
        assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("invalid_request")), "{path}");
    }
}

#[tokio::test]
async fn an_app_s_identity_gets_its_token() {
    let host = start();
    let ready = host.emulator.ready();
    let endpoint = ready.identity_endpoint.strip_prefix(&host.url("")).unwrap();
    let resource = percent_encoded("https://management.azure.com/");
    let path = format!("{endpoint}?api-version=2019-08-01&resource={resource}");
    let header = [("x-identity-header", ready.identity_header)];
    let body = host.raw(Method::GET, &path, &header, None).await.json();
    let bearer = format!("Bearer {}", body["access_token"].as_str().unwrap());
    assert_eq!(managed(&host, Method::GET, &DEVELOPMENT.resource_id(), &bearer).await.status, 200);
    let user = host.raw(Method::GET, &format!("{path}&mi_res_id=%2Fuser%2Fassigned"), &header, None).await.json();
    assert_eq!(user["client_id"], "user-assigned");
    for (path, headers, status) in [
        (path.clone(), vec![], 401),
        (path.clone(), vec![("x-identity-header", "wrong")], 401),
        (format!("{path}&client_id=nobody"), header.to_vec(), 400),
        (path.replace(&resource, "x"), header.to_vec(), 400),
    ] {
        let refused = host.raw(Method::GET, &path, &headers, None).await;
        assert_eq!((refused.status, &refused.json()["statusCode"]), (status, &json!(status)), "{path}");
    }
}

#[tokio::test]
async fn roles_open_what_they_say_where_they_say_it() {
    let host = start();
    host.enroll("dev-1").await;
    host.admin(Method::PUT, "registrations/dev-1", Some(json!({}))).await;
    let tenant = DEVELOPMENT.tenant_id;
    let everyone = [DEVELOPMENT.client_id, READER, "of-second", "nobody"];
    let mut bearers = Vec::new();
    for client in everyone {
        let secret = if client == DEVELOPMENT.client_id { DEVELOPMENT.client_secret } else { "one" };
        let form =
            [("grant_type", "client_credentials"), ("client_id", client), ("client_secret", secret), ("scope", DATA)];
        let token = post(&host, tenant, &form).await.json();
        bearers.push(format!("Bearer {}", token["access_token"].as_str().unwrap()));
    }
    let query = || Some(json!({"query": "SELECT *"}));
    for (method, path, body, expected) in [
        (Method::GET, "/enrollments/dev-1", None, [200, 200, 403, 403]),
        (Method::POST, "/enrollments/query", query(), [200, 200, 403, 403]),
        (Method::GET, "/registrations/dev-1", None, [200, 200, 403, 403]),
        (Method::POST, "/enrollments/dev-1/attestationmechanism", None, [200, 403, 403, 403]),
        (Method::PUT, "/enrollments/new", Some(symmetric("new")), [200, 403, 403, 403]),
        (Method::DELETE, "/registrations/dev-1", None, [204, 403, 403, 403]),
    ] {
        for (bearer, expected) in bearers.iter().zip(expected) {
            assert_eq!(call(&host, method.clone(), path, bearer, body.clone()).await, expected, "{method} {path}");
        }
    }
    let second = DEVELOPMENT.resource_id().replace("provisioningServices/emulator", "provisioningServices/second");
    let bearer = by_secret(&host, tenant, "of-second", MANAGEMENT).await;
    assert_eq!(managed(&host, Method::GET, &second, &bearer).await.status, 200);
    let refused = managed(&host, Method::GET, &DEVELOPMENT.resource_id(), &bearer).await;
    assert_eq!(refusal(&refused), (403, "AuthorizationFailed".to_owned()));
    let list =
        format!("/subscriptions/{}/providers/Microsoft.Devices/provisioningServices", DEVELOPMENT.subscription_id);
    let names =
        |body: Value| body["value"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(managed(&host, Method::GET, &list, &bearer).await.json()), ["second"]);
    let bearer = by_secret(&host, tenant, READER, MANAGEMENT).await;
    for (method, path, status) in [
        (Method::GET, second.clone(), 200),
        (Method::POST, format!("{second}/listkeys"), 403),
        (Method::POST, format!("{second}/keys/enrollmentread/listkeys"), 403),
        (Method::DELETE, second.clone(), 403),
        (Method::GET, format!("{second}/certificates"), 200),
    ] {
        assert_eq!(managed(&host, method, &path, &bearer).await.status, status, "{path}");
    }
    // A later page of the keys takes GET, and is no reader's either.
    let page = format!("{second}/listkeys?api-version=2022-12-12&$skiptoken=3");
    assert_eq!(host.raw(Method::GET, &page, &[("authorization", bearer.as_str())], None).await.status, 403);
    let nobody = by_secret(&host, tenant, "nobody", MANAGEMENT).await;
    let refused = managed(&host, Method::GET, &second, &nobody).await;
    assert!(refused.text.contains("nobody-s-object") && refused.text.contains("provisioningServices/Read"));
    assert_eq!(managed(&host, Method::GET, "/subscriptions", &nobody).await.json(), json!({"value": []}));
}

#[tokio::test]
async fn a_tenant_is_good_for_its_own_subscriptions() {
    let host = start();
    let abroad = "/subscriptions/s-2/resourceGroups/g/providers/Microsoft.Devices/provisioningServices/abroad";
    let foreign = by_secret(&host, TENANT, "foreign", MANAGEMENT).await;
    assert_eq!(managed(&host, Method::GET, abroad, &foreign).await.status, 200);
    let own = by_secret(&host, DEVELOPMENT.tenant_id, READER, MANAGEMENT).await;
    for (path, bearer, tenant) in
        [(abroad, &own, TENANT), (&DEVELOPMENT.resource_id(), &foreign, DEVELOPMENT.tenant_id)]
    {
        let refused = managed(&host, Method::GET, path, bearer).await;
        assert_eq!(refusal(&refused), (401, "InvalidAuthenticationTokenTenant".to_owned()));
        assert!(refused.header("www-authenticate").unwrap().contains(tenant), "{refused:?}");
    }
    let subscriptions = managed(&host, Method::GET, "/subscriptions", &foreign).await.json();
    assert_eq!(subscriptions["value"].as_array().unwrap().len(), 1);
    let data = by_secret(&host, TENANT, "foreign", DATA).await;
    assert_eq!(call(&host, Method::GET, "/enrollments/dev-1", &data, None).await, 401);
    let elsewhere = post(&host, OTHER_TENANT, &[("grant_type", "client_credentials"), ("client_id", "foreign")]).await;
    assert_eq!((elsewhere.status, number(&elsewhere)), (400, 700_016));
}
