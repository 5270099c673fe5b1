//! Records in a file, an SQLite database.
//!
//! It is in WAL mode with `synchronous=NORMAL`: a commit has written the log to the operating system before it returns,
//! so an acknowledged write survives a kill of the process. (NORMAL may lose the last commits when the machine loses
//! power; the file stays consistent.)
//!
//! | module | what it does |
//! |---|---|
//! | `file` | whose file it is, its layout, the layouts before |
//! | `writer` | the thread that writes, many writes at once |
//! | `checkpoint` | keeps the log short |

mod checkpoint;
mod file;
mod writer;

use super::backend::{Backend, Collection, Entry, Position, Tally};
use crate::emulator::errors::{Result, ServiceError, internal, unavailable};
use crate::error::Error;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use writer::{Write, Writer};

/// How many connections read. A reader waits for no writer.
const READERS: usize = 4;

const SELECT: &str = "SELECT body FROM record WHERE collection = ?1 AND position = ?2 AND id = ?3";

const PAGE: &str = "
    SELECT position, id, body FROM record
    WHERE collection = ?1 AND ?5 IS NULL AND (position, id) > (?2, ?3) ORDER BY position, id LIMIT ?4";

const PAGE_OF_OWNER: &str = "
    SELECT position, id, body FROM record
    WHERE collection = ?1 AND owner = ?5 AND (position, id) > (?2, ?3) ORDER BY position, id LIMIT ?4";

pub(super) struct Sqlite {
    writer: Writer,
    readers: Vec<Mutex<Connection>>,
    next_reader: AtomicUsize,
}

impl Sqlite {
    /// Opens the database in `file`, created where it is missing.
    pub(super) fn open(file: &Path) -> std::result::Result<Self, Error> {
        let failed = |error: &dyn std::error::Error| {
            let message = format!("The emulator's data file {} can't be opened.", file.display());
            Error::argument("dataPath", message).caused_by(error)
        };
        let writer = file::open(file)?;
        let readers = (0..READERS).map(|_| file::connect(file).map(Mutex::new)).collect::<rusqlite::Result<_>>();
        let readers = readers.map_err(|error| failed(&error))?;
        let writer = file::connect(file).map_err(Into::into).and_then(|other| Writer::start(writer, other));
        let writer = writer.map_err(|error| failed(error.as_ref()))?;
        Ok(Self { writer, readers, next_reader: AtomicUsize::new(0) })
    }

    /// A connection that nobody reads with or, where all do, the next one in turn.
    fn reader(&self) -> MutexGuard<'_, Connection> {
        for reader in &self.readers {
            match reader.try_lock() {
                Ok(free) => return free,
                Err(TryLockError::Poisoned(free)) => return free.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let turn = self.next_reader.fetch_add(1, Ordering::Relaxed) % READERS;
        self.readers[turn].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Sqlite {
    fn is_quick(&self) -> bool {
        false
    }

    fn get(&self, collection: Collection, position: &Position) -> Result<Option<Arc<str>>> {
        let reader = self.reader();
        let mut statement = reader.prepare_cached(SELECT)?;
        let parameters = params![collection.index(), position.hash, position.id];
        let found = statement.query_row(parameters, |row| Ok(row.get_ref(0)?.as_str()?.into())).optional();
        Ok(found?)
    }

    fn replace(&self, entry: Entry, expected: Option<Arc<str>>) -> Result<bool> {
        self.writer.write(Write::Replace { entry, expected })
    }

    fn remove(&self, collection: Collection, position: &Position, expected: Arc<str>) -> Result<bool> {
        self.writer.write(Write::Remove { collection, position: position.clone(), expected })
    }

    fn put_all(&self, entries: Vec<Entry>) -> Result<()> {
        self.writer.write(Write::PutAll(entries)).map(|_| ())
    }

    fn page(
        &self,
        collection: Collection,
        owner: Option<&str>,
        after: &Position,
        limit: usize,
    ) -> Result<Vec<(Position, Arc<str>)>> {
        let reader = self.reader();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let row = |row: &rusqlite::Row<'_>| {
            Ok((Position { hash: row.get(0)?, id: row.get(1)? }, row.get_ref(2)?.as_str()?.into()))
        };
        let mut statement = reader.prepare_cached(if owner.is_some() { PAGE_OF_OWNER } else { PAGE })?;
        let parameters = params![collection.index(), after.hash, after.id, limit, owner];
        Ok(statement.query_map(parameters, row)?.collect::<rusqlite::Result<_>>()?)
    }

    fn tally(&self, collection: Collection) -> Result<Tally> {
        let reader = self.reader();
        let mut statement = reader.prepare_cached("SELECT records, changes FROM tally WHERE collection = ?1")?;
        let tally =
            statement.query_row([collection.index()], |row| Ok(Tally { records: row.get(0)?, changes: row.get(1)? }));
        Ok(tally?)
    }

    fn clear(&self) -> Result<()> {
        self.writer.write(Write::Clear).map(|_| ())
    }
}

/// Whether another process is in the way.
fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

impl From<rusqlite::Error> for ServiceError {
    fn from(error: rusqlite::Error) -> Self {
        if is_busy(&error) {
            return unavailable("Another process has locked the emulator's data file.");
        }
        internal(format!("The emulator's store failed: {error}."))
    }
}

#[cfg(test)]
mod tests;
