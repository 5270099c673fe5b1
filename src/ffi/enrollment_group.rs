//! Enrollment groups.

use super::operation::{aziotdps_operation, start};
use super::session::aziotdps_session;
use crate::model::EnrollmentKind;
use crate::operation::Call;

/// Reads one enrollment group.
///
/// Members: common; enrollmentGroupId or name (required); showKey (true adds the symmetric keys); top, pageSize (refused: they are
/// for lists).
/// Records: the group.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_group_get(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::Get(EnrollmentKind::Group), request, request_len) }
}

/// Reads all enrollment groups, a page at a time: the next page is requested when the events of the last one are taken.
/// An error after the first records is terminating.
///
/// Members: common; top (maximum number of records); pageSize; showKey (true is refused: keys are read one by one).
/// Records: the groups.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_group_list(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::List(EnrollmentKind::Group), request, request_len) }
}

/// Creates an enrollment group. One that exists is not changed; the error is "AlreadyExists".
///
/// Members: common; enrollmentGroupId or name, attestationType ("X509" or "SymmetricKey") (required); endorsementKey,
/// storageRootKey (base64; refused, since a group has no TPM); primaryKey, secondaryKey; primaryCertificate,
/// secondaryCertificate (PEM, base64 or a path); primaryCAName, secondaryCAName; rootCertificate (no effect); tag,
/// desired (objects); provisioningStatus; reprovisionPolicy; edgeEnabled; allocationPolicy, iotHub (array),
/// iotHubHostName, webhookUrl, apiVersion; namespaceName, certificateAuthorityName, certificatePolicyName;
/// checkOnly (true: nothing is written or returned; an error if the creation would be refused).
/// Records: the group as created, with its keys.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_group_new(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::New(EnrollmentKind::Group), request, request_len) }
}

/// Changes an enrollment group: only what the request gives. A change that somebody else makes at the same time is
/// kept. A request without a new value is refused.
///
/// Members: those of aziotdps_enrollment_group_new without attestationType; etag (only this version), force (any
/// version); clear (array of member names); tagMerge, desiredMerge (JSON merge patches); swapKey (true), regenerateKey
/// ("Primary" or "Secondary").
/// Records: the group as changed, with its keys.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_group_set(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::Set(EnrollmentKind::Group), request, request_len) }
}

/// Removes one enrollment group, or all. Each error is an event of its own. Registrations of its devices stay.
///
/// Members: common; enrollmentGroupId or name or all (true); etag (only this version), force (any version); passThru
/// (true); checkOnly (true).
/// Records: with passThru, true for each that was removed; for all in the shape "powershell" one true, if all were removed.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_group_remove(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::Remove(EnrollmentKind::Group), request, request_len) }
}
