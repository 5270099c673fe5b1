//! What a running operation tells its host, and what is known so far about the change it makes.

use crate::error::{Code, Error, Outcome, Result, scrub};
use crate::names::Names;
use crate::sync::lock;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;
use std::sync::{Arc, Mutex, OnceLock};
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
    /// Which service the records are from that follow.
    Origin(Origin),
    /// Output records: a page, a batch, or one.
    Items(Vec<Value>),
    /// An error. The operation goes on after it unless it is terminating.
    Error(Error),
    /// The operation is over; every later event is this one too.
    End,
    /// Another thread is already waiting for this operation's next event.
    Busy,
}

impl Event {
    /// Whether the operation waits for capacity before it emits this event.
    pub fn needs_capacity(&self) -> bool {
        matches!(self, Self::Items(_) | Self::Progress(_))
    }
}

/// The service that records are from, however the request named it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The data-plane host, with the port if it has one.
    pub host_name: String,
    /// The resource id, unless the request named the service by its host or a connection string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
}

/// How far an operation is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// What is done, such as "Removing enrollments".
    pub activity: String,
    /// The item that is being worked on.
    pub status: String,
    /// How many items are done.
    pub completed_items: u64,
    /// How many items there are, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_items: Option<u64>,
}

/// The severity of a [`Message`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Something to act upon.
    Warning,
    /// Why it takes so long.
    Notice,
    /// What is done and why.
    Verbose,
    /// Every HTTP attempt.
    Debug,
}

/// A line for a log; holds no secret.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// Its severity.
    pub level: Level,
    /// One line.
    pub text: String,
}

/// The sending side of an operation's events.
#[derive(Debug)]
pub struct Events {
    sender: mpsc::UnboundedSender<Event>,
    capacity: Arc<Semaphore>,
    names: Arc<Names>,
    /// The service that the next records are from, if the host does not know it yet.
    origin: Mutex<Option<Origin>>,
    writes: Mutex<Writes>,
    maximum_attempts: OnceLock<u32>,
    secrets: Mutex<Vec<SecretString>>,
}

/// What is known about the writes of an operation, which are made one after another.
#[derive(Debug, Default)]
struct Writes {
    /// Of those that ended.
    ended: Outcome,
    under_way: bool,
}

impl Events {
    /// Events that go to `sender`. `capacity` has one permit for each page of records or step of progress that may
    /// wait for the host; the receiver returns a permit for each event that it takes. Texts name members by `names`.
    pub fn new(sender: mpsc::UnboundedSender<Event>, capacity: Arc<Semaphore>, names: Arc<Names>) -> Self {
        Self {
            sender,
            capacity,
            names,
            origin: Mutex::default(),
            writes: Mutex::default(),
            maximum_attempts: OnceLock::new(),
            secrets: Mutex::default(),
        }
    }

    /// Emits an event. Records and progress wait for capacity, so that a host that stops reading stops the requests.
    /// Messages and errors never wait: they are emitted while locks are held that other operations need.
    ///
    /// # Errors
    /// [`Code::Cancelled`] if the host has freed the operation.
    pub async fn emit(&self, event: Event) -> Result<()> {
        let freed = || Error::new(Code::Cancelled, "The operation was given up.").with_outcome(self.outcome());
        if event.needs_capacity() {
            // Returned when the host takes the event.
            self.capacity.acquire().await.map_err(|_| freed())?.forget();
        }
        if let (Event::Items(_), Some(origin)) = (&event, lock(&self.origin).take()) {
            self.send(Event::Origin(origin)).map_err(|()| freed())?;
        }
        self.send(event).map_err(|()| freed())
    }

    /// Emits progress if the host is ready for it. Later progress replaces what it misses.
    pub fn progress(&self, progress: Progress) {
        if let Ok(permit) = self.capacity.try_acquire() {
            permit.forget();
            // A host that is gone is noticed by the next record.
            let _ = self.send(Event::Progress(progress));
        }
    }

    /// Sets the service that the records are from that are emitted from now on.
    pub fn set_origin(&self, origin: Origin) {
        *lock(&self.origin) = Some(origin);
    }

    /// Emits one output record.
    ///
    /// # Errors
    /// As for [`Self::emit`].
    pub async fn item(&self, record: Value) -> Result<()> {
        self.emit(Event::Items(vec![record])).await
    }

    /// Emits a line about something to act upon.
    pub fn warning(&self, text: String) {
        self.message(Level::Warning, text);
    }

    /// Emits a line about why the operation takes so long.
    pub fn notice(&self, text: String) {
        self.message(Level::Notice, text);
    }

    /// Emits a line about what is done and why.
    pub fn verbose(&self, text: String) {
        self.message(Level::Verbose, text);
    }

    /// Emits a line about one HTTP attempt.
    pub fn debug(&self, text: String) {
        self.message(Level::Debug, text);
    }

    fn message(&self, level: Level, text: String) {
        // A host that is gone is noticed by the next record.
        let _ = self.send(Event::Message(Message { level, text }));
    }

    /// Limits the attempts for each request of this operation.
    pub fn limit_attempts(&self, maximum_attempts: u32) {
        let _ = self.maximum_attempts.set(maximum_attempts);
    }

    /// The maximum number of attempts for one request, if the operation has its own.
    pub fn maximum_attempts(&self) -> Option<u32> {
        self.maximum_attempts.get().copied()
    }

    /// Notes a secret that the operation uses: no message or error shows it, whoever repeats it.
    pub fn hide(&self, secret: &SecretString) {
        let mut secrets = lock(&self.secrets);
        if !secrets.iter().any(|known| known.expose_secret() == secret.expose_secret()) {
            secrets.push(secret.clone());
        }
    }

    /// The one way to the host: texts name members as the host does, and what others than this library have written is made
    /// safe to show.
    fn send(&self, event: Event) -> std::result::Result<(), ()> {
        let scrubbed = |text: &str| scrub(text, lock(&self.secrets).iter().map(ExposeSecret::expose_secret));
        let event = match event {
            Event::Error(error) => Event::Error(error.with_names(&self.names).map_texts(scrubbed)),
            Event::Message(Message { level, text }) => {
                Event::Message(Message { level, text: scrubbed(&self.names.render(&text)) })
            }
            Event::Progress(progress) => Event::Progress(Progress { status: scrubbed(&progress.status), ..progress }),
            event => event,
        };
        self.sender.send(event).map_err(drop)
    }

    /// Records that a write is sent.
    pub fn write_started(&self) {
        lock(&self.writes).under_way = true;
    }

    /// Records what is known about the write that was sent. A later write never makes the outcome of all less.
    pub fn write_ended(&self, outcome: Outcome) {
        let mut writes = lock(&self.writes);
        *writes = Writes { ended: writes.ended.max(outcome), under_way: false };
    }

    /// What is known about all writes of the operation together.
    pub fn outcome(&self) -> Outcome {
        let writes = lock(&self.writes);
        writes.ended.max(if writes.under_way { Outcome::Unknown } else { Outcome::NotApplied })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_of_all_writes_never_becomes_less() {
        let events = Events::new(mpsc::unbounded_channel().0, Arc::new(Semaphore::new(1)), Arc::default());
        assert_eq!(events.outcome(), Outcome::NotApplied);
        for (ended, under_way, after) in [
            (Outcome::NotApplied, Outcome::Unknown, Outcome::NotApplied),
            (Outcome::Unknown, Outcome::Unknown, Outcome::Unknown),
            (Outcome::NotApplied, Outcome::Unknown, Outcome::Unknown),
            (Outcome::Applied, Outcome::Unknown, Outcome::Applied),
            (Outcome::Unknown, Outcome::Applied, Outcome::Applied),
            (Outcome::NotApplied, Outcome::Applied, Outcome::Applied),
        ] {
            events.write_started();
            assert_eq!(events.outcome(), under_way);
            events.write_ended(ended);
            assert_eq!(events.outcome(), after);
        }
    }
}
