//! What integration tests share: an emulator of their own, a session, and an operation run to its end.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use aziotdps::emulator::{Emulator, Options};
use aziotdps::error::Error;
use aziotdps::model::DEVELOPMENT;
use aziotdps::operation::{Call, Event, Level, Operation, Session};
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No operation of a test takes longer; one that does has hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// One certificate authority for all emulators of a test binary.
static HOME: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

/// An emulator, and a session that knows nothing yet.
pub struct Bench {
    pub emulator: Emulator,
    pub session: Session,
}

/// What an operation said, in order of kind.
#[derive(Debug, Default)]
pub struct Outcome {
    pub items: Vec<Value>,
    pub errors: Vec<Error>,
    pub log: Vec<String>,
    pub warnings: Vec<String>,
}

impl Outcome {
    /// The one record that came.
    #[track_caller]
    pub fn item(mut self) -> Value {
        assert!(self.errors.is_empty(), "{:#?}", self.errors);
        assert_eq!(self.items.len(), 1, "{self:#?}");
        self.items.remove(0)
    }

    /// All records that came.
    #[track_caller]
    pub fn items(self) -> Vec<Value> {
        assert!(self.errors.is_empty(), "{:#?}", self.errors);
        self.items
    }

    /// The one error that came, and nothing besides.
    #[track_caller]
    pub fn error(mut self) -> Error {
        assert!(self.items.is_empty(), "{self:#?}");
        assert_eq!(self.errors.len(), 1, "{self:#?}");
        self.errors.remove(0)
    }
}

impl Bench {
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let home = HOME.path().to_owned();
        let emulator = Emulator::start(Options { port: 0, home: Some(home), ..options }).unwrap();
        Self { emulator, session: Session::new().unwrap() }
    }

    /// A bench whose session is connected with the emulator, so that requests need no target.
    pub fn connected() -> Self {
        let bench = Self::new();
        bench.connect(json!({}));
        bench
    }

    /// Connects the session with the emulator; `more` members go along.
    #[track_caller]
    pub fn connect(&self, more: Value) -> Value {
        let ready = self.emulator.ready();
        let mut request = json!({"emulator": ready.endpoint, "caCertificate": ready.ca_certificate});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.run(Call::SessionConnect, request).item()
    }

    pub fn run(&self, call: Call, request: Value) -> Outcome {
        finish(&self.session.start(call, request.to_string().as_bytes()))
    }

    pub fn connection_string(&self) -> String {
        self.emulator.ready().connection_string.clone()
    }

    /// The requests that the emulator got, as `METHOD path status`, without the sign-in and look-up calls.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.emulator.requests().into_iter();
        let shown = calls.map(|call| format!("{} {} {}", call.method, call.path.split('?').next().unwrap(), call.status));
        shown.filter(|call| !call.contains("/oauth2/") && !call.contains("/subscriptions")).collect()
    }
}

/// Reads an operation to its end.
#[track_caller]
pub fn finish(operation: &Operation) -> Outcome {
    let started = Instant::now();
    let mut outcome = Outcome::default();
    loop {
        assert!(started.elapsed() < PATIENCE, "hung after {outcome:#?}");
        match operation.next(Some(Duration::from_millis(100))) {
            Event::Pending | Event::Progress(_) => {}
            Event::Message(message) => {
                if message.level == Level::Warning {
                    outcome.warnings.push(message.text.clone());
                }
                outcome.log.push(message.text);
            }
            Event::Items(items) => outcome.items.extend(items),
            Event::Error(error) => outcome.errors.push(error),
            Event::End => return outcome,
            Event::Busy => panic!("nobody else reads this operation"),
        }
    }
}

/// Every key and secret of the emulator's account: none of them may stand in any output but a record with keys.
pub fn secrets() -> Vec<String> {
    let keys = DEVELOPMENT.policies.iter().flat_map(|policy| [policy.primary_key, policy.secondary_key]);
    keys.chain([DEVELOPMENT.client_secret]).map(str::to_owned).collect()
}
