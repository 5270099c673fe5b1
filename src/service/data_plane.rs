//! The data plane: enrollments of either kind, and registrations.

use super::refusal::{accepted, refusal, unreadable};
use crate::context::Context;
use crate::error::{Code, Error, Outcome, Result};
use crate::http::{Method, Request, Response};
use crate::model::{AccessRight, Collection, EnrollmentKind, Record};
use crate::target::Endpoint;
use reqwest::header::{HeaderName, IF_MATCH};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime};

/// The step of the `Date` header, and a little more.
const CLOCK_STEP: Duration = Duration::from_secs(2);

const JSON: &str = "application/json; charset=utf-8";
const CONTINUATION: HeaderName = HeaderName::from_static("x-ms-continuation");
const MAX_ITEM_COUNT: HeaderName = HeaderName::from_static("x-ms-max-item-count");

/// One provisioning service's data plane, as one operation sees it.
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

/// One page of a query.
#[derive(Debug)]
pub struct Page {
    /// The records, perhaps none.
    pub records: Vec<Record>,
    /// What to ask for the next page with; `None` on the last.
    pub continuation: Option<String>,
}

/// An answer, and whether it may be the answer to this library's own earlier attempt.
#[derive(Debug)]
pub struct Answer<T> {
    /// What the service said.
    pub result: Result<T>,
    /// See [`Response::lost_answer`].
    pub lost_answer: bool,
    /// No earlier than this, by the service's clock, was the request sent first; where the service says what time it is.
    pub begun: Option<SystemTime>,
}

impl<'a> DataPlane<'a> {
    /// The data plane of `endpoint`, spoken to by the contract of `api_version`.
    pub fn new(context: &'a Context, endpoint: Endpoint, api_version: &'a str) -> Self {
        Self { context, endpoint, api_version }
    }

    /// Reads a record; keys and certificates are not in it.
    ///
    /// # Errors
    /// [`crate::error::Code::NotFound`], and those of any request.
    pub async fn get(&self, collection: impl Into<Collection>, id: &str) -> Result<Record> {
        let collection = collection.into();
        let request = self.request(Method::GET, &[collection.segment(), id]);
        read(&self.ask(collection.read_right(), request).await?, "a record")
    }

    /// Reads a record's attestation mechanism with its keys.
    ///
    /// # Errors
    /// As for [`Self::get`].
    pub async fn attestation_mechanism(&self, kind: EnrollmentKind, id: &str) -> Result<Record> {
        let request = self.request(Method::POST, &[kind.collection(), id, "attestationmechanism"]);
        // Which right this needs is not documented; what it returns is worth the right to write.
        read(&self.ask(AccessRight::EnrollmentWrite, request).await?, "an attestation mechanism")
    }

    /// Writes a whole record: creates it where `etag` is `None`, else replaces the record that has that etag
    /// (`*`: any). Answers with the record, keys included.
    pub async fn put(&self, kind: EnrollmentKind, id: &str, record: &Record, etag: Option<&str>) -> Answer<Record> {
        let mut request = self.request(Method::PUT, &[kind.collection(), id]);
        request.body = Some((JSON, Value::Object(record.0.clone()).to_string().into()));
        self.write(AccessRight::EnrollmentWrite, request, etag, |response| read(response, "a record")).await
    }

    async fn delete(&self, collection: Collection, id: &str, etag: Option<&str>) -> Answer<()> {
        let request = self.request(Method::DELETE, &[collection.segment(), id]);
        self.write(collection.write_right(), request, etag, |_| Ok(())).await
    }

    /// Removes a record; with `etag`, only that version of it. Whether this removed it: a record that is gone after an
    /// attempt whose answer was lost may as well have been gone before, and that is told.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::PreconditionFailed`], and those of any request.
    pub async fn remove(&self, collection: impl Into<Collection>, id: &str, etag: Option<&str>) -> Result<bool> {
        let collection = collection.into();
        let answer = self.delete(collection, id, etag).await;
        match answer.result {
            Err(error) if error.code() == Code::NotFound && answer.lost_answer => {
                let target = collection.target(id);
                self.context.warning(format!("{target} is gone; an answer was lost, so it may have been gone before."));
                Ok(false)
            }
            result => result.map(|()| true),
        }
    }

    /// Reads one page of `list`, at most `count` records of it if given.
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
        let response = self.ask(right, request).await?;
        let continuation = response.header(CONTINUATION.as_str()).filter(|token| !token.is_empty()).map(str::to_owned);
        Ok(Page { records: read(&response, "a list of records")?, continuation })
    }

    async fn ask(&self, right: AccessRight, request: Request) -> Result<Response> {
        accepted(self.send(right, request, || {}).await.map_err(Error::of_a_read)?)
    }

    async fn write<T>(
        &self,
        right: AccessRight,
        mut request: Request,
        etag: Option<&str>,
        read: impl FnOnce(&Response) -> Result<T>,
    ) -> Answer<T> {
        request.headers.extend(etag.map(|etag| (IF_MATCH, etag.to_owned())));
        let started = Instant::now();
        let answer = self.send(right, request, || self.context.writing(Outcome::Unknown)).await;
        let lost_answer = answer.as_ref().is_ok_and(|response| response.lost_answer);
        let date = answer.as_ref().ok().and_then(Response::date);
        let begun = date.and_then(|date| date.checked_sub(started.elapsed() + CLOCK_STEP));
        let result = answer.and_then(|response| match response.status {
            200..=299 => read(&response).map_err(|error| error.with_outcome(Outcome::Applied)),
            // A failure of the service says nothing about how far it came.
            500..=599 => Err(refusal(&response).with_outcome(Outcome::Unknown)),
            _ if response.lost_answer => Err(refusal(&response).with_outcome(Outcome::Unknown)),
            _ => Err(refusal(&response)),
        });
        self.context.writing(result.as_ref().map_or_else(Error::outcome, |_| Outcome::Applied));
        Answer { result, lost_answer, begun }
    }

    /// Sends with a signature; a 401 forgets what was cached of the credentials and tries once more. `signed` is called
    /// when nothing but the request itself is left to be sent.
    async fn send(&self, right: AccessRight, mut request: Request, signed: impl Fn()) -> Result<Response> {
        request.authorization = Some(self.endpoint.authorization(self.context, right).await?);
        signed();
        let first = self.context.send(&request).await?;
        if first.status != 401 || !self.endpoint.forget(self.context) {
            return Ok(first);
        }
        self.context.verbose("401: signing in again".to_owned());
        let in_doubt = |error: Error| if first.lost_answer { error.with_outcome(Outcome::Unknown) } else { error };
        request.authorization = Some(self.endpoint.authorization(self.context, right).await.map_err(in_doubt)?);
        Ok(self.context.send(&request).await.map_err(in_doubt)?.after(&first))
    }

    /// Each of `path` becomes one segment, whatever is in it.
    fn request(&self, method: Method, path: &[&str]) -> Request {
        let mut url = self.endpoint.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url.query_pairs_mut().append_pair("api-version", self.api_version);
        Request { method, url, headers: Vec::new(), authorization: None, body: None }
    }
}

fn read<T: DeserializeOwned>(response: &Response, expected: &str) -> Result<T> {
    serde_json::from_slice(&response.body).map_err(|_| unreadable(response, expected))
}
