//! The library's operations against an emulator.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/mod.rs"]
mod common;
mod enrollment;
mod enrollment_group;
mod faults;
mod host;
mod input;
mod mock;
mod network;
mod sign_in;
mod writes;
