//! The library.

use super::guard;
use std::ffi::c_char;

/// The version of this ABI: major in the upper 16 bits, minor in the lower. A host works with every library of its own
/// major version (while that is 0: of its own minor version too).
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn aziotdps_abi_version() -> u32 {
    guard(0, || 2)
}

/// The version of the library, such as "0.1.0". Static text, never freed.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn aziotdps_version() -> *const c_char {
    guard(std::ptr::null(), || concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast())
}
