//! The calls, and the function that implements each.

use super::request::{Limits, Request};
use super::{connect, device, device_key, enrollment, registration, service};
use crate::connection::{Connection, Context};
use crate::error::{Error, Result};
use crate::model::EnrollmentKind;
use crate::sync::lock;
use std::sync::{Arc, Mutex};

/// Which operation. The C ABI has one function for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Connects the session: which account and which service its operations use.
    SessionConnect,
    /// Reads one enrollment or group.
    Get(EnrollmentKind),
    /// Reads all enrollments or groups, page by page.
    List(EnrollmentKind),
    /// Creates an enrollment or group.
    New(EnrollmentKind),
    /// Changes an enrollment or group: only what the request gives.
    Set(EnrollmentKind),
    /// Removes one enrollment or group, or all.
    Remove(EnrollmentKind),
    /// Reads the attestation mechanism of an enrollment or a group, with its keys.
    AttestationGet,
    /// Reads one registration, or all of an enrollment group.
    RegistrationGet,
    /// Removes one registration.
    RegistrationRemove,
    /// Derives a device's key from a group's.
    DeviceKeyDerive,
    /// Registers a device as the device itself would.
    DeviceRegister,
    /// Reads one provisioning service.
    ServiceGet,
    /// Reads all provisioning services of a subscription or a resource group.
    ServiceList,
    /// Reads the connection strings of a provisioning service, or of all.
    ServiceConnectionString,
}

/// Runs `call`. `connection` is the session's, which a connect replaces.
pub async fn run(call: Call, request: &[u8], context: &Context, connection: &Mutex<Arc<Connection>>) -> Result<()> {
    #[cfg(feature = "panic-injection")]
    assert!(request != b"panic", "asked for");
    let mut request = Request::parse(request)?;
    request.secrets().for_each(|secret| context.events.hide(&secret));
    // Those of a connect are for the session.
    let limits = if call == Call::SessionConnect { Limits::default() } else { request.take()? };
    let work = async {
        match call {
            Call::SessionConnect => {
                let connected = connect::connect(request, context).await.map_err(Error::into_terminating)?;
                let description = connect::describe(&connected);
                *lock(connection) = Arc::new(connected);
                context.events.item(description).await
            }
            Call::Get(kind) => enrollment::get(kind, request, context).await,
            Call::List(kind) => enrollment::list(kind, request, context).await,
            Call::New(kind) => enrollment::new(kind, request, context).await,
            Call::Set(kind) => enrollment::set(kind, request, context).await,
            Call::Remove(kind) => enrollment::remove(kind, request, context).await,
            Call::AttestationGet => enrollment::attestation(request, context).await,
            Call::RegistrationGet => registration::get(request, context).await,
            Call::RegistrationRemove => registration::remove(request, context).await,
            Call::DeviceKeyDerive => device_key::derive(request, context).await,
            Call::DeviceRegister => device::register(request, context).await,
            Call::ServiceGet => service::get(request, context).await,
            Call::ServiceList => service::list(request, context).await,
            Call::ServiceConnectionString => service::connection_string(request, context).await,
        }
    };
    limits.hold(&context.events, work).await
}
