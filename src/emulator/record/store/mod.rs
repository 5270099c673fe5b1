//! The store of records.
//!
//! [`Store`] is what the emulator uses. It parses and writes JSON and has records composed while no lock is held. A
//! [`Backend`] keeps the JSON texts.
//!
//! Records are ordered by a hash of their id: as at the real service, neither by insertion nor by name. A page is a
//! range of that order, so a record that is added or removed between two pages moves no other.

mod backend;
mod sqlite;

pub(crate) use backend::{Collection, Entry, Expected, Outcome, Position};

use crate::emulator::errors::{self, Result};
use crate::error::Error;
use crate::model::Record;
use backend::Backend;
use sqlite::Sqlite;
use std::path::Path;

/// The records of one service.
pub(crate) struct Store(Box<dyn Backend>);

/// A part of a listing.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) records: Vec<Record>,
    /// The position of the last record, where more follow.
    pub(crate) more: Option<Position>,
}

impl Store {
    /// Opens the records in `file`, created where it is missing, or a new store in memory.
    pub(crate) fn open(file: Option<&Path>) -> std::result::Result<Self, Error> {
        Ok(Self(Box::new(Sqlite::open(file)?)))
    }

    /// The stored record.
    pub(crate) fn get(&self, collection: Collection, id: &str) -> Result<Option<Record>> {
        self.text(collection, id)?.as_deref().map(parse).transpose()
    }

    /// The stored record as JSON text.
    pub(crate) fn text(&self, collection: Collection, id: &str) -> Result<Option<String>> {
        self.0.get(collection, &Position::of(id))
    }

    /// Writes a record if what is stored is what `expected` says.
    pub(crate) fn put(&self, entry: Entry, expected: Expected<'_>) -> Result<Outcome> {
        self.0.put(entry, expected)
    }

    /// Writes all of `entries` or none, whatever is stored.
    pub(crate) fn put_all(&self, entries: Vec<Entry>) -> Result<()> {
        self.0.put_all(entries)
    }

    /// Writes the record that `compose` returns for the stored one, and returns it. `compose` runs without a lock:
    /// where another writer was faster, it is called again with the new record. `owner` is the enrollment group of a
    /// registration.
    pub(crate) fn update(
        &self,
        collection: Collection,
        id: &str,
        owner: Option<&str>,
        compose: impl Fn(Option<&Record>) -> Result<Record>,
    ) -> Result<Record> {
        loop {
            let stored = self.get(collection, id)?;
            let record = compose(stored.as_ref())?;
            let expected = match &stored {
                Some(stored) => Expected::Etag(stored.text(&["etag"]).unwrap_or_default()),
                None => Expected::Absent,
            };
            if self.put(Entry::new(collection, id, owner, &record)?, expected)? == Outcome::Done {
                return Ok(record);
            }
        }
    }

    /// Removes a record; with `etag`, only the one with that etag.
    pub(crate) fn remove(&self, collection: Collection, id: &str, etag: Option<&str>) -> Result<Outcome> {
        self.0.remove(collection, &Position::of(id), etag)
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
        let mut rows = self.0.page(collection, owner.as_deref(), after, limit.saturating_add(1))?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().map(|(position, _)| position.clone()).filter(|_| more);
        let records = rows.iter().map(|(_, body)| parse(body)).collect::<Result<_>>()?;
        Ok(Page { records, more: last })
    }

    /// All records of `collection`.
    pub(crate) fn all(&self, collection: Collection) -> Result<Vec<Record>> {
        Ok(self.page(collection, None, &Position::START, usize::MAX)?.records)
    }

    /// How many records `collection` has.
    pub(crate) fn count(&self, collection: Collection) -> Result<u64> {
        self.0.count(collection)
    }

    /// Removes every record.
    pub(crate) fn clear(&self) -> Result<()> {
        self.0.clear()
    }
}

fn parse(body: &str) -> Result<Record> {
    serde_json::from_str(body).map_err(|error| errors::internal(format!("A stored record can't be read: {error}.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EnrollmentKind;
    use serde_json::json;

    const INDIVIDUAL: Collection = Collection::Enrollments(EnrollmentKind::Individual);

    fn record(id: &str, etag: &str) -> Record {
        serde_json::from_value(json!({ "registrationId": id, "etag": etag })).unwrap()
    }

    fn entry(id: &str, etag: &str) -> Entry {
        Entry::new(INDIVIDUAL, id, None, &record(id, etag)).unwrap()
    }

    fn store_of(ids: &[&str]) -> Store {
        let store = Store::open(None).unwrap();
        store.put_all(ids.iter().map(|id| entry(id, "1")).collect()).unwrap();
        store
    }

    fn ids(page: &Page) -> Vec<String> {
        page.records.iter().map(|record| record.text(&["registrationId"]).unwrap().to_owned()).collect()
    }

    #[test]
    fn a_write_is_done_only_where_what_is_there_is_what_it_expects() {
        let store = store_of(&["a"]);
        let put = |id, etag, expected| store.put(entry(id, etag), expected).unwrap();
        assert_eq!(put("A", "2", Expected::Absent), Outcome::Conflict);
        assert_eq!(put("A", "2", Expected::Etag("0")), Outcome::Conflict);
        assert_eq!(put("b", "2", Expected::Etag("1")), Outcome::Missing);
        assert_eq!(store.get(INDIVIDUAL, "A").unwrap(), Some(record("a", "1")));
        assert_eq!(put("A", "2", Expected::Etag("1")), Outcome::Done);
        assert_eq!(put("b", "1", Expected::Absent), Outcome::Done);
        assert_eq!(put("b", "3", Expected::Anything), Outcome::Done);
        assert_eq!(store.get(INDIVIDUAL, "a").unwrap(), Some(record("A", "2")));
        assert_eq!(store.count(INDIVIDUAL).unwrap(), 2);
    }

    #[test]
    fn a_removal_is_done_only_where_the_etag_fits() {
        let store = store_of(&["a"]);
        assert_eq!(store.remove(INDIVIDUAL, "a", Some("2")).unwrap(), Outcome::Conflict);
        assert_eq!(store.remove(INDIVIDUAL, "b", None).unwrap(), Outcome::Missing);
        assert_eq!(store.remove(INDIVIDUAL, "A", Some("1")).unwrap(), Outcome::Done);
        assert_eq!(store.get(INDIVIDUAL, "a").unwrap(), None);
    }

    #[test]
    fn an_update_begins_again_where_another_writer_came_in_between() {
        let store = store_of(&["a"]);
        let seen = std::cell::RefCell::new(Vec::new());
        let written = store.update(INDIVIDUAL, "a", None, |stored| {
            let etag = stored.unwrap().text(&["etag"]).unwrap().to_owned();
            seen.borrow_mut().push(etag.clone());
            if etag == "1" {
                store.put(entry("a", "2"), Expected::Anything)?;
            }
            Ok(record("a", &format!("{etag}+")))
        });
        assert_eq!(written.unwrap(), record("a", "2+"));
        assert_eq!(seen.into_inner(), ["1", "2"]);
        assert_eq!(store.get(INDIVIDUAL, "a").unwrap(), Some(record("a", "2+")));
    }

    #[test]
    fn an_update_that_is_refused_changes_nothing() {
        let store = store_of(&["a"]);
        let refused = store.update(INDIVIDUAL, "a", None, |_| Err(errors::precondition_failed()));
        assert_eq!(refused.unwrap_err().status, 412);
        assert_eq!(store.get(INDIVIDUAL, "A").unwrap(), Some(record("a", "1")));
    }

    #[test]
    fn a_record_without_an_etag_can_be_updated() {
        let store = Store::open(None).unwrap();
        store.put(Entry::new(INDIVIDUAL, "a", None, &Record::default()).unwrap(), Expected::Absent).unwrap();
        let written = store.update(INDIVIDUAL, "a", None, |_| Ok(record("a", "1"))).unwrap();
        assert_eq!(store.get(INDIVIDUAL, "a").unwrap(), Some(written));
    }

    #[test]
    fn pages_are_ranges_that_other_changes_do_not_move() {
        let names: Vec<String> = (0..20).map(|number| format!("dev-{number}")).collect();
        let store = store_of(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let first = store.page(INDIVIDUAL, None, &Position::START, 8).unwrap();
        let mut seen = ids(&first);
        for id in &seen {
            store.remove(INDIVIDUAL, id, None).unwrap();
        }
        let mut more = first.more;
        while let Some(after) = more {
            let page = store.page(INDIVIDUAL, None, &after, 8).unwrap();
            seen.extend(ids(&page));
            more = page.more;
        }
        assert_ne!(seen, names, "the order of insertion");
        seen.sort();
        let mut expected = names;
        expected.sort();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_page_that_ends_with_the_last_record_says_so() {
        let store = store_of(&["a", "b"]);
        assert_eq!(store.page(INDIVIDUAL, None, &Position::START, 2).unwrap().more, None);
        assert!(store.page(INDIVIDUAL, None, &Position::START, 1).unwrap().more.is_some());
        assert_eq!(store.page(Collection::Registrations, None, &Position::START, 2).unwrap().records, []);
    }

    #[test]
    fn registrations_are_found_by_their_group_in_any_case() {
        let store = Store::open(None).unwrap();
        let put = |id, owner| {
            let entry = Entry::new(Collection::Registrations, id, owner, &record(id, "1")).unwrap();
            store.put(entry, Expected::Absent).unwrap();
        };
        put("a", Some("Group-1"));
        put("b", Some("group-2"));
        put("c", None);
        let page = store.page(Collection::Registrations, Some("GROUP-1"), &Position::START, 10).unwrap();
        assert_eq!(ids(&page), ["a"]);
    }
}
