//! Sessions.

use super::operation::{aziotdps_operation, start};
use super::{bytes, guard};
use crate::operation::{Call, Names, Session};
use std::sync::Arc;

/// A session: the connection, cached look-ups and threads that operations share. Opaque.
///
/// Any number of threads may start operations on one session at once. It is counted: parts of a host that share one each
/// retain it and release it, and the last release frees it.
#[derive(Debug)]
pub struct aziotdps_session(pub(super) Session);

/// Creates a session that is not connected: requests with a connection string work, others need aziotdps_session_connect
/// first.
///
/// Returns: the session, or NULL if the system has no memory or threads left.
/// Ownership: the caller's, until aziotdps_session_release.
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn aziotdps_session_new() -> *mut aziotdps_session {
    guard(std::ptr::null_mut(), || match Session::new() {
        Ok(session) => Arc::into_raw(Arc::new(aziotdps_session(session))).cast_mut(),
        Err(_) => std::ptr::null_mut(),
    })
}

/// Takes a share of a session. Each share is released once.
///
/// Parameters: session – NULL is fine.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_session_retain(session: *mut aziotdps_session) {
    guard((), || {
        if !session.is_null() {
            // SAFETY: made by Arc::into_raw in aziotdps_session_new, and live, by the safety contract.
            unsafe { Arc::increment_strong_count(session) };
        }
    });
}

/// Gives back a share of a session: that of aziotdps_session_new, or one of aziotdps_session_retain. The last one frees the
/// session. Running operations go on: they keep what they need.
///
/// Parameters: session – NULL is fine.
/// Threads: any, once for each share, and no other call with this share at the same time.
///
/// # Safety
/// `session` is NULL or live, and the caller has a share of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_session_release(session: *mut aziotdps_session) {
    guard((), || {
        if !session.is_null() {
            // SAFETY: made by Arc::into_raw in aziotdps_session_new; this share was not given back, by the safety contract.
            unsafe { Arc::decrement_strong_count(session) };
        }
    });
}

/// The same as aziotdps_session_release.
///
/// Parameters: session – NULL is fine.
/// Threads: any, once for each share, and no other call with this share at the same time.
///
/// # Safety
/// `session` is NULL or live, and the caller has a share of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_session_free(session: *mut aziotdps_session) {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { aziotdps_session_release(session) }
}

/// Ends the connection: the session forgets the account, its tokens, keys that were looked up, and the default service.
/// Running operations keep theirs.
///
/// Parameters: session – NULL is fine.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_session_disconnect(session: *const aziotdps_session) {
    guard((), || {
        // SAFETY: NULL or live, by the safety contract.
        if let Some(aziotdps_session(session)) = unsafe { session.as_ref() } {
            session.disconnect();
        }
    });
}

/// Sets how errors and messages of operations that are started later name the members of requests, such as "-Top" or
/// "--top" for top.
///
/// Parameters: session – not NULL. names, names_len – a JSON object in UTF-8, which is copied: members (an object: the name
/// of each member that it has), prefix (comes before the names of all other members), pascalCase (true: those begin with a
/// capital letter).
/// Returns: 1, or 0 if the session is NULL or names is not such an object; then the names stay as they were.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or live; `names` is NULL or points to `names_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_session_set_names(
    session: *const aziotdps_session,
    names: *const u8,
    names_len: usize,
) -> i32 {
    guard(0, || {
        // SAFETY: NULL or live, by the safety contract.
        let Some(aziotdps_session(session)) = (unsafe { session.as_ref() }) else { return 0 };
        // SAFETY: NULL or readable, by the safety contract.
        let names = unsafe { bytes(names, names_len) };
        let Ok(names) = serde_json::from_slice::<Names>(names) else { return 0 };
        session.set_names(names);
        1
    })
}

/// Connects the session: which account signs in, to which cloud, and which service is used by default. It replaces the
/// previous connection; running operations keep theirs. A request with nothing but resourceGroupName and dpsName, dpsName or
/// hostName changes the default service, and keeps the account.
///
/// Members (all optional): connectionString; resourceGroupName, dpsName, hostName (the default service); emulator (true or its address); tenantId, clientId, clientSecret;
/// accessToken, resourceManagerAccessToken; subscriptionId; authType ("key" or "login"); environment ("AzureCloud",
/// "AzureUSGovernment", "AzureChinaCloud"); authorityHost, resourceManagerEndpoint, dataPlaneScope,
/// dataPlaneApiVersion; caCertificate (PEM or a path); connectTimeoutSeconds, timeoutSeconds, maximumAttempts;
/// workingDirectory (where relative paths start); shape (no effect).
/// Records: what the session is connected with.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_session_connect(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::SessionConnect, request, request_len) }
}
