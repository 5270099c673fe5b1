//! The C ABI, and the only unsafe code of the library. It converts pointers and texts, and does nothing else.
//!
//! One file per noun. Every export is one call of `guard` around safe code. Their comments become
//! `include/aziotdps.h`.

#![allow(unsafe_code, non_camel_case_types)]

// In the order of the header, which blank lines protect from the formatter.
mod library;

mod session;

mod enrollment;

mod enrollment_group;

mod registration;

mod attestation;

mod device_key;

mod device;

mod service;

mod operation;

pub use attestation::*;
pub use device::*;
pub use device_key::*;
pub use enrollment::*;
pub use enrollment_group::*;
pub use library::*;
pub use operation::*;
pub use registration::*;
pub use service::*;
pub use session::*;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a host hands over; nothing if it is NULL, or longer than a slice can be.
///
/// # Safety
/// `start` is NULL or points to `length` bytes that are readable for `'a`.
unsafe fn bytes<'a>(start: *const u8, length: usize) -> &'a [u8] {
    if start.is_null() || length > isize::MAX.unsigned_abs() {
        return &[];
    }
    // SAFETY: not NULL, of a length that a slice can have, and readable by the safety contract.
    unsafe { std::slice::from_raw_parts(start, length) }
}

/// Runs `work`. A panic in it does not reach the host: `fallback` is returned instead.
fn guard<T>(fallback: T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(fallback)
}
