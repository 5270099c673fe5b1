//! The emulator's own calls under `/_emulator/`: what tests need and the real service does not have. They require no
//! token; `docs/emulator.md` describes them.

use crate::emulator::auth::sign_in;
use crate::emulator::errors::{Result, bad_request, forbidden, method_not_allowed, not_implemented, unavailable};
use crate::emulator::record::store::{Collection, Entry};
use crate::emulator::record::{enrollment, registration};
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::server::Traffic;
use crate::emulator::server::faults::Fault;
use crate::emulator::service::Service;
use crate::emulator::state::State;
use crate::model::{EnrollmentKind, Record};
use serde::Deserialize;
use serde_json::json;

/// Carries out a call under `/_emulator/`; the records are those of `service`.
pub(crate) fn respond(state: &State, traffic: &Traffic, service: &Service, request: &Request) -> Result<Response> {
    // A web page in a browser can reach this port too, and its requests have an Origin header.
    if request.headers.contains_key("origin") {
        return Err(forbidden("The emulator's own calls take no request from a web page."));
    }
    let path = request.path.lower();
    match (request.method.as_str(), path.get(1..).unwrap_or_default()) {
        ("GET", ["health"]) => Ok(Response::json(200, &json!({ "status": "ok" }))),
        ("GET", ["requests"]) => Ok(Response::json(200, &traffic.journal.requests())),
        ("GET", ["faults"]) => Ok(Response::json(200, &traffic.faults.pending())),
        ("POST", ["faults"]) => queue_faults(traffic, request),
        ("DELETE", ["faults"]) => {
            traffic.faults.clear();
            Ok(Response::empty(204))
        }
        ("POST", ["reset"]) => reset(state, traffic),
        ("POST", ["seed"]) => seed(service, traffic, request),
        ("POST", ["federatedtoken"]) => sign_in::federated_token(&state.tokens, request),
        ("GET", ["records", collection, _]) => stored(service, collection, request.path.segment(3)),
        ("PUT", ["registrations", _]) => put_registration(service, request.path.segment(2), request),
        (_, ["health" | "requests"] | ["records", _, _]) => Err(method_not_allowed("GET")),
        (_, ["faults"]) => Err(method_not_allowed("GET, POST, DELETE")),
        (_, ["reset" | "seed" | "federatedtoken"]) => Err(method_not_allowed("POST")),
        (_, ["registrations", _]) => Err(method_not_allowed("PUT")),
        _ => Err(not_implemented(request)),
    }
}

/// Whether the call waits for nothing.
pub(crate) fn is_quick(request: &Request) -> bool {
    request.path.lower().get(1..) == Some(&["health"])
}

fn queue_faults(traffic: &Traffic, request: &Request) -> Result<Response> {
    // An untagged enum would hide the parser's message for a faulty fault.
    let faults: Vec<Fault> = match request.body.trim_ascii_start() {
        [b'[', ..] => serde_json::from_slice(&request.body)?,
        _ => vec![serde_json::from_slice(&request.body)?],
    };
    faults.iter().try_for_each(Fault::check)?;
    faults.into_iter().for_each(|fault| traffic.faults.queue(fault));
    Ok(Response::empty(204))
}

fn reset(state: &State, traffic: &Traffic) -> Result<Response> {
    state.services.reset()?;
    traffic.faults.clear();
    traffic.journal.clear();
    Ok(Response::empty(204))
}

fn stored(service: &Service, collection: &str, id: &str) -> Result<Response> {
    match service.store.text(parse_collection(collection)?, id)? {
        Some(body) => Ok(Response::json_text(200, body.as_ref().to_owned())),
        None => Ok(Response::empty(404)),
    }
}

fn put_registration(service: &Service, id: &str, request: &Request) -> Result<Response> {
    let (record, entry) = registration::seeded(id, serde_json::from_slice(&request.body)?)?;
    service.store.put(entry)?;
    Ok(Response::json(200, &record))
}

fn parse_collection(name: &str) -> Result<Collection> {
    Collection::parse(name).ok_or_else(|| bad_request("The emulator has no such collection."))
}

/// The largest seed: as many records as a real service holds.
const SEED: u32 = 1_000_000;

/// How many records of a seed are written at once.
const SEED_BATCH: usize = 1000;

/// The body of a seed: `count` records of a collection, named by `prefix` and a number.
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
    /// The enrollment group of registrations.
    enrollment_group_id: Option<String>,
}

fn prefix() -> String {
    "dev-".to_owned()
}

fn individual() -> String {
    EnrollmentKind::Individual.collection().to_owned()
}

/// Makes the records in batches, each composed before the store is locked for it.
fn seed(service: &Service, traffic: &Traffic, request: &Request) -> Result<Response> {
    let seed: Seed = serde_json::from_slice(&request.body)?;
    let collection = parse_collection(&seed.collection)?;
    if seed.count > SEED {
        return Err(bad_request(format!("count must be at most {SEED}.")));
    }
    let id = |number: u64| format!("{}{number}", seed.prefix);
    let numbers = u64::from(seed.first)..u64::from(seed.first) + u64::from(seed.count);
    // The last id is the longest: where it can be composed, all others can, and no seed ends halfway.
    if let Some(last) = numbers.clone().last() {
        seeded(&seed, collection, &id(last))?;
    }
    let mut numbers = numbers.peekable();
    while numbers.peek().is_some() {
        if traffic.stop.is_cancelled() {
            return Err(unavailable("The emulator ends; the seed is not complete."));
        }
        let batch = numbers.by_ref().take(SEED_BATCH).map(|number| seeded(&seed, collection, &id(number)));
        service.store.put_all(batch.collect::<Result<_>>()?)?;
    }
    Ok(Response::json(200, &json!({ "seeded": seed.count })))
}

fn seeded(seed: &Seed, collection: Collection, id: &str) -> Result<Entry> {
    match collection {
        Collection::Enrollments(kind) => {
            let mut sent = Record::default();
            sent.set(&[kind.id_member()], id);
            sent.set(&["attestation", "type"], "symmetricKey");
            Entry::new(collection, id, None, &enrollment::compose(kind, id, sent, None)?)
        }
        Collection::Registrations => {
            let group = seed.enrollment_group_id.clone().map(|group| ("enrollmentGroupId".to_owned(), group.into()));
            registration::seeded(id, group.into_iter().collect()).map(|(_, entry)| entry)
        }
        Collection::Certificates => Err(bad_request("Certificates can't be seeded.")),
    }
}
