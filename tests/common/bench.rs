//! An emulator and a session of the library; operations are run to their end.

use super::PATIENCE;
use super::host::{OWNER, client, options, signature};
use aziotdps::emulator::{Emulator, Fault, Options};
use aziotdps::error::Error;
use aziotdps::model::DEVELOPMENT;
use aziotdps::operation::{Call, Event, Level, Operation, Origin, Progress, Session};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

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
    pub origins: Vec<Origin>,
    pub progress: Vec<Progress>,
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

    /// On a free port, with the certificate authority of all tests.
    pub fn with(more: Options) -> Self {
        let emulator = Emulator::start(Options { port: 0, home: options().home, ..more }).unwrap();
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

    /// Plays a fault from now on.
    pub fn fault(&self, fault: Fault) {
        self.emulator.faults().queue(fault);
    }

    /// Waits until every fault has met its request.
    #[track_caller]
    pub fn until_played(&self) {
        let started = Instant::now();
        while !self.emulator.faults().pending().is_empty() {
            assert!(started.elapsed() < PATIENCE, "{:?} met nothing", self.emulator.faults().pending());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Makes the records `dev-{number}` of a collection, by the emulator's own call.
    pub fn seed(&self, collection: &str, numbers: std::ops::Range<u32>) {
        let seed = json!({"collection": collection, "first": numbers.start, "count": numbers.len()});
        self.http(Method::POST, "/_emulator/seed", seed.to_string());
    }

    /// Puts a body into a record past all of the client's rules, with whatever etag.
    pub fn put_raw(&self, path: &str, body: String) -> Value {
        serde_json::from_str(&self.http(Method::PUT, &format!("{path}?api-version=2021-10-01"), body)).unwrap()
    }

    /// A token of the emulator's account, got as any client would.
    pub fn token(&self, scope: &str) -> String {
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={scope}",
            DEVELOPMENT.client_id, DEVELOPMENT.client_secret
        );
        let answer = self.http(Method::POST, &format!("/{}/oauth2/v2.0/token", DEVELOPMENT.tenant_id), form);
        serde_json::from_str::<Value>(&answer).unwrap()["access_token"].as_str().unwrap().to_owned()
    }

    /// A request that does not go through the client at all.
    #[track_caller]
    pub fn http(&self, method: Method, path: &str, body: String) -> String {
        http(&self.emulator, method, path, body)
    }

    /// The requests that the emulator got, as `METHOD path status`, without the sign-in and look-up calls.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.emulator.requests().into_iter();
        let status = |status: Option<u16>| status.map_or("-".to_owned(), |status| status.to_string());
        let shown = calls
            .map(|call| format!("{} {} {}", call.method, call.path.split('?').next().unwrap(), status(call.status)));
        shown.filter(|call| !call.contains("/oauth2/") && !call.contains("/subscriptions")).collect()
    }
}

/// A request to `emulator` that does not go through the client at all.
#[track_caller]
pub fn http(emulator: &Emulator, method: Method, path: &str, body: String) -> String {
    let ready = emulator.ready();
    let host = ready.endpoint.trim_start_matches("https://").replace(':', "%3A");
    let form = path.contains("/oauth2/");
    let request = client(&ready.ca_certificate)
        .request(method, format!("{}{path}", ready.endpoint))
        .header("authorization", signature(OWNER, &host))
        .header("content-type", if form { "application/x-www-form-urlencoded" } else { "application/json" })
        .header("if-match", "*")
        .body(body);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (status, text) = runtime.block_on(async {
        let response = request.send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    });
    assert!(status.is_success(), "{status} {text}");
    text
}

/// Reads an operation to its end.
#[track_caller]
pub fn finish(operation: &Operation) -> Outcome {
    let started = Instant::now();
    let mut outcome = Outcome::default();
    loop {
        assert!(started.elapsed() < PATIENCE, "hung after {outcome:#?}");
        match operation.next(Some(Duration::from_millis(100))) {
            Event::Pending => {}
            Event::Origin(origin) => outcome.origins.push(origin),
            Event::Progress(progress) => outcome.progress.push(progress),
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
