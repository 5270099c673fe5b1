//! Resource manager.

use crate::common::{Host, Reply, percent_encoded};
use aziotdps::model::DEVELOPMENT;
use reqwest::Method;
use serde_json::{Value, json};

const VERSION: &str = "api-version=2022-12-12";

async fn call(host: &Host, method: Method, path: &str) -> Reply {
    send(host, method, path, &[], None).await
}

/// A request with the published application's token.
pub async fn send(host: &Host, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Reply {
    let token = token(host, "https://management.azure.com/.default").await;
    let mut all = vec![("authorization", token.as_str())];
    all.extend(headers);
    host.raw(method, path, &all, body.map(|body| body.to_string())).await
}

/// A request with the published application's token for `scope`.
pub async fn tokened(host: &Host, scope: &str, method: Method, path: &str) -> Reply {
    let token = token(host, scope).await;
    host.raw(method, path, &[("authorization", token.as_str())], None).await
}

async fn token(host: &Host, scope: &str) -> String {
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={}",
        DEVELOPMENT.client_id,
        DEVELOPMENT.client_secret,
        percent_encoded(scope)
    );
    let tokens = format!("/{}/oauth2/v2.0/token", DEVELOPMENT.tenant_id);
    let token = host.raw(Method::POST, &tokens, &[], Some(body)).await.json();
    format!("Bearer {}", token["access_token"].as_str().unwrap())
}

pub fn refusal(answer: &Reply) -> (u16, String) {
    let body = answer.json();
    // Resource manager itself and the provider behind it have a form each.
    let (code, message) = match body.get("error") {
        Some(error) => (&error["code"], &error["message"]),
        None => {
            assert_eq!(body["code"], json!(u32::from(answer.status) * 1000), "{body}");
            (&body["httpStatusCode"], &body["message"])
        }
    };
    assert!(message.as_str().is_some_and(|message| !message.is_empty()), "{body}");
    (answer.status, code.as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_service_is_found_in_every_way_and_any_case() {
    let host = Host::start();
    let id = DEVELOPMENT.resource_id();
    let whole = call(&host, Method::GET, &format!("{id}?{VERSION}")).await.json();
    assert_eq!(whole["properties"]["serviceOperationsHostName"], host.authority());
    assert_eq!(whole["properties"]["idScope"], DEVELOPMENT.id_scope);
    assert_eq!(whole["properties"]["provisioningState"], "Succeeded");
    assert_eq!((&whole["id"], &whole["resourcegroup"]), (&Value::from(id.clone()), &Value::from("emulator")));
    let hubs = whole["properties"]["iotHubs"].as_array().unwrap();
    assert_eq!(hubs.len(), 2);
    assert!(hubs.iter().all(|hub| hub["connectionString"].as_str().unwrap().ends_with("SharedAccessKey=****")));
    assert_eq!(call(&host, Method::GET, &format!("{}/?{VERSION}", id.to_uppercase())).await.json(), whole);

    let subscription = format!("/subscriptions/{}", DEVELOPMENT.subscription_id);
    let services = "providers/Microsoft.Devices/provisioningServices";
    for path in [format!("{subscription}/{services}"), format!("{subscription}/resourceGroups/Emulator/{services}")] {
        assert_eq!(call(&host, Method::GET, &format!("{path}?{VERSION}")).await.json()["value"][0], whole);
    }
    let subscriptions = call(&host, Method::GET, "/subscriptions?api-version=2022-12-01").await.json();
    assert_eq!(subscriptions["value"][0]["subscriptionId"], DEVELOPMENT.subscription_id);
}

#[tokio::test]
async fn keys_come_in_pages_that_lead_on() {
    let host = Host::start();
    let path = format!("{}/listkeys?{VERSION}", DEVELOPMENT.resource_id());
    let mut page = call(&host, Method::POST, &path).await.json();
    let mut names = Vec::new();
    let mut pages = 1;
    loop {
        names.extend(page["value"].as_array().unwrap().iter().map(|key| key["keyName"].clone()));
        let Some(next) = page["nextLink"].as_str() else { break };
        let next = next.strip_prefix(&host.url("")).unwrap().to_owned();
        page = call(&host, Method::GET, &next).await.json();
        pages += 1;
    }
    assert_eq!(pages, 2);
    assert_eq!(names, DEVELOPMENT.policies.map(|policy| Value::from(policy.name)));
    let one = format!("{}/keys/EnrollmentRead/listkeys?{VERSION}", DEVELOPMENT.resource_id());
    let key = call(&host, Method::POST, &one).await.json();
    assert_eq!((&key["rights"], &key["keyName"]), (&Value::from("EnrollmentRead"), &Value::from("enrollmentread")));
    assert_eq!(key["primaryKey"], DEVELOPMENT.policies[1].primary_key);
}

#[tokio::test]
async fn refusals_have_resource_manager_s_form() {
    let host = Host::start();
    let id = DEVELOPMENT.resource_id();
    for (method, path, status, code) in [
        (Method::GET, format!("{id}-2?{VERSION}"), 404, "ResourceNotFound"),
        (Method::GET, format!("{}?{VERSION}", id.replace("Groups/emulator", "Groups/g")), 404, "ResourceGroupNotFound"),
        (
            Method::GET,
            format!("/subscriptions/s/providers/Microsoft.Devices/provisioningServices?{VERSION}"),
            404,
            "SubscriptionNotFound",
        ),
        (Method::POST, format!("{id}/keys/nobody/listkeys?{VERSION}"), 404, "NotFound"),
        (Method::GET, id.clone(), 400, "MissingApiVersionParameter"),
        (Method::GET, format!("{id}/listkeys?{VERSION}&$skiptoken=99"), 400, "InvalidSkipToken"),
        (Method::POST, format!("{id}/listkeys?{VERSION}&$skiptoken=1"), 501, "NotImplemented"),
        (Method::PUT, format!("{id}?{VERSION}"), 400, "InvalidRequestContent"),
        (Method::GET, format!("{id}/privateLinkResources?{VERSION}"), 501, "NotImplemented"),
        (Method::POST, format!("{id}/certificates/c/verify?{VERSION}"), 400, "BadRequest"),
    ] {
        assert_eq!(refusal(&call(&host, method, &path).await), (status, code.to_owned()), "{path}");
    }
    let anonymous = host.raw(Method::GET, &format!("{id}?{VERSION}"), &[], None).await;
    assert_eq!(refusal(&anonymous), (401, "AuthenticationFailed".to_owned()));
    assert!(anonymous.header("www-authenticate").unwrap().contains(DEVELOPMENT.tenant_id));
}
