//! A cache of values that are looked up once.

use crate::error::{Error, Result};
use crate::sync::{Fetched, lock};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

/// Values by key, each looked up once. Callers that need the same value at the same time wait for one look-up and share its
/// result; none waits for the look-up of another key.
#[derive(Debug)]
pub struct Lookup<K, V>(Mutex<HashMap<K, Arc<Fetched<V, Error>>>>);

impl<K, V> Default for Lookup<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Lookup<K, V> {
    /// The value of `key`, from `fetch` if it is not cached. A failed look-up is not cached.
    ///
    /// # Errors
    /// Those of `fetch`.
    pub async fn get(&self, key: K, fetch: impl Future<Output = Result<V>> + Send) -> Result<V> {
        let value = lock(&self.0).entry(key).or_default().clone();
        value.get(|_| true, fetch).await
    }

    /// The value of `key`, if it is cached.
    pub fn cached(&self, key: &K) -> Option<V> {
        lock(&self.0).get(key)?.cached()
    }

    /// Caches a value that came with another one.
    pub fn put(&self, key: K, value: V) {
        lock(&self.0).insert(key, Arc::new(Fetched::known(value)));
    }

    /// Drops the value of `key`.
    pub fn forget(&self, key: &K) {
        lock(&self.0).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[tokio::test]
    async fn a_slow_look_up_blocks_no_other() {
        let lookup = Lookup::default();
        let slow = lookup.get("slow", std::future::pending());
        tokio::select! {
            biased;
            _ = slow => unreachable!("it never ends"),
            quick = lookup.get("quick", async { Ok(1) }) => assert_eq!(quick, Ok(1)),
        }
    }

    #[tokio::test]
    async fn a_value_is_looked_up_once_and_a_failure_again() {
        let lookup = Lookup::default();
        assert!(lookup.get("a", async { Err(Error::new(Code::Timeout, "")) }).await.is_err());
        assert_eq!(lookup.get("a", async { Ok(1) }).await, Ok(1));
        assert_eq!(lookup.get("a", async { unreachable!("known") }).await, Ok(1));
        lookup.forget(&"a");
        assert_eq!(lookup.get("a", async { Ok(2) }).await, Ok(2));
    }
}
