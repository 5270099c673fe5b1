//! Records in one SQLite database, in memory or in a file.
//!
//! A file is in WAL mode with `synchronous=NORMAL`: a commit has written the log to the operating system before it
//! returns, so an acknowledged write survives a kill of the process. (NORMAL may lose the last commits when the machine
//! loses power; the file stays consistent.)

use super::backend::{Backend, Collection, Entry, Expected, Outcome, Position};
use crate::emulator::errors::{Result, ServiceError, internal};
use crate::error::{Code, Error};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The layout below; a file with another number is refused.
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

const SELECT: &str = "SELECT body FROM record WHERE collection = ?1 AND position = ?2 AND id = ?3";

const UPSERT: &str = "
    INSERT INTO record (collection, position, id, owner, body) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET owner = excluded.owner, body = excluded.body";

const INSERT: &str = "
    INSERT INTO record (collection, position, id, owner, body) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO NOTHING";

const UPDATE_ETAG: &str = "
    UPDATE record SET owner = ?4, body = ?5
    WHERE collection = ?1 AND position = ?2 AND id = ?3
        AND coalesce(json_extract(body, '$.etag'), '') = ?6";

const DELETE: &str = "
    DELETE FROM record
    WHERE collection = ?1 AND position = ?2 AND id = ?3 AND (?4 IS NULL OR json_extract(body, '$.etag') = ?4)";

pub(super) struct Sqlite(Mutex<Connection>);

impl Sqlite {
    /// Opens the database in `file`, created where it is missing, or a new one in memory.
    pub(super) fn open(file: Option<&Path>) -> std::result::Result<Self, Error> {
        let failed = |error: rusqlite::Error| {
            let place = file.map_or("in memory".into(), |file| file.display().to_string());
            Error::argument("dataPath", format!("The emulator's records ({place}) can't be opened.")).caused_by(&error)
        };
        let connection = match file {
            Some(file) => open_file(file),
            None => Connection::open_in_memory(),
        }
        .map_err(failed)?;
        Self::prepare(&connection).map_err(failed)?;
        let layout: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
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
}

/// Opens `file`; a new one is readable by its owner only, since it will hold keys. The files that SQLite puts beside it
/// get the same permissions.
fn open_file(file: &Path) -> rusqlite::Result<Connection> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Where this fails, opening fails too, with the reason.
        let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    }
    Connection::open(file)
}

impl Backend for Sqlite {
    fn get(&self, collection: Collection, position: &Position) -> Result<Option<String>> {
        Ok(get(&self.connection(), collection, position)?)
    }

    fn put(&self, entry: Entry, expected: Expected<'_>) -> Result<Outcome> {
        let connection = self.connection();
        let Entry { collection, position, owner, body } = &entry;
        let (name, Position { hash, id }) = (collection.name(), position);
        let written = match expected {
            Expected::Anything => connection.prepare_cached(UPSERT)?.execute(params![name, hash, id, owner, body])?,
            Expected::Absent => connection.prepare_cached(INSERT)?.execute(params![name, hash, id, owner, body])?,
            Expected::Etag(etag) => {
                connection.prepare_cached(UPDATE_ETAG)?.execute(params![name, hash, id, owner, body, etag])?
            }
        };
        outcome(&connection, *collection, position, written)
    }

    fn put_all(&self, entries: Vec<Entry>) -> Result<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for Entry { collection, position: Position { hash, id }, owner, body } in entries {
            transaction.prepare_cached(UPSERT)?.execute(params![collection.name(), hash, id, owner, body])?;
        }
        Ok(transaction.commit()?)
    }

    fn remove(&self, collection: Collection, position: &Position, etag: Option<&str>) -> Result<Outcome> {
        let connection = self.connection();
        let Position { hash, id } = position;
        let removed = connection.prepare_cached(DELETE)?.execute(params![collection.name(), hash, id, etag])?;
        outcome(&connection, collection, position, removed)
    }

    fn page(
        &self,
        collection: Collection,
        owner: Option<&str>,
        after: &Position,
        limit: usize,
    ) -> Result<Vec<(Position, String)>> {
        let connection = self.connection();
        let of_owner = if owner.is_some() { "AND owner = ?5" } else { "AND ?5 IS NULL" };
        let mut statement = connection.prepare_cached(&format!(
            "SELECT position, id, body FROM record
             WHERE collection = ?1 {of_owner} AND (position, id) > (?2, ?3) ORDER BY position, id LIMIT ?4"
        ))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![collection.name(), after.hash, after.id, limit, owner], |row| {
            Ok((Position { hash: row.get(0)?, id: row.get(1)? }, row.get(2)?))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn count(&self, collection: Collection) -> Result<u64> {
        let count = "SELECT count(*) FROM record WHERE collection = ?1";
        let count: i64 = self.connection().prepare_cached(count)?.query_row([collection.name()], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    fn clear(&self) -> Result<()> {
        self.connection().execute("DELETE FROM record", [])?;
        Ok(())
    }
}

/// The outcome of a statement that changed `rows` rows, one at most.
fn outcome(connection: &Connection, collection: Collection, position: &Position, rows: usize) -> Result<Outcome> {
    if rows > 0 {
        return Ok(Outcome::Done);
    }
    let there = get(connection, collection, position)?.is_some();
    Ok(if there { Outcome::Conflict } else { Outcome::Missing })
}

fn get(connection: &Connection, collection: Collection, position: &Position) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached(SELECT)?
        .query_row(params![collection.name(), position.hash, position.id], |row| row.get(0))
        .optional()
}

impl From<rusqlite::Error> for ServiceError {
    fn from(error: rusqlite::Error) -> Self {
        internal(format!("The emulator's store failed: {error}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Record;

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_records() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(Some(&folder.path().join("records.db"))).unwrap();
        let entry = Entry::new(Collection::Registrations, "a", None, &Record::default()).unwrap();
        store.put(entry, Expected::Absent).unwrap();
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
        drop(Sqlite::open(Some(&file)).unwrap());
        Connection::open(&file).unwrap().execute_batch("PRAGMA user_version = 9").unwrap();
        let refused = Sqlite::open(Some(&file)).err().unwrap();
        assert!(refused.message().contains("layout 9"), "{refused}");
    }
}
