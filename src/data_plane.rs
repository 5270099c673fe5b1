//! The client for the data plane: enrollments of either kind, and registrations.

pub use crate::http::{Pages, parse_record};

use crate::connection::{Context, Endpoint};
use crate::error::{Code, Error, Outcome, Result};
use crate::http::{HeaderName, IF_MATCH, Method, PAGE_LIMIT, Request, Response, url_of};
use crate::model::{AccessRight, Collection, DATA_PLANE_API_VERSION, EnrollmentKind, Record};
use crate::target::{Target, WAYS};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::fmt;
use std::time::{Duration, Instant, SystemTime};

/// The resolution of the `Date` header, and a margin.
const DATE_RESOLUTION: Duration = Duration::from_secs(2);

const JSON: &str = "application/json; charset=utf-8";
const CONTINUATION: HeaderName = HeaderName::from_static("x-ms-continuation");
const MAX_ITEM_COUNT: HeaderName = HeaderName::from_static("x-ms-max-item-count");

/// A client for the data plane of one provisioning service.
#[derive(Debug)]
pub struct DataPlane<'a> {
    context: &'a Context,
    endpoint: Endpoint,
    api_version: &'a str,
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

/// The result of a write, and whether an earlier attempt may have caused it.
#[derive(Debug)]
pub struct WriteOutcome<T> {
    /// What the last response says.
    pub result: Result<T>,
    /// See [`Response::maybe_applied`].
    pub maybe_applied: bool,
    /// Earliest time of the first attempt on the service's clock; `None` without a `Date` header.
    pub first_attempt: Option<SystemTime>,
}

impl<'a> DataPlane<'a> {
    /// The data plane of `target`, or of the session's default service. `api_version` is what the request needs if the
    /// caller has not chosen one.
    ///
    /// # Errors
    /// [`Code::NotConnected`] without a service, and those of [`Endpoint::resolve`].
    pub async fn open(target: Option<Target>, api_version: Option<&'a str>, context: &'a Context) -> Result<Self> {
        let connection = &context.connection;
        let target = target.or_else(|| connection.default_target.clone()).ok_or_else(|| {
            let message = format!("Which provisioning service? Name it by {WAYS}, or connect to one first.");
            Error::new(Code::NotConnected, message)
        })?;
        let endpoint = Endpoint::resolve(target, context).await?;
        context.events.set_origin(endpoint.origin());
        let api_version = connection.api_version.as_deref().or(api_version).unwrap_or(DATA_PLANE_API_VERSION);
        Ok(Self { context, endpoint, api_version })
    }

    /// Reads a record; keys and certificates are not in it.
    ///
    /// # Errors
    /// [`crate::error::Code::NotFound`], and those of any request.
    pub async fn get(&self, collection: impl Into<Collection>, id: &str) -> Result<Record> {
        let collection = collection.into();
        let request = self.request(Method::GET, &[collection.segment(), id]);
        self.send(collection.read_right(), request).await?.success()?.json("a record")
    }

    /// Reads a record's attestation mechanism with its keys.
    ///
    /// # Errors
    /// As for [`Self::get`].
    pub async fn attestation_mechanism(&self, kind: EnrollmentKind, id: &str) -> Result<Record> {
        let request = self.request(Method::POST, &[kind.collection(), id, "attestationmechanism"]);
        // The right for this is not documented. The response has keys, as that of a write has.
        self.send(AccessRight::EnrollmentWrite, request).await?.success()?.json("an attestation mechanism")
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
        self.write(AccessRight::EnrollmentWrite, request, etag, |response| response.json("a record")).await
    }

    /// Removes a record; with `etag`, only that version of it. Returns whether this request removed it: if the record is
    /// missing after an attempt whose response was lost, it may have been missing before, and a warning says so.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::PreconditionFailed`], and those of any request.
    pub async fn remove(&self, collection: impl Into<Collection>, id: &str, etag: Option<&str>) -> Result<bool> {
        let collection = collection.into();
        let request = self.request(Method::DELETE, &[collection.segment(), id]);
        let WriteOutcome { result, maybe_applied, .. } =
            self.write(collection.write_right(), request, etag, |_| Ok(())).await;
        match result {
            Err(error) if error.code() == Code::NotFound && maybe_applied => {
                let target = collection.target(id);
                let text = format!("{target} is removed; a response was lost, so it may have been missing before.");
                self.context.events.warning(text);
                Ok(false)
            }
            result => result.map(|()| true),
        }
    }

    /// Reads one page of `list`, with at most `count` records if given.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn query(&self, list: List<'_>, count: Option<u64>, continuation: Option<&str>) -> Result<Page> {
        let (right, mut request) = match list {
            List::Enrollments(kind) => {
                let mut request = self.request(Method::POST, &[kind.collection(), "query"]);
                request.body = Some((JSON, json!({"query": "SELECT *"}).to_string().into()));
                (AccessRight::EnrollmentRead, request)
            }
            List::RegistrationsOf(group) => {
                (AccessRight::RegistrationStatusRead, self.request(Method::POST, &["registrations", group, "query"]))
            }
        };
        request.headers.extend(count.map(|count| (MAX_ITEM_COUNT, count.to_string())));
        request.headers.extend(continuation.map(|token| (CONTINUATION, token.to_owned())));
        request.response_limit = PAGE_LIMIT;
        let response = self.send(right, request).await?.success()?;
        let continuation = response.header(CONTINUATION.as_str()).filter(|token| !token.is_empty()).map(str::to_owned);
        Ok(Page { records: response.records()?, continuation })
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
        let started = Instant::now();
        let response = self.send(right, request).await;
        let maybe_applied = response.as_ref().is_ok_and(|response| response.maybe_applied);
        let date = response.as_ref().ok().and_then(Response::date);
        let first_attempt = date.and_then(|date| date.checked_sub(started.elapsed() + DATE_RESOLUTION));
        let result = response.and_then(|response| match response.status {
            200..=299 => read(&response).map_err(|error| error.with_outcome(Outcome::Applied)),
            // An error of the service does not say how far the request came.
            500..=599 => Err(response.error().with_outcome(Outcome::Unknown)),
            _ if response.maybe_applied => Err(response.error().with_outcome(Outcome::Unknown)),
            _ => Err(response.error()),
        });
        self.context.events.set_outcome(result.as_ref().map_or_else(Error::outcome, |_| Outcome::Applied));
        WriteOutcome { result, maybe_applied, first_attempt }
    }

    async fn send(&self, right: AccessRight, request: Request) -> Result<Response> {
        self.context.send(request, &self.endpoint.credentials(right, self.context)).await
    }

    fn request(&self, method: Method, path: &[&str]) -> Request {
        Request::new(method, url_of(&self.endpoint.url, path, self.api_version))
    }
}
