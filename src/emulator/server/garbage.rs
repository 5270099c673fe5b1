//! What the protocols do with bytes that nobody should send.

use super::connections::{Connections, Limits};
use super::{Handler, Server, Traffic, amqp, mqtt};
use crate::emulator::log::Logger;
use crate::emulator::request::{PeerCertificates, Request};
use crate::emulator::response::Response;
use fe2o3_amqp::sasl_profile::SaslProfile;
use fe2o3_amqp::{Connection, Receiver, Sender, Session};
use fe2o3_amqp_types::messaging::{ApplicationProperties, Body, Message};
use fe2o3_amqp_types::primitives::Value;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// A service where everything is found and nothing happens.
struct Nothing;

impl Handler for Nothing {
    fn respond(&self, _request: &Request) -> Response {
        Response::json_text(200, "{}".to_owned())
    }

    fn has_host(&self, _host: &str) -> bool {
        true
    }

    fn is_quick(&self, _request: &Request) -> bool {
        true
    }

    fn refuse(&self, _request: &Request) -> Option<Response> {
        None
    }

    fn empty_page(&self, _request: &Request) -> Option<Response> {
        None
    }
}

fn server() -> Arc<Server> {
    let connections = Connections::new(Limits::default());
    Arc::new(Server {
        handler: Box::new(Nothing),
        traffic: Arc::new(Traffic::new(connections.limits())),
        connections: Arc::new(connections),
        log: Logger::new(None).unwrap(),
    })
}

/// What a server answers to `bytes`; it must come to an end.
async fn answer<F>(bytes: &[u8], serve: impl Fn(DuplexStream, PeerCertificates, Arc<Server>) -> F) -> Vec<u8>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (mut client, stream) = tokio::io::duplex(1 << 16);
    let served = tokio::spawn(serve(stream, PeerCertificates::default(), server()));
    client.write_all(bytes).await.unwrap();
    client.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), async {
        let _ = client.read_to_end(&mut answer).await;
        served.await
    });
    let ended = ended.await.unwrap_or_else(|_| panic!("it hangs on {bytes:02x?}"));
    ended.unwrap_or_else(|error| panic!("{error} on {bytes:02x?}"));
    answer
}

/// `bytes` with some of them changed, cut out or repeated.
fn spoiled(bytes: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.usize(1..6) {
        if bytes.is_empty() {
            break;
        }
        let at = random.usize(..bytes.len());
        let end = (at + random.usize(..9)).min(bytes.len());
        match random.u8(..4) {
            0 => bytes[at] = random.u8(..),
            1 => bytes[at] ^= 1 << random.u8(..8),
            2 => drop(bytes.drain(at..end)),
            _ => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
        }
    }
    bytes
}

fn mqtt_packet(head: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let length = u8::try_from(body.len()).unwrap();
    assert!(length < 0x80);
    [&[head, length], body.as_slice()].concat()
}

fn mqtt_text(text: &str) -> Vec<u8> {
    [u16::try_from(text.len()).unwrap().to_be_bytes().as_slice(), text.as_bytes()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn mqtt_survives_garbage() {
    let user = mqtt_text("0ne/registrations/dev-1/api-version=2019-03-31&ClientVersion=1");
    let answers = mqtt_text("$dps/registrations/res/#");
    let conversation = [
        mqtt_packet(0x10, &[b"\x00\x04MQTT\x04\xC2\x00\x0A", &mqtt_text("dev-1"), &user, &mqtt_text("s")]),
        mqtt_packet(0x82, &[&[0, 1], &answers, &[1]]),
        mqtt_packet(0x32, &[&mqtt_text("$dps/registrations/PUT/iotdps-register/?$rid=1"), &[0, 2], b"{}"]),
        mqtt_packet(0x40, &[&[0, 1]]),
        mqtt_packet(0xA2, &[&[0, 3], &answers]),
        mqtt_packet(0xC0, &[]),
        mqtt_packet(0xE0, &[]),
    ]
    .concat();
    let whole = answer(&conversation, mqtt::serve).await;
    let topic = b"$dps/registrations/res/200/?$rid=1";
    assert!(
        whole.windows(topic.len()).any(|part| part == topic) && whole.ends_with(&[0xB0, 2, 0, 3, 0xD0, 0]),
        "{whole:02x?}"
    );
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..3000 {
        answer(&spoiled(&conversation, &mut random), mqtt::serve).await;
    }
}

/// What a client sends that registers over AMQP and leaves.
async fn amqp_conversation() -> Vec<u8> {
    let (near, client) = tokio::io::duplex(1 << 16);
    let (far, stream) = tokio::io::duplex(1 << 16);
    tokio::spawn(amqp::serve(stream, PeerCertificates::default(), server()));
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (tokio::io::split(near), tokio::io::split(far));
    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let recorded = tokio::spawn(async move {
        let (mut recorded, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            recorded.extend_from_slice(&buffer[..length]);
            to_server.write_all(&buffer[..length]).await.unwrap();
        }
        recorded
    });
    let resource = "0ne/registrations/dev-1";
    let plain = SaslProfile::Plain { username: resource.to_owned(), password: "s".to_owned() };
    let connection = Connection::builder().container_id("device").sasl_profile(plain).open_with_stream(client).await;
    let mut connection = connection.unwrap();
    let mut session = Session::begin(&mut connection).await.unwrap();
    let mut answers = Receiver::attach(&mut session, "answers", resource).await.unwrap();
    let mut requests = Sender::attach(&mut session, "requests", resource).await.unwrap();
    let properties = ApplicationProperties::builder().insert("iotdps-operation-type", "iotdps-register").build();
    requests.send(Message::builder().application_properties(properties).value("{}").build()).await.unwrap();
    let delivery = answers.recv::<Body<Value>>().await.unwrap();
    answers.accept(&delivery).await.unwrap();
    connection.close().await.unwrap();
    drop((connection, session));
    recorded.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn amqp_survives_garbage() {
    let conversation = amqp_conversation().await;
    assert!(!answer(&conversation, amqp::serve).await.is_empty());
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..1000 {
        answer(&spoiled(&conversation, &mut random), amqp::serve).await;
    }
}
