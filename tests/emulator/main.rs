//! The emulator as a stranger sees it: raw HTTPS, and the records that the real service sent.
#![cfg(feature = "emulator")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod admin;
mod allocation;
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
mod keys;
mod paging;
mod registrations;
mod resource_manager;
mod services;
mod sign_in;
mod transport;
