//! MQTT 3.1.1 as devices speak it, byte by byte.

use super::device::{Identity, individual, primary, put, signature};
use super::tls::{Tls, config, connect, identity};
use crate::common::{Host, PATIENCE, options, soon};
use aziotdps::emulator::{Fault, Limits, Options};
use aziotdps::model::DEVELOPMENT;
use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use rustls::sign::CertifiedKey;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest};

type Socket = tokio_tungstenite::WebSocketStream<tokio_rustls::client::TlsStream<tokio::net::TcpStream>>;

const CONNECT: u8 = 0x10;
const SUBSCRIBE: u8 = 0x82;
const UNSUBSCRIBE: u8 = 0xA2;
const PUBLISH: u8 = 0x30;
const PUBLISH_ONCE: u8 = 0x32;
const PINGREQ: u8 = 0xC0;
const DISCONNECT: u8 = 0xE0;
const ANSWERS: &str = "$dps/registrations/res/#";
const REGISTER: &str = "$dps/registrations/PUT/iotdps-register/?$rid=2";

/// A client that knows the bytes of MQTT and nothing else.
struct Client(Tls);

/// What CONNECT says.
struct Hello {
    level: u8,
    keep_alive: u16,
    id: String,
    user: Option<String>,
    password: Option<String>,
}

fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    [length.to_be_bytes().as_slice(), text.as_bytes()].concat()
}

impl Hello {
    fn bytes(&self) -> Vec<u8> {
        let flags = 0x02 | u8::from(self.user.is_some()) << 7 | u8::from(self.password.is_some()) << 6;
        let mut bytes = [text("MQTT"), vec![self.level, flags], self.keep_alive.to_be_bytes().to_vec()].concat();
        bytes.extend(text(&self.id));
        for part in [&self.user, &self.password].into_iter().flatten() {
            bytes.extend(text(part));
        }
        bytes
    }
}

fn hello(id: &str, key: Option<&str>) -> Hello {
    let scope = DEVELOPMENT.id_scope;
    Hello {
        level: 4,
        keep_alive: 0,
        id: id.to_owned(),
        user: Some(format!("{scope}/registrations/{id}/api-version=2019-03-31&ClientVersion=test%2F1")),
        password: key.map(|key| signature(scope, id, key, soon())),
    }
}

impl Client {
    fn new(host: &Host, identity: Option<Arc<CertifiedKey>>) -> Self {
        Self(connect(config(host, identity, rustls::ALL_VERSIONS), host.emulator.ready().mqtt_port))
    }

    /// A client that is connected and hears answers.
    fn ready(host: &Host, id: &str, key: &str) -> Self {
        let mut client = Self::new(host, None);
        assert_eq!(client.connect(&hello(id, Some(key))), 0);
        assert_eq!(client.subscribe(ANSWERS, 1), 1);
        client
    }

    fn send(&mut self, head: u8, body: &[u8]) {
        let mut length = body.len();
        let mut packet = vec![head];
        loop {
            let byte = u8::try_from(length % 128).unwrap();
            length /= 128;
            packet.push(if length > 0 { byte | 0x80 } else { byte });
            if length == 0 {
                break;
            }
        }
        packet.extend(body);
        self.0.write_all(&packet).unwrap();
    }

    /// The next packet; `None` where the connection has ended.
    fn receive(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0];
        self.0.read_exact(&mut head).ok()?;
        let (mut length, mut shift) = (0, 0);
        loop {
            let mut byte = [0];
            self.0.read_exact(&mut byte).ok()?;
            length |= usize::from(byte[0] & 0x7F) << shift;
            shift += 7;
            if byte[0] & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).ok()?;
        Some((head[0], body))
    }

    /// The return code of CONNACK.
    fn connect(&mut self, hello: &Hello) -> u8 {
        self.send(CONNECT, &hello.bytes());
        let (head, body) = self.receive().unwrap();
        assert_eq!((head, body.len(), body[0]), (0x20, 2, 0), "no session is ever present");
        body[1]
    }

    fn subscribe(&mut self, filter: &str, qos: u8) -> u8 {
        self.send(SUBSCRIBE, &[vec![0, 7], text(filter), vec![qos]].concat());
        let (head, body) = self.receive().unwrap();
        assert_eq!((head, &body[..2]), (0x90, [0, 7].as_slice()));
        body[2]
    }

    /// Asks by `topic` with QoS 1: topic and body of the answer.
    fn ask(&mut self, topic: &str, body: &str) -> Option<(String, Value)> {
        self.send(PUBLISH_ONCE, &[text(topic), vec![0, 9], body.as_bytes().to_vec()].concat());
        assert_eq!(self.receive()?, (0x40, vec![0, 9]), "it is acknowledged before it is answered");
        self.answer()
    }

    fn answer(&mut self) -> Option<(String, Value)> {
        let (head, body) = self.receive()?;
        let length = usize::from(u16::from_be_bytes([body[0], body[1]]));
        let topic = String::from_utf8(body[2..2 + length].to_vec()).unwrap();
        let rest = match head {
            PUBLISH => &body[2 + length..],
            PUBLISH_ONCE => {
                let (id, rest) = body[2 + length..].split_at(2);
                self.send(0x40, id);
                rest
            }
            other => panic!("{other:#x}"),
        };
        Some((topic, serde_json::from_slice(rest).unwrap()))
    }

    fn is_closed(&mut self) -> bool {
        self.receive().is_none()
    }
}

fn status(request: u32, operation: &Value) -> String {
    let operation = operation["operationId"].as_str().unwrap();
    format!("$dps/registrations/GET/iotdps-get-operationstatus/?$rid={request}&operationId={operation}")
}

/// Blocks the thread: the emulator serves on threads of its own.
async fn enrolled(id: &str) -> (Host, String) {
    let host = Host::start();
    let record = individual(&host, id, json!({})).await;
    (host, primary(&record).to_owned())
}

#[tokio::test]
async fn a_device_registers_step_by_step() {
    let (host, key) = enrolled("dev-1").await;
    let mut client = Client::ready(&host, "dev-1", &key);
    let (topic, accepted) = client.ask(REGISTER, "").unwrap();
    assert_eq!(topic, "$dps/registrations/res/202/?$rid=2&retry-after=3");
    assert_eq!(accepted["status"], "assigning");
    let started = Instant::now();
    let end = loop {
        let (topic, end) = client.ask(&status(3, &accepted), "").unwrap();
        if topic == "$dps/registrations/res/200/?$rid=3" {
            break end;
        }
        assert!(topic.contains("/202/") && started.elapsed() < PATIENCE, "{topic}");
    };
    assert_eq!((&end["status"], &end["registrationState"]["deviceId"]), (&json!("assigned"), &json!("dev-1")));
    client.send(PINGREQ, &[]);
    assert_eq!(client.receive(), Some((0xD0, vec![])));
    client.send(UNSUBSCRIBE, &[vec![0, 8], text(ANSWERS)].concat());
    assert_eq!(client.receive(), Some((0xB0, vec![0, 8])));
    client.send(DISCONNECT, &[]);
    assert!(client.is_closed());
    let seen: Vec<_> = host.emulator.requests().into_iter().filter(|seen| seen.path.contains("dev-1/")).collect();
    let path = format!("/{}/registrations/dev-1/register?api-version=2019-03-31", DEVELOPMENT.id_scope);
    assert_eq!((seen[0].method.as_str(), &seen[0].path, seen[0].status), ("PUT", &path, Some(202)));
    assert_eq!(seen[0].user_agent.as_deref(), Some("test/1"));
    assert_eq!(seen.last().map(|seen| (seen.method.as_str(), seen.status)), Some(("GET", Some(200))));
}

#[tokio::test]
async fn a_certificate_needs_no_password() {
    let host = Host::start();
    let own = Identity::new("dev-1", false, None);
    let attestation = json!({"type": "x509", "x509": {"clientCertificates": {"primary": {"certificate": own.pem()}}}});
    put(&host, "enrollments", "registrationId", "dev-1", attestation, json!({})).await;
    for password in [None, Some(String::new())] {
        let mut client = Client::new(&host, Some(identity(&own)));
        assert_eq!(client.connect(&Hello { password, ..hello("dev-1", None) }), 0);
        client.subscribe(ANSWERS, 0);
        let (topic, accepted) = client.ask(REGISTER, r#"{"registrationId":"dev-1"}"#).unwrap();
        assert!(topic.contains("/res/202/"), "{topic} {accepted}");
        while !client.ask(&status(3, &accepted), "").unwrap().0.contains("/res/200/") {}
    }
}

#[tokio::test]
async fn a_connection_is_refused_with_its_code() {
    let (host, key) = enrolled("dev-1").await;
    let good = || hello("dev-1", Some(&key));
    for (hello, code) in [
        (Hello { level: 3, ..good() }, 1),
        (Hello { level: 5, ..good() }, 1),
        (Hello { user: None, password: None, ..good() }, 5),
        (Hello { user: Some("dev-1".to_owned()), ..good() }, 4),
        (Hello { user: Some("s/devices/dev-1/api-version=2019-03-31".to_owned()), ..good() }, 4),
        (Hello { password: Some("a\nb".to_owned()), ..good() }, 4),
        (Hello { id: "dev-2".to_owned(), ..good() }, 5),
        (Hello { password: None, ..good() }, 5),
    ] {
        let mut client = Client::new(&host, None);
        assert_eq!(client.connect(&hello), code, "{:?}", hello.user);
        assert!(client.is_closed());
    }
}

#[tokio::test]
async fn what_is_refused_says_why() {
    let (host, key) = enrolled("dev-1").await;
    let other = individual(&host, "dev-2", json!({})).await;
    let mut wrong = Client::ready(&host, "dev-1", primary(&other));
    let (topic, refused) = wrong.ask(REGISTER, "").unwrap();
    assert_eq!((topic.as_str(), &refused["errorCode"]), ("$dps/registrations/res/401/?$rid=2", &json!(401_002)));
    let mut client = Client::ready(&host, "dev-1", &key);
    for (body, part) in [("[]", "/400/"), (r#"{"registrationId":"dev-2"}"#, "/400/"), (r#"{"csr":"MII="}"#, "/501/")] {
        let (topic, refused) = client.ask(REGISTER, body).unwrap();
        assert!(topic.contains(part) && refused["message"].is_string(), "{topic} {refused}");
    }
    let (topic, _) = client.ask(&status(4, &json!({"operationId": "4.0.x"})), "").unwrap();
    assert!(topic.contains("/404/?$rid=4"), "{topic}");
    let mut foreign = Client::new(&host, None);
    let user = Some("0ne0OTHER/registrations/dev-1/api-version=2019-03-31".to_owned());
    assert_eq!(foreign.connect(&Hello { user, ..hello("dev-1", Some(&key)) }), 0);
    foreign.subscribe(ANSWERS, 1);
    assert!(foreign.ask(REGISTER, "").unwrap().0.contains("/404/"));
    let mut versionless = Client::new(&host, None);
    let user = Some(format!("{}/registrations/dev-1/", DEVELOPMENT.id_scope));
    assert_eq!(versionless.connect(&Hello { user, ..hello("dev-1", Some(&key)) }), 0);
    versionless.subscribe(ANSWERS, 1);
    assert!(versionless.ask(REGISTER, "").unwrap().1["message"].as_str().unwrap().contains("api-version"));
}

#[tokio::test]
async fn answers_go_to_who_has_subscribed_as_was_granted() {
    let (host, key) = enrolled("dev-1").await;
    let mut client = Client::new(&host, None);
    assert_eq!(client.connect(&hello("dev-1", Some(&key))), 0);
    assert_eq!(client.subscribe("#", 1), 0x80);
    assert_eq!(client.subscribe("$dps/registrations/res/200/#", 1), 0x80);
    client.send(PUBLISH, &text("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=1&operationId=x"));
    client.send(PINGREQ, &[]);
    assert_eq!(client.receive(), Some((0xD0, vec![])), "nobody hears the answer");
    for (asked, granted) in [(0, 0), (1, 1), (2, 1)] {
        assert_eq!(client.subscribe(ANSWERS, asked), granted);
        client.send(PUBLISH, &text("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=1&operationId=x"));
        let (head, body) = client.receive().unwrap();
        assert_eq!(head, PUBLISH | granted << 1);
        if granted == 1 {
            let at = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
            client.send(0x40, &body[at..at + 2]);
        }
    }
}

#[tokio::test]
async fn whoever_breaks_the_rules_is_disconnected() {
    let (host, key) = enrolled("dev-1").await;
    let mut early = Client::new(&host, None);
    early.send(PUBLISH, &text(REGISTER));
    assert!(early.is_closed());
    let far_too_long = [text(REGISTER), vec![b' '; 300 * 1024]].concat();
    for (head, body) in [
        (PUBLISH, text("devices/dev-1/messages/events/")),
        (PUBLISH, text("$dps/registrations/PUT/iotdps-register/")),
        (0x34, [text(REGISTER), vec![0, 9]].concat()),
        (CONNECT, hello("dev-1", Some(&key)).bytes()),
        (0xF0, vec![]),
        (SUBSCRIBE, vec![0, 0]),
        (0x40, vec![0, 1]),
    ] {
        let mut client = Client::ready(&host, "dev-1", &key);
        client.send(head, &body);
        assert!(client.is_closed(), "{head:#x}");
    }
    let mut client = Client::ready(&host, "dev-1", &key);
    // It need not be read to its end.
    let _ = client.0.write_all(&[vec![PUBLISH, 0xFF, 0xFF, 0x7F], far_too_long].concat());
    assert!(client.is_closed());
}

#[tokio::test]
async fn a_client_that_promised_to_stay_alive_must() {
    let (host, key) = enrolled("dev-1").await;
    let mut client = Client::new(&host, None);
    assert_eq!(client.connect(&Hello { keep_alive: 1, ..hello("dev-1", Some(&key)) }), 0);
    let started = Instant::now();
    assert!(client.is_closed());
    let silent = started.elapsed();
    assert!(silent > Duration::from_millis(1400) && silent < Duration::from_secs(10), "{silent:?}");
}

#[tokio::test]
async fn faults_are_played_over_mqtt_too() {
    let (host, key) = enrolled("dev-1").await;
    let late = json!({"match": {"method": "PUT", "pathContains": "/register"}, "times": 1,
        "kind": {"status": {"status": 429, "retryAfter": "7"}}});
    host.emulator.faults().queue(serde_json::from_value(late).unwrap());
    let mut client = Client::ready(&host, "dev-1", &key);
    assert_eq!(client.ask(REGISTER, "").unwrap().0, "$dps/registrations/res/429/?$rid=2&retry-after=7");
    host.emulator.faults().queue(Fault::drop_connection());
    assert_eq!(client.ask(REGISTER, ""), None);
}

/// A connection over any protocol takes a place; those of devices are not closed for others.
#[tokio::test]
async fn connected_devices_count_and_keep_their_places() {
    let host = Host::with(Options { limits: Limits { connections: 4, ..Limits::default() }, ..options() });
    let key = primary(&individual(&host, "dev-1", json!({})).await).to_owned();
    let mut clients = [(); 2].map(|()| Client::ready(&host, "dev-1", &key));
    let mut amqp = connect(config(&host, None, rustls::ALL_VERSIONS), host.emulator.ready().amqp_port);
    amqp.write_all(b"AMQP").unwrap();
    let (status, _, socket) = websocket(&host, "/", "mqtt", &host.url("")).await;
    assert_eq!(status, 101);
    let started = Instant::now();
    let mut refused = TcpStream::connect(host.authority()).unwrap();
    assert_eq!(refused.read(&mut [0]).unwrap_or(0), 0);
    assert!(started.elapsed() < Duration::from_secs(5), "there was a place left, for a handshake");
    for client in &mut clients {
        client.send(PINGREQ, &[]);
        assert_eq!(client.receive(), Some((0xD0, vec![])));
    }
    drop(socket);
    let path = "/_emulator/health";
    let started = Instant::now();
    while host.try_raw(Method::GET, path, &[], None).await.is_err() {
        assert!(started.elapsed() < PATIENCE, "the place of one that left stays taken");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A request for a WebSocket on the port of HTTPS: status, sub-protocol and the socket, where there is one.
async fn websocket(host: &Host, path: &str, protocol: &str, origin: &str) -> (u16, Option<String>, Option<Socket>) {
    let port: u16 = host.authority().rsplit(':').next().unwrap().parse().unwrap();
    let socket = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(config(host, None, rustls::ALL_VERSIONS));
    let stream = connector.connect("localhost".try_into().unwrap(), socket).await.unwrap();
    let mut request = format!("wss://localhost:{port}{path}").into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", protocol.parse().unwrap());
    request.headers_mut().insert("Origin", origin.parse().unwrap());
    match tokio_tungstenite::client_async(request, stream).await {
        Ok((socket, response)) => {
            let chosen = response.headers()["sec-websocket-protocol"].to_str().unwrap().to_owned();
            (response.status().as_u16(), Some(chosen), Some(socket))
        }
        Err(tungstenite::Error::Http(response)) => (response.status().as_u16(), None, None),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_websocket_carries_mqtt() {
    let (host, key) = enrolled("dev-1").await;
    let own = format!("https://{}", host.authority());
    let hello = hello("dev-1", Some(&key)).bytes();
    let packet = [
        &[CONNECT, 0x80 | u8::try_from(hello.len() % 128).unwrap(), u8::try_from(hello.len() / 128).unwrap()],
        hello.as_slice(),
    ]
    .concat();
    for path in ["/", "/$iothub/websocket"] {
        let (status, protocol, socket) = websocket(&host, path, "mqttv3, mqtt", &own).await;
        assert_eq!((status, protocol.as_deref()), (101, Some("mqtt")));
        let mut socket = socket.unwrap();
        // A packet need not be one frame.
        for part in packet.chunks(50) {
            socket.send(tungstenite::Message::Binary(part.to_vec().into())).await.unwrap();
        }
        let answer = socket.next().await.unwrap().unwrap();
        assert_eq!(answer.into_data().as_ref(), [0x20, 2, 0, 0]);
        socket.send(tungstenite::Message::Text("text".into())).await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            assert!(message.is_close(), "{message:?}");
        }
    }
    assert_eq!(websocket(&host, "/", "mqtt", "https://attacker.example").await.0, 403);
    for (path, protocol) in [("/", "chat"), ("/enrollments", "mqtt")] {
        assert!(websocket(&host, path, protocol, &own).await.0 >= 400, "{path} {protocol}");
    }
}
