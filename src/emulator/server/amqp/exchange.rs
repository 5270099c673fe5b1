//! One session of a device: messages come in on one link, answers go out on the other.

use crate::emulator::errors::{bad_request, device_unauthorized};
use crate::emulator::request::PeerCertificates;
use crate::emulator::response::Response;
use crate::emulator::server::Server;
use crate::emulator::server::caller::Caller;
use fe2o3_amqp::acceptor::{LinkAcceptor, LinkEndpoint, ListenerSessionHandle};
use fe2o3_amqp::link::delivery::Delivery;
use fe2o3_amqp::{Receiver, Sender};
use fe2o3_amqp_types::definitions::{AmqpError, Error, ErrorCondition, Fields, Role};
use fe2o3_amqp_types::messaging::{
    ApplicationProperties, Batch, Body, Data, Message, MessageId, Properties, TargetArchetype,
};
use fe2o3_amqp_types::performatives::Attach;
use fe2o3_amqp_types::primitives::{Binary, SimpleValue, Symbol, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// The largest message that is read.
const MESSAGE_BYTES: u64 = 256 * 1024;

/// How long a client may take to give credit for an answer.
const SEND_TIME: Duration = Duration::from_secs(30);

const RETRY_AFTER: &str = "Retry-After";

type Incoming = Delivery<Body<Value>>;

/// How a session ends.
pub(super) enum End {
    /// By itself; the connection goes on.
    Session,
    /// The connection is to be closed with this error.
    Refused(Error),
    /// The connection is to be closed without a word: a fault asks for that, or it is broken already.
    Dropped,
}

pub(super) struct Exchange {
    server: Arc<Server>,
    /// Who the device is. Without SASL the first link says it.
    caller: Option<Caller>,
    peer: PeerCertificates,
    answers: Option<Sender>,
    requests: Option<Receiver>,
}

impl Exchange {
    pub(super) fn new(server: Arc<Server>, caller: Option<Caller>, peer: PeerCertificates) -> Self {
        Self { server, caller, peer, answers: None, requests: None }
    }

    /// Serves the session to its end. Where the connection is to be closed with an error, session and links stay open until
    /// then: a client that sees them end first has no reason for it.
    pub(super) async fn run(mut self, mut session: ListenerSessionHandle) -> (End, Self, ListenerSessionHandle) {
        let end = self.serve(&mut session).await;
        (end, self, session)
    }

    async fn serve(&mut self, session: &mut ListenerSessionHandle) -> End {
        loop {
            let step = tokio::select! {
                attach = session.next_incoming_attach() => match attach {
                    Some(attach) => self.attach(attach, session).await,
                    None => break,
                },
                received = receive(self.requests.as_mut()) => match received {
                    Some(delivery) => self.answer(delivery).await,
                    None => {
                        self.requests = None;
                        Ok(())
                    }
                },
            };
            if let Err(end) = step {
                return end;
            }
        }
        let _ = timeout(SEND_TIME, session.end()).await;
        End::Session
    }

    /// Takes a link.
    async fn attach(&mut self, attach: Attach, session: &mut ListenerSessionHandle) -> Result<(), End> {
        if let Some(refused) = self.refused(&attach).await {
            return Err(End::Refused(error(&refused)));
        }
        let acceptor = LinkAcceptor::builder().max_message_size(MESSAGE_BYTES).build();
        match acceptor.accept_incoming_attach(attach, session).await {
            Ok(LinkEndpoint::Sender(link)) => self.answers = Some(link),
            Ok(LinkEndpoint::Receiver(mut link)) => {
                link.set_auto_accept(false);
                self.requests = Some(link);
            }
            Err(_) => return Err(End::Dropped),
        }
        Ok(())
    }

    /// Why a link is not to be had: it must be that of the device that the connection belongs to.
    async fn refused(&mut self, attach: &Attach) -> Option<Response> {
        // The far end of the link is the service's: where the device reads from, or where it writes to.
        let address = match attach.role {
            Role::Receiver => attach.source.as_ref().and_then(|source| source.address.as_deref()),
            Role::Sender => attach.target.as_deref().and_then(|target| match target {
                TargetArchetype::Target(target) => target.address.as_deref(),
            }),
        };
        let address = address.unwrap_or_default();
        let foreign = || Some(device_unauthorized("Unauthorized: the link is not that of the device.").into());
        let proven = match &self.caller {
            Some(caller) if caller.is_named(address) => true,
            Some(_) => return foreign(),
            None => false,
        };
        if !proven {
            let Some(caller) = Caller::named(address, Arc::clone(&self.peer)) else { return foreign() };
            let refused = caller.refused(&self.server).await;
            if refused.is_some() {
                return refused;
            }
            self.caller = Some(caller);
        }
        let property = |name: &str| match attach.properties.as_ref()?.get(&Symbol::from(name))? {
            Value::String(text) => Some(text.clone()),
            Value::Symbol(text) => Some(text.to_string()),
            _ => None,
        };
        if let Some(caller) = &mut self.caller {
            caller.version = property("com.microsoft:api-version").or(caller.version.take());
            caller.client = property("com.microsoft:client-version").or(caller.client.take());
        }
        None
    }

    /// Settles a message, and answers it.
    async fn answer(&mut self, delivery: Incoming) -> Result<(), End> {
        let (Some(requests), Some(caller)) = (&self.requests, &self.caller) else { return Ok(()) };
        let message = delivery.message();
        let text = |name: &str| match message.application_properties.as_ref()?.0.get(name)? {
            SimpleValue::String(text) => Some(text.clone()),
            SimpleValue::Symbol(text) => Some(text.to_string()),
            _ => None,
        };
        let answer = match text("iotdps-operation-type").as_deref() {
            Some("iotdps-register") => caller.register(&self.server, &content(&message.body)).await,
            Some("iotdps-get-operationstatus") => match text("iotdps-operation-id") {
                Some(operation) => caller.status(&self.server, &operation).await,
                None => Some(bad_request("iotdps-operation-id is missing.").into()),
            },
            _ => Some(bad_request("iotdps-operation-type is missing or not known.").into()),
        };
        let answer = answer.ok_or(End::Dropped)?;
        if answer.status >= 300 {
            return requests.reject(&delivery, error(&answer)).await.map_err(|_| End::Dropped);
        }
        let correlation_id = message.properties.as_ref().and_then(|properties| properties.correlation_id.clone());
        requests.accept(&delivery).await.map_err(|_| End::Dropped)?;
        let Some(answers) = &mut self.answers else { return Ok(()) };
        // Whether it arrives is seen by the device alone.
        match timeout(SEND_TIME, answers.send_batchable(reply(&answer, correlation_id))).await {
            Ok(Ok(_)) => Ok(()),
            // A device that gives no credit for an answer waits for nothing.
            Ok(Err(_)) | Err(_) => Err(End::Dropped),
        }
    }
}

/// The next message; `None` where the link is gone. Waits for ever where there is no link yet.
async fn receive(requests: Option<&mut Receiver>) -> Option<Incoming> {
    match requests {
        Some(requests) => requests.recv().await.ok(),
        None => std::future::pending().await,
    }
}

/// The bytes of a message: of its data sections, or of the text that is its value.
fn content(body: &Body<Value>) -> Vec<u8> {
    match body {
        Body::Data(sections) => sections.iter().flat_map(|Data(section)| section.iter().copied()).collect(),
        Body::Value(value) => match &value.0 {
            Value::String(text) => text.clone().into_bytes(),
            Value::Binary(bytes) => bytes.to_vec(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn reply(answer: &Response, correlation_id: Option<MessageId>) -> Message<Body<Value>> {
    let properties = Properties { correlation_id, ..Properties::default() };
    let application_properties = answer.get_header(RETRY_AFTER).map(|seconds| {
        ApplicationProperties::builder().insert(RETRY_AFTER, SimpleValue::String(seconds.to_owned())).build()
    });
    let section = Data(Binary::from(answer.body.as_bytes().to_vec()));
    let message = Message::builder().properties(properties).body(Body::Data(Batch::new(vec![section])));
    let mut message = message.build();
    message.application_properties = application_properties;
    message
}

/// What a rejected message is rejected with.
fn error(answer: &Response) -> Error {
    let condition = match answer.status {
        401 | 403 => AmqpError::UnauthorizedAccess.into(),
        404 => AmqpError::NotFound.into(),
        409 | 412 => AmqpError::PreconditionFailed.into(),
        429 => ErrorCondition::Custom(Symbol::from("com.microsoft:device-container-throttled")),
        501 => AmqpError::NotImplemented.into(),
        400..=499 => AmqpError::NotAllowed.into(),
        _ => AmqpError::InternalError.into(),
    };
    let info = answer.get_header(RETRY_AFTER).map(|seconds| {
        let mut fields = Fields::new();
        fields.insert(Symbol::from(RETRY_AFTER), Value::String(seconds.to_owned()));
        fields
    });
    Error::new(condition, answer.body.clone(), info)
}
