//! A device as the tests play it: raw HTTPS with a key or with a certificate.

use crate::common::{Host, PATIENCE, Reply, client_with, hmac, percent_encoded, shared_access_signature, soon};
use aziotdps::model::DEVELOPMENT;
use rcgen::{BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How a device proves its identity.
pub enum Proof {
    /// The whole `Authorization`.
    Signature(String),
    /// The client to send with: it holds a certificate.
    Certificate(Box<reqwest::Client>),
}

pub struct Device {
    pub id: String,
    pub proof: Proof,
}

/// A device's signature.
pub fn signature(scope: &str, id: &str, key: &str, expiry: u64) -> String {
    let resource = percent_encoded(&format!("{scope}/registrations/{id}"));
    shared_access_signature(&resource, key, expiry, "registration")
}

/// The key of one device of a group, as the documentation derives it.
pub fn derived_key(group_key: &str, id: &str) -> String {
    hmac(group_key, id)
}

impl Device {
    pub fn with_key(id: &str, key: &str) -> Self {
        Self { id: id.to_owned(), proof: Proof::Signature(signature(DEVELOPMENT.id_scope, id, key, soon())) }
    }

    /// A device that sends `chain`, its own certificate first.
    pub fn with_chain(host: &Host, id: &str, chain: &[&Identity]) -> Self {
        let mut pem = chain[0].key.serialize_pem();
        chain.iter().for_each(|identity| pem += &identity.certificate.pem());
        let client = client_with(&host.emulator.ready().ca_certificate, Some(&pem));
        Self { id: id.to_owned(), proof: Proof::Certificate(Box::new(client)) }
    }

    /// A call below the device's own path.
    pub async fn call(&self, host: &Host, method: Method, below: &str, body: Option<Value>) -> Reply {
        let url =
            host.url(&format!("/{}/registrations/{}{below}?api-version=2021-10-01", DEVELOPMENT.id_scope, self.id));
        let request = match &self.proof {
            Proof::Signature(signature) => host.http.request(method, url).header("authorization", signature),
            Proof::Certificate(client) => client.request(method, url),
        };
        let request = match body {
            Some(body) => request.header("content-type", "application/json; charset=utf-8").body(body.to_string()),
            None => request,
        };
        Reply::of(request.send().await.unwrap()).await
    }

    pub async fn register_with(&self, host: &Host, payload: Option<Value>) -> Reply {
        let mut body = json!({"registrationId": self.id});
        if let Some(payload) = payload {
            body["payload"] = payload;
        }
        self.call(host, Method::PUT, "/register", Some(body)).await
    }

    pub async fn register(&self, host: &Host) -> Reply {
        self.register_with(host, None).await
    }

    pub async fn look_up(&self, host: &Host) -> Reply {
        self.call(host, Method::POST, "", Some(json!({"registrationId": self.id}))).await
    }

    /// Registers and waits: what the operation ended with.
    pub async fn provision_with(&self, host: &Host, payload: Option<Value>) -> Value {
        let accepted = self.register_with(host, payload).await;
        assert_eq!(accepted.status, 202, "{accepted:?}");
        self.end(host, &accepted).await
    }

    pub async fn provision(&self, host: &Host) -> Value {
        self.provision_with(host, None).await
    }

    /// The end of the operation that was accepted.
    pub async fn end(&self, host: &Host, accepted: &Reply) -> Value {
        let operation = format!("/operations/{}", accepted.json()["operationId"].as_str().unwrap());
        let started = Instant::now();
        loop {
            let reply = self.call(host, Method::GET, &operation, None).await;
            if reply.status == 200 {
                return reply.json();
            }
            assert_eq!(reply.status, 202, "{reply:?}");
            assert!(started.elapsed() < PATIENCE, "{reply:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Registers and waits: the registration of a device that was assigned.
    pub async fn assigned(&self, host: &Host) -> Value {
        let end = self.provision(host).await;
        assert_eq!(end["status"], "assigned", "{end}");
        end["registrationState"].clone()
    }

    /// The reason of a device that was not assigned.
    pub async fn failure(&self, host: &Host) -> String {
        let end = self.provision(host).await;
        let state = &end["registrationState"];
        assert_eq!((&end["status"], &state["status"]), (&json!("failed"), &json!("failed")), "{end}");
        assert_eq!(state["errorCode"], 400_000);
        state["errorMessage"].as_str().unwrap().to_owned()
    }
}

/// A certificate and its key.
pub struct Identity {
    pub params: CertificateParams,
    pub key: KeyPair,
    pub certificate: Certificate,
}

impl Identity {
    pub fn new(name: &str, is_ca: bool, by: Option<&Identity>) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        if is_ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        Self::of(params, by)
    }

    pub fn of(params: CertificateParams, by: Option<&Identity>) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = match by {
            Some(by) => params.signed_by(&key, &Issuer::from_params(&by.params, &by.key)).unwrap(),
            None => params.self_signed(&key).unwrap(),
        };
        Self { params, key, certificate }
    }

    pub fn pem(&self) -> String {
        self.certificate.pem()
    }
}

/// A group with new keys: what PUT answered.
pub async fn group(host: &Host, id: &str, extra: Value) -> Value {
    put(host, "enrollmentGroups", "enrollmentGroupId", id, json!({"type": "symmetricKey"}), extra).await
}

/// An individual enrollment with new keys: what PUT answered.
pub async fn individual(host: &Host, id: &str, extra: Value) -> Value {
    put(host, "enrollments", "registrationId", id, json!({"type": "symmetricKey"}), extra).await
}

/// Makes or replaces a record.
pub async fn put(host: &Host, collection: &str, member: &str, id: &str, attestation: Value, extra: Value) -> Value {
    let mut record = json!({member: id, "attestation": attestation});
    record.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let path = format!("/{collection}/{id}");
    let reply = match host.get(&path).await.status {
        200 => host.call(Method::PUT, &path, &[("if-match", "*")], Some(record)).await,
        _ => host.put(&path, record).await,
    };
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

pub fn primary(record: &Value) -> &str {
    record["attestation"]["symmetricKey"]["primaryKey"].as_str().unwrap()
}

pub fn secondary(record: &Value) -> &str {
    record["attestation"]["symmetricKey"]["secondaryKey"].as_str().unwrap()
}
