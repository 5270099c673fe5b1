//! Individual enrollments.

use super::operation::{aziotdps_operation, start};
use super::session::aziotdps_session;
use crate::model::EnrollmentKind;
use crate::operation::Call;

/// Reads one individual enrollment.
///
/// Members: common; registrationId (required); showKey (true adds the symmetric keys); top, pageSize (refused: they are
/// for lists).
/// Records: the enrollment.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_get(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::Get(EnrollmentKind::Individual), request, request_len) }
}

/// Reads all individual enrollments, a page at a time: the next page is requested when the events of the last one are
/// taken.
/// An error after the first records is terminating.
///
/// Members: common; top (maximum number of records); pageSize; showKey (true is refused: keys are read one by one).
/// Records: the enrollments.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_list(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::List(EnrollmentKind::Individual), request, request_len) }
}

/// Creates an individual enrollment. One that exists is not changed; the error is "AlreadyExists".
///
/// Members: common; registrationId, attestationType ("Tpm", "X509" or "SymmetricKey") (required); deviceId;
/// deviceInformation (object); endorsementKey, storageRootKey (base64); primaryKey, secondaryKey; primaryCertificate,
/// secondaryCertificate (PEM, base64 or a path); primaryCAName, secondaryCAName; rootCertificate (no effect); tag,
/// desired (objects); provisioningStatus; reprovisionPolicy; edgeEnabled; allocationPolicy, iotHub (array),
/// iotHubHostName, webhookUrl, apiVersion; namespaceName, certificateAuthorityName, certificatePolicyName;
/// checkOnly (true: nothing is written or returned; an error if the creation would be refused).
/// Records: the enrollment as created, with its keys.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_new(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::New(EnrollmentKind::Individual), request, request_len) }
}

/// Changes an individual enrollment: only what the request gives. A change that somebody else makes at the same time is
/// kept. A request without a new value is refused.
///
/// Members: those of aziotdps_enrollment_new without attestationType; etag (only this version), force (any version);
/// clear (array of member names); tagMerge, desiredMerge (JSON merge patches); swapKey (true), regenerateKey ("Primary"
/// or "Secondary").
/// Records: the enrollment as changed, with its keys.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_set(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::Set(EnrollmentKind::Individual), request, request_len) }
}

/// Removes one individual enrollment, or all. Each error is an event of its own.
///
/// Members: common; registrationId or all (true); etag (only this version), force (any version); passThru (true);
/// checkOnly (true).
/// Records: with passThru, true for each that was removed; for all in the shape "powershell" one true, if all were removed.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_remove(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::Remove(EnrollmentKind::Individual), request, request_len) }
}
