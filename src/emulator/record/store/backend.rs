//! The interface between the store and what keeps its data.

use crate::emulator::errors::{Result, ServiceError, precondition_failed};
use crate::model::{EnrollmentKind, Record};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Keeps the JSON texts of records. Each call is atomic, and its effect survives the end of the process once it
/// returned, if the backend is persistent.
pub(crate) trait Backend: Send + Sync {
    fn get(&self, collection: Collection, position: &Position) -> Result<Option<String>>;

    /// Writes `entry` if what is stored is what `expected` says.
    fn put(&self, entry: Entry, expected: Expected<'_>) -> Result<Outcome>;

    /// Writes all of `entries` or none, whatever is stored.
    fn put_all(&self, entries: Vec<Entry>) -> Result<()>;

    /// Removes a text; with `etag`, only a record with that etag.
    fn remove(&self, collection: Collection, position: &Position, etag: Option<&str>) -> Result<Outcome>;

    /// At most `limit` texts after `after`, in the order of their positions; with `owner`, in lower case, those of that
    /// owner only.
    fn page(
        &self,
        collection: Collection,
        owner: Option<&str>,
        after: &Position,
        limit: usize,
    ) -> Result<Vec<(Position, String)>>;

    fn count(&self, collection: Collection) -> Result<u64>;

    fn clear(&self) -> Result<()>;
}

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Collection {
    Enrollments(EnrollmentKind),
    Registrations,
    Certificates,
}

impl Collection {
    const ALL: [Self; 4] = [
        Self::Enrollments(EnrollmentKind::Individual),
        Self::Enrollments(EnrollmentKind::Group),
        Self::Registrations,
        Self::Certificates,
    ];

    /// The collection's path segment.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Enrollments(kind) => kind.collection(),
            Self::Registrations => "registrations",
            Self::Certificates => "certificates",
        }
    }

    /// The collection that `name` spells, in any case.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|collection| collection.name().eq_ignore_ascii_case(name))
    }
}

/// A record's position in the order of its collection: a hash of its id, then the id in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Position {
    #[serde(rename = "position")]
    pub(super) hash: i64,
    pub(super) id: String,
}

impl Position {
    /// Before every record.
    pub(crate) const START: Self = Self { hash: i64::MIN, id: String::new() };

    /// The position of the record with this id; ids are compared without case.
    pub(super) fn of(id: &str) -> Self {
        let id = id.to_ascii_lowercase();
        let digest: [u8; 32] = Sha256::digest(&id).into();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        Self { hash: i64::from_be_bytes([a, b, c, d, e, f, g, h]), id }
    }
}

/// A record to be stored.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(super) collection: Collection,
    pub(super) position: Position,
    /// The enrollment group of a registration, in lower case.
    pub(super) owner: Option<String>,
    pub(super) body: String,
}

impl Entry {
    /// `owner` is the enrollment group of a registration.
    pub(crate) fn new(collection: Collection, id: &str, owner: Option<&str>, record: &Record) -> Result<Self> {
        let body = serde_json::to_string(record)?;
        Ok(Self { collection, position: Position::of(id), owner: owner.map(str::to_ascii_lowercase), body })
    }
}

/// What a write expects to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected<'a> {
    Anything,
    Absent,
    /// A record with this etag.
    Etag(&'a str),
}

/// What a conditional write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// Nothing was changed: there is no record.
    Missing,
    /// Nothing was changed: there is another record than expected.
    Conflict,
}

impl Outcome {
    /// Turns what was not done into an error: `missing`, or a failed precondition.
    pub(crate) fn done(self, missing: ServiceError) -> Result<()> {
        match self {
            Self::Done => Ok(()),
            Self::Missing => Err(missing),
            Self::Conflict => Err(precondition_failed()),
        }
    }
}
