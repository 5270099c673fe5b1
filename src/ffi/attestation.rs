//! Attestation mechanisms.

use super::operation::{aziotdps_operation, start};
use super::session::aziotdps_session;
use crate::operation::Call;

/// Reads the attestation mechanism of an enrollment or a group, with its symmetric keys.
///
/// Members: common; registrationId, or enrollmentGroupId or name.
/// Records: the attestation mechanism.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_attestation_get(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::AttestationGet, request, request_len) }
}
