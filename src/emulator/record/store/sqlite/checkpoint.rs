//! Checkpoints of the write-ahead log, on a thread of their own.
//!
//! A checkpoint beside a busy writer never reaches the end of the log, which SQLite therefore never begins anew. Where
//! the log has grown too long the writer itself brings what little is left into the database.

use rusqlite::Connection;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// From how many pages of the log on a checkpoint is worth its while.
const START_PAGES: u64 = 1024;

/// How many pages the log has at most when a transaction begins.
const MOST_PAGES: u64 = 8192;

/// To how many bytes the log's file is cut after a transaction that needed more.
const KEPT_BYTES: u64 = 64 << 20;

/// How often the length of the log is looked at while there are writes.
const INTERVAL: Duration = Duration::from_millis(100);

/// After this time without a write the log is emptied.
const IDLE: Duration = Duration::from_secs(2);

/// What the writer has of the thread, which ends when this is dropped.
pub(super) struct Checkpoints {
    /// How many pages the log has.
    pages: Arc<AtomicU64>,
    committed: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// `writer` is the connection that writes, `other` a second one to the same file.
    pub(super) fn start(writer: &mut Connection, other: Connection) -> Result<Self, Box<dyn Error>> {
        let pages = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&pages);
        // The hook replaces the checkpoints that SQLite makes within a commit.
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: i32| {
            counted.store(u64::from(pages.unsigned_abs()), Ordering::Relaxed);
            Ok(())
        }))?;
        writer.pragma_update(None, "journal_size_limit", KEPT_BYTES)?;
        let (committed, commits) = sync_channel(1);
        let counted = Arc::clone(&pages);
        let thread = std::thread::Builder::new().name("emulator-log".to_owned());
        let thread = thread.spawn(move || serve(&other, &commits, &counted))?;
        Ok(Self { pages, committed: Some(committed), thread: Some(thread) })
    }

    /// The writer calls this between two transactions.
    pub(super) fn after_commit(&self, writer: &Connection) {
        if self.pages.load(Ordering::Relaxed) >= MOST_PAGES {
            checkpoint(writer, "RESTART");
        }
        if let Some(committed) = &self.committed {
            // Full, where the thread has not yet seen the commit before.
            let _ = committed.try_send(());
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.committed = None;
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // Without it the log is only longer.
            let _ = thread.join();
        }
    }
}

fn serve(connection: &Connection, commits: &Receiver<()>, pages: &AtomicU64) {
    while commits.recv().is_ok() {
        loop {
            std::thread::park_timeout(INTERVAL);
            if pages.load(Ordering::Relaxed) >= START_PAGES {
                checkpoint(connection, "PASSIVE");
            }
            match commits.recv_timeout(IDLE) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break checkpoint(connection, "TRUNCATE"),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

/// Where somebody is in the way, the next one does the work.
fn checkpoint(connection: &Connection, mode: &str) {
    let _ = connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()));
}
