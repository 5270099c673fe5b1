//! More than one service, and what resource manager changes.

use super::resource_manager::{refusal, send, tokened};
use crate::common::{Host, KEY, OWNER, Reply, hmac, options, shared_access_signature, soon, symmetric};
use aziotdps::emulator::{Configuration, Options};
use aziotdps::model::DEVELOPMENT;
use reqwest::Method;
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::time::Duration;

const VERSION: &str = "?api-version=2022-12-12";
const RECENT: &str = "?api-version=2026-11-01";

fn id(name: &str) -> String {
    DEVELOPMENT.resource_id().replace("provisioningServices/emulator", &format!("provisioningServices/{name}"))
}

fn configured(text: Value) -> Host {
    Host::with(Options { configuration: serde_json::from_value(text).unwrap(), ..options() })
}

/// A client that finds `name` on this machine, whatever its resolver knows of names under localhost.
fn client_of(host: &Host, name: &str) -> reqwest::Client {
    let authority = std::fs::read(&host.emulator.ready().ca_certificate).unwrap();
    let authority = reqwest::Certificate::from_pem(&authority).unwrap();
    let builder = reqwest::Client::builder().tls_certs_only([authority]).no_proxy();
    builder.resolve(name, (Ipv4Addr::LOCALHOST, 0).into()).build().unwrap()
}

/// A data-plane GET at `{name}.localhost`, signed with a key.
async fn get(host: &Host, name: &str, path: &str, policy: &str, key: &str) -> Reply {
    call(host, Method::GET, name, path, policy, key, String::new()).await
}

/// A data-plane call at `{name}.localhost`, signed with a key.
async fn call(host: &Host, method: Method, name: &str, path: &str, policy: &str, key: &str, body: String) -> Reply {
    let authority = host.authority().replace("localhost", &format!("{name}.localhost"));
    let signature = shared_access_signature(&authority.replace(':', "%3A"), key, soon(), policy);
    let url = format!("https://{authority}{path}?api-version=2021-10-01");
    let client = client_of(host, &format!("{name}.localhost"));
    let request =
        client.request(method, url).header("authorization", signature).header("content-type", "application/json");
    Reply::of(request.body(body).send().await.unwrap()).await
}

fn description() -> Value {
    json!({"location": "East US", "sku": {"name": "S1", "capacity": 1}, "tags": {"a": "b"}, "properties": {}})
}

/// Waits for the operation that `reply` began, as clients do.
async fn finish(host: &Host, reply: &Reply) {
    let path = reply.header("azure-asyncoperation").unwrap().strip_prefix(&host.url("")).unwrap().to_owned();
    let running = send(host, Method::GET, &path, &[], None).await;
    assert_eq!((running.status, &running.json()["status"]), (202, &json!("Running")));
    assert_eq!(running.header("retry-after"), Some("1"));
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let polled = send(host, Method::GET, &path, &[], None).await;
        if polled.status == 200 {
            assert_eq!(polled.json(), json!({"status": "Succeeded"}));
            return;
        }
    }
    panic!("the operation never ended");
}

async fn create(host: &Host, name: &str) -> Value {
    let created = send(host, Method::PUT, &format!("{}{VERSION}", id(name)), &[], Some(description())).await;
    assert_eq!(created.status, 201, "{created:?}");
    finish(host, &created).await;
    send(host, Method::GET, &format!("{}{VERSION}", id(name)), &[], None).await.json()
}

async fn keys(host: &Host, name: &str) -> Vec<Value> {
    let keys = send(host, Method::POST, &format!("{}/listkeys{VERSION}", id(name)), &[], None).await.json();
    keys["value"].as_array().unwrap().clone()
}

#[tokio::test]
async fn configured_services_are_apart() {
    let host = configured(json!({
        "linkedHubs": [{"hostName": "shared.azure-devices.net"}],
        "services": [
            {"name": "second", "idScope": "0ne00000002", "linkedHubs": [{"hostName": "own.azure-devices.net"}],
             "policies": [{"keyName": "only", "primaryKey": KEY, "rights": "EnrollmentRead"}]},
            {"name": "Third"},
        ],
    }));
    host.enroll("dev-1").await;
    assert_eq!(get(&host, "second", "/enrollments/dev-1", "only", KEY).await.refusal().1, 404_201);
    assert_eq!(get(&host, "third", "/enrollments/dev-1", "only", KEY).await.refusal().0, 401);
    let owner = DEVELOPMENT.policies[OWNER];
    assert_eq!(get(&host, "emulator", "/enrollments/dev-1", owner.name, owner.primary_key).await.status, 200);
    assert_eq!(get(&host, "third", "/enrollments/dev-1", owner.name, owner.primary_key).await.status, 404);
    assert_eq!(get(&host, "nobody", "/enrollments/dev-1", owner.name, owner.primary_key).await.refusal().0, 404);

    let second = send(&host, Method::GET, &format!("{}{VERSION}", id("second")), &[], None).await.json();
    assert_eq!(second["properties"]["idScope"], "0ne00000002");
    assert_eq!(second["properties"]["serviceOperationsHostName"], host.authority().replace("local", "second.local"));
    assert_eq!(second["properties"]["iotHubs"][0]["name"], "own.azure-devices.net");
    let third = send(&host, Method::GET, &format!("{}{VERSION}", id("third")), &[], None).await.json();
    assert_eq!(third["properties"]["iotHubs"][0]["name"], "shared.azure-devices.net");
    assert_ne!(third["properties"]["idScope"], second["properties"]["idScope"]);
}

#[tokio::test]
async fn a_reset_forgets_the_records_of_every_service() {
    let host = configured(json!({"services": [{"name": "second"}]}));
    let (path, owner) = ("/enrollments/dev-1", DEVELOPMENT.policies[OWNER]);
    for name in ["emulator", "second"] {
        let body = symmetric("dev-1").to_string();
        let written = call(&host, Method::PUT, name, path, owner.name, owner.primary_key, body).await;
        assert_eq!(written.status, 200, "{name}: {written:?}");
    }
    assert_eq!(host.admin(Method::POST, "reset", None).await.status, 204);
    for name in ["emulator", "second"] {
        let read = get(&host, name, path, owner.name, owner.primary_key).await;
        assert_eq!(read.refusal().1, 404_201, "{name}");
    }
}

#[tokio::test]
async fn a_large_body_is_refused_by_the_service_that_it_is_for() {
    let rights = "ServiceConfig, EnrollmentWrite";
    let host = configured(json!({"services": [
        {"name": "second", "policies": [{"keyName": "only", "primaryKey": KEY, "rights": rights}]},
    ]}));
    let owner = DEVELOPMENT.policies[OWNER];
    for (name, policy, key, status) in [
        ("second", "only", KEY, 413),
        ("emulator", "only", KEY, 401),
        ("second", owner.name, owner.primary_key, 401),
        ("emulator", owner.name, owner.primary_key, 413),
    ] {
        let large = "x".repeat(5 * 1024 * 1024);
        let reply = call(&host, Method::PUT, name, "/enrollments/a", policy, key, large).await;
        assert_eq!(reply.status, status, "{name} {policy}");
    }
}

#[tokio::test]
async fn devices_come_to_the_service_of_their_id_scope() {
    let host = configured(json!({"services": [{"name": "second", "idScope": "0ne00000002"}]}));
    let record = host.enroll("dev-1").await;
    let key = record["attestation"]["symmetricKey"]["primaryKey"].as_str().unwrap();
    for (scope, status) in [(DEVELOPMENT.id_scope, 200), ("0ne00000002", 401)] {
        let resource = format!("{scope}%2Fregistrations%2Fdev-1");
        let signature = shared_access_signature(&resource, key, soon(), "registration");
        let headers = [("authorization", signature.as_str()), ("content-type", "application/json")];
        let path = format!("/{scope}/registrations/dev-1?api-version=2021-10-01");
        let body = json!({"registrationId": "dev-1"}).to_string();
        assert_eq!(host.raw(Method::POST, &path, &headers, Some(body)).await.status, status, "{scope}");
    }
}

#[tokio::test]
async fn a_service_is_created_used_and_deleted() {
    let host = Host::start();
    let path = format!("{}{VERSION}", id("new-one"));
    let begun = send(&host, Method::PUT, &path, &[], Some(description())).await;
    let body = begun.json();
    assert_eq!((begun.status, &body["properties"]["state"]), (201, &json!("Activating")));
    assert_eq!((&body["location"], &body["tags"]["a"]), (&json!("eastus"), &json!("b")));
    let conflict = send(&host, Method::PUT, &path, &[], Some(description())).await;
    assert_eq!(refusal(&conflict), (409, "Conflict".to_owned()), "it is being created");
    finish(&host, &begun).await;
    let created = send(&host, Method::GET, &path, &[], None).await.json();
    assert_eq!(created["properties"]["provisioningState"], "Succeeded");
    assert_eq!(created["properties"]["iotHubs"], json!([]));

    let keys = keys(&host, "new-one").await;
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0]["rights"], "ServiceConfig, DeviceConnect, EnrollmentWrite");
    let key = keys[0]["primaryKey"].as_str().unwrap();
    let read = get(&host, "new-one", "/enrollments/dev-1", "provisioningserviceowner", key).await;
    assert_eq!(read.refusal().1, 404_201);

    let deleted = send(&host, Method::DELETE, &path, &[], None).await;
    assert_eq!((deleted.status, deleted.header("location")), (202, deleted.header("azure-asyncoperation")));
    finish(&host, &deleted).await;
    assert_eq!(refusal(&send(&host, Method::GET, &path, &[], None).await), (404, "ResourceNotFound".to_owned()));
    assert_eq!(send(&host, Method::DELETE, &path, &[], None).await.status, 204);
}

#[tokio::test]
async fn hubs_are_linked_and_stay_linked_by_what_a_get_shows() {
    let host = Host::start();
    let mut service = create(&host, "new-one").await;
    let path = format!("{}{VERSION}", id("new-one"));
    let text = "HostName=hub.azure-devices.net;SharedAccessKeyName=iothubowner;SharedAccessKey=c2VjcmV0";
    service["properties"]["iotHubs"] = json!([
        {"connectionString": text, "location": "West US", "allocationWeight": 7, "applyAllocationPolicy": false},
    ]);
    service["properties"]["allocationPolicy"] = "GeoLatency".into();
    let updated = send(&host, Method::PUT, &path, &[], Some(service)).await;
    assert_eq!((updated.status, &updated.json()["properties"]["state"]), (200, &json!("Transitioning")));
    finish(&host, &updated).await;
    let read = send(&host, Method::GET, &path, &[], None).await.json();
    let hub = &read["properties"]["iotHubs"][0];
    assert_eq!((&hub["name"], &hub["location"]), (&json!("hub.azure-devices.net"), &json!("westus")));
    assert_eq!((&hub["allocationWeight"], &hub["applyAllocationPolicy"]), (&json!(7), &json!(false)));
    assert!(hub["connectionString"].as_str().unwrap().ends_with("SharedAccessKey=****"));
    assert_eq!(read["properties"]["allocationPolicy"], "GeoLatency");

    let again = send(&host, Method::PUT, &path, &[], Some(read.clone())).await;
    finish(&host, &again).await;
    let kept = send(&host, Method::GET, &path, &[], None).await.json();
    assert_eq!(kept["properties"], read["properties"]);
    for (hub, what) in [
        (
            json!({"connectionString": "HostName=other;SharedAccessKeyName=o;SharedAccessKey=****", "location": "x"}),
            "key",
        ),
        (json!({"connectionString": "HostName=other", "location": "x"}), "SharedAccessKeyName"),
        (json!({"connectionString": text}), "location"),
        (json!({"hostName": "other", "location": "x", "authenticationType": "SystemAssigned"}), "connectionString"),
    ] {
        let mut wrong = read.clone();
        wrong["properties"]["iotHubs"] = json!([hub]);
        let refused = send(&host, Method::PUT, &path, &[], Some(wrong)).await;
        assert!(refusal(&refused).0 == 400 && refused.text.contains(what), "{refused:?}");
    }
}

#[tokio::test]
async fn hubs_are_linked_by_an_identity_too() {
    let host = Host::start();
    let path = format!("{}{RECENT}", DEVELOPMENT.resource_id());
    let mut service = send(&host, Method::GET, &path, &[], None).await.json();
    let mut hub =
        json!({"hostName": "hub.azure-devices.net", "location": "eastus", "authenticationType": "UserAssigned"});
    service["properties"]["iotHubs"] = json!([hub]);
    let refused = send(&host, Method::PUT, &path, &[], Some(service.clone())).await;
    assert!(refused.status == 400 && refused.text.contains("selectedUserAssigned"), "{refused:?}");
    hub["selectedUserAssignedIdentityResourceId"] = "/an/identity".into();
    service["properties"]["iotHubs"] = json!([hub]);
    let updated = send(&host, Method::PUT, &path, &[], Some(service)).await;
    finish(&host, &updated).await;
    let shown = send(&host, Method::GET, &path, &[], None).await.json()["properties"]["iotHubs"][0].clone();
    for name in ["hostName", "authenticationType", "selectedUserAssignedIdentityResourceId"] {
        assert_eq!(shown[name], hub[name], "{name}");
    }
    assert!(shown.get("connectionString").is_none());
}

#[tokio::test]
async fn keys_are_rotated_and_policies_come_and_go() {
    let host = Host::start();
    let service = create(&host, "new-one").await;
    let path = format!("{}{VERSION}", id("new-one"));
    let old = keys(&host, "new-one").await.remove(0);
    let rotated = hmac(old["primaryKey"].as_str().unwrap(), "another");
    let mut change = service.clone();
    change["properties"]["authorizationPolicies"] = json!([
        {"keyName": "provisioningserviceowner", "primaryKey": rotated, "rights": old["rights"]},
        {"keyName": "reader", "rights": "EnrollmentRead"},
    ]);
    let updated = send(&host, Method::PUT, &path, &[], Some(change.clone())).await;
    assert!(updated.json()["properties"].get("authorizationPolicies").is_none(), "keys are shown by listkeys only");
    finish(&host, &updated).await;
    let now = keys(&host, "new-one").await;
    assert_eq!((&now[0]["primaryKey"], &now[0]["secondaryKey"]), (&json!(rotated), &old["secondaryKey"]));
    let policy = "provisioningserviceowner";
    let read = |key: Value| {
        let host = &host;
        async move { get(host, "new-one", "/enrollments/a", policy, key.as_str().unwrap()).await.status }
    };
    assert_eq!(read(old["primaryKey"].clone()).await, 401);
    assert_eq!(read(json!(rotated)).await, 404);

    // A service that is written back as it was read keeps its policies.
    finish(&host, &send(&host, Method::PUT, &path, &[], Some(service)).await).await;
    assert_eq!(keys(&host, "new-one").await, now);
    change["properties"]["authorizationPolicies"][1]["rights"] = "Everything".into();
    assert_eq!(refusal(&send(&host, Method::PUT, &path, &[], Some(change)).await).0, 400);
}

#[tokio::test]
async fn tags_are_patched_and_an_etag_counts() {
    let host = Host::start();
    let path = format!("{}{VERSION}", DEVELOPMENT.resource_id());
    let before = send(&host, Method::GET, &path, &[], None).await.json();
    let body = || Some(json!({"tags": {"env": "test"}}));
    let stale = send(&host, Method::PATCH, &path, &[("if-match", "AAAAAAAAAAA=")], body()).await;
    assert_eq!(refusal(&stale).0, 412);
    let patched = send(&host, Method::PATCH, &path, &[("if-match", before["etag"].as_str().unwrap())], body()).await;
    assert_eq!((patched.status, &patched.json()["tags"]), (200, &json!({"env": "test"})));
    assert_ne!(patched.json()["etag"], before["etag"]);
    finish(&host, &patched).await;
    let wrong = send(&host, Method::PATCH, &path, &[], Some(json!({"tags": {"env": 1}}))).await;
    assert_eq!(refusal(&wrong).0, 400);
}

#[tokio::test]
async fn local_auth_can_be_switched_off() {
    let host = Host::start();
    host.enroll("dev-1").await;
    let path = format!("{}{RECENT}", DEVELOPMENT.resource_id());
    let mut service = send(&host, Method::GET, &path, &[], None).await.json();
    assert_eq!(service["properties"]["disableLocalAuth"], false);
    service["properties"]["disableLocalAuth"] = true.into();
    finish(&host, &send(&host, Method::PUT, &path, &[], Some(service)).await).await;
    let refused = host.get("/enrollments/dev-1").await.refusal();
    assert!(refused.0 == 401 && refused.2.contains("disableLocalAuth"), "{refused:?}");
    let read = tokened(
        &host,
        "https://azure-devices-provisioning.net/.default",
        Method::GET,
        "/enrollments/dev-1?api-version=2021-10-01",
    )
    .await;
    assert_eq!(read.status, 200);

    // An older version does not know it, and leaves it as it is.
    let older = format!("{}{VERSION}", DEVELOPMENT.resource_id());
    let service = send(&host, Method::GET, &older, &[], None).await.json();
    assert!(service["properties"].get("disableLocalAuth").is_none());
    finish(&host, &send(&host, Method::PUT, &older, &[], Some(service)).await).await;
    assert_eq!(host.get("/enrollments/dev-1").await.status, 401);
}

#[tokio::test]
async fn a_name_is_available_or_says_why_not() {
    let host = Host::start();
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.Devices/checkProvisioningServiceNameAvailability{VERSION}",
        DEVELOPMENT.subscription_id
    );
    for (name, available, reason) in [
        ("free-name", true, Value::Null),
        ("EMULATOR", false, json!("AlreadyExists")),
        ("a_b", false, json!("Invalid")),
        ("12345", false, json!("Invalid")),
    ] {
        let body = send(&host, Method::POST, &path, &[], Some(json!({"name": name}))).await.json();
        assert_eq!((&body["nameAvailable"], &body["reason"]), (&json!(available), &reason), "{name}");
    }
    let taken = id("emulator").replace("resourceGroups/emulator", "resourceGroups/other");
    let group = format!("/subscriptions/{}/resourcegroups/other{VERSION}", DEVELOPMENT.subscription_id);
    let missing = send(&host, Method::PUT, &format!("{taken}{VERSION}"), &[], Some(description())).await;
    assert_eq!(refusal(&missing), (404, "ResourceGroupNotFound".to_owned()));
    assert_eq!(send(&host, Method::HEAD, &group, &[], None).await.status, 404);
    let made = send(&host, Method::PUT, &group, &[], Some(json!({"location": "westus"}))).await;
    assert_eq!((made.status, &made.json()["properties"]["provisioningState"]), (201, &json!("Succeeded")));
    assert_eq!(send(&host, Method::HEAD, &group, &[], None).await.status, 204);
    let conflict = send(&host, Method::PUT, &format!("{taken}{VERSION}"), &[], Some(description())).await;
    assert_eq!(refusal(&conflict), (409, "Conflict".to_owned()), "the name is that of a host, which all share");
}

#[tokio::test]
async fn what_no_service_can_be_is_refused() {
    let host = Host::start();
    for (change, status, code) in [
        (json!({"location": null}), 400, "LocationRequired"),
        (json!({"sku": null}), 400, "BadRequest"),
        (json!({"sku": {"name": "B1"}}), 400, "BadRequest"),
        (json!({"tags": {"a": 1}}), 400, "InvalidRequestContent"),
        (json!({"properties": {"allocationPolicy": "Custom"}}), 400, "BadRequest"),
        (json!({"properties": {"iotHubs": "hub"}}), 400, "BadRequest"),
        (json!([]), 400, "InvalidRequestContent"),
    ] {
        let mut body = description();
        match change.as_object() {
            Some(members) => body.as_object_mut().unwrap().extend(members.clone()),
            None => body = change.clone(),
        }
        let reply = send(&host, Method::PUT, &format!("{}{VERSION}", id("new-one")), &[], Some(body)).await;
        assert_eq!(refusal(&reply), (status, code.to_owned()), "{change}");
    }
    let moved = json!({"location": "westus", "sku": {"name": "S1"}, "properties": {}});
    let reply = send(&host, Method::PUT, &format!("{}{VERSION}", DEVELOPMENT.resource_id()), &[], Some(moved)).await;
    assert_eq!(refusal(&reply), (409, "InvalidResourceLocation".to_owned()));
}

#[tokio::test]
async fn what_leads_to_a_service_can_be_read() {
    let host =
        configured(json!({"services": [{"name": "a-1"}, {"name": "a-2"}, {"name": "a-3", "resourceGroupName": "g"}]}));
    let subscription = format!("/subscriptions/{}", DEVELOPMENT.subscription_id);
    let read = |path: String| {
        let host = &host;
        async move { send(host, Method::GET, &format!("{path}?api-version=2022-12-12"), &[], None).await.json() }
    };
    assert_eq!(read(subscription.clone()).await["tenantId"], DEVELOPMENT.tenant_id);
    assert_eq!(read("/tenants".to_owned()).await["value"][0]["tenantId"], DEVELOPMENT.tenant_id);
    let provider = read(format!("{subscription}/providers/Microsoft.Devices")).await;
    assert_eq!(provider["registrationState"], "Registered");
    let groups = read(format!("{subscription}/resourcegroups")).await;
    assert_eq!(groups["value"].as_array().unwrap().len(), 2);
    assert_eq!(read(format!("{subscription}/resourceGroups/G")).await["name"], "g");
    let of_group =
        read(format!("{subscription}/resourceGroups/g/providers/Microsoft.Devices/provisioningServices")).await;
    assert_eq!(of_group["value"][0]["name"], "a-3");

    let services = format!("{subscription}/providers/Microsoft.Devices/provisioningServices");
    let mut page = read(services).await;
    let mut names = Vec::new();
    loop {
        names.extend(page["value"].as_array().unwrap().iter().map(|service| service["name"].clone()));
        let Some(next) = page["nextLink"].as_str() else { break };
        let next = next.strip_prefix(&host.url("")).unwrap().to_owned();
        page = send(&host, Method::GET, &next, &[], None).await.json();
    }
    assert_eq!(names, ["emulator", "a-1", "a-2", "a-3"]);
    assert_eq!(read(format!("{}/skus", id("a-1"))).await["value"][0]["name"], "S1");
}

#[tokio::test]
async fn what_was_created_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let configuration: Configuration =
            serde_json::from_value(json!({"services": [{"name": "gone"}, {"name": "stays"}]})).unwrap();
        let data_path = Some(folder.path().join("records.db"));
        Host::with(Options { data_path, configuration, ..options() })
    };
    let host = start();
    let created = create(&host, "new-one").await;
    let key = keys(&host, "new-one").await.remove(0);
    send(&host, Method::DELETE, &format!("{}{VERSION}", id("gone")), &[], None).await;
    drop(host);

    let host = start();
    let again = send(&host, Method::GET, &format!("{}{VERSION}", id("new-one")), &[], None).await.json();
    assert_eq!(
        (&again["etag"], &again["properties"]["idScope"]),
        (&created["etag"], &created["properties"]["idScope"])
    );
    assert_eq!(keys(&host, "new-one").await[0], key);
    for (name, status) in [("gone", 404), ("stays", 200)] {
        let reply = send(&host, Method::GET, &format!("{}{VERSION}", id(name)), &[], None).await;
        assert_eq!(reply.status, status, "{name}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let saved = folder.path().join("records.db.services.json");
        assert_eq!(std::fs::metadata(saved).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // A reset goes back to the configuration.
    host.admin(Method::POST, "reset", None).await;
    for (name, status) in [("gone", 200), ("new-one", 404)] {
        let reply = send(&host, Method::GET, &format!("{}{VERSION}", id(name)), &[], None).await;
        assert_eq!(reply.status, status, "{name}");
    }
}

#[tokio::test]
async fn a_deleted_service_comes_back_empty() {
    let host = Host::start();
    host.enroll("dev-1").await;
    let path = format!("{}{VERSION}", DEVELOPMENT.resource_id());
    finish(&host, &send(&host, Method::DELETE, &path, &[], None).await).await;
    assert_eq!(host.get("/enrollments/dev-1").await.refusal().0, 404);
    create(&host, "emulator").await;
    let key = keys(&host, "emulator").await.remove(0);
    let read =
        get(&host, "emulator", "/enrollments/dev-1", "provisioningserviceowner", key["primaryKey"].as_str().unwrap());
    assert_eq!(read.await.refusal().1, 404_201);
    assert_eq!(host.put("/enrollments/dev-1", symmetric("dev-1")).await.status, 401, "its keys are other ones");
}

/// The service of the configuration and the one in its place have one file.
#[tokio::test]
async fn a_configured_service_can_move_to_another_group() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let configuration = serde_json::from_value(json!({"services": [{"name": "second"}]})).unwrap();
        Host::with(Options { data_path: Some(folder.path().join("records.db")), configuration, ..options() })
    };
    let host = start();
    let (path, owner) = ("/enrollments/dev-1", DEVELOPMENT.policies[OWNER]);
    let body = || symmetric("dev-1").to_string();
    assert_eq!(call(&host, Method::PUT, "second", path, owner.name, owner.primary_key, body()).await.status, 200);
    let old = format!("{}{VERSION}", id("second"));
    finish(&host, &send(&host, Method::DELETE, &old, &[], None).await).await;
    let groups = old.split("/providers/").next().unwrap().rsplit_once('/').unwrap().0.to_owned();
    let group = json!({"location": "eastus"});
    let made = send(&host, Method::PUT, &format!("{groups}/other?api-version=2021-04-01"), &[], Some(group)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let new = old.replace("resourceGroups/emulator", "resourceGroups/other");
    let created = send(&host, Method::PUT, &new, &[], Some(description())).await;
    assert_eq!(created.status, 201, "{created:?}");
    finish(&host, &created).await;
    let listed = send(&host, Method::POST, &new.replace('?', "/listkeys?"), &[], None).await.json();
    let key = listed["value"][0]["primaryKey"].as_str().unwrap();
    assert_eq!(get(&host, "second", path, owner.name, key).await.refusal().1, 404_201, "it is empty");
    assert_eq!(call(&host, Method::PUT, "second", path, owner.name, key, body()).await.status, 200);
    drop(host);

    let host = start();
    assert_eq!(get(&host, "second", path, owner.name, key).await.status, 200);
    assert_eq!(host.admin(Method::POST, "reset", None).await.status, 204);
    let read = get(&host, "second", path, owner.name, owner.primary_key).await;
    assert_eq!(read.refusal().1, 404_201);
}

#[tokio::test]
async fn a_forwarded_port_changes_nothing() {
    let host = Host::start();
    host.enroll("dev-1").await;
    let signature = crate::common::signature(OWNER, "localhost%3A9999");
    let headers = [("authorization", signature.as_str()), ("host", "localhost:9999")];
    let read = host.raw(Method::GET, "/enrollments/dev-1?api-version=2021-10-01", &headers, None).await;
    assert_eq!(read.status, 200, "{read:?}");
    let foreign = [("authorization", signature.as_str()), ("host", "example.com")];
    let refused = host.raw(Method::GET, "/enrollments/dev-1?api-version=2021-10-01", &foreign, None).await;
    assert_eq!(refused.refusal().0, 403);
}
