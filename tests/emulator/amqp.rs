//! AMQP 1.0 as devices speak it.

use super::device::{Identity, individual, primary, put, signature};
use super::tls::{config, identity};
use crate::common::{Host, PATIENCE, soon};
use aziotdps::emulator::Fault;
use aziotdps::model::DEVELOPMENT;
use fe2o3_amqp::connection::ConnectionHandle;
use fe2o3_amqp::link::SendError;
use fe2o3_amqp::sasl_profile::SaslProfile;
use fe2o3_amqp::session::SessionHandle;
use fe2o3_amqp::{Connection, Receiver, Sender, Session};
use fe2o3_amqp_types::messaging::{ApplicationProperties, Body, Data, Message, MessageId, Outcome, Properties};
use fe2o3_amqp_types::primitives::{Binary, SimpleValue, Symbol, Value as Amqp};
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A device with both its links.
struct Client {
    connection: ConnectionHandle<()>,
    _session: SessionHandle<()>,
    requests: Sender,
    answers: Receiver,
}

async fn stream(host: &Host, identity: Option<Arc<CertifiedKey>>) -> TlsStream<TcpStream> {
    let socket = TcpStream::connect(("127.0.0.1", host.emulator.ready().amqp_port)).await.unwrap();
    let config = config(host, identity, rustls::ALL_VERSIONS);
    TlsConnector::from(config).connect(ServerName::try_from("localhost").unwrap(), socket).await.unwrap()
}

fn resource(id: &str) -> String {
    format!("{}/registrations/{id}", DEVELOPMENT.id_scope)
}

fn plain(id: &str, key: &str) -> SaslProfile {
    SaslProfile::Plain { username: resource(id), password: signature(DEVELOPMENT.id_scope, id, key, soon()) }
}

impl Client {
    /// Connects; the error says what did not work.
    async fn new(
        host: &Host,
        id: &str,
        sasl: Option<SaslProfile>,
        identity: Option<Arc<CertifiedKey>>,
    ) -> Result<Self, String> {
        let stream = stream(host, identity).await;
        let builder = Connection::builder().container_id("device");
        let opened = match sasl {
            Some(profile) => builder.sasl_profile(profile).open_with_stream(stream).await,
            None => builder.open_with_stream(stream).await,
        };
        let mut connection = opened.map_err(|error| format!("open: {error:?}"))?;
        let mut session = Session::begin(&mut connection).await.map_err(|error| format!("begin: {error:?}"))?;
        let mut properties = fe2o3_amqp_types::definitions::Fields::new();
        properties.insert(Symbol::from("com.microsoft:api-version"), Amqp::String("2019-03-31".to_owned()));
        let answers = Receiver::builder().name("answers").source(resource(id)).properties(properties.clone());
        let answers = answers.attach(&mut session).await.map_err(|error| format!("receiver: {error:?}"))?;
        let requests = Sender::builder().name("requests").target(resource(id)).properties(properties);
        let requests = requests.attach(&mut session).await.map_err(|error| format!("sender: {error:?}"))?;
        Ok(Self { connection, _session: session, requests, answers })
    }

    /// Sends a message: the answer's application properties and body, or the error that it was rejected with.
    async fn ask(&mut self, properties: &[(&str, &str)], body: &str) -> Result<(Option<String>, Value), Value> {
        let mut asked = ApplicationProperties::builder();
        for (name, value) in properties {
            asked = asked.insert(*name, SimpleValue::String((*value).to_owned()));
        }
        let id = MessageId::String("c-1".to_owned());
        let message = Message::builder()
            .properties(Properties { correlation_id: Some(id.clone()), ..Properties::default() })
            .application_properties(asked.build())
            .data(Binary::from(body.as_bytes().to_vec()))
            .build();
        match self.requests.send(message).await {
            Ok(Outcome::Accepted(_)) => {}
            Ok(Outcome::Rejected(rejected)) => {
                let error = rejected.error.unwrap();
                let mut description: Value = serde_json::from_str(&error.description.unwrap()).unwrap();
                description["condition"] = format!("{:?}", error.condition).into();
                description["info"] = format!("{:?}", error.info).into();
                return Err(description);
            }
            other => panic!("{other:?}"),
        }
        let delivery = self.answers.recv::<Body<Amqp>>().await.unwrap();
        self.answers.accept(&delivery).await.unwrap();
        let message = delivery.message();
        assert_eq!(message.properties.as_ref().unwrap().correlation_id, Some(id));
        let retry_after = message.application_properties.as_ref().and_then(|properties| {
            properties.0.get("Retry-After").map(|seconds| match seconds {
                SimpleValue::String(seconds) => seconds.clone(),
                other => panic!("{other:?}"),
            })
        });
        let Body::Data(sections) = &message.body else { panic!("{:?}", message.body) };
        let text: Vec<u8> = sections.iter().flat_map(|Data(section)| section.to_vec()).collect();
        Ok((retry_after, serde_json::from_slice(&text).unwrap()))
    }

    async fn register(&mut self, body: &str) -> Result<(Option<String>, Value), Value> {
        self.ask(&[("iotdps-operation-type", "iotdps-register")], body).await
    }

    async fn status(&mut self, operation: &str) -> Result<(Option<String>, Value), Value> {
        self.ask(&[("iotdps-operation-type", "iotdps-get-operationstatus"), ("iotdps-operation-id", operation)], "")
            .await
    }

    /// Registers and waits for the end.
    async fn provision(&mut self) -> Value {
        let (retry_after, accepted) = self.register("").await.unwrap();
        assert_eq!((retry_after.as_deref(), &accepted["status"]), (Some("3"), &json!("assigning")));
        let started = Instant::now();
        loop {
            let (retry_after, end) = self.status(accepted["operationId"].as_str().unwrap()).await.unwrap();
            if retry_after.is_none() {
                return end;
            }
            assert!(started.elapsed() < PATIENCE, "{end}");
        }
    }
}

#[tokio::test]
async fn a_device_registers_with_a_key() {
    let host = Host::start();
    let record = individual(&host, "dev-1", json!({})).await;
    let mut client = Client::new(&host, "dev-1", Some(plain("dev-1", primary(&record))), None).await.unwrap();
    let end = client.provision().await;
    assert_eq!((&end["status"], &end["registrationState"]["deviceId"]), (&json!("assigned"), &json!("dev-1")));
    client.connection.close().await.unwrap();
}

#[tokio::test]
async fn a_device_registers_with_a_certificate_and_without_sasl() {
    let host = Host::start();
    let own = Identity::new("dev-1", false, None);
    let attestation = json!({"type": "x509", "x509": {"clientCertificates": {"primary": {"certificate": own.pem()}}}});
    put(&host, "enrollments", "registrationId", "dev-1", attestation, json!({})).await;
    let mut client = Client::new(&host, "dev-1", None, Some(identity(&own))).await.unwrap();
    assert_eq!(client.provision().await["status"], "assigned");
    let stranger = Identity::new("dev-1", false, None);
    for (id, identity) in [("dev-1", Some(identity(&stranger))), ("dev-2", Some(identity(&own))), ("dev-1", None)] {
        let refused = Client::new(&host, id, None, identity).await.err().unwrap();
        assert!(refused.contains("UnauthorizedAccess") && refused.contains("401002"), "{refused}");
    }
}

#[tokio::test]
async fn a_bad_signature_ends_sasl() {
    let host = Host::start();
    let record = individual(&host, "dev-1", json!({})).await;
    let other = individual(&host, "dev-2", json!({})).await;
    let SaslProfile::Plain { username, password } = plain("dev-1", primary(&record)) else { unreachable!() };
    for profile in [
        plain("dev-1", primary(&other)),
        plain("nobody", primary(&record)),
        SaslProfile::Plain { username: username.clone(), password: String::new() },
        SaslProfile::Plain { username: "dev-1".to_owned(), password: password.clone() },
        SaslProfile::Plain { username, password: format!("{password}\n") },
    ] {
        let refused = Client::new(&host, "dev-1", Some(profile), None).await.err().unwrap();
        assert!(refused.starts_with("open") && (refused.contains("Auth") || refused.contains("Sasl")), "{refused}");
    }
}

#[tokio::test]
async fn a_link_is_that_of_the_device() {
    let host = Host::start();
    let record = individual(&host, "dev-1", json!({})).await;
    let refused = Client::new(&host, "dev-2", Some(plain("dev-1", primary(&record))), None).await.err().unwrap();
    assert!(refused.contains("UnauthorizedAccess") && refused.contains("not that of the device"), "{refused}");
}

#[tokio::test]
async fn what_is_refused_says_why() {
    let host = Host::start();
    let record = individual(&host, "dev-1", json!({})).await;
    let mut client = Client::new(&host, "dev-1", Some(plain("dev-1", primary(&record))), None).await.unwrap();
    let refused = client.register(r#"{"registrationId":"dev-2"}"#).await.unwrap_err();
    assert_eq!((&refused["errorCode"], &refused["condition"]), (&json!(400_000), &json!("AmqpError(NotAllowed)")));
    let refused = client.status("4.0.x").await.unwrap_err();
    assert_eq!((&refused["errorCode"], &refused["condition"]), (&json!(404_000), &json!("AmqpError(NotFound)")));
    for properties in
        [[].as_slice(), &[("iotdps-operation-type", "x")], &[("iotdps-operation-type", "iotdps-get-operationstatus")]]
    {
        let refused = client.ask(properties, "").await.unwrap_err();
        assert!(refused["message"].as_str().unwrap().contains("iotdps-operation-"), "{refused}");
    }
    let late = json!({"match": {"pathContains": "/register"}, "kind": {"status": {"status": 429, "retryAfter": "7"}}});
    host.emulator.faults().queue(serde_json::from_value(late).unwrap());
    let refused = client.register("").await.unwrap_err();
    assert!(
        refused["condition"].as_str().unwrap().contains("throttled") && refused["info"].as_str().unwrap().contains('7')
    );
    assert_eq!(client.provision().await["status"], "assigned");
    host.emulator.faults().queue(Fault::drop_connection());
    let lost: Result<_, SendError> = client.requests.send("").await;
    assert!(!matches!(lost, Ok(Outcome::Accepted(_))));
}

#[tokio::test]
async fn whoever_does_not_speak_amqp_is_disconnected() {
    let host = Host::start();
    for bytes in [
        b"GET / HTTP/1.1\r\n\r\n".as_slice(),
        b"AMQP\x02\x01\x00\x00",
        b"AMQP\x00\x00\x09\x01",
        b"AMQP\x00\x01\x00\x00\xFF\xFF\xFF\xFF\x02\x00\x00\x00",
        b"AMQP\x03\x01\x00\x00\xFF\xFF\xFF\xFF\x02\x01\x00\x00",
        b"AMQP\x03\x01\x00\x00\x00\x00\x00\x10\x02\x01\x00\x00\x00\x53\x41\xC0\x03\x01\xA3\xFF",
    ] {
        let mut stream = stream(&host, None).await;
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest));
        assert!(read.await.is_ok(), "{bytes:?}");
    }
    assert_eq!(host.get("/_emulator/health").await.status, 200);
}
