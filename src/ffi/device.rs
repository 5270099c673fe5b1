//! Devices that register themselves.

use super::operation::{aziotdps_operation, start};
use super::session::aziotdps_session;
use crate::operation::Call;

/// Registers a device as the device itself would, over HTTPS, and waits until it is assigned to a hub. A session that is not
/// connected is enough where idScope and the proof of identity are given.
///
/// Members: common; registrationId (required); idScope (absent: read from the service); provisioningHost; symmetricKey (the
/// device's; absent: read from the service), computeKey (symmetricKey is the group's), enrollmentGroupId or name (the group
/// whose key is read); certificate, privateKey, passphrase; payload.
/// Records: the registration.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_device_register(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::DeviceRegister, request, request_len) }
}
