//! The device plane with client certificates, and the CA certificates that the service knows by name.

use super::device::{Device, Identity, derived_key, group, primary, put};
use super::resource_manager;
use crate::common::Host;
use aziotdps::model::DEVELOPMENT;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

fn client_certificate(identity: &Identity) -> Value {
    json!({"type": "x509", "x509": {"clientCertificates": {"primary": {"certificate": identity.pem()}}}})
}

fn signing(identity: &Identity) -> Value {
    json!({"type": "x509", "x509": {"signingCertificates": {"primary": {"certificate": identity.pem()}}}})
}

async fn x509_group(host: &Host, id: &str, attestation: Value, extra: Value) {
    put(host, "enrollmentGroups", "enrollmentGroupId", id, attestation, extra).await;
}

async fn x509_individual(host: &Host, id: &str, attestation: Value) {
    put(host, "enrollments", "registrationId", id, attestation, json!({})).await;
}

#[tokio::test]
async fn an_individual_certificate_provisions_its_device() {
    let host = Host::start();
    let [first, second] = [(); 2].map(|()| Identity::new("dev-1", false, None));
    x509_individual(
        &host,
        "dev-1",
        json!({"type": "x509", "x509": {"clientCertificates":
            {"primary": {"certificate": first.pem()}, "secondary": {"certificate": second.pem()}}}}),
    )
    .await;
    for identity in [&first, &second] {
        let state = Device::with_chain(&host, "DEV-1", &[identity]).assigned(&host).await;
        assert_eq!(state["x509"], json!({}));
    }
    let stranger = Identity::new("dev-1", false, None);
    let refusal = Device::with_chain(&host, "dev-1", &[&stranger]).register(&host).await.refusal();
    assert!(refusal.1 == 401_002 && refusal.2.contains("not that of the enrollment"), "{refusal:?}");
}

#[tokio::test]
async fn the_common_name_is_the_registration_id() {
    let host = Host::start();
    let root = Identity::new("root", true, None);
    x509_group(&host, "g", signing(&root), json!({})).await;
    let leaf = Identity::new("dev-1", false, Some(&root));
    Device::with_chain(&host, "dev-1", &[&leaf]).assigned(&host).await;
    let refusal = Device::with_chain(&host, "dev-2", &[&leaf]).register(&host).await.refusal();
    assert!(refusal.1 == 401_002 && refusal.2.contains("common name"), "{refusal:?}");
}

#[tokio::test]
async fn a_certificate_out_of_its_time_is_refused() {
    let host = Host::start();
    let mut params = Identity::new("dev-1", false, None).params;
    params.not_after = time::macros::datetime!(2020-01-01 0:00 UTC);
    let old = Identity::of(params, None);
    x509_individual(&host, "dev-1", client_certificate(&old)).await;
    let refusal = Device::with_chain(&host, "dev-1", &[&old]).register(&host).await.refusal();
    assert!(refusal.1 == 401_002 && refusal.2.contains("expired"), "{refusal:?}");
}

#[tokio::test]
async fn the_group_of_the_nearest_signer_decides() {
    let host = Host::start();
    let root = Identity::new("root", true, None);
    let factory = Identity::new("factory", true, Some(&root));
    let line = Identity::new("line", true, Some(&factory));
    x509_group(&host, "of-root", signing(&root), json!({})).await;
    let leaf = Identity::new("dev-1", false, Some(&line));
    let device = Device::with_chain(&host, "dev-1", &[&leaf, &line, &factory]);
    let group_of = |state: Value| state["x509"]["enrollmentGroupId"].as_str().unwrap().to_owned();
    assert_eq!(group_of(device.assigned(&host).await), "of-root");
    x509_group(&host, "of-factory", signing(&factory), json!({})).await;
    assert_eq!(group_of(device.assigned(&host).await), "of-factory");
    let short = Device::with_chain(&host, "dev-1", &[&leaf]).register(&host).await.refusal();
    assert!(short.2.contains("no enrollment"), "the way to a signer was not sent: {short:?}");
    x509_group(&host, "of-line", signing(&line), json!({"provisioningStatus": "disabled"})).await;
    assert_eq!(device.register(&host).await.json()["status"], "disabled");
    // An individual enrollment comes before all of them.
    x509_individual(&host, "dev-1", client_certificate(&leaf)).await;
    assert_eq!(device.assigned(&host).await["x509"], json!({}));
}

#[tokio::test]
async fn the_recorded_end_of_a_certificate_s_operation_has_the_same_form() {
    let host = Host::start();
    let mut recorded = crate::common::wire("device-register-assigned-x509-group");
    let id = recorded["registrationState"]["registrationId"].as_str().unwrap().to_owned();
    let hub = json!({"iotHubs": [recorded["registrationState"]["assignedHub"]], "allocationPolicy": "static"});
    let root = Identity::new("root", true, None);
    x509_group(&host, "example-group", signing(&root), hub).await;
    let hubs = aziotdps::emulator::LinkedHub {
        host_name: "example-hub.azure-devices.net".to_owned(),
        ..aziotdps::emulator::Configuration::default().linked_hubs.remove(0)
    };
    let configuration = aziotdps::emulator::Configuration { linked_hubs: vec![hubs], ..Default::default() };
    let linked = Host::with(aziotdps::emulator::Options { configuration, ..crate::common::options() });
    x509_group(&linked, "example-group", signing(&root), json!({})).await;
    let leaf = Identity::new(&id, false, Some(&root));
    let end = Device::with_chain(&linked, &id, &[&leaf]).provision(&linked).await;
    recorded["operationId"] = end["operationId"].clone();
    assert_eq!(super::golden::comparable(&end), super::golden::comparable(&recorded));
    let message = Device::with_chain(&host, &id, &[&leaf]).failure(&host).await;
    assert!(message.contains("No linked IoT hub"), "{message}");
}

#[tokio::test]
async fn a_key_and_a_certificate_are_not_taken_for_each_other() {
    let host = Host::start();
    let leaf = Identity::new("dev-1", false, None);
    x509_individual(&host, "dev-1", client_certificate(&leaf)).await;
    let keys = group(&host, "g", json!({})).await;
    let by_key = Device::with_key("dev-1", &derived_key(primary(&keys), "dev-1")).register(&host).await;
    assert_eq!(by_key.refusal().1, 401_002);
    super::device::individual(&host, "dev-2", json!({})).await;
    let other = Identity::new("dev-2", false, None);
    assert_eq!(Device::with_chain(&host, "dev-2", &[&other]).register(&host).await.refusal().1, 401_002);
}

fn path(name: &str) -> String {
    format!("{}/certificates{name}?api-version=2022-12-12", DEVELOPMENT.resource_id())
}

async fn upload(
    host: &Host,
    name: &str,
    identity: &Identity,
    verified: bool,
    headers: &[(&str, &str)],
) -> crate::common::Reply {
    let certificate = STANDARD.encode(identity.certificate.der());
    let body = json!({"properties": {"certificate": certificate, "isVerified": verified}});
    resource_manager::send(host, Method::PUT, &path(&format!("/{name}")), headers, Some(body)).await
}

#[tokio::test]
async fn ca_certificates_are_kept_by_name() {
    let host = Host::start();
    let root = Identity::new("Contoso Root", true, None);
    let made = upload(&host, "Root-1", &root, true, &[]).await;
    let record = made.json();
    assert_eq!((made.status, &record["name"]), (200, &json!("Root-1")));
    assert_eq!(record["id"], format!("{}/certificates/Root-1", DEVELOPMENT.resource_id()));
    let members: Vec<&String> = record["properties"].as_object().unwrap().keys().collect();
    assert_eq!(members, ["subject", "expiry", "thumbprint", "isVerified", "created", "updated", "certificate"]);
    assert_eq!(record["properties"]["subject"], "CN=Contoso Root");
    assert!(record["properties"]["expiry"].as_str().unwrap().ends_with(" GMT"));

    let one = resource_manager::send(&host, Method::GET, &path("/root-1"), &[], None).await;
    assert_eq!(one.json(), record);
    let all = resource_manager::send(&host, Method::GET, &path(""), &[], None).await;
    assert_eq!(all.json(), json!({"value": [record]}));

    assert_eq!(upload(&host, "root-1", &root, false, &[]).await.status, 412, "an update says which version it means");
    let etag = record["etag"].as_str().unwrap();
    let again = upload(&host, "root-1", &root, false, &[("if-match", etag)]).await.json();
    assert_eq!(again["properties"]["isVerified"], false);
    assert_eq!(again["properties"]["created"], record["properties"]["created"]);

    let remove = |headers: &'static [(&'static str, &'static str)]| {
        let host = &host;
        async move { resource_manager::send(host, Method::DELETE, &path("/ROOT-1"), headers, None).await.status }
    };
    assert_eq!(remove(&[]).await, 400);
    assert_eq!(remove(&[("if-match", "IjAwMDAi")]).await, 412);
    assert_eq!(remove(&[("if-match", "*")]).await, 200);
    assert_eq!(remove(&[("if-match", "*")]).await, 204);
    assert_eq!(resource_manager::send(&host, Method::GET, &path("/root-1"), &[], None).await.status, 404);
}

#[tokio::test]
async fn what_is_no_certificate_or_name_is_refused() {
    let host = Host::start();
    for (name, body) in [
        ("c", json!({"properties": {"certificate": "aGVsbG8="}})),
        ("c", json!({"properties": {}})),
        ("c%20d", json!({"properties": {"certificate": crate::common::pem()}})),
    ] {
        let reply = resource_manager::send(&host, Method::PUT, &path(&format!("/{name}")), &[], Some(body)).await;
        assert_eq!((reply.status, &reply.json()["httpStatusCode"]), (400, &json!("BadRequest")), "{name}");
    }
    let root = Identity::new("root", true, None);
    for number in 0..25 {
        assert_eq!(upload(&host, &format!("c-{number}"), &root, true, &[]).await.status, 200);
    }
    assert_eq!(upload(&host, "c-25", &root, true, &[]).await.status, 400, "as many as a service may have");
}

#[tokio::test]
async fn a_reference_is_followed_when_it_is_needed() {
    let host = Host::start();
    let root = Identity::new("root", true, None);
    let references = json!({"type": "x509", "x509": {"caReferences": {"primary": "Root-1"}}});
    x509_group(&host, "g", references, json!({})).await;
    let leaf = Identity::new("dev-1", false, Some(&root));
    let device = Device::with_chain(&host, "dev-1", &[&leaf]);
    assert_eq!(device.register(&host).await.refusal().0, 401, "there is no certificate of this name");
    let record = upload(&host, "root-1", &root, false, &[]).await.json();
    assert_eq!(device.register(&host).await.refusal().0, 401, "it is not verified");
    upload(&host, "root-1", &root, true, &[("if-match", record["etag"].as_str().unwrap())]).await;
    assert_eq!(device.assigned(&host).await["x509"], json!({"enrollmentGroupId": "g"}));
}

#[tokio::test]
async fn possession_of_a_ca_s_key_is_proven() {
    let host = Host::start();
    let root = Identity::new("root", true, None);
    let references = json!({"type": "x509", "x509": {"caReferences": {"primary": "root-1"}}});
    x509_group(&host, "g", references, json!({})).await;
    let uploaded = upload(&host, "root-1", &root, false, &[]).await.json();
    let post = |what: &'static str, etag: String, certificate: Option<String>| {
        let host = &host;
        async move {
            let headers = [("if-match", etag.as_str())];
            let headers = if etag.is_empty() { &headers[..0] } else { &headers[..] };
            let body = certificate.map(|certificate| json!({ "certificate": certificate }));
            resource_manager::send(host, Method::POST, &path(&format!("/root-1/{what}")), headers, body).await
        }
    };
    let etag = |record: &Value| record["etag"].as_str().unwrap().to_owned();
    assert_eq!(post("verify", etag(&uploaded), Some(root.pem())).await.status, 400, "no code was generated");
    assert_eq!(post("generateVerificationCode", String::new(), None).await.status, 400);
    let coded = post("generateVerificationCode", etag(&uploaded), None).await.json();
    let code = coded["properties"]["verificationCode"].as_str().unwrap().to_owned();
    assert_eq!(post("generateVerificationCode", etag(&uploaded), None).await.status, 412, "its etag is another now");
    let read = resource_manager::send(&host, Method::GET, &path("/root-1"), &[], None).await;
    assert!(!read.text.contains(&code), "a code is shown once");

    let other = Identity::new("root", true, None);
    for (wrong, why) in [
        (Identity::new(&code, false, Some(&other)), "not issued by"),
        (Identity::new("another name", false, Some(&root)), "common name"),
    ] {
        let refused = post("verify", etag(&coded), Some(wrong.pem())).await;
        assert!(refused.status == 400 && refused.text.contains(why), "{refused:?}");
    }
    let leaf = Identity::new("dev-1", false, Some(&root));
    let device = Device::with_chain(&host, "dev-1", &[&leaf]);
    assert_eq!(device.register(&host).await.refusal().0, 401, "it is not verified");
    let proof = Identity::new(&code, false, Some(&root));
    let verified = post("verify", etag(&coded), Some(STANDARD.encode(proof.pem()))).await.json();
    assert_eq!(verified["properties"]["isVerified"], true);
    device.assigned(&host).await;
    assert_eq!(post("verify", etag(&verified), Some(proof.pem())).await.status, 400, "a code is good once");
}
