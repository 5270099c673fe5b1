//! MQTT 3.1.1, as devices speak it: CONNECT, SUBSCRIBE to the answers, PUBLISH of what is asked for.

mod topic;

use super::caller::Caller;
use crate::emulator::request::PeerCertificates;
use crate::emulator::response::Response;
use crate::emulator::server::Server;
use hyper::header::HeaderValue;
use mqtt_protocol_core::mqtt::Version;
use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::{Connection, ConnectionOptions, Event, TimerKind, role};
use mqtt_protocol_core::mqtt::packet::v3_1_1::{Connack, Connect, Puback, Publish, Suback, Subscribe, Unsuback};
use mqtt_protocol_core::mqtt::packet::{GenericPacketTrait, Packet, Qos};
use mqtt_protocol_core::mqtt::result_code::{ConnectReturnCode, SubackReturnCode};
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;
use topic::Asked;

/// The largest packet that is read.
const PACKET_BYTES: u32 = 256 * 1024;

/// How long a client may take to say who it is.
const CONNECT_TIME: Duration = Duration::from_secs(30);

/// How long a client that asks for no keep-alive may be silent.
const IDLE_TIME: Duration = Duration::from_secs(240);

/// The one topic filter that there is.
const ANSWERS: &str = "$dps/registrations/res/#";

/// The end of a connection is no failure of the emulator: whoever breaks the rules is dropped, as MQTT 3.1.1 asks for.
type Step = ControlFlow<()>;

/// Serves one client until it leaves, breaks the rules of the protocol, or is silent for too long.
pub(crate) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send,
    peer: PeerCertificates,
    server: Arc<Server>,
) {
    let options = ConnectionOptions::new().maximum_packet_size_recv(PACKET_BYTES);
    let mut mqtt = Connection::with_options(Version::V3_1_1, options);
    mqtt.set_auto_ping_response(true);
    let deadline = Instant::now() + CONNECT_TIME;
    let mut session = Session { stream, mqtt, peer, server, caller: None, granted: None, deadline, keep_alive: None };
    // Nobody is left to be told of a broken connection.
    let _ = session.run().await;
    let _ = session.stream.shutdown().await;
}

struct Session<S> {
    stream: S,
    mqtt: Connection<role::Server>,
    peer: PeerCertificates,
    server: Arc<Server>,
    /// Who connected; nobody yet before CONNECT.
    caller: Option<Caller>,
    /// The quality of service that answers go out with, once they are subscribed to.
    granted: Option<Qos>,
    /// When the client must have sent something.
    deadline: Instant,
    /// How long it may be silent after a packet, where it has said so.
    keep_alive: Option<Duration>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    async fn run(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; 4096];
        loop {
            let length = match tokio::time::timeout_at(self.deadline, self.stream.read(&mut buffer)).await {
                Ok(read) => read?,
                Err(_) => return Ok(()),
            };
            if length == 0 {
                return Ok(());
            }
            let mut unread = Cursor::new(&buffer[..length]);
            while unread.position() < length as u64 {
                let events = self.mqtt.recv(&mut unread);
                if self.handle(events).await?.is_break() {
                    return Ok(());
                }
            }
            if self.caller.is_some() {
                self.deadline = Instant::now() + self.keep_alive.unwrap_or(IDLE_TIME);
            }
        }
    }

    /// Does what the protocol asks for, in its order.
    async fn handle(&mut self, events: Vec<Event>) -> io::Result<Step> {
        let mut step = Step::Continue(());
        for event in events {
            match event {
                Event::NotifyPacketReceived(packet) if step.is_continue() => {
                    step = Box::pin(self.receive(packet)).await?;
                }
                Event::RequestSendPacket { packet, .. } => {
                    self.stream.write_all(&packet.to_continuous_buffer()).await?
                }
                Event::RequestTimerReset { kind: TimerKind::PingreqRecv, duration_ms } => {
                    self.keep_alive = Some(Duration::from_millis(duration_ms));
                }
                Event::NotifyError(_) | Event::RequestClose => step = Step::Break(()),
                _ => {}
            }
        }
        self.stream.flush().await?;
        Ok(step)
    }

    async fn send(&mut self, packet: impl Into<Packet>) -> io::Result<Step> {
        let events = self.mqtt.send(packet.into());
        self.handle(events).await
    }

    async fn receive(&mut self, packet: Packet) -> io::Result<Step> {
        match packet {
            Packet::V3_1_1Connect(connect) => self.connect(&connect).await,
            // Before CONNECT nothing else is allowed.
            _ if self.caller.is_none() => Ok(Step::Break(())),
            Packet::V3_1_1Subscribe(subscribe) => self.subscribe(&subscribe).await,
            Packet::V3_1_1Unsubscribe(unsubscribe) => {
                if unsubscribe.entries().iter().any(|filter| filter.as_str() == ANSWERS) {
                    self.granted = None;
                }
                match Unsuback::builder().packet_id(unsubscribe.packet_id()).build() {
                    Ok(answer) => self.send(answer).await,
                    Err(_) => Ok(Step::Break(())),
                }
            }
            Packet::V3_1_1Publish(publish) => self.publish(&publish).await,
            Packet::V3_1_1Pingreq(_) | Packet::V3_1_1Puback(_) => Ok(Step::Continue(())),
            _ => Ok(Step::Break(())),
        }
    }

    async fn connect(&mut self, connect: &Connect) -> io::Result<Step> {
        let refused = match caller(connect, &self.peer) {
            Ok(caller) => {
                self.caller = Some(caller);
                None
            }
            Err(code) => Some(code),
        };
        let code = refused.unwrap_or(ConnectReturnCode::Accepted);
        let Ok(answer) = Connack::builder().session_present(false).return_code(code).build() else {
            return Ok(Step::Break(()));
        };
        let sent = self.send(answer).await?;
        Ok(if refused.is_some() { Step::Break(()) } else { sent })
    }

    async fn subscribe(&mut self, subscribe: &Subscribe) -> io::Result<Step> {
        let mut codes = Vec::new();
        for entry in subscribe.entries() {
            codes.push(match entry.sub_opts().qos() {
                _ if entry.topic_filter() != ANSWERS => SubackReturnCode::Failure,
                Qos::AtMostOnce => {
                    self.granted = Some(Qos::AtMostOnce);
                    SubackReturnCode::SuccessMaximumQos0
                }
                Qos::AtLeastOnce | Qos::ExactlyOnce => {
                    self.granted = Some(Qos::AtLeastOnce);
                    SubackReturnCode::SuccessMaximumQos1
                }
            });
        }
        match Suback::builder().packet_id(subscribe.packet_id()).return_codes(codes).build() {
            Ok(answer) => self.send(answer).await,
            Err(_) => Ok(Step::Break(())),
        }
    }

    /// A message is acknowledged before it is answered.
    async fn publish(&mut self, publish: &Publish) -> io::Result<Step> {
        match (publish.qos(), publish.packet_id()) {
            (Qos::AtMostOnce, _) => {}
            (Qos::AtLeastOnce, Some(id)) => {
                let Ok(received) = Puback::builder().packet_id(id).build() else { return Ok(Step::Break(())) };
                if self.send(received).await?.is_break() {
                    return Ok(Step::Break(()));
                }
            }
            _ => return Ok(Step::Break(())),
        }
        let (Some(caller), Some((asked, request_id))) = (&self.caller, topic::parse(publish.topic_name())) else {
            return Ok(Step::Break(()));
        };
        let answer = match asked {
            Asked::Register => caller.register(&self.server, publish.payload().as_slice()).await,
            Asked::Status { operation } => caller.status(&self.server, &operation).await,
        };
        match answer {
            Some(answer) => self.answer(&answer, request_id).await,
            None => Ok(Step::Break(())),
        }
    }

    async fn answer(&mut self, answer: &Response, request_id: &str) -> io::Result<Step> {
        let Some(qos) = self.granted else { return Ok(Step::Continue(())) };
        let topic = topic::of(answer, request_id);
        let Ok(message) = Publish::builder().topic_name(topic.as_str()) else { return Ok(Step::Break(())) };
        let message = message.qos(qos).payload(answer.body.as_bytes().to_vec());
        let message = match qos {
            Qos::AtMostOnce => message.build(),
            _ => match self.mqtt.acquire_packet_id() {
                Ok(id) => message.packet_id(id).build(),
                // As many answers wait for their PUBACK as there are numbers.
                Err(_) => return Ok(Step::Break(())),
            },
        };
        match message {
            Ok(message) => self.send(message).await,
            Err(_) => Ok(Step::Break(())),
        }
    }
}

/// Who connects. Whether a signature is good is found when the device asks for something, as the service does it.
fn caller(connect: &Connect, peer: &PeerCertificates) -> Result<Caller, ConnectReturnCode> {
    let user = connect.user_name().ok_or(ConnectReturnCode::NotAuthorized)?;
    let (resource, parameters) = topic::user(user).ok_or(ConnectReturnCode::BadUserNameOrPassword)?;
    let mut caller = Caller::named(resource, Arc::clone(peer)).ok_or(ConnectReturnCode::BadUserNameOrPassword)?;
    if !connect.client_id().eq_ignore_ascii_case(&caller.id) {
        return Err(ConnectReturnCode::NotAuthorized);
    }
    match connect.password().filter(|password| !password.is_empty()) {
        Some(password) => {
            let text = HeaderValue::from_bytes(password).ok();
            let text = text.as_ref().and_then(|text| text.to_str().ok());
            caller.signature = Some(text.ok_or(ConnectReturnCode::BadUserNameOrPassword)?.to_owned());
        }
        None if peer.is_empty() => return Err(ConnectReturnCode::NotAuthorized),
        None => {}
    }
    for (name, value) in parameters {
        match name.to_ascii_lowercase().as_str() {
            "api-version" => caller.version = Some(value),
            "clientversion" => caller.client = Some(value),
            _ => {}
        }
    }
    Ok(caller)
}
