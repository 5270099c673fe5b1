//! The store of records.
//!
//! [`Store`] is what the emulator uses. It parses and writes JSON and has records composed while no lock is held. A
//! [`Backend`] keeps the JSON texts: in memory, or in a file.
//!
//! Records are ordered by a hash of their id: as at the real service, neither by insertion nor by name. A page is a
//! range of that order, so a record that is added or removed between two pages moves no other.

mod backend;
#[cfg(test)]
mod contract;
mod memory;
mod sqlite;

pub(crate) use backend::{Collection, Entry, Outcome, Position};

use crate::emulator::errors::{self, Result};
use crate::error::Error;
use crate::model::Record;
use backend::{Backend, Tally};
use memory::Memory;
use sqlite::Sqlite;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The records of one service.
pub(crate) struct Store {
    backend: Box<dyn Backend>,
    /// By collection, all its records as [`Self::all`] last read them.
    all: [Mutex<Snapshot>; Collection::ALL.len()],
}

/// All records of a collection, and what they were read at.
#[derive(Default)]
struct Snapshot {
    tally: Option<Tally>,
    records: Arc<[Record]>,
}

/// A part of a listing.
#[derive(Debug)]
pub(crate) struct Page {
    /// The records as JSON texts.
    pub(crate) texts: Vec<Arc<str>>,
    /// The position of the last record, where more follow.
    pub(crate) more: Option<Position>,
}

impl Store {
    /// Opens the records in `file`, created where it is missing, or a new store in memory.
    pub(crate) fn open(file: Option<&Path>) -> std::result::Result<Self, Error> {
        let backend: Box<dyn Backend> = match file {
            Some(file) => Box::new(Sqlite::open(file)?),
            None => Box::new(Memory::new()),
        };
        Ok(Self { backend, all: Default::default() })
    }

    /// Whether every call on a single record returns within microseconds, so that it may run on an async thread.
    pub(crate) fn is_quick(&self) -> bool {
        self.backend.is_quick()
    }

    /// The stored record.
    pub(crate) fn get(&self, collection: Collection, id: &str) -> Result<Option<Record>> {
        self.text(collection, id)?.as_deref().map(parse).transpose()
    }

    /// The stored record as JSON text.
    pub(crate) fn text(&self, collection: Collection, id: &str) -> Result<Option<Arc<str>>> {
        self.backend.get(collection, &Position::of(id))
    }

    /// Writes a record, whatever is stored.
    pub(crate) fn put(&self, entry: Entry) -> Result<()> {
        self.put_all(vec![entry])
    }

    /// Writes all of `entries` or none, whatever is stored.
    pub(crate) fn put_all(&self, entries: Vec<Entry>) -> Result<()> {
        self.backend.put_all(entries)
    }

    /// Writes the record that `compose` returns for the stored one, and returns it as it is stored. `compose` runs without a lock:
    /// where another writer was faster, it is called again with the new record. `owner` is the enrollment group of a
    /// registration.
    pub(crate) fn update(
        &self,
        collection: Collection,
        id: &str,
        owner: Option<&str>,
        compose: impl Fn(Option<&Record>) -> Result<Record>,
    ) -> Result<Arc<str>> {
        loop {
            let stored = self.text(collection, id)?;
            let record = compose(stored.as_deref().map(parse).transpose()?.as_ref())?;
            let entry = Entry::new(collection, id, owner, &record)?;
            let written = Arc::clone(&entry.body);
            if self.backend.replace(entry, stored)? {
                return Ok(written);
            }
        }
    }

    /// Removes a record; with `etag`, only the one with that etag.
    pub(crate) fn remove(&self, collection: Collection, id: &str, etag: Option<&str>) -> Result<Outcome> {
        let position = Position::of(id);
        while let Some(stored) = self.backend.get(collection, &position)? {
            if etag.is_some() && parse(&stored)?.text(&["etag"]) != etag {
                return Ok(Outcome::Conflict);
            }
            if self.backend.remove(collection, &position, stored)? {
                return Ok(Outcome::Done);
            }
        }
        Ok(Outcome::Missing)
    }

    /// At most `limit` records of `collection` after `after`; with `owner`, the registrations of that group only.
    pub(crate) fn page(
        &self,
        collection: Collection,
        owner: Option<&str>,
        after: &Position,
        limit: usize,
    ) -> Result<Page> {
        let owner = owner.map(str::to_ascii_lowercase);
        let mut rows = self.backend.page(collection, owner.as_deref(), after, limit.saturating_add(1))?;
        let is_last = rows.len() <= limit;
        rows.truncate(limit);
        let more = rows.last().map(|(position, _)| position.clone()).filter(|_| !is_last);
        Ok(Page { texts: rows.into_iter().map(|(_, text)| text).collect(), more })
    }

    /// All records of `collection`, which should be a small one: they are kept, parsed, until one of them changes.
    pub(crate) fn all(&self, collection: Collection) -> Result<Arc<[Record]>> {
        let mut snapshot = self.all[collection.index()].lock().unwrap_or_else(PoisonError::into_inner);
        // The tally comes first: what is written meanwhile is read again the next time.
        let tally = Some(self.backend.tally(collection)?);
        if snapshot.tally != tally {
            let texts = self.page(collection, None, &Position::START, usize::MAX)?.texts;
            let records = texts.iter().map(|text| parse(text)).collect::<Result<_>>()?;
            *snapshot = Snapshot { tally, records };
        }
        Ok(Arc::clone(&snapshot.records))
    }

    /// How many records `collection` has.
    pub(crate) fn count(&self, collection: Collection) -> Result<u64> {
        Ok(self.backend.tally(collection)?.records)
    }

    /// Removes every record.
    pub(crate) fn clear(&self) -> Result<()> {
        self.backend.clear()
    }
}

fn parse(text: &str) -> Result<Record> {
    serde_json::from_str(text).map_err(|error| errors::internal(format!("A stored record can't be read: {error}.")))
}
