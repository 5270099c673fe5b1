//! The client for the data plane: enrollments of either kind, and registrations.

pub use crate::http::{Pages, parse_record};

use crate::connection::{Context, Endpoint};
use crate::error::{Code, Error, Outcome, Result};
use crate::http::{HeaderName, IF_MATCH, Method, PAGE_LIMIT, Request, Response, append_path};
use crate::model::{
    AccessRight, Collection, DATA_PLANE_API_VERSION, DEVICE_REGISTRY_API_VERSION, EnrollmentKind, Record,
};
use crate::target::{Target, WAYS};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant, SystemTime};

/// The resolution of the `Date` header, and a margin.
const DATE_RESOLUTION: Duration = Duration::from_secs(2);

/// What the body of an attestation mechanism should be.
const MECHANISM: &str = "an attestation mechanism";

const JSON: &str = "application/json; charset=utf-8";

/// An `If-Match` that every version of a record matches.
const ANY_VERSION: &str = "*";

const CONTINUATION: HeaderName = HeaderName::from_static("x-ms-continuation");
const MAX_ITEM_COUNT: HeaderName = HeaderName::from_static("x-ms-max-item-count");

/// A client for the data plane of one provisioning service.
#[derive(Debug)]
pub struct DataPlane<'a> {
    context: &'a Context,
    endpoint: Endpoint,
    /// The api-version of every request; `None` for the newest one that the service accepts.
    api_version: Option<&'a str>,
}

/// What can be listed.
#[derive(Clone, Copy, Debug)]
pub enum List<'a> {
    /// All enrollments of a kind.
    Enrollments(EnrollmentKind),
    /// The registrations of an enrollment group.
    RegistrationsOf(&'a str),
}

impl fmt::Display for List<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enrollments(kind) => write!(formatter, "{}s", kind.noun()),
            Self::RegistrationsOf(group) => write!(formatter, "registrations of enrollment group '{group}'"),
        }
    }
}

/// One page of a query.
#[derive(Debug)]
pub struct Page {
    /// The records, perhaps none, each to be parsed by [`parse_record`].
    pub records: Vec<Box<RawValue>>,
    /// The continuation token of the next page; `None` on the last.
    pub continuation: Option<String>,
}

/// The result of a write, and what is known about it besides.
#[derive(Debug)]
pub struct WriteOutcome<T> {
    /// What the last response says.
    pub result: Result<T>,
    /// See [`Response::maybe_applied`].
    pub maybe_applied: bool,
    /// Whether sending it again may help, once it is known what it did: it may have been carried out, and it has no
    /// precondition that would refuse it the second time.
    pub may_be_repeated_after_look: bool,
    /// Earliest time of the first attempt on the service's clock; `None` without a `Date` header.
    pub first_attempt: Option<SystemTime>,
}

impl<'a> DataPlane<'a> {
    /// The data plane of `target`, or of the session's default service. `api_version` is what the request needs. If it
    /// needs none, the newest one that the service accepts is used: a whole record that is read and written with an older
    /// one may lose what only newer ones have.
    ///
    /// # Errors
    /// [`Code::NotConnected`] without a service, [`Code::InvalidArgument`] if the session's api-version is older than
    /// `api_version`, and those of [`Endpoint::resolve`].
    pub async fn open(target: Option<Target>, api_version: Option<&'a str>, context: &'a Context) -> Result<Self> {
        let connection = &context.connection;
        let target = target.or_else(|| connection.default_target.clone()).ok_or_else(|| {
            let message = format!("Which provisioning service? Name it by {WAYS}, or connect to one first.");
            Error::new(Code::NotConnected, message)
        })?;
        let chosen = connection.api_version.as_deref();
        if let (Some(chosen), Some(needed)) = (chosen, api_version)
            && chosen < needed
        {
            let message = format!(
                "The request has members of api-version {needed}; the session is connected with {chosen}, which does not have them."
            );
            return Err(Error::argument("dataPlaneApiVersion", message));
        }
        let endpoint = Endpoint::resolve(target, context).await?;
        context.events.set_origin(endpoint.origin());
        Ok(Self { context, endpoint, api_version: chosen.or(api_version) })
    }

    /// The maximum number of attempts for one request.
    pub fn maximum_attempts(&self) -> u32 {
        let Context { connection, events } = self.context;
        events.maximum_attempts().unwrap_or_else(|| connection.transport.maximum_attempts())
    }

    /// Reads a record; keys and certificates are not in it.
    ///
    /// # Errors
    /// [`crate::error::Code::NotFound`], and those of any request.
    pub async fn get(&self, collection: impl Into<Collection>, id: &str) -> Result<Record> {
        self.look(collection.into(), id).await.map(|(record, _)| record)
    }

    /// Reads a record, and the time of the response by the service's clock.
    async fn look(&self, collection: Collection, id: &str) -> Result<(Record, Option<SystemTime>)> {
        let request = self.request(Method::GET, &[collection.segment(), id]);
        let response = self.send(collection.read_right(), request).await?;
        Ok((record_of(&response, collection, id)?, response.date()))
    }

    /// Reads a record's attestation mechanism with its keys.
    ///
    /// # Errors
    /// As for [`Self::get`].
    pub async fn attestation_mechanism(&self, kind: EnrollmentKind, id: &str) -> Result<Record> {
        let request = self.request(Method::POST, &[kind.collection(), id, "attestationmechanism"]);
        // The right for this is not documented. The response has keys, as that of a write has.
        let response = self.send(AccessRight::EnrollmentWrite, request).await?;
        let mechanism: Record = body_of(&response, MECHANISM)?;
        if mechanism.text(&["type"]).is_none() {
            return Err(response.unexpected(&format!(" and a body that is not {MECHANISM}")));
        }
        Ok(mechanism)
    }

    /// Writes a whole record: creates it if `etag` is `None`, else replaces the record that has that etag (`*`: any).
    /// Returns the record with its keys.
    pub async fn put(
        &self,
        kind: EnrollmentKind,
        id: &str,
        record: &Record,
        etag: Option<&str>,
    ) -> WriteOutcome<Record> {
        let mut request = self.request(Method::PUT, &[kind.collection(), id]);
        request.body = Some((JSON, Value::Object(record.0.clone()).to_string().into()));
        // A record that exists is not created a second time, and one that was replaced has another etag.
        request.repeats_in_doubt = etag != Some(ANY_VERSION);
        self.write(AccessRight::EnrollmentWrite, request, etag, |response| record_of(response, kind.into(), id)).await
    }

    /// Removes a record; with `etag`, only that version of it (`*`: any). Returns whether this request removed it: if the
    /// record is missing after an attempt whose response was lost, it may have been missing before, and a warning says so.
    /// A request without an etag is not repeated after such an attempt before a look at the record: one that somebody has
    /// created in between stays.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::PreconditionFailed`], and those of any request.
    pub async fn remove(&self, collection: impl Into<Collection>, id: &str, etag: Option<&str>) -> Result<bool> {
        let collection = collection.into();
        let started = Instant::now();
        let mut seen: Option<String> = None;
        let mut in_doubt = false;
        let mut attempts = 0;
        loop {
            let mut request = self.request(Method::DELETE, &[collection.segment(), id]);
            let if_match = seen.as_deref().or(etag);
            request.repeats_in_doubt = etag.is_some_and(|etag| etag != ANY_VERSION);
            let written = self.write(collection.write_right(), request, if_match, no_content).await;
            in_doubt |= written.maybe_applied || written.may_be_repeated_after_look;
            let mut error = match written.result {
                Ok(()) => return Ok(true),
                Err(error) if error.code() == Code::NotFound && in_doubt => return Ok(self.is_gone(collection, id)),
                Err(error) => error,
            };
            attempts += error.attempts();
            error = error.with_attempts(attempts);
            if in_doubt {
                error = error.with_outcome(Outcome::Unknown);
            }
            let is_changed = seen.is_some() && error.code() == Code::PreconditionFailed;
            if attempts >= self.maximum_attempts() || !(written.may_be_repeated_after_look || is_changed) {
                return Err(error);
            }
            let (record, date) = match self.look(collection, id).await {
                Ok(found) => found,
                Err(error) if error.code() == Code::NotFound => return Ok(self.is_gone(collection, id)),
                Err(error) => return Err(error.with_outcome(Outcome::Unknown)),
            };
            let created = record.date(&["createdDateTimeUtc"]);
            let existed = created.zip(earliest(date, started)).is_some_and(|(created, first)| created < first);
            seen = record.text(&["etag"]).filter(|_| existed).map(str::to_owned);
            if seen.is_none() {
                let why = "The record may have been created anew since the first attempt, so it was not removed again.";
                return Err(error.with_sentence(why));
            }
        }
    }

    /// Warns that a record is missing after a request whose response was lost. Returns that nobody knows who removed it.
    fn is_gone(&self, collection: Collection, id: &str) -> bool {
        let target = collection.target(id);
        let text = format!("{target} is removed; a response was lost, so it may have been missing before.");
        self.context.events.warning(text);
        false
    }

    /// Reads one page of `list`, with at most `count` records if given.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn query(&self, list: List<'_>, count: Option<u64>, continuation: Option<&str>) -> Result<Page> {
        let (collection, mut request) = match list {
            List::Enrollments(kind) => {
                let mut request = self.request(Method::POST, &[kind.collection(), "query"]);
                request.body = Some((JSON, json!({"query": "SELECT *"}).to_string().into()));
                (Collection::from(kind), request)
            }
            List::RegistrationsOf(group) => {
                (Collection::Registrations, self.request(Method::POST, &["registrations", group, "query"]))
            }
        };
        request.headers.extend(count.map(|count| (MAX_ITEM_COUNT, count.to_string())));
        request.headers.extend(continuation.map(|token| (CONTINUATION, token.to_owned())));
        request.response_limit = PAGE_LIMIT;
        let response = self.send(collection.read_right(), request).await?;
        let records = json_of(&response, "a list of records")?.records()?;
        if !records.iter().all(|record| has_text(record, collection.id_member())) {
            return Err(response.unexpected(&format!(" and a record without {}", collection.id_member())));
        }
        let continuation = response.header(CONTINUATION.as_str()).filter(|token| !token.is_empty()).map(str::to_owned);
        Ok(Page { records, continuation })
    }

    async fn write<T>(
        &self,
        right: AccessRight,
        mut request: Request,
        etag: Option<&str>,
        read: impl FnOnce(&Response) -> Result<T>,
    ) -> WriteOutcome<T> {
        request.is_write = true;
        request.headers.extend(etag.map(|etag| (IF_MATCH, etag.to_owned())));
        let repeats_in_doubt = request.repeats_in_doubt;
        let started = Instant::now();
        let response = self.send(right, request).await;
        let maybe_applied = response.as_ref().is_ok_and(|response| response.maybe_applied);
        let first_attempt = earliest(response.as_ref().ok().and_then(Response::date), started);
        let is_lost = match &response {
            Ok(response) => matches!(response.status, 408 | 500 | 502 | 503 | 504),
            Err(error) => error.outcome() == Outcome::Unknown,
        };
        let result = response.and_then(|response| {
            let result = read(&response);
            // Such a response does not say what became of the request.
            let is_silent = is_lost || response.maybe_applied || response.status >= 500;
            result.map_err(|error| match error.code() {
                Code::UnexpectedResponse => error.with_outcome(Outcome::Unknown),
                _ if is_silent => error.with_outcome(Outcome::Unknown),
                _ => error,
            })
        });
        self.context.events.write_ended(result.as_ref().map_or_else(Error::outcome, |_| Outcome::Applied));
        let may_be_repeated_after_look = is_lost && !repeats_in_doubt;
        WriteOutcome { result, maybe_applied, may_be_repeated_after_look, first_attempt }
    }

    /// Sends `request`, whose URL has no api-version yet. A service that does not accept the newest one gets the older one.
    async fn send(&self, right: AccessRight, request: Request) -> Result<Response> {
        let send = async |api_version: &str| {
            let mut request = request.clone();
            request.url.query_pairs_mut().append_pair("api-version", api_version);
            self.endpoint.send(right, &request, self.context).await
        };
        if let Some(api_version) = self.api_version.or_else(|| self.endpoint.api_version(self.context)) {
            return send(api_version).await;
        }
        let newest = send(DEVICE_REGISTRY_API_VERSION).await?;
        if !is_unknown_api_version(&newest) {
            if newest.status == 204 || newest.status == 200 && newest.is_json() {
                self.endpoint.remember_api_version(DEVICE_REGISTRY_API_VERSION, self.context);
            }
            return Ok(newest);
        }
        self.context.events.verbose(format!(
            "400: the service does not accept api-version {DEVICE_REGISTRY_API_VERSION}; trying {DATA_PLANE_API_VERSION}"
        ));
        match send(DATA_PLANE_API_VERSION).await {
            // The version is not what is wrong, or not all of it.
            Ok(older) if older.status == 400 => older.followed_by(Ok(newest), request.is_write),
            older => {
                if older.is_ok() {
                    self.endpoint.remember_api_version(DATA_PLANE_API_VERSION, self.context);
                }
                newest.followed_by(older, request.is_write)
            }
        }
    }

    fn request(&self, method: Method, path: &[&str]) -> Request {
        Request::new(method, append_path(&self.endpoint.url, path))
    }
}

/// The earliest time at which what was `started` may have begun by the service's clock, which is `date` now.
fn earliest(date: Option<SystemTime>, started: Instant) -> Option<SystemTime> {
    date?.checked_sub(started.elapsed() + DATE_RESOLUTION)
}

/// Whether the service refuses a request for its api-version, which has no status or code of its own: the service says
/// `Unsupported API version`, Azure Resource Manager `api-version`.
fn is_unknown_api_version(response: &Response) -> bool {
    let text = String::from_utf8_lossy(&response.body).to_ascii_lowercase();
    response.status == 400 && (text.contains("api version") || text.contains("api-version"))
}

/// The JSON body of a 200; `what` it should be.
fn body_of<T: DeserializeOwned>(response: &Response, what: &str) -> Result<T> {
    json_of(response, what)?.json(what)
}

/// The response, if it is a 200 with JSON; `what` that should be.
fn json_of<'r>(response: &'r Response, what: &str) -> Result<&'r Response> {
    match response.status {
        200 if response.is_json() => Ok(response),
        200 => Err(response.unexpected(&format!(" and a body that is not {what}"))),
        201..=299 => Err(response.unexpected(", and its contract has 200 here")),
        _ => Err(response.error()),
    }
}

/// The record in a 200 about `id`.
fn record_of(response: &Response, collection: Collection, id: &str) -> Result<Record> {
    let record: Record = body_of(response, "a record")?;
    match record.text(&[collection.id_member()]) {
        Some(found) if found.eq_ignore_ascii_case(id) => Ok(record),
        Some(_) => Err(response.unexpected(" and another record than the one asked for")),
        None => Err(response.unexpected(" and a body that is not a record")),
    }
}

/// Whether the member `name` of `record` is a text; the rest of it is not parsed.
fn has_text(record: &RawValue, name: &str) -> bool {
    let members: Option<HashMap<Cow<'_, str>, &RawValue>> = serde_json::from_str(record.get()).ok();
    members.is_some_and(|members| members.get(name).is_some_and(|value| value.get().starts_with('"')))
}

/// Checks the response to a DELETE.
fn no_content(response: &Response) -> Result<()> {
    match response.status {
        204 => Ok(()),
        200..=299 => Err(response.unexpected(", and its contract has 204 here")),
        _ => Err(response.error()),
    }
}
