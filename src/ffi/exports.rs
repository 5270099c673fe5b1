//! The exports, each one line of work. Their comments are the header's.

use super::{aziotdps_event, aziotdps_operation, aziotdps_session, guard, next, start};
use crate::operation::{Call, Session};
use std::ffi::c_char;

/// The version of this ABI: major in the upper 16 bits, minor in the lower. A host works with every library of its own
/// major version (while that is 0: of its own minor version too).
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn aziotdps_abi_version() -> u32 {
    guard(0, || 1)
}

/// The version of the library, such as "0.1.0". Static text, never freed.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn aziotdps_version() -> *const c_char {
    guard(std::ptr::null(), || concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast())
}

/// Makes a session that is connected with nothing: requests that carry a connection string work, others need
/// aziotdps_session_connect first.
///
/// Returns: the session, or NULL where the system has no memory or no thread left.
/// Ownership: the caller's, until aziotdps_session_free.
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn aziotdps_session_new() -> *mut aziotdps_session {
    guard(std::ptr::null_mut(), || match Session::new() {
        Ok(session) => Box::into_raw(Box::new(aziotdps_session(session))),
        Err(_) => std::ptr::null_mut(),
    })
}

/// Frees a session. Operations that still run are not harmed: they keep what they need.
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
            // SAFETY: made by Box::into_raw in aziotdps_session_new, and not freed before, as the caller says.
            drop(unsafe { Box::from_raw(session) });
        }
    });
}

/// Connects the session: who signs in, to which cloud, and which service is meant by default. It replaces what the
/// session was connected with; operations that run already stay with what they began with.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members, all optional:
/// connectionString; emulator (true or its address); tenantId, clientId, clientSecret; accessToken,
/// resourceManagerAccessToken; subscriptionId; authType ("key" or "login"); environment ("AzureCloud",
/// "AzureUSGovernment", "AzureChinaCloud"); authorityHost, resourceManagerEndpoint, dataPlaneScope,
/// dataPlaneApiVersion; caCertificate;
/// connectTimeoutSeconds, timeoutSeconds, maximumAttempts; workingDirectory.
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its one record says what the session is connected with.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_session_connect(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::SessionConnect, request, request_len) }
}

/// Reads one individual enrollment.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which
/// service; the session's default where absent); shape ("az" or "powershell"); registrationId is needed; showKey (true
/// adds the symmetric keys).
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: the enrollment.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_get(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::EnrollmentGet, request, request_len) }
}

/// Reads all individual enrollments, a page at a time: the service is asked for more only as the events are taken.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which
/// service; the session's default where absent); shape ("az" or "powershell"); top (at most so many); pageSize.
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: the enrollments.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_list(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::EnrollmentList, request, request_len) }
}

/// Creates an individual enrollment. One that exists is left alone and reported as "AlreadyExists".
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which
/// service; the session's default where absent); shape ("az" or "powershell"); workingDirectory; registrationId and
/// attestationType are needed; deviceId; deviceInformation (object); endorsementKey, storageRootKey; primaryKey,
/// secondaryKey; primaryCertificate, secondaryCertificate (PEM, base64 or a path); primaryCAName, secondaryCAName; tag,
/// desired (objects); provisioningStatus; reprovisionPolicy; edgeEnabled; allocationPolicy, iotHub (array),
/// iotHubHostName, webhookUrl, apiVersion; namespaceName, certificateAuthorityName, certificatePolicyName.
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: the enrollment as created, with its keys.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_new(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::EnrollmentNew, request, request_len) }
}

/// Changes an individual enrollment: what the request gives, and nothing else. A change that another makes at the same
/// time is kept too.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which
/// service; the session's default where absent); shape ("az" or "powershell"); workingDirectory; registrationId is
/// needed; etag (change only this version) or force (whatever version); clear (array of parameter names); tagMerge,
/// desiredMerge (JSON merge patches); swapKey (true), regenerateKey ("Primary" or "Secondary"); else those of
/// aziotdps_enrollment_new without attestationType.
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: the enrollment as changed, with its keys.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_set(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::EnrollmentSet, request, request_len) }
}

/// Removes one individual enrollment, or all. Each failure is an error event of its own.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which
/// service; the session's default where absent); shape ("az" or "powershell"); registrationId or all (true); etag (only
/// this version); passThru.
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: with passThru, true for each that was removed.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_remove(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::EnrollmentRemove, request, request_len) }
}

/// Reads one enrollment group.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which
/// service; the session's default where absent); shape ("az" or "powershell"); enrollmentGroupId or name is needed;
/// showKey (true adds the symmetric keys).
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: the group.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_group_get(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::EnrollmentGroupGet, request, request_len) }
}

/// Reads all enrollment groups, a page at a time: the service is asked for more only as the events are taken.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which
/// service; the session's default where absent); shape ("az" or "powershell"); top (at most so many); pageSize.
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: the groups.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_group_list(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::EnrollmentGroupList, request, request_len) }
}

/// Creates an enrollment group. One that exists is left alone and reported as "AlreadyExists".
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which
/// service; the session's default where absent); shape ("az" or "powershell"); workingDirectory; enrollmentGroupId or
/// name, and attestationType ("X509" or "SymmetricKey") are needed; primaryKey, secondaryKey; primaryCertificate,
/// secondaryCertificate (PEM, base64 or a path); primaryCAName, secondaryCAName; tag, desired (objects);
/// provisioningStatus; reprovisionPolicy; edgeEnabled; allocationPolicy, iotHub (array), iotHubHostName, webhookUrl,
/// apiVersion; namespaceName, certificateAuthorityName, certificatePolicyName.
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: the group as created, with its keys.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_group_new(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::EnrollmentGroupNew, request, request_len) }
}

/// Changes an enrollment group: what the request gives, and nothing else. A change that another makes at the same time
/// is kept too.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which
/// service; the session's default where absent); shape ("az" or "powershell"); workingDirectory; enrollmentGroupId or
/// name is needed; etag (change only this version) or force (whatever version); clear (array of parameter names);
/// tagMerge, desiredMerge (JSON merge patches); swapKey (true), regenerateKey ("Primary" or "Secondary"); else those of
/// aziotdps_enrollment_group_new without attestationType.
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: the group as changed, with its keys.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_group_set(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::EnrollmentGroupSet, request, request_len) }
}

/// Removes one enrollment group, or all. Each failure is an error event of its own. Registrations of its devices stay.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which
/// service; the session's default where absent); shape ("az" or "powershell"); enrollmentGroupId, name or all (true);
/// etag (only this version); passThru.
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: with passThru, true for each that was removed.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_enrollment_group_remove(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::EnrollmentGroupRemove, request, request_len) }
}

/// Reads one registration, or all of an enrollment group, a page at a time.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which
/// service; the session's default where absent); shape ("az" or "powershell"); registrationId or enrollmentId (a
/// group); top; pageSize; query (accepted, and of no effect).
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: the registrations.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_registration_get(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::RegistrationGet, request, request_len) }
}

/// Removes one registration. The device stays in its hub and may provision again.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which
/// service; the session's default where absent); shape ("az" or "powershell"); registrationId is needed; etag (only
/// this version) or force; passThru.
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: with passThru, true.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_registration_remove(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::RegistrationRemove, request, request_len) }
}

/// Reads how an enrollment or a group is attested, with its symmetric keys.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which
/// service; the session's default where absent); shape ("az" or "powershell"); registrationId, or enrollmentGroupId or
/// name.
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: the attestation mechanism.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_attestation_get(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::AttestationGet, request, request_len) }
}

/// Derives the key of a device of a symmetric-key group: base64 of the HMAC-SHA256 of the registration id.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which
/// service; the session's default where absent); shape ("az" or "powershell"); registrationId is needed; symmetricKey
/// (the group's key: no call is made), or enrollmentGroupId or name (the group's primary key is read).
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: the key, a text.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_device_key_derive(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::DeviceKeyDerive, request, request_len) }
}

/// Reads one provisioning service from resource manager.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which
/// service; the session's default where absent); shape ("az" or "powershell"); none besides.
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: the service.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_service_get(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::ServiceGet, request, request_len) }
}

/// Reads the provisioning services of the subscription, or of a resource group, from resource manager.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: shape ("az" or
/// "powershell"); resourceGroupName.
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: the services.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_service_list(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::ServiceList, request, request_len) }
}

/// Reads the connection string of a provisioning service, or without a target those of every service that the account
/// sees.
///
/// Parameters: session – not NULL. request, request_len – UTF-8 JSON, not kept after the call; members: target (which service; all where absent); shape ("az" or "powershell"); policyName (default
/// provisioningserviceowner) or showAll (true); keyType ("primary" or "secondary"); resourceGroupName.
/// Returns: an operation, also for a request that is wrong, which its error event says. NULL only for a NULL session.
/// Its records: {"connectionString"}, or {"name", "connectionString"} for each service.
/// Ownership: the operation is the caller's, until aziotdps_operation_free.
/// Threads: any.
///
/// # Safety
/// `session` is NULL or a live session; `request` is NULL or points to `request_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_service_connection_string(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: the caller's word, handed on.
    unsafe { start(session, Call::ServiceConnectionString, request, request_len) }
}

/// Waits for the operation's next event.
///
/// Parameters: operation – not NULL. timeout_ms – how long to wait; 0 does not wait, UINT32_MAX waits for ever.
/// json_out – not NULL; receives the event's JSON, NUL-terminated UTF-8, or NULL where the event has none.
/// Returns: the event. See aziotdps_event for what each one's JSON holds.
/// Ownership: the text is the operation's; it is good until the next call of this function or of
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
    // SAFETY: the caller's word, handed on.
    unsafe { next(operation, timeout_ms, json_out) }
}

/// Asks an operation to stop and returns at once. Its events end with an error of code "Cancelled", whose "outcome"
/// says whether a change may have been made, unless it was over already.
///
/// Parameters: operation – NULL is fine.
/// Threads: any, at any time before aziotdps_operation_free, any number of times.
///
/// # Safety
/// `operation` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_operation_cancel(operation: *mut aziotdps_operation) {
    guard((), || {
        // SAFETY: NULL or live, as the caller says.
        if let Some(operation) = unsafe { operation.as_ref() } {
            operation.operation.cancel();
        }
    });
}

/// Frees an operation, and cancels it where it still runs. A request that is on its way may still be carried out. The
/// last handle of a session that was freed ends its threads, which may take up to two seconds.
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
            // SAFETY: made by Box::into_raw in `start`, and not freed before, as the caller says.
            drop(unsafe { Box::from_raw(operation) });
        }
    });
}
