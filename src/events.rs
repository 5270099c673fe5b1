//! What a running operation tells its host, and what is known so far about the change it makes.

use crate::error::{Code, Error, Outcome, Result};
use crate::sync::lock;
use serde::Serialize;
use serde_json::Value;
use std::sync::{Arc, Mutex};
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
    writes: Mutex<Writes>,
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
    /// wait for the host; the receiver returns a permit for each event that it takes.
    pub fn new(sender: mpsc::UnboundedSender<Event>, capacity: Arc<Semaphore>) -> Self {
        Self { sender, capacity, writes: Mutex::default() }
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
        self.sender.send(event).map_err(|_| freed())
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
        let _ = self.sender.send(Event::Message(Message { level, text }));
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
        let events = Events::new(mpsc::unbounded_channel().0, Arc::new(Semaphore::new(1)));
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
