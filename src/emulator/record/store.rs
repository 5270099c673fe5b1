//! Where records are kept: one SQLite database, in memory or in a file.
//!
//! A file is in WAL mode with `synchronous=NORMAL`: a commit has written the log to the operating system before it
//! returns, so what was answered with success is there after the process was killed. (What NORMAL may lose is the last
//! commits when the machine itself loses power; the file stays sound.)
//!
//! Records lie in the order of a hash of their id. That order is neither that of insertion nor that of the names, as
//! at the real service, and a page is a range of it: a record that comes or goes between two pages moves no other.

use crate::emulator::errors::{Refusal, Result};
use crate::emulator::record::precondition::Precondition;
use crate::error::{Code, Error};
use crate::model::{EnrollmentKind, Record};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The layout below; a file that says another number is refused.
const LAYOUT: i64 = 1;

const TABLES: &str = "
    CREATE TABLE record (
        collection TEXT    NOT NULL,
        position   INTEGER NOT NULL, -- the hash of the id
        id         TEXT    NOT NULL, -- in lower case
        owner      TEXT,             -- the enrollment group of a registration, in lower case
        body       TEXT    NOT NULL,
        PRIMARY KEY (collection, position, id)
    ) WITHOUT ROWID;
    CREATE INDEX record_of_owner ON record (collection, owner, position, id) WHERE owner IS NOT NULL;
    PRAGMA user_version = 1;
";

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Collection {
    Enrollments(EnrollmentKind),
    Registrations,
    Certificates,
}

impl Collection {
    pub(crate) const ALL: [Self; 4] = [
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

/// A place in the order of records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    position: i64,
    id: String,
}

impl Place {
    /// Before every record.
    pub(crate) const START: Self = Self { position: i64::MIN, id: String::new() };

    /// Where the record with this id lies; ids have no case.
    fn of(id: &str) -> Self {
        let id = id.to_ascii_lowercase();
        let digest: [u8; 32] = Sha256::digest(&id).into();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        Self { position: i64::from_be_bytes([a, b, c, d, e, f, g, h]), id }
    }
}

/// A part of a listing.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) records: Vec<Record>,
    /// The last record's place, where more follow.
    pub(crate) more: Option<Place>,
}

pub(crate) struct Store(Mutex<Connection>);

impl Store {
    /// Opens the database in `file`, made where it is missing, or a new one in memory.
    pub(crate) fn open(file: Option<&Path>) -> std::result::Result<Self, Error> {
        let said = |error: rusqlite::Error| {
            let place = file.map_or("in memory".into(), |file| file.display().to_string());
            Error::argument("dataPath", format!("The emulator's records ({place}) can't be opened.")).caused_by(&error)
        };
        let connection = match file {
            Some(file) => open_file(file),
            None => Connection::open_in_memory(),
        }
        .map_err(said)?;
        Self::prepare(&connection).map_err(said)?;
        let layout: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(said)?;
        if layout != LAYOUT {
            let message =
                format!("The emulator's records were written with layout {layout}; this version reads {LAYOUT}.");
            return Err(Error::new(Code::InvalidArgument, message).with_parameter("dataPath"));
        }
        Ok(Self(Mutex::new(connection)))
    }

    fn prepare(connection: &Connection) -> rusqlite::Result<()> {
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
        // A second emulator on the same file waits here and then finds the tables.
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables == 0 {
            connection.execute_batch(TABLES)?;
        }
        connection.execute_batch("COMMIT")
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held has rolled its transaction back.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The record as it is kept.
    pub(crate) fn get(&self, collection: Collection, id: &str) -> Result<Option<Record>> {
        self.text(collection, id)?.as_deref().map(parse).transpose()
    }

    /// The record as it is kept, as JSON.
    pub(crate) fn text(&self, collection: Collection, id: &str) -> Result<Option<String>> {
        Ok(get(&self.connection(), collection, id)?)
    }

    /// Runs `work` in a transaction that no other writer can come between; a refusal undoes it.
    pub(crate) fn change<T>(&self, work: impl FnOnce(&Writer<'_>) -> Result<T>) -> Result<T> {
        let mut connection = self.connection();
        let writer = Writer(connection.transaction_with_behavior(TransactionBehavior::Immediate)?);
        let done = work(&writer)?;
        writer.0.commit()?;
        Ok(done)
    }

    /// Takes out the record that `precondition` expects; `missing` where there is none.
    pub(crate) fn remove(
        &self,
        collection: Collection,
        id: &str,
        precondition: &Precondition,
        missing: Refusal,
    ) -> Result<()> {
        self.change(|records| {
            let stored = records.get(collection, id)?.ok_or(missing)?;
            precondition.check(&stored)?;
            records.delete(collection, id)
        })
    }

    /// At most `most` records of `collection` after `after`; with `owner`, the registrations of that group only.
    pub(crate) fn page(&self, collection: Collection, owner: Option<&str>, after: &Place, most: usize) -> Result<Page> {
        let connection = self.connection();
        let of_owner = if owner.is_some() { "AND owner = ?5" } else { "AND ?5 IS NULL" };
        let mut statement = connection.prepare_cached(&format!(
            "SELECT position, id, body FROM record
             WHERE collection = ?1 {of_owner} AND (position, id) > (?2, ?3) ORDER BY position, id LIMIT ?4"
        ))?;
        let owner = owner.map(str::to_ascii_lowercase);
        let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
        let rows = statement.query_map(params![collection.name(), after.position, after.id, limit, owner], |row| {
            Ok((Place { position: row.get(0)?, id: row.get(1)? }, row.get::<_, String>(2)?))
        })?;
        let mut page = Page { records: Vec::new(), more: None };
        let mut last = None;
        for row in rows {
            let (place, body) = row?;
            if page.records.len() == most {
                page.more = last;
                break;
            }
            page.records.push(parse(&body)?);
            last = Some(place);
        }
        Ok(page)
    }
}

/// Opens `file`; a new one is readable by its owner only, since it will hold keys. What SQLite puts beside it takes
/// after it.
fn open_file(file: &Path) -> rusqlite::Result<Connection> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Where this fails, opening fails too and says why.
        let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    }
    Connection::open(file)
}

/// The store inside a transaction.
pub(crate) struct Writer<'a>(Transaction<'a>);

impl Writer<'_> {
    pub(crate) fn get(&self, collection: Collection, id: &str) -> Result<Option<Record>> {
        get(&self.0, collection, id)?.as_deref().map(parse).transpose()
    }

    /// How many records `collection` has.
    pub(crate) fn count(&self, collection: Collection) -> Result<i64> {
        let count = "SELECT count(*) FROM record WHERE collection = ?1";
        Ok(self.0.query_row(count, [collection.name()], |row| row.get(0))?)
    }

    /// Keeps `record` under `id`, in place of one that is there.
    pub(crate) fn put(&self, collection: Collection, id: &str, owner: Option<&str>, record: &Record) -> Result<()> {
        let Place { position, id } = Place::of(id);
        let body = serde_json::to_string(record)?;
        let owner = owner.map(str::to_ascii_lowercase);
        self.0
            .prepare_cached(
                "INSERT INTO record (collection, position, id, owner, body) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET owner = excluded.owner, body = excluded.body",
            )?
            .execute(params![collection.name(), position, id, owner, body])?;
        Ok(())
    }

    pub(crate) fn delete(&self, collection: Collection, id: &str) -> Result<()> {
        let Place { position, id } = Place::of(id);
        self.0
            .prepare_cached("DELETE FROM record WHERE collection = ?1 AND position = ?2 AND id = ?3")?
            .execute(params![collection.name(), position, id])?;
        Ok(())
    }

    pub(crate) fn clear(&self) -> Result<()> {
        self.0.execute("DELETE FROM record", [])?;
        Ok(())
    }
}

fn get(connection: &Connection, collection: Collection, id: &str) -> rusqlite::Result<Option<String>> {
    let Place { position, id } = Place::of(id);
    connection
        .prepare_cached("SELECT body FROM record WHERE collection = ?1 AND position = ?2 AND id = ?3")?
        .query_row(params![collection.name(), position, id], |row| row.get(0))
        .optional()
}

fn parse(body: &str) -> Result<Record> {
    serde_json::from_str(body)
        .map_err(|error| crate::emulator::errors::failure(format!("A kept record can't be read: {error}.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const INDIVIDUAL: Collection = Collection::Enrollments(EnrollmentKind::Individual);

    fn record(id: &str) -> Record {
        serde_json::from_value(json!({ "registrationId": id })).unwrap()
    }

    fn store_of(ids: &[&str]) -> Store {
        let store = Store::open(None).unwrap();
        store.change(|records| ids.iter().try_for_each(|id| records.put(INDIVIDUAL, id, None, &record(id)))).unwrap();
        store
    }

    fn ids(page: &Page) -> Vec<String> {
        page.records.iter().map(|record| record.text(&["registrationId"]).unwrap().to_owned()).collect()
    }

    #[test]
    fn a_refusal_undoes_the_change() {
        let store = store_of(&["a"]);
        let refused: Result<()> = store.change(|records| {
            records.delete(INDIVIDUAL, "a")?;
            Err(crate::emulator::errors::precondition_failed())
        });
        assert_eq!(refused.unwrap_err().status, 412);
        assert_eq!(store.get(INDIVIDUAL, "A").unwrap(), Some(record("a")));
    }

    #[test]
    fn pages_are_ranges_that_other_changes_do_not_move() {
        let names: Vec<String> = (0..20).map(|number| format!("dev-{number}")).collect();
        let store = store_of(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let first = store.page(INDIVIDUAL, None, &Place::START, 8).unwrap();
        let mut seen = ids(&first);
        store.change(|records| seen.iter().try_for_each(|id| records.delete(INDIVIDUAL, id))).unwrap();
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
        assert_eq!(store.page(INDIVIDUAL, None, &Place::START, 2).unwrap().more, None);
        assert!(store.page(INDIVIDUAL, None, &Place::START, 1).unwrap().more.is_some());
        assert_eq!(store.page(Collection::Registrations, None, &Place::START, 2).unwrap().records, []);
    }

    #[test]
    fn registrations_are_found_by_their_group_in_any_case() {
        let store = Store::open(None).unwrap();
        let put = |id, owner| {
            store.change(|records| records.put(Collection::Registrations, id, owner, &record(id))).unwrap();
        };
        put("a", Some("Group-1"));
        put("b", Some("group-2"));
        put("c", None);
        let page = store.page(Collection::Registrations, Some("GROUP-1"), &Place::START, 10).unwrap();
        assert_eq!(ids(&page), ["a"]);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_records() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(Some(&folder.path().join("records.db"))).unwrap();
        store.change(|records| records.put(INDIVIDUAL, "a", None, &record("a"))).unwrap();
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap()).collect();
        assert!(files.len() > 1, "the log lies beside the file: {files:?}");
        for file in files {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        }
    }

    #[test]
    fn a_file_of_another_layout_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("records.db");
        drop(Store::open(Some(&file)).unwrap());
        Connection::open(&file).unwrap().execute_batch("PRAGMA user_version = 9").unwrap();
        let refused = Store::open(Some(&file)).err().unwrap();
        assert!(refused.message().contains("layout 9"), "{refused}");
    }
}
