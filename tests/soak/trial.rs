//! One operation of the soak: what it does, and what it reported.

use crate::common::{Bench, KEY, Outcome};
use aziotdps::emulator::{Fault, FaultStatus};
use aziotdps::model::EnrollmentKind::{self, Group, Individual};
use aziotdps::operation::{Call, Event, Level, Operation, Session};
use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Records that are created and removed all the time.
const PASSING: u32 = 12;

/// Records that are only changed: whatever was reported as done to them is in them at the end.
pub const LASTING: u32 = 6;

/// An operation takes no longer, whatever it meets.
const PATIENCE: Duration = Duration::from_secs(120);

/// A session of one of the writers.
pub struct Writer {
    session: Session,
}

/// What an operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It reads.
    Read,
    /// It creates or changes a record, and puts a tag of its own into it.
    Write,
    /// It removes one record.
    Remove,
    /// It removes all groups.
    RemoveAll,
}

/// An operation that ended.
#[derive(Debug)]
pub struct Trial {
    pub number: u64,
    pub call: Call,
    pub request: Value,
    pub claim: Claim,
    pub outcome: Outcome,
    /// The `x-ms-client-request-id`s of its requests, as far as it got a response or an error for them.
    pub requests: Vec<String>,
}

impl Trial {
    /// The tag that this operation alone puts into records.
    pub fn tag(&self) -> String {
        tag(self.number)
    }

    /// What was asked for and what was reported.
    pub fn shown(&self) -> String {
        format!("{} {:?} {} -> {:?}", self.number, self.call, self.request, self.outcome)
    }
}

fn tag(number: u64) -> String {
    format!("op-{number}")
}

/// The records that stay.
pub fn create_lasting_records(bench: &Bench) {
    for number in 0..LASTING {
        let request = json!({
            "registrationId": lasting(number), "attestationType": "SymmetricKey", "primaryKey": KEY, "secondaryKey": KEY
        });
        bench.run(Call::New(Individual), request).item();
    }
}

/// A registration for each record that comes and goes. Faults do not concern the emulator's own calls.
pub fn create_registrations(bench: &Bench) {
    for id in passing() {
        let body = json!({"enrollmentGroupId": "group"}).to_string();
        bench.http(Method::PUT, &format!("/_emulator/registrations/{id}"), body);
    }
}

/// The id of a record that stays.
pub fn lasting(number: u32) -> String {
    format!("lasting-{number}")
}

/// The id of a record that comes and goes.
pub fn passing() -> impl Iterator<Item = String> {
    (0..PASSING).map(|number| format!("passing-{number}"))
}

/// Any of the faults. A request that is answered by a refusal (401, 403, 429) is not carried out: a service that lies
/// cannot be reported on.
pub fn fault(rng: &mut Rng) -> Fault {
    let status = |status| Fault::status(status).retry_after("0");
    let foreign = |status, body: &str| {
        Fault::answer(FaultStatus { status, body: Some(body.to_owned()), ..FaultStatus::default() })
    };
    let html = |status| {
        Fault::answer(FaultStatus { status, html: Some("<p>Sign in</p>".to_owned()), ..FaultStatus::default() })
    };
    let lost = match rng.u32(0..22) {
        0..4 => Fault::drop_connection(),
        4..6 => return Fault::cut_body(),
        6 => status(408),
        7 => status(500),
        8 => html(502),
        9..11 => status(503),
        11 => status(504),
        12..14 => return status(429),
        14 => html(200),
        15 => foreign(200, "{}"),
        // To a DELETE it is what the service says too.
        16 => foreign(204, "").on("PUT", "/enrollment"),
        17 => foreign(206, "{\"registrationId\":\"passing-0\"}"),
        18 => return Fault::empty_page(),
        19 => return status([401, 403][rng.usize(0..2)]),
        _ => return Fault::delay(Duration::from_millis(rng.u64(10..80))),
    };
    let lost = if rng.bool() { lost.applied() } else { lost };
    if rng.u32(0..4) == 0 { lost.late(Duration::from_millis(rng.u64(5..40))) } else { lost }
}

impl Writer {
    pub fn new(bench: &Bench, more: Value) -> Self {
        let session = Session::new().unwrap();
        let ready = bench.emulator.ready();
        let mut request = json!({"caCertificate": ready.ca_certificate});
        if more.get("connectionString").is_none() {
            request["emulator"] = json!(ready.endpoint);
        }
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let connected = session.start(Call::SessionConnect, request.to_string().as_bytes());
        assert_eq!(crate::common::finish(&connected).items().len(), 1);
        Self { session }
    }

    /// Runs the operation with this number, whatever it is.
    pub fn run(&self, number: u64, rng: &mut Rng) -> Trial {
        let (call, request, claim) = choose(number, rng, |id, kind| self.etag(id, kind));
        let operation = self.session.start(call, request.to_string().as_bytes());
        let cancel_after = (rng.u32(0..30) == 0).then(|| Duration::from_millis(rng.u64(0..60)));
        let (outcome, requests) = finish(&operation, cancel_after);
        Trial { number, call, request, claim, outcome, requests }
    }

    /// The record's present etag, if it can be read.
    fn etag(&self, id: &str, kind: EnrollmentKind) -> Option<Value> {
        let request = json!({(kind.id_member()): id}).to_string();
        let (outcome, _) = finish(&self.session.start(Call::Get(kind), request.as_bytes()), None);
        outcome.items.first().map(|record| record["etag"].clone())
    }
}

fn choose(number: u64, rng: &mut Rng, etag_of: impl Fn(&str, EnrollmentKind) -> Option<Value>) -> (Call, Value, Claim) {
    let kind = if rng.u32(0..3) == 0 { Group } else { Individual };
    let member = kind.id_member();
    let id = format!("passing-{}", rng.u32(0..PASSING));
    let tags = json!({(tag(number)): number});
    // A record that stays is changed in every way but by force, which makes no promise to others.
    let (changed_kind, changed) =
        if rng.bool() { (Individual, lasting(rng.u32(0..LASTING))) } else { (kind, id.clone()) };
    let set = |more: Value| {
        let mut request = json!({(changed_kind.id_member()): changed, "tagMerge": tags});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (Call::Set(changed_kind), request, Claim::Write)
    };
    let new = |more: Value| {
        let mut request = json!({(member): id, "attestationType": "SymmetricKey", "tag": tags});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (Call::New(kind), request, Claim::Write)
    };
    match rng.u32(0..400) {
        0..80 => new(json!({})),
        80..90 => new(json!({"primaryKey": KEY, "secondaryKey": KEY, "allocationPolicy": "Hashed"})),
        90..150 => set(json!({})),
        150..180 => set(
            json!({"provisioningStatus": (["Enabled", "Disabled"][rng.usize(0..2)]), "desiredMerge": {"n": number}}),
        ),
        180..200 => set(json!({"swapKey": true})),
        200..220 => set(json!({"regenerateKey": (["Primary", "Secondary"][rng.usize(0..2)])})),
        220..230 => set(json!({"swapKey": true, "regenerateKey": "Primary"})),
        230..250 => match etag_of(&changed, changed_kind) {
            Some(etag) => set(json!({"etag": etag})),
            None => set(json!({"etag": "InN0YWxlIg=="})),
        },
        250..260 => (Call::Set(kind), json!({(member): id, "tagMerge": tags, "force": true}), Claim::Write),
        260..280 => (Call::Get(kind), json!({(member): id, "showKey": rng.bool()}), Claim::Read),
        280..295 => (Call::List(kind), json!({"pageSize": rng.u32(1..9)}), Claim::Read),
        295..345 => (Call::Remove(kind), json!({(member): id, "passThru": true, "force": rng.bool()}), Claim::Remove),
        345..360 => match etag_of(&id, kind) {
            Some(etag) => (Call::Remove(kind), json!({(member): id, "passThru": true, "etag": etag}), Claim::Remove),
            None => (Call::Remove(kind), json!({(member): id, "passThru": true}), Claim::Remove),
        },
        360..375 => (Call::RegistrationGet, json!({"registrationId": id}), Claim::Read),
        375..380 => (Call::RegistrationGet, json!({"enrollmentId": "group"}), Claim::Read),
        380..395 => (Call::RegistrationRemove, json!({"registrationId": id, "passThru": true}), Claim::Remove),
        _ => (Call::Remove(Group), json!({"all": true, "passThru": true}), Claim::RemoveAll),
    }
}

/// Reads an operation to its end, and cancels it after a while if that is asked for. Returns the ids of its requests too.
fn finish(operation: &Operation, cancel_after: Option<Duration>) -> (Outcome, Vec<String>) {
    let started = Instant::now();
    let (mut outcome, mut requests) = (Outcome::default(), Vec::new());
    loop {
        assert!(started.elapsed() < PATIENCE, "hung after {outcome:#?}");
        if cancel_after.is_some_and(|after| started.elapsed() >= after) {
            operation.cancel();
        }
        match operation.next(Some(Duration::from_millis(20))) {
            Event::Origin(_) => {}
            Event::Pending | Event::Progress(_) => {}
            Event::Message(message) => {
                if message.level == Level::Debug
                    && let Some((_, id)) = message.text.trim_end_matches(')').rsplit_once(" (")
                {
                    requests.push(id.to_owned());
                }
                outcome.log.push(message.text);
            }
            Event::Items(items) => outcome.items.extend(items),
            Event::Error(error) => outcome.errors.push(error),
            Event::End => return (outcome, requests),
            Event::Busy => panic!("nobody else reads this operation"),
        }
    }
}
