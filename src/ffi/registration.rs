//! Registration records.

use super::operation::{aziotdps_operation, start};
use super::session::aziotdps_session;
use crate::operation::Call;

/// Reads one registration, or all of an enrollment group, a page at a time.
///
/// Members: common; registrationId or enrollmentId (a group); top, pageSize (with enrollmentId); query (no
/// effect).
/// Records: the registrations.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_registration_get(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::RegistrationGet, request, request_len) }
}

/// Removes one registration, or all of an enrollment group. The devices stay in their hubs and may provision again.
///
/// Members: common; registrationId, or enrollmentId (a group) and all (true); etag (only this version), force (any
/// version); passThru (true); checkOnly (true).
/// Records: with passThru, true for each that was removed.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_registration_remove(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::RegistrationRemove, request, request_len) }
}
