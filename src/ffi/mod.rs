//! The C ABI, and the only unsafe code of the library: pointers in, pointers out, no thinking.
//!
//! Every export is one call of `guard` around safe code. What a host may do is in `include/aziotdps.h`, which is made
//! from the comments here.

#![allow(unsafe_code, non_camel_case_types)]

mod exports;

pub use exports::*;

use crate::error::{Code, Error};
use crate::operation::{Call, Event, Operation, Session};
use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use zeroize::Zeroizing;

/// A session: credentials, look-ups and connections that operations share, and the threads they run on. Opaque.
///
/// Any number of threads may start operations on one session at once.
#[derive(Debug)]
pub struct aziotdps_session(Session);

/// A running operation. Opaque.
///
/// Call aziotdps_operation_next until it says AZIOTDPS_EVENT_END, then aziotdps_operation_free. A host that has seen
/// enough may free it at any time, which cancels it.
#[derive(Debug)]
pub struct aziotdps_operation {
    operation: Operation,
    /// The text that the last event was handed out with, NUL at its end.
    text: Mutex<Zeroizing<Vec<u8>>>,
}

/// What aziotdps_operation_next returns. Negative: the call was wrong; the operation is as it was.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum aziotdps_event {
    /// A fault inside of this call. The library stays usable.
    Panic = -3,
    /// Another thread is waiting for this operation's next event; only one may.
    Busy = -2,
    /// The operation or json_out is NULL.
    NullPointer = -1,
    /// Nothing happened within the time given.
    Pending = 0,
    /// How far it is: {"activity", "status", "completedItems", "totalItems"}.
    Progress = 1,
    /// A line for a log: {"level": "warning" | "verbose" | "debug", "text"}. Never holds a secret.
    Message = 2,
    /// An array of output records: a page, a batch, or one.
    Items = 3,
    /// A failure: {"code", "category", "message", "target", "parameter", "terminating", "retryable", "outcome",
    /// "attempts", "http", "causes", "help"}. Unless it is followed by the end, the operation goes on.
    Error = 4,
    /// The operation is over. Comes exactly once as news; every later call says it again.
    End = 5,
}

/// Runs `work`; a panic in it ends here instead of in the host, and gives `fallback`.
fn guard<T>(fallback: T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(fallback)
}

/// Starts `call`, whatever the request holds.
///
/// # Safety
/// `session` is NULL or a live session. `request` is NULL or points to `request_len` readable bytes.
unsafe fn start(
    session: *const aziotdps_session,
    call: Call,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    guard(std::ptr::null_mut(), || {
        // SAFETY: the caller says that it is NULL or live.
        let Some(aziotdps_session(session)) = (unsafe { session.as_ref() }) else { return std::ptr::null_mut() };
        let request: &[u8] = if request.is_null() || request_len > isize::MAX.unsigned_abs() {
            &[]
        } else {
            // SAFETY: not NULL, of a length that a slice can have, and readable as the caller says.
            unsafe { std::slice::from_raw_parts(request, request_len) }
        };
        let started = guard(None, || Some(session.start(call, request)));
        let operation = started.unwrap_or_else(|| {
            session
                .failed(Error::new(Code::Internal, "The operation could not be started; please report what was asked."))
        });
        Box::into_raw(Box::new(aziotdps_operation { operation, text: Mutex::default() }))
    })
}

/// Waits for the next event and keeps its text.
///
/// # Safety
/// `operation` is NULL or a live operation. `json_out` is NULL or points to a writable pointer.
unsafe fn next(operation: *mut aziotdps_operation, timeout_ms: u32, json_out: *mut *const c_char) -> aziotdps_event {
    guard(aziotdps_event::Panic, || {
        // SAFETY: the caller says that both are NULL or good to use; `next` and `cancel` only ever share an operation.
        let (Some(operation), Some(json_out)) = (unsafe { (operation.as_ref(), json_out.as_mut()) }) else {
            return aziotdps_event::NullPointer;
        };
        *json_out = std::ptr::null();
        let timeout = (timeout_ms != u32::MAX).then(|| Duration::from_millis(timeout_ms.into()));
        let (event, json) = match operation.operation.next(timeout) {
            Event::Pending => return aziotdps_event::Pending,
            Event::End => return aziotdps_event::End,
            Event::Busy => return aziotdps_event::Busy,
            Event::Progress(progress) => (aziotdps_event::Progress, serde_json::to_vec(&progress)),
            Event::Message(message) => (aziotdps_event::Message, serde_json::to_vec(&message)),
            Event::Items(items) => (aziotdps_event::Items, serde_json::to_vec(&items)),
            Event::Error(error) => (aziotdps_event::Error, serde_json::to_vec(&error)),
        };
        let Ok(mut json) = json else { return aziotdps_event::Panic };
        // JSON escapes control characters, so the only NUL is the one put at its end.
        json.push(0);
        let mut text = operation.text.lock().unwrap_or_else(PoisonError::into_inner);
        *text = Zeroizing::new(json);
        *json_out = text.as_ptr().cast();
        event
    })
}
