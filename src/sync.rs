//! Locks, and values that are fetched once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex`, also after a panic of a thread that held it. Every value behind a lock of this crate is replaced as a
/// whole, so it is never seen half changed.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A value that is fetched when it is first needed. Callers that need it at the same time wait for one fetch and share its
/// result, the failure too; a later caller fetches again.
#[derive(Debug)]
pub struct Fetched<V, E> {
    failures: AtomicU64,
    state: tokio::sync::Mutex<State<V, E>>,
}

#[derive(Debug)]
enum State<V, E> {
    None,
    Value(V),
    /// For those who waited.
    Failure(E),
}

impl<V, E> Default for Fetched<V, E> {
    fn default() -> Self {
        Self { failures: AtomicU64::new(0), state: tokio::sync::Mutex::new(State::None) }
    }
}

impl<V: Clone, E: Clone> Fetched<V, E> {
    /// A value that is known already.
    pub fn known(value: V) -> Self {
        Self { failures: AtomicU64::new(0), state: tokio::sync::Mutex::new(State::Value(value)) }
    }

    /// The value, if it is known and nobody is fetching it.
    pub fn cached(&self) -> Option<V> {
        match &*self.state.try_lock().ok()? {
            State::Value(value) => Some(value.clone()),
            _ => None,
        }
    }

    /// The value, if it is still `good`; else from `fetch`.
    ///
    /// # Errors
    /// Those of `fetch`, or of the one that this call waited for.
    pub async fn get(
        &self,
        good: impl Fn(&V) -> bool + Send,
        fetch: impl Future<Output = Result<V, E>> + Send,
    ) -> Result<V, E> {
        let failures = self.failures.load(Ordering::Acquire);
        // Held during the fetch. If that is given up, the next one fetches.
        let mut state = self.state.lock().await;
        match &*state {
            State::Value(value) if good(value) => return Ok(value.clone()),
            State::Failure(error) if self.failures.load(Ordering::Acquire) != failures => return Err(error.clone()),
            _ => {}
        }
        let result = fetch.await;
        *state = match &result {
            Ok(value) => State::Value(value.clone()),
            Err(error) => {
                self.failures.fetch_add(1, Ordering::Release);
                State::Failure(error.clone())
            }
        };
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;

    #[tokio::test]
    async fn those_who_wait_share_a_failure_and_a_later_caller_fetches_again() {
        let (fetched, fetches) = (Fetched::default(), AtomicU32::new(0));
        let get = || {
            fetched.get(|_: &()| true, async {
                fetches.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err("down")
            })
        };
        let results = tokio::join!(get(), get(), get());
        assert_eq!((results, fetches.load(Ordering::Relaxed)), ((Err("down"), Err("down"), Err("down")), 1));
        assert_eq!((get().await, fetches.load(Ordering::Relaxed)), (Err("down"), 2));
    }

    #[tokio::test]
    async fn a_fetch_that_is_given_up_is_made_by_the_next() {
        let fetched = Fetched::<u8, ()>::default();
        let given_up = tokio::time::timeout(Duration::from_millis(10), fetched.get(|_| true, std::future::pending()));
        let (given_up, next) = tokio::join!(given_up, fetched.get(|_| true, async { Ok(1) }));
        assert!(given_up.is_err() && next == Ok(1));
    }
}
