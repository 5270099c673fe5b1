//! Connections: TLS, HTTP, faults, the journal.

pub(crate) mod connection;
pub(crate) mod faults;
pub(crate) mod journal;
pub(crate) mod tls;
