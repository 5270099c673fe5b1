//! The open connections: how many there may be, and for how long one may be idle.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// What an emulator takes from those who connect to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many connections are open at once. Another one takes the place of the one that has been idle longest.
    pub connections: usize,
    /// How long a TLS handshake may take.
    pub handshake: Duration,
    /// How long a connection may be idle between two requests, or take to send the head of one.
    pub idle: Duration,
    /// How long the body of a request may take.
    pub body: Duration,
    /// How many bytes a body may have.
    pub body_bytes: usize,
    /// How many bytes of requests the journal keeps.
    pub journal_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 2000,
            handshake: Duration::from_secs(10),
            idle: Duration::from_secs(120),
            body: Duration::from_secs(60),
            body_bytes: 4 * 1024 * 1024,
            journal_bytes: 16 * 1024 * 1024,
        }
    }
}

/// The open connections of an emulator.
pub(crate) struct Connections {
    limits: Limits,
    open: Mutex<HashMap<u64, Arc<Activity>>>,
    next: AtomicU64,
    /// What times are counted from.
    started: Instant,
}

/// What a connection does.
struct Activity {
    in_handshake: AtomicBool,
    /// Since when it has been idle, in milliseconds; [`BUSY`] while it is not.
    idle_since: AtomicU64,
    close: CancellationToken,
}

const BUSY: u64 = u64::MAX;

/// An open connection, which counts until this is dropped. A new one is in its handshake.
pub(crate) struct Connection {
    connections: Arc<Connections>,
    number: u64,
    activity: Arc<Activity>,
}

impl Connections {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, open: Mutex::default(), next: AtomicU64::new(0), started: Instant::now() }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Counts a new connection; `None` where there are too many that are all at work.
    pub(super) fn open(self: &Arc<Self>) -> Option<Connection> {
        let mut open = self.locked();
        if open.len() >= self.limits.connections && !self.close_longest_idle(&mut open) {
            return None;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let activity = Arc::new(Activity {
            in_handshake: AtomicBool::new(true),
            idle_since: AtomicU64::new(self.now()),
            close: CancellationToken::new(),
        });
        open.insert(number, Arc::clone(&activity));
        Some(Connection { connections: Arc::clone(self), number, activity })
    }

    /// Closes the connection that has been idle longest, to make a place free.
    pub(super) fn make_place(&self) {
        self.close_longest_idle(&mut self.locked());
    }

    /// Closes those that have been idle too long, now and then, for as long as it is polled.
    pub(super) async fn watch(self: Arc<Self>) {
        let shortest = self.limits.handshake.min(self.limits.idle);
        let interval = (shortest / 4).clamp(Duration::from_millis(10), Duration::from_secs(1));
        loop {
            tokio::time::sleep(interval).await;
            let now = self.now();
            for activity in self.locked().values() {
                let in_handshake = activity.in_handshake.load(Ordering::Relaxed);
                let limit = if in_handshake { self.limits.handshake } else { self.limits.idle };
                let since = activity.idle_since.load(Ordering::Relaxed);
                if since != BUSY && u128::from(now.saturating_sub(since)) >= limit.as_millis() {
                    activity.close.cancel();
                }
            }
        }
    }

    /// Whether there was one.
    fn close_longest_idle(&self, open: &mut HashMap<u64, Arc<Activity>>) -> bool {
        let idle = open.iter().map(|(number, activity)| (activity.idle_since.load(Ordering::Relaxed), *number));
        let Some((_, number)) = idle.filter(|(since, _)| *since != BUSY).min() else { return false };
        if let Some(activity) = open.remove(&number) {
            activity.close.cancel();
        }
        true
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(BUSY - 1)
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<u64, Arc<Activity>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// It is at work from now on.
    pub(super) fn busy(&self) {
        self.activity.in_handshake.store(false, Ordering::Relaxed);
        self.activity.idle_since.store(BUSY, Ordering::Relaxed);
    }

    /// It is idle from now on.
    pub(super) fn idle(&self) {
        self.activity.in_handshake.store(false, Ordering::Relaxed);
        self.activity.idle_since.store(self.connections.now(), Ordering::Relaxed);
    }

    /// Returns when the connection is to be closed.
    pub(super) async fn closed(&self) {
        self.activity.close.cancelled().await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.locked().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(count: usize) -> Arc<Connections> {
        Arc::new(Connections::new(Limits { connections: count, ..Limits::default() }))
    }

    fn is_closed(connection: &Connection) -> bool {
        connection.activity.close.is_cancelled()
    }

    fn pause() {
        std::thread::sleep(Duration::from_millis(3));
    }

    #[test]
    fn one_too_many_takes_the_place_of_the_longest_idle() {
        let connections = connections(3);
        let open = [(); 3].map(|()| {
            pause();
            connections.open().unwrap()
        });
        let [first, second, third] = &open;
        first.busy();
        pause();
        second.idle();
        let fourth = connections.open().unwrap();
        assert_eq!([first, second, third, &fourth].map(is_closed), [false, false, true, false]);
        drop(fourth);
        assert!(connections.open().is_some() && !is_closed(second), "a place was free");
    }

    #[test]
    fn those_at_work_are_left_alone() {
        let connections = connections(2);
        let open = [(); 2].map(|()| connections.open().unwrap());
        open.iter().for_each(Connection::busy);
        assert!(connections.open().is_none());
        connections.make_place();
        assert!(!open.iter().any(is_closed));
    }
}
