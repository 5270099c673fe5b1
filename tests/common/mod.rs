//! The harness of all integration tests: an emulator of the test's own, and each way to reach it.
//!
//! | module | what it has |
//! |---|---|
//! | `bench` | a session of the library, and operations run to their end |
//! | `host` | raw HTTPS, with no knowledge of the library's client |
//! | `program` | the built program |
//! | `signature` | shared access signatures |
//! | `webhook` | a webhook of a custom allocation |

#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bench;
mod host;
#[cfg(feature = "cli")]
mod program;
mod signature;
mod webhook;

pub use bench::{Bench, Outcome, finish, http, secrets};
pub use host::*;
#[cfg(feature = "cli")]
pub use program::{PROGRAM, Ran, Service};
pub use signature::{hmac, percent_encoded, shared_access_signature, soon};
pub use webhook::webhook;

use std::sync::LazyLock;
use std::time::Duration;
use tempfile::TempDir;

/// Nothing that a test waits for takes longer; what does has hung.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// 32 bytes in base64, to be searched for in what must not show it.
pub const KEY: &str = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMzQ=";

/// One folder for the certificate authority of all emulators of a test binary: its first use is by several tests at
/// once.
pub static HOME: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
