//! A device on a connection that stays, by MQTT or AMQP. What it asks for counts as the HTTPS request that says the same,
//! so that rules, faults, log and journal are the same for all transports.

use super::Server;
use crate::emulator::request::{Path, PeerCertificates, Request};
use crate::emulator::response::Response;
use crate::model::DATA_PLANE_API_VERSION;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{HeaderMap, Method};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};
use std::sync::Arc;

/// What can't stand in a segment of a path or a parameter of a query as it is.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'&').add(b'+').add(b'/').add(b'?');

/// The public keys of a device's TPM, each in base64.
#[derive(Clone)]
pub(super) struct TpmKeys {
    pub(super) endorsement_key: String,
    pub(super) storage_root_key: String,
}

/// Who is at the other end of a connection, and with what it proves that.
#[derive(Clone, Default)]
pub(super) struct Caller {
    pub(super) scope: String,
    pub(super) id: String,
    pub(super) version: Option<String>,
    pub(super) client: Option<String>,
    /// A `SharedAccessSignature`.
    pub(super) signature: Option<String>,
    pub(super) tpm: Option<TpmKeys>,
    pub(super) peer: PeerCertificates,
}

impl Caller {
    /// The device that `resource` names: `{idScope}/registrations/{registrationId}`.
    pub(super) fn named(resource: &str, peer: PeerCertificates) -> Option<Self> {
        let path = Path::parse(resource)?;
        let [scope, collection, id] = [0, 1, 2].map(|index| path.segment(index).to_owned());
        let named = path.lower().len() == 3 && collection == "registrations" && !scope.is_empty() && !id.is_empty();
        named.then(|| Self { scope, id, peer, ..Self::default() })
    }

    /// Whether `resource` names this device.
    pub(super) fn is_named(&self, resource: &str) -> bool {
        let named = Self::named(resource, PeerCertificates::default());
        named.is_some_and(|other| {
            other.scope.eq_ignore_ascii_case(&self.scope) && other.id.eq_ignore_ascii_case(&self.id)
        })
    }

    /// Registers the device. `sent` is the body of a message: empty, or a JSON object, which need not name the device.
    /// `None` where the connection is to be closed without an answer.
    pub(super) async fn register(&self, server: &Arc<Server>, sent: &[u8]) -> Option<Response> {
        let request = self.request(Method::PUT, "/register", self.body(sent));
        server.perform(request).await
    }

    /// How far an operation of the device is; `None` as above.
    pub(super) async fn status(&self, server: &Arc<Server>, operation: &str) -> Option<Response> {
        let below = format!("/operations/{}", utf8_percent_encode(operation, ENCODED));
        server.perform(self.request(Method::GET, &below, Bytes::new())).await
    }

    /// The response that a device gets which is refused whatever it asks for; `None` for any other.
    pub(super) async fn refused(&self, server: &Arc<Server>) -> Option<Response> {
        // A connection is judged before its api-version is known.
        let known = Some(self.version.clone().unwrap_or_else(|| DATA_PLANE_API_VERSION.to_owned()));
        let caller = Self { version: known, ..self.clone() };
        let request = caller.request(Method::POST, "", caller.body(&[]));
        let response = server.handle(&Arc::new(request)).await;
        (response.status != 200).then_some(response)
    }

    /// The body of the request that registers this device. What is no JSON object goes on as it is, to be refused.
    fn body(&self, sent: &[u8]) -> Bytes {
        let mut body = match serde_json::from_slice(sent) {
            Ok(Value::Object(members)) => members,
            Err(_) if sent.trim_ascii().is_empty() => serde_json::Map::new(),
            _ => return Bytes::copy_from_slice(sent),
        };
        body.entry("registrationId").or_insert_with(|| self.id.as_str().into());
        if let Some(TpmKeys { endorsement_key, storage_root_key }) = &self.tpm {
            let keys = json!({ "endorsementKey": endorsement_key, "storageRootKey": storage_root_key });
            body.entry("tpm").or_insert(keys);
        }
        Value::Object(body).to_string().into()
    }

    fn request(&self, method: Method, below: &str, body: Bytes) -> Request {
        let encoded = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        let mut target = format!("/{}/registrations/{}{below}", encoded(&self.scope), encoded(&self.id));
        if let Some(version) = &self.version {
            target += &format!("?api-version={}", encoded(version));
        }
        let mut headers = HeaderMap::new();
        let mut insert = |name, value: Option<&str>| {
            if let Some(value) = value.and_then(|value| value.parse().ok()) {
                headers.insert(name, value);
            }
        };
        insert(HOST, Some("localhost"));
        insert(CONTENT_TYPE, Some("application/json"));
        insert(AUTHORIZATION, self.signature.as_deref());
        insert(USER_AGENT, self.client.as_deref());
        Request::new(method, target, headers, body).with_peer(Arc::clone(&self.peer))
    }
}
