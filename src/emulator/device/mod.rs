//! The device plane: registration, operation status, look-up.
//!
//! [`operations`] has what every transport does; a transport reads its own requests and writes its own responses.
//!
//! | module | what it does |
//! |---|---|
//! | `https` | the requests: those over HTTPS, and what messages over MQTT and AMQP ask for |
//! | `operations` | register, operation status, look-up, independent of the transport |
//! | `attest`, `signer` | which enrollment lets a device in, by its key or its certificate |
//! | `tpm` | the key that only a device's TPM can open |
//! | `allocate`, `webhook` | which IoT hub it is assigned to |
//! | `provision` | the registration in the background, and the record of its result |

mod allocate;
mod attest;
pub(crate) mod https;
mod operations;
mod provision;
mod signer;
mod tpm;
mod webhook;
