//! The emulator's own calls under `/_emulator/`: what a test needs and the real service does not have. They ask for no
//! token; `docs/emulator.md` describes them.

use crate::emulator::data_plane::registration;
use crate::emulator::errors::{Result, bad_request, forbidden, method_not_allowed, not_implemented};
use crate::emulator::record::enrollment;
use crate::emulator::record::store::Collection;
use crate::emulator::request::{Answer, Request};
use crate::emulator::server::faults::Fault;
use crate::emulator::state::State;
use crate::model::{EnrollmentKind, Members, Record};
use serde::Deserialize;
use serde_json::json;

/// Answers `/_emulator/{parts}`; `ids` are the same segments as they came.
pub(crate) fn answer(state: &State, request: &Request, parts: &[&str], ids: &[String]) -> Result<Answer> {
    // A web page can send requests here too, and a browser says so. No page has business with these calls.
    if request.headers.contains_key("origin") {
        return Err(forbidden("The emulator's own calls take no request from a web page."));
    }
    match (request.method.as_str(), parts, ids) {
        ("GET", ["health"], _) => Ok(Answer::json(200, &json!({ "status": "ok" }))),
        ("GET", ["requests"], _) => Ok(Answer::json(200, &state.journal.requests())),
        ("GET", ["faults"], _) => Ok(Answer::json(200, &state.faults.pending())),
        ("POST", ["faults"], _) => queue_faults(state, request),
        ("DELETE", ["faults"], _) => {
            state.faults.clear();
            Ok(Answer::empty(204))
        }
        ("POST", ["reset"], _) => reset(state),
        ("POST", ["seed"], _) => seed(state, request),
        ("GET", ["records", collection, _], [_, _, id]) => kept(state, collection, id),
        ("PUT", ["registrations", _], [_, id]) => {
            let sent: Members = serde_json::from_slice(&request.body)?;
            let record = state.store.change(|records| registration::seed(records, id, sent))?;
            Ok(Answer::json(200, &record))
        }
        (_, ["health" | "requests"] | ["records", _, _], _) => Err(method_not_allowed("GET")),
        (_, ["faults"], _) => Err(method_not_allowed("GET, POST, DELETE")),
        (_, ["reset" | "seed"], _) => Err(method_not_allowed("POST")),
        (_, ["registrations", _], _) => Err(method_not_allowed("PUT")),
        _ => Err(not_implemented(request.method.as_str(), request.path())),
    }
}

fn queue_faults(state: &State, request: &Request) -> Result<Answer> {
    // The two forms are told apart by hand, so that a mistake in a fault is named as such.
    let faults: Vec<Fault> = match request.body.trim_ascii_start() {
        [b'[', ..] => serde_json::from_slice(&request.body)?,
        _ => vec![serde_json::from_slice(&request.body)?],
    };
    faults.into_iter().for_each(|fault| state.faults.queue(fault));
    Ok(Answer::empty(204))
}

fn reset(state: &State) -> Result<Answer> {
    state.store.change(|records| records.clear())?;
    state.faults.clear();
    state.journal.clear();
    state.operations.clear();
    Ok(Answer::empty(204))
}

fn kept(state: &State, collection: &str, id: &str) -> Result<Answer> {
    let collection =
        Collection::parse(collection).ok_or_else(|| bad_request("The emulator has no such collection."))?;
    match state.store.text(collection, id)? {
        Some(body) => Ok(Answer::json_text(200, body)),
        None => Ok(Answer::empty(404)),
    }
}

/// The largest seed: as many records as a real service holds.
const SEED: u32 = 1_000_000;

/// What a seed asks for: `count` records of a collection, named `prefix` and a number.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Seed {
    count: u32,
    #[serde(default = "prefix")]
    prefix: String,
    #[serde(default)]
    first: u32,
    #[serde(default = "individual")]
    collection: String,
    /// The group of the registrations.
    enrollment_group_id: Option<String>,
}

fn prefix() -> String {
    "dev-".to_owned()
}

fn individual() -> String {
    EnrollmentKind::Individual.collection().to_owned()
}

fn seed(state: &State, request: &Request) -> Result<Answer> {
    let seed: Seed = serde_json::from_slice(&request.body)?;
    let collection =
        Collection::parse(&seed.collection).ok_or_else(|| bad_request("The emulator has no such collection."))?;
    if seed.count > SEED {
        return Err(bad_request(format!("count must be at most {SEED}.")));
    }
    let first = u64::from(seed.first);
    state.store.change(|records| {
        for number in first..first + u64::from(seed.count) {
            let id = format!("{}{number}", seed.prefix);
            match collection {
                Collection::Enrollments(kind) => {
                    let sent = enrollment(kind, &id);
                    records.put(collection, &id, None, &enrollment::compose(kind, &id, sent, None)?)?;
                }
                Collection::Registrations => {
                    let group =
                        seed.enrollment_group_id.clone().map(|group| ("enrollmentGroupId".to_owned(), group.into()));
                    registration::seed(records, &id, group.into_iter().collect())?;
                }
                Collection::Certificates => return Err(bad_request("Certificates can't be seeded.")),
            }
        }
        Ok(Answer::json(200, &json!({ "seeded": seed.count })))
    })
}

fn enrollment(kind: EnrollmentKind, id: &str) -> Record {
    let mut record = Record::default();
    record.set(&[kind.id_member()], id);
    record.set(&["attestation", "type"], "symmetricKey");
    record
}
