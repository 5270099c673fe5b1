//! How long an operation may take.

use crate::error::{Code, Error, Result};
use crate::events::Events;
use serde::Deserialize;
use std::time::Duration;

/// The limits of one operation. Those of the session are in its connection.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    deadline_seconds: Option<u64>,
    maximum_attempts: Option<u32>,
}

impl Limits {
    /// Runs `work` within the limits. When the time is over, it is dropped where it is; the error says whether a change may
    /// have been made until then.
    ///
    /// # Errors
    /// Those of `work`, [`Code::InvalidArgument`] for a limit out of its range, and [`Code::Timeout`].
    pub async fn hold(self, events: &Events, work: impl Future<Output = Result<()>>) -> Result<()> {
        if let Some(attempts) = maximum_attempts(self.maximum_attempts)? {
            events.limit_attempts(attempts);
        }
        let Some(deadline) = seconds(self.deadline_seconds, "deadlineSeconds")? else { return work.await };
        tokio::time::timeout(deadline, work).await.unwrap_or_else(|_| {
            let message = format!("The operation was not over within {} s (⟨deadlineSeconds⟩).", deadline.as_secs());
            Err(Error::new(Code::Timeout, message).into_terminating().with_outcome(events.outcome()))
        })
    }
}

/// Checks a time limit.
///
/// # Errors
/// [`Code::InvalidArgument`] if it is not 1 to 86400.
pub fn seconds(given: Option<u64>, parameter: &str) -> Result<Option<Duration>> {
    match given {
        Some(1..=86_400) | None => Ok(given.map(Duration::from_secs)),
        Some(_) => Err(Error::argument(parameter, format!("⟨{parameter}⟩ is 1 to 86400."))),
    }
}

/// Checks a number of attempts.
///
/// # Errors
/// [`Code::InvalidArgument`] if it is not 1 to 100.
pub fn maximum_attempts(given: Option<u32>) -> Result<Option<u32>> {
    match given {
        Some(1..=100) | None => Ok(given),
        Some(_) => Err(Error::argument("maximumAttempts", "⟨maximumAttempts⟩ is 1 to 100.")),
    }
}
