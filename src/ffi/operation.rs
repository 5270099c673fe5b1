//! Operations and their events.

use super::session::aziotdps_session;
use super::{bytes, guard};
use crate::error::{Code, Error};
use crate::operation::{Call, Event, Operation};
use std::ffi::c_char;
use std::sync::{Mutex, TryLockError};
use std::time::Duration;
use zeroize::Zeroizing;

/// What aziotdps_operation_next returns. Negative: an error of the call; the operation is not changed.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum aziotdps_event {
    /// An internal error in this call. The library stays usable.
    Panic = -3,
    /// Another thread is already waiting for this operation's next event.
    Busy = -2,
    /// The operation or json_out is NULL.
    NullPointer = -1,
    /// Nothing happened within the timeout.
    Pending = 0,
    /// The progress: {"activity", "status", "completedItems", "totalItems"}.
    Progress = 1,
    /// A line for a log: {"level": "warning" | "verbose" | "debug", "text"}. Never holds a secret.
    Message = 2,
    /// An array of output records: a page, a batch, or one.
    Items = 3,
    /// An error: {"code", "category", "message", "target", "parameter", "terminating", "retryable", "outcome",
    /// "attempts", "http", "causes", "help"}. The operation goes on unless the end follows.
    Error = 4,
    /// The operation is over. Every later call returns it again.
    End = 5,
    /// Which service the records are from that follow: {"hostName", "resourceId"}; no resourceId if the request named the
    /// service by its host or a connection string.
    Origin = 6,
}

/// A running operation. Opaque.
///
/// A function that returns one starts it and returns at once. All of them have these parameters in common:
///
/// - session – not NULL.
/// - request, request_len – a JSON object in UTF-8, which is copied. The comment of each function lists its members;
///   "common" stands for target (which service; the session's default service if absent), shape ("az", the default, or
///   "powershell"), workingDirectory (where relative paths start), deadlineSeconds (for the whole operation) and
///   maximumAttempts (for one request).
///
/// Returns: an operation, also for an invalid request, which its error event reports. NULL only for a NULL session.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
/// Safety: session is NULL or a live session; request is NULL or points to request_len readable bytes.
///
/// Call aziotdps_operation_next until it returns AZIOTDPS_EVENT_END, then aziotdps_operation_free. It may be freed
/// earlier, which cancels it.
#[derive(Debug)]
pub struct aziotdps_operation {
    operation: Operation,
    /// The text of the last event, NUL-terminated.
    text: Mutex<Zeroizing<Vec<u8>>>,
}

/// Waits for the operation's next event.
///
/// Parameters: operation – not NULL. timeout_ms – 0 does not wait, UINT32_MAX waits without limit.
/// json_out – not NULL; receives the event's JSON, NUL-terminated UTF-8, or NULL if the event has none.
/// Returns: the event. See aziotdps_event for the JSON of each.
/// Ownership: the text is the operation's. It is valid until the next call of this function or of
/// aziotdps_operation_free with this operation.
/// Threads: any, one at a time; a second one gets AZIOTDPS_EVENT_BUSY.
///
/// # Safety
/// `operation` is NULL or live; `json_out` is NULL or points to a writable pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_operation_next(
    operation: *mut aziotdps_operation,
    timeout_ms: u32,
    json_out: *mut *const c_char,
) -> aziotdps_event {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { next(operation, timeout_ms, json_out) }
}

/// Cancels an operation and returns at once. Unless the operation was over, its events end with an error "Cancelled",
/// whose "outcome" says whether a change may have been made.
///
/// Parameters: operation – NULL is fine.
/// Threads: any, at any time before aziotdps_operation_free, any number of times.
///
/// # Safety
/// `operation` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_operation_cancel(operation: *mut aziotdps_operation) {
    guard((), || {
        // SAFETY: NULL or live, by the safety contract.
        if let Some(operation) = unsafe { operation.as_ref() } {
            operation.operation.cancel();
        }
    });
}

/// Frees an operation, and cancels it if it still runs. A request that was sent may still be carried out. Freeing the last
/// operation of a freed session ends its threads, which may take up to two seconds.
///
/// Parameters: operation – NULL is fine.
/// Threads: any, once, and no other call with this operation at the same time.
///
/// # Safety
/// `operation` is NULL or came from one of the functions that start one, and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_operation_free(operation: *mut aziotdps_operation) {
    guard((), || {
        if !operation.is_null() {
            // SAFETY: made by Box::into_raw in `start`, and not freed before, by the safety contract.
            drop(unsafe { Box::from_raw(operation) });
        }
    });
}

/// Starts `call`. All functions that start an operation are this one with a [`Call`].
///
/// # Safety
/// `session` is NULL or a live session. `request` is NULL or points to `request_len` readable bytes.
pub(super) unsafe fn start(
    session: *const aziotdps_session,
    call: Call,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    guard(std::ptr::null_mut(), || {
        // SAFETY: NULL or live, by the safety contract.
        let Some(aziotdps_session(session)) = (unsafe { session.as_ref() }) else { return std::ptr::null_mut() };
        // SAFETY: NULL or readable, by the safety contract.
        let request = unsafe { bytes(request, request_len) };
        let started = guard(None, || Some(session.start(call, request)));
        let operation = started.unwrap_or_else(|| {
            let message = "The operation could not be started; please report it with the request.";
            session.failed(Error::new(Code::Internal, message))
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
        // SAFETY: NULL or valid, by the safety contract; an operation is only ever shared.
        let (Some(operation), Some(json_out)) = (unsafe { (operation.as_ref(), json_out.as_mut()) }) else {
            return aziotdps_event::NullPointer;
        };
        *json_out = std::ptr::null();
        // Held until the text is stored: a second caller must not take an event before that.
        let mut text = match operation.text.try_lock() {
            Ok(text) => text,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return aziotdps_event::Busy,
        };
        let timeout = (timeout_ms != u32::MAX).then(|| Duration::from_millis(timeout_ms.into()));
        let (event, json) = match operation.operation.next(timeout) {
            Event::Pending => return aziotdps_event::Pending,
            Event::End => return aziotdps_event::End,
            Event::Busy => return aziotdps_event::Busy,
            Event::Progress(progress) => (aziotdps_event::Progress, serde_json::to_vec(&progress)),
            Event::Message(message) => (aziotdps_event::Message, serde_json::to_vec(&message)),
            Event::Items(items) => (aziotdps_event::Items, serde_json::to_vec(&items)),
            Event::Error(error) => (aziotdps_event::Error, serde_json::to_vec(&error)),
            Event::Origin(origin) => (aziotdps_event::Origin, serde_json::to_vec(&origin)),
        };
        let Ok(mut json) = json else { return aziotdps_event::Panic };
        // JSON escapes control characters, so the only NUL is this one.
        json.push(0);
        *text = Zeroizing::new(json);
        *json_out = text.as_ptr().cast();
        event
    })
}
