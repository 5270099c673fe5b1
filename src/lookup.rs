//! What is looked up once and then known.

use crate::error::Result;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Values by key, each looked up once. Those who want the same one at once wait for one look-up; nobody waits for
/// another key's.
#[derive(Debug)]
pub struct Lookup<K, V>(Mutex<HashMap<K, Arc<OnceCell<V>>>>);

impl<K, V> Default for Lookup<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Lookup<K, V> {
    /// The value of `key`, by `look` where it is not known. A look-up that fails leaves it unknown.
    ///
    /// # Errors
    /// Those of `look`.
    pub async fn get(&self, key: K, look: impl Future<Output = Result<V>>) -> Result<V> {
        let cell = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
        cell.get_or_try_init(|| look).await.cloned()
    }

    /// Notes a value that came along with another.
    pub fn put(&self, key: K, value: V) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::new(OnceCell::new_with(Some(value))));
    }

    /// Forgets the value of `key`.
    pub fn forget(&self, key: &K) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Code, Error};

    #[tokio::test]
    async fn a_slow_look_up_holds_up_no_other() {
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
