//! An emulator in this process, and a client that knows nothing but HTTP.

use super::HOME;
use super::signature::{shared_access_signature, soon};
use aziotdps::emulator::{Emulator, Options};
use aziotdps::model::DEVELOPMENT;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use std::path::Path;

/// The policies of the emulator by their places in its list.
pub const OWNER: usize = 0;
pub const READER: usize = 1;
pub const WRITER: usize = 2;
pub const REGISTRATION_READER: usize = 3;
pub const REGISTRATION_WRITER: usize = 4;

pub struct Host {
    pub emulator: Emulator,
    pub http: reqwest::Client,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub async fn of(response: reqwest::Response) -> Self {
        Self::try_of(response).await.unwrap()
    }

    async fn try_of(response: reqwest::Response) -> reqwest::Result<Self> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Self { status, headers, text: response.text().await? })
    }

    /// Status, numeric code and text of a refusal; the rest of the error's form is checked here once for all.
    pub fn refusal(&self) -> (u16, u64, String) {
        let body = self.json();
        let members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["errorCode", "trackingId", "message", "timestampUtc"], "{self:?}");
        assert_eq!(self.header("x-ms-error-code").unwrap(), body["errorCode"].to_string());
        assert_eq!(self.header("x-ms-request-id"), body["trackingId"].as_str());
        let code = body["errorCode"].as_u64().unwrap();
        assert_eq!(code / 1000, u64::from(self.status));
        (self.status, code, body["message"].as_str().unwrap().to_owned())
    }
}

pub fn options() -> Options {
    Options { port: 0, home: Some(HOME.path().to_owned()), ..Options::default() }
}

pub fn client(ca: &Path) -> reqwest::Client {
    client_with(ca, None)
}

/// A client with a key and certificates, as PEM.
pub fn client_with(ca: &Path, identity: Option<&str>) -> reqwest::Client {
    // The library must not depend on who installs a provider first; this process needs one for its own client.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = reqwest::Certificate::from_pem(&std::fs::read(ca).unwrap()).unwrap();
    let mut client = reqwest::Client::builder().tls_certs_only([certificate]).no_proxy();
    if let Some(identity) = identity {
        client = client.identity(reqwest::Identity::from_pem(identity.as_bytes()).unwrap());
    }
    client.build().unwrap()
}

/// A body that the real service sent.
pub fn wire(name: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(name).with_extension("json");
    serde_json::from_slice(&std::fs::read(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"))).unwrap()
}

/// A signature over `resource`, which is encoded already, with the key of one of the service's policies.
pub fn signature(policy: usize, resource: &str) -> String {
    let policy = DEVELOPMENT.policies[policy];
    shared_access_signature(resource, policy.primary_key, soon(), policy.name)
}

impl Host {
    pub fn start() -> Self {
        Self::with(options())
    }

    pub fn with(options: Options) -> Self {
        let emulator = Emulator::start(options).unwrap();
        let http = client(&emulator.ready().ca_certificate);
        Self { emulator, http }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.ready().endpoint)
    }

    pub fn authority(&self) -> &str {
        self.emulator.ready().endpoint.strip_prefix("https://").unwrap()
    }

    pub fn sas(&self, policy: usize) -> String {
        signature(policy, &self.authority().replace(':', "%3A"))
    }

    /// A request as it is given, `headers` and all.
    pub async fn raw(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<String>) -> Reply {
        self.try_raw(method, path, headers, body).await.unwrap()
    }

    pub async fn try_raw(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> reqwest::Result<Reply> {
        let mut request = self.http.request(method, self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        Reply::try_of(request.send().await?).await
    }

    /// A data-plane request with every right; `path` without its api-version.
    pub async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Reply {
        self.call_version("2021-10-01", method, path, headers, body).await
    }

    /// The same with an api-version.
    pub async fn call_version(
        &self,
        version: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Reply {
        let sas = self.sas(OWNER);
        let mut all = vec![("authorization", sas.as_str())];
        if body.is_some() {
            all.push(("content-type", "application/json"));
        }
        all.extend(headers);
        self.raw(method, &format!("{path}?api-version={version}"), &all, body.map(|body| body.to_string())).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, &[], None).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, &[], Some(body)).await
    }

    pub async fn update(&self, path: &str, etag: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, &[("if-match", etag)], Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, &[], None).await
    }

    pub async fn query(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.call(Method::POST, path, headers, Some(json!({"query": "SELECT *"}))).await
    }

    /// An admin call.
    pub async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        self.raw(method, &format!("/_emulator/{path}"), &[], body.map(|body| body.to_string())).await
    }

    pub async fn seed(&self, seed: Value) {
        assert_eq!(self.admin(Method::POST, "seed", Some(seed)).await.status, 200);
    }

    /// A new individual enrollment with keys that the service makes; what PUT answered.
    pub async fn enroll(&self, id: &str) -> Value {
        let reply = self.put(&format!("/enrollments/{id}"), symmetric(id)).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }
}

/// The least individual enrollment.
pub fn symmetric(id: &str) -> Value {
    json!({"registrationId": id, "attestation": {"type": "symmetricKey"}})
}

/// A certificate as a caller sends it.
pub fn pem() -> String {
    rcgen::generate_simple_self_signed(["dev-1".to_owned()]).unwrap().cert.pem()
}
