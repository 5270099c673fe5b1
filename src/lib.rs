//! Device enrollments of Azure IoT Hub Device Provisioning Service (DPS), behind a C ABI.
//!
//! The map. A request comes in through [`ffi`] (or straight from the program) as JSON and goes down:
//!
//! | room | what it holds |
//! |---|---|
//! | [`ffi`] | the C ABI; the only unsafe code |
//! | [`operation`] | one file per noun: request → checks → calls → events |
//! | [`present`] | the shapes in which records leave |
//! | [`target`] | from the ways to name a service to its address and credentials |
//! | [`connection`], [`context`], [`lookup`] | what a session is connected with; what one operation has at hand; what is looked up once |
//! | [`credential`] | shared access signatures, Entra tokens |
//! | [`service`] | the data plane and resource manager |
//! | [`http`] | the transport: retries, time-outs, what is told of each request |
//! | [`model`], [`error`] | the service's records and words; the one error. Everyone's, and they use no one |
//! | `emulator` | a local service; knows `model` and `error`, nothing of the client |

pub mod connection;
pub mod context;
pub mod credential;
#[cfg(feature = "emulator")]
pub mod emulator;
pub mod error;
pub mod ffi;
pub mod http;
pub mod lookup;
pub mod model;
pub mod operation;
pub mod present;
pub mod service;
pub mod target;
