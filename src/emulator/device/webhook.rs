//! Custom allocation: calls the enrollment's webhook, and checks its response.

use super::allocate::{Allocation, AllocationError};
use super::attest::Device;

use crate::emulator::base64;
use crate::emulator::record::enrollment;
use crate::emulator::record::json::normalize_twin;
use crate::model::{Members, Record, is_loopback};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url, redirect};
use serde::Deserialize;
use serde_json::{Value, json};
use std::error::Error;
use std::time::Duration;

/// How long a webhook may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The largest response that is read.
const BODY_BYTES: usize = 1024 * 1024;

/// Calls the webhook of the device's enrollment, which chooses one of `hubs`.
pub(super) async fn call(
    device: &Device,
    payload: Option<Value>,
    registration: Option<&Record>,
    hubs: &[&str],
) -> Result<Allocation, AllocationError> {
    let url = device.enrollment.text(&["customAllocationDefinition", "webhookUrl"]);
    let url = url
        .and_then(|url| Url::parse(url).ok())
        .ok_or_else(|| AllocationError::new("The enrollment has no webhook."))?;
    let enrollment = enrollment::record_without_keys(&device.enrollment);
    let enrollment = enrollment.map_err(|error| AllocationError::new(error.message))?;
    let body = post(url, &request(device, enrollment, payload, registration, hubs)).await?;
    accept(&body, hubs)
}

async fn post(url: Url, request: &Value) -> Result<Vec<u8>, AllocationError> {
    // The query of the URL has the function's key.
    let failed = |error: reqwest::Error| {
        let error = error.without_url();
        let cause = std::iter::successors(error.source(), |cause| (*cause).source()).last();
        AllocationError::new(match cause {
            Some(cause) => format!("The webhook can't be called: {error}: {cause}."),
            None => format!("The webhook can't be called: {error}."),
        })
    };
    // An error means that the process has a provider already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut client = Client::builder().redirect(redirect::Policy::none()).timeout(TIMEOUT);
    if url.host_str().is_some_and(is_loopback) {
        client = client.no_proxy();
    }
    let client = client.build().map_err(failed)?;
    let post = client.post(url).header(CONTENT_TYPE, "application/json; charset=utf-8").body(request.to_string());
    let mut response = post.send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(AllocationError::new(format!("The webhook returned status {}.", response.status().as_u16())));
    }
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(failed)? {
        if body.len() + part.len() > BODY_BYTES {
            return Err(AllocationError::new("The webhook's response is too large."));
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// The request to a webhook: `enrollment`, which has no keys, without the query of the webhook's URL.
fn request(
    device: &Device,
    mut enrollment: Record,
    payload: Option<Value>,
    registration: Option<&Record>,
    hubs: &[&str],
) -> Value {
    let plain = enrollment.text(&["etag"]).and_then(base64::decode).and_then(|etag| String::from_utf8(etag).ok());
    if let Some(etag) = plain {
        enrollment.set(&["etag"], etag);
    }
    let url = ["customAllocationDefinition", "webhookUrl"];
    let bare = enrollment.text(&url).and_then(|url| url.split_once('?')).map(|(bare, _)| format!("{bare}?****"));
    if let Some(bare) = bare {
        enrollment.set(&url, bare);
    }
    let mut context = Members::new();
    context.insert("registrationId".to_owned(), device.registration_id.as_str().into());
    for (name, known) in [("currentIotHubHostName", "assignedHub"), ("currentDeviceId", "deviceId")] {
        if let Some(value) = registration.and_then(|registration| registration.get(&[known])) {
            context.insert(name.to_owned(), value.clone());
        }
    }
    context.insert(device.attestation_member().0.to_owned(), json!({}));
    if let Some(payload) = payload {
        context.insert("payload".to_owned(), payload);
    }
    let enrollment_member = if device.group().is_some() { "enrollmentGroup" } else { "individualEnrollment" };
    json!({ enrollment_member: enrollment, "deviceRuntimeContext": context, "linkedHubs": hubs })
}

fn accept(body: &[u8], hubs: &[&str]) -> Result<Allocation, AllocationError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Allocated {
        // The documentation has both spellings.
        #[serde(alias = "iotHubHostname")]
        iot_hub_host_name: String,
        initial_twin: Option<Value>,
        payload: Option<Value>,
    }
    let response: Allocated = serde_json::from_slice(body)
        .map_err(|error| AllocationError::new(format!("The webhook's response is not valid: {error}.")))?;
    let hub = hubs.iter().find(|hub| hub.eq_ignore_ascii_case(&response.iot_hub_host_name)).ok_or_else(|| {
        AllocationError::new("The webhook's response names an IoT hub that is not one of the linkedHubs it was given.")
    })?;
    let mut twin = response.initial_twin;
    if twin.as_mut().is_some_and(|twin| normalize_twin(twin).is_none()) {
        return Err(AllocationError::new("The webhook's response has an initialTwin that is not a twin."));
    }
    Ok(Allocation { hub: (*hub).to_owned(), twin, payload: response.payload })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_must_have_the_documented_form() {
        let said = |text: &str| accept(text.as_bytes(), &["hub-1", "hub-2"]);
        assert_eq!(said(r#"{"iotHubHostName":"HUB-2"}"#).unwrap().hub, "hub-2");
        assert_eq!(said(r#"{"iotHubHostname":"hub-1","payload":[1]}"#).unwrap().payload, Some(json!([1])));
        for (text, part) in [
            ("", "not valid"),
            (r#"{"hub":"hub-1"}"#, "iotHubHostName"),
            (r#"{"iotHubHostName":"hub-3"}"#, "linkedHubs"),
            (r#"{"iotHubHostName":"hub-1","initialTwin":{"tags":1}}"#, "initialTwin"),
        ] {
            let message = said(text).unwrap_err().message;
            assert!(message.contains(part), "{message}");
        }
    }
}
