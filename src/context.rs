//! What one running operation has at hand: the connection, its events' way out, and what it has done so far.

use crate::connection::Connection;
use crate::error::{Code, Error, Outcome, Result};
use crate::http::{Listener, Request, Response};
use serde::Serialize;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, mpsc};

/// Something that an operation tells its host.
#[derive(Debug)]
pub enum Event {
    /// Nothing happened in the time given.
    Pending,
    /// How far it is.
    Progress(Progress),
    /// A line for a log.
    Message(Message),
    /// Output records: a page, a batch, or one.
    Items(Vec<Value>),
    /// A failure. The operation goes on after it unless it is terminating.
    Error(Error),
    /// The operation is over, and says so for ever.
    End,
    /// Another thread is waiting for this operation's next event already.
    Busy,
}

impl Event {
    /// Whether the operation waits until there is room for it.
    pub(crate) fn takes_room(&self) -> bool {
        matches!(self, Self::Items(_) | Self::Progress(_))
    }
}

/// How far an operation is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// What is done, such as "Removing enrollments".
    pub activity: String,
    /// Where it is.
    pub status: String,
    /// How many items are done.
    pub completed_items: u64,
    /// How many there are, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_items: Option<u64>,
}

/// How much a person cares about a [`Message`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Something to act upon.
    Warning,
    /// What is done and why.
    Verbose,
    /// Every request.
    Debug,
}

/// A line for a log; holds no secret.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// Its weight.
    pub level: Level,
    /// One line.
    pub text: String,
}

/// What one running operation has at hand.
#[derive(Debug)]
pub struct Context {
    connection: Arc<Connection>,
    events: mpsc::UnboundedSender<Event>,
    room: Arc<Semaphore>,
    outcome: Mutex<Outcome>,
}

impl Context {
    /// A context whose events go to `events`, where `room` says how many records and steps of progress may wait.
    pub fn new(connection: Arc<Connection>, events: mpsc::UnboundedSender<Event>, room: Arc<Semaphore>) -> Self {
        Self { connection, events, room, outcome: Mutex::default() }
    }

    /// What the session is connected with.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Hands an event over. Records and progress wait for room, so that a host that stops looking stops the calls.
    /// Messages and errors never wait: they come while things are locked that other operations need.
    ///
    /// # Errors
    /// [`Code::Cancelled`] where the host has given the operation up.
    pub async fn emit(&self, event: Event) -> Result<()> {
        let given_up = || Error::new(Code::Cancelled, "The operation was given up.").with_outcome(self.outcome());
        if event.takes_room() {
            // Given back when the host takes the event.
            self.room.acquire().await.map_err(|_| given_up())?.forget();
        }
        self.events.send(event).map_err(|_| given_up())
    }

    /// Hands one output record over.
    ///
    /// # Errors
    /// As for [`Self::emit`].
    pub async fn item(&self, record: Value) -> Result<()> {
        self.emit(Event::Items(vec![record])).await
    }

    /// Tells what is done and why.
    pub fn verbose(&self, text: String) {
        self.message(Level::Verbose, text);
    }

    /// Tells what a person should look at.
    pub fn warning(&self, text: String) {
        self.message(Level::Warning, text);
    }

    fn message(&self, level: Level, text: String) {
        // Where nobody listens any more, the next record finds out.
        let _ = self.events.send(Event::Message(Message { level, text }));
    }

    /// Notes what is known about the change that is under way.
    pub fn writing(&self, outcome: Outcome) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
    }

    /// What is known about the change that was last under way.
    pub fn outcome(&self) -> Outcome {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends `request` over the connection's transport.
    ///
    /// # Errors
    /// Those of [`crate::http::Transport::send`].
    pub async fn send(&self, request: &Request) -> Result<Response> {
        self.connection.transport.send(request, self).await
    }
}

impl Listener for Context {
    fn note(&self, text: String) {
        self.message(Level::Debug, text);
    }

    fn wait(&self, text: String) {
        self.verbose(text);
    }
}
