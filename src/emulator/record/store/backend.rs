//! The interface between the store and what keeps its data.

use crate::emulator::errors::{Result, ServiceError, precondition_failed};
use crate::model::{EnrollmentKind, Record};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Keeps the JSON texts of records. Each write is atomic, and its effect survives the end of the process once it
/// returned, if the backend is persistent. A backend never looks into a text: what a write expects is the whole text,
/// and since every version of a record has an etag of its own, equal texts are the same version.
pub(crate) trait Backend: Send + Sync {
    /// Whether every call on a single record returns within microseconds, so that it may run on an async thread.
    fn is_quick(&self) -> bool;

    fn get(&self, collection: Collection, position: &Position) -> Result<Option<Arc<str>>>;

    /// Writes `entry` if the stored text is `expected`, where `None` is none; false where it is not.
    fn replace(&self, entry: Entry, expected: Option<Arc<str>>) -> Result<bool>;

    /// Removes the text if it is `expected`; false where it is not.
    fn remove(&self, collection: Collection, position: &Position, expected: Arc<str>) -> Result<bool>;

    /// Writes all of `entries` or none, whatever is stored. Readers may see some before the others.
    fn put_all(&self, entries: Vec<Entry>) -> Result<()>;

    /// At most `limit` texts after `after`, in the order of their positions; with `owner`, in lower case, those of that
    /// owner only.
    fn page(
        &self,
        collection: Collection,
        owner: Option<&str>,
        after: &Position,
        limit: usize,
    ) -> Result<Vec<(Position, Arc<str>)>>;

    fn tally(&self, collection: Collection) -> Result<Tally>;

    /// Removes everything.
    fn clear(&self) -> Result<()>;
}

/// What is known of a collection without reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// How many records there are.
    pub(crate) records: u64,
    /// A number that grows with every write.
    pub(crate) changes: u64,
}

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Collection {
    Enrollments(EnrollmentKind),
    Registrations,
    Certificates,
}

impl Collection {
    pub(super) const ALL: [Self; 4] = [
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

    /// The collection's place in [`Self::ALL`], which is its number in a data file too.
    pub(super) fn index(self) -> usize {
        match self {
            Self::Enrollments(EnrollmentKind::Individual) => 0,
            Self::Enrollments(EnrollmentKind::Group) => 1,
            Self::Registrations => 2,
            Self::Certificates => 3,
        }
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
    pub(super) owner: Option<Arc<str>>,
    pub(super) body: Arc<str>,
}

impl Entry {
    /// `owner` is the enrollment group of a registration.
    pub(crate) fn new(collection: Collection, id: &str, owner: Option<&str>, record: &Record) -> Result<Self> {
        let body = serde_json::to_string(record)?.into();
        let owner = owner.map(|owner| owner.to_ascii_lowercase().into());
        Ok(Self { collection, position: Position::of(id), owner, body })
    }
}

/// What a removal did.
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
