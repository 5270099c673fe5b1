//! The one thread that writes: what waits when it is ready goes into one transaction.

use super::checkpoint::Checkpoints;
use crate::emulator::errors::{self, ServiceError, internal};
use crate::emulator::record::store::backend::{Collection, Entry, Position};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::error::Error;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

/// How many writes one transaction has at most.
const BATCH: usize = 256;

const INSERT: &str = "
    INSERT INTO record (collection, position, id, owner, body) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";

const UPDATE: &str = "
    UPDATE record SET owner = ?4, body = ?5 WHERE collection = ?1 AND position = ?2 AND id = ?3";

const UPDATE_EXPECTED: &str = "
    UPDATE record SET owner = ?4, body = ?5 WHERE collection = ?1 AND position = ?2 AND id = ?3 AND body = ?6";

const DELETE: &str = "DELETE FROM record WHERE collection = ?1 AND position = ?2 AND id = ?3 AND body = ?4";

const TALLY: &str = "UPDATE tally SET records = records + ?2, changes = changes + ?3 WHERE collection = ?1";

/// The page cache: it has room for the indexes of a million records.
const CACHE_KIB: i64 = 128 * 1024;

/// A write as [`Backend`](super::Backend) describes it.
pub(super) enum Write {
    Replace { entry: Entry, expected: Option<Arc<str>> },
    Remove { collection: Collection, position: Position, expected: Arc<str> },
    PutAll(Vec<Entry>),
    Clear,
}

/// A write, and who waits for it.
struct Job {
    write: Write,
    done: SyncSender<errors::Result<bool>>,
}

/// Ends, once every write is done, when it is dropped.
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// `other` is a second connection to the same file.
    pub(super) fn start(mut connection: Connection, other: Connection) -> Result<Self, Box<dyn Error>> {
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        let checkpoints = Checkpoints::start(&mut connection, other)?;
        let (jobs, waiting) = channel();
        let thread = std::thread::Builder::new().name("emulator-writer".to_owned());
        let thread = thread.spawn(move || serve(connection, &waiting, &checkpoints))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Returns once the write is committed; false where what is stored was not what it expects.
    pub(super) fn write(&self, write: Write) -> errors::Result<bool> {
        let (done, result) = sync_channel(1);
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(Job { write, done }).is_ok());
        let ended = || internal("The thread that writes the emulator's data file has ended.");
        if sent { result.recv().map_err(|_| ended())? } else { Err(ended()) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // Its panic was told to those who waited.
            let _ = thread.join();
        }
    }
}

fn serve(mut connection: Connection, waiting: &Receiver<Job>, checkpoints: &Checkpoints) {
    while let Ok(first) = waiting.recv() {
        let jobs: Vec<Job> = std::iter::once(first).chain(waiting.try_iter().take(BATCH - 1)).collect();
        match commit(&mut connection, &jobs) {
            Ok(results) => jobs.iter().zip(results).for_each(|(job, result)| job.tell(Ok(result))),
            Err(error) => {
                let error = ServiceError::from(error);
                jobs.iter().for_each(|job| job.tell(Err(error.clone())));
            }
        }
        if jobs.iter().any(|job| matches!(job.write, Write::Clear)) {
            // Gives the space back. Where another emulator is in the way, it is used again instead.
            let _ = connection.execute_batch("VACUUM");
        }
        checkpoints.after_commit(&connection);
    }
}

impl Job {
    fn tell(&self, result: errors::Result<bool>) {
        // A caller who is gone needs no answer.
        let _ = self.done.try_send(result);
    }
}

/// Does all of `jobs` in one transaction; false for one that found another text than it expected.
fn commit(connection: &mut Connection, jobs: &[Job]) -> rusqlite::Result<Vec<bool>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut batch = Batch { transaction: &transaction, changed: Default::default() };
    let results = jobs.iter().map(|job| batch.apply(&job.write)).collect::<rusqlite::Result<_>>()?;
    batch.finish()?;
    transaction.commit()?;
    Ok(results)
}

/// What one transaction does, and what it changes in the tally.
struct Batch<'a> {
    transaction: &'a Transaction<'a>,
    /// By collection, how many records there are more, and how many writes there were.
    changed: [(i64, i64); Collection::ALL.len()],
}

impl Batch<'_> {
    fn apply(&mut self, write: &Write) -> rusqlite::Result<bool> {
        match write {
            Write::Replace { entry, expected: None } => self.insert(entry),
            Write::Replace { entry, expected: Some(expected) } => self.update(entry, expected),
            Write::Remove { collection, position: Position { hash, id }, expected } => {
                let parameters = params![collection.index(), hash, id, expected.as_ref()];
                let removed = self.transaction.prepare_cached(DELETE)?.execute(parameters)?;
                Ok(self.count(*collection, removed, -1))
            }
            Write::PutAll(entries) => {
                for entry in entries {
                    if !self.insert(entry)? {
                        self.overwrite(entry)?;
                    }
                }
                Ok(true)
            }
            Write::Clear => self.clear(),
        }
    }

    fn insert(&mut self, entry: &Entry) -> rusqlite::Result<bool> {
        let Entry { collection, position: Position { hash, id }, owner, body } = entry;
        let parameters = params![collection.index(), hash, id, owner.as_deref(), body.as_ref()];
        let inserted = self.transaction.prepare_cached(INSERT)?.execute(parameters)?;
        Ok(self.count(*collection, inserted, 1))
    }

    fn overwrite(&mut self, entry: &Entry) -> rusqlite::Result<bool> {
        let Entry { collection, position: Position { hash, id }, owner, body } = entry;
        let parameters = params![collection.index(), hash, id, owner.as_deref(), body.as_ref()];
        let updated = self.transaction.prepare_cached(UPDATE)?.execute(parameters)?;
        Ok(self.count(*collection, updated, 0))
    }

    fn update(&mut self, entry: &Entry, expected: &str) -> rusqlite::Result<bool> {
        let Entry { collection, position: Position { hash, id }, owner, body } = entry;
        let parameters = params![collection.index(), hash, id, owner.as_deref(), body.as_ref(), expected];
        let updated = self.transaction.prepare_cached(UPDATE_EXPECTED)?.execute(parameters)?;
        Ok(self.count(*collection, updated, 0))
    }

    /// Without a condition SQLite frees the pages without reading the rows.
    fn clear(&mut self) -> rusqlite::Result<bool> {
        self.transaction.execute_batch("DELETE FROM record; UPDATE tally SET records = 0;")?;
        self.changed = [(0, 1); Collection::ALL.len()];
        Ok(true)
    }

    /// Notes a statement that changed `rows` rows, one at most, each of which adds `records`; whether it changed one.
    fn count(&mut self, collection: Collection, rows: usize, records: i64) -> bool {
        let (more, writes) = &mut self.changed[collection.index()];
        if rows > 0 {
            *more += records;
            *writes += 1;
        }
        rows > 0
    }

    fn finish(self) -> rusqlite::Result<()> {
        for (collection, (records, writes)) in Collection::ALL.into_iter().zip(self.changed) {
            if writes > 0 {
                let mut tally = self.transaction.prepare_cached(TALLY)?;
                tally.execute(params![collection.index(), records, writes])?;
            }
        }
        Ok(())
    }
}
