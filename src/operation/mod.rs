//! What a host asks for: a request goes in, events come out.
//!
//! [`Session::start`] starts an operation on the session's own runtime and returns at once; the host pulls events with
//! [`Operation::next`]. Each noun has a module of its own. It takes the request apart and checks all that can be checked
//! before anything is sent, sends the requests, and emits the records.

mod call;
mod connect;
mod device;
mod device_key;
mod enrollment;
mod registration;
mod request;
mod service;
mod session;

pub use crate::events::{Event, Level, Message, Origin, Progress};
pub use crate::names::Names;
pub use call::Call;
pub use session::{Operation, Session};
