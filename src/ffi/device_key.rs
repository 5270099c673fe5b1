//! Keys of devices in symmetric-key groups.

use super::operation::{aziotdps_operation, start};
use super::session::aziotdps_session;
use crate::operation::Call;

/// Derives the key of a device in a symmetric-key group: base64 of the HMAC-SHA256 of the registration id.
///
/// Members: common; registrationId (required); symmetricKey (the group's key; nothing is requested), or
/// enrollmentGroupId or name (the group's primary key is read).
/// Records: the key, a text.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_device_key_derive(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::DeviceKeyDerive, request, request_len) }
}
