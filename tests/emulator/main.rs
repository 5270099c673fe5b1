//! The emulator as a stranger sees it: raw HTTPS, and the records that the real service sent.
#![cfg(feature = "emulator")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod admin;
mod allocation;
mod amqp;
mod authorization;
mod bulk;
mod certificates;
#[path = "../common/mod.rs"]
mod common;
mod device;
mod durability;
mod enrollments;
mod faults;
mod golden;
mod handshake;
mod keys;
mod mqtt;
mod paging;
mod registrations;
mod resource_manager;
mod robustness;
mod services;
mod sign_in;
mod tls;
mod tpm;
mod transport;
