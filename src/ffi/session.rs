//! Sessions.

use super::guard;
use super::operation::{aziotdps_operation, start};
use crate::operation::{Call, Session};

/// A session: the connection, cached look-ups and threads that operations share. Opaque.
///
/// Any number of threads may start operations on one session at once.
#[derive(Debug)]
pub struct aziotdps_session(pub(super) Session);

/// Creates a session that is not connected: requests with a connection string work, others need aziotdps_session_connect
/// first.
///
/// Returns: the session, or NULL if the system has no memory or threads left.
/// Ownership: the caller's, until aziotdps_session_free.
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn aziotdps_session_new() -> *mut aziotdps_session {
    guard(std::ptr::null_mut(), || match Session::new() {
        Ok(session) => Box::into_raw(Box::new(aziotdps_session(session))),
        Err(_) => std::ptr::null_mut(),
    })
}

/// Frees a session. Running operations go on: they keep what they need.
///
/// Parameters: session – NULL is fine.
/// Threads: any, once, and no other call with this session at the same time.
///
/// # Safety
/// `session` is NULL or came from aziotdps_session_new and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_session_free(session: *mut aziotdps_session) {
    guard((), || {
        if !session.is_null() {
            // SAFETY: made by Box::into_raw in aziotdps_session_new, and not freed before, by the safety contract.
            drop(unsafe { Box::from_raw(session) });
        }
    });
}

/// Connects the session: which account signs in, to which cloud, and which service is used by default. It replaces the
/// previous connection; running operations keep theirs.
///
/// Members (all optional): connectionString; emulator (true or its address); tenantId, clientId, clientSecret;
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
