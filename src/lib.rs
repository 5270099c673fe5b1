//! Device enrollments of Azure IoT Hub Device Provisioning Service (DPS), behind a C ABI.
//!
//! A request comes in through [`ffi`], or directly from the program, as JSON. Each module uses only modules below it;
//! `docs/architecture.md` has the whole list.
//!
//! | Module | Content |
//! |---|---|
//! | [`ffi`] | the C ABI; the only unsafe code |
//! | [`operation`] | one module per noun: parses the request, checks it, sends requests, emits events |
//! | [`present`] | the shapes of output records |
//! | [`data_plane`] | the client for the data plane of a provisioning service |
//! | [`device_plane`] | the client for the device plane: what a device asks for |
//! | [`connection`] | what a session is connected with; from a target to a host and its credentials |
//! | [`resource_manager`] | the client for Azure Resource Manager |
//! | [`target`] | how a request names a service |
//! | [`credential`] | shared access signatures, Microsoft Entra tokens |
//! | [`http`] | the transport: retries, time-outs, TLS |
//! | [`events`] | what an operation tells its host, without secrets |
//! | [`local`], [`file`](mod@file), [`sync`] | the emulator on this machine; reading files; locks |
//! | [`model`], [`error`] | the service's records and enums; the error |
//! | [`names`] | how texts name the members of a request |
//! | `emulator` | a local service; uses `model` and `error` only |

pub mod connection;
pub mod credential;
pub mod data_plane;
pub mod device_plane;
#[cfg(feature = "emulator")]
pub mod emulator;
pub mod error;
pub mod events;
pub mod ffi;
pub mod file;
pub mod http;
pub mod local;
pub mod model;
pub mod names;
pub mod operation;
pub mod present;
pub mod resource_manager;
pub mod sync;
pub mod target;
