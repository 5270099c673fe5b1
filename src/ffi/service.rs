//! Provisioning services.

use super::operation::{aziotdps_operation, start};
use super::session::aziotdps_session;
use crate::operation::Call;

/// Reads one provisioning service from Azure Resource Manager.
///
/// Members: common.
/// Records: the service.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_service_get(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::ServiceGet, request, request_len) }
}

/// Reads the provisioning services of the subscription, or of a resource group, from Azure Resource Manager.
///
/// Members: shape ("az" or "powershell"); resourceGroupName; deadlineSeconds; maximumAttempts.
/// Records: the services.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_service_list(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::ServiceList, request, request_len) }
}

/// Reads the connection string of a provisioning service, or without a target those of every service of the
/// subscription.
///
/// Members: common (the session's default service does not apply); policyName (default provisioningserviceowner) or
/// showAll (true); keyType ("primary" or "secondary"); resourceGroupName.
/// Records: {"connectionString"}, or {"name", "connectionString"} for each service; in the shape "powershell" one for each
/// policy: {"ResourceGroupName", "Name", "PolicyName", "ConnectionString"}.
///
/// # Safety
/// `session` and `request` are as aziotdps_operation requires.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aziotdps_service_connection_string(
    session: *const aziotdps_session,
    request: *const u8,
    request_len: usize,
) -> *mut aziotdps_operation {
    // SAFETY: forwarded from this function's safety contract.
    unsafe { start(session, Call::ServiceConnectionString, request, request_len) }
}
