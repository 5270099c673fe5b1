//! What a host asks for: a request goes in, events come out.
//!
//! [`Session::start`] starts an operation on the session's own runtime and returns at once; the host pulls events with
//! [`Operation::next`]. One file per noun says what each operation does: it takes the request apart and checks all that
//! can be checked before the first call, makes the calls, and hands the records out.

mod allocation;
mod attestation;
mod certificate;
mod change;
mod connect;
mod device_key;
mod enrollment;
mod listing;
mod registration;
mod request;
mod service;
mod settings;

pub use crate::context::{Event, Level, Message, Progress};
use request::{Common, GroupId, Precondition, Request};

use crate::connection::Connection;
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::model::{DATA_PLANE_API_VERSION, EnrollmentKind};
use crate::service::DataPlane;
use crate::target::{Target, WAYS};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// How many pages of records, or steps of progress, may wait for the host: one, so that the next page is under way
/// while one is looked at, and a host that stops looking stops the calls.
const EVENTS_WAITING: usize = 1;

/// Which operation. The C ABI has one function for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Says who signs in and which service is meant by default.
    SessionConnect,
    /// Reads one enrollment.
    EnrollmentGet,
    /// Reads all enrollments, page by page.
    EnrollmentList,
    /// Creates an enrollment.
    EnrollmentNew,
    /// Changes an enrollment: what is given, and nothing else.
    EnrollmentSet,
    /// Removes one enrollment, or all.
    EnrollmentRemove,
    /// Reads one enrollment group.
    EnrollmentGroupGet,
    /// Reads all enrollment groups, page by page.
    EnrollmentGroupList,
    /// Creates an enrollment group.
    EnrollmentGroupNew,
    /// Changes an enrollment group: what is given, and nothing else.
    EnrollmentGroupSet,
    /// Removes one enrollment group, or all.
    EnrollmentGroupRemove,
    /// Reads one registration, or all of an enrollment group.
    RegistrationGet,
    /// Removes one registration.
    RegistrationRemove,
    /// Reads the attestation mechanism of an enrollment or a group, with its keys.
    AttestationGet,
    /// Derives a device's key from a group's.
    DeviceKeyDerive,
    /// Reads one provisioning service.
    ServiceGet,
    /// Reads all provisioning services of a subscription or a resource group.
    ServiceList,
    /// Reads the connection strings of a provisioning service, or of all.
    ServiceConnectionString,
}

/// Connections, look-ups and the runtime that operations share. Dropping it leaves running operations running.
#[derive(Debug)]
pub struct Session {
    connection: Arc<Mutex<Arc<Connection>>>,
    engine: Arc<Engine>,
}

impl Session {
    /// A session that is connected with nothing yet.
    ///
    /// # Errors
    /// The system has no thread left to give.
    pub fn new() -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(2).thread_name("aziotdps").enable_all().build()?;
        let connection = Arc::new(Mutex::new(Arc::new(connect::unconnected())));
        Ok(Self { connection, engine: Arc::new(Engine(Some(runtime))) })
    }

    /// Starts an operation. Never fails: what is wrong with the request is the operation's error event.
    pub fn start(&self, call: Call, request: &[u8]) -> Operation {
        #[cfg(feature = "panic-injection")]
        assert!(request != b"panic at the start", "asked for");
        let (sender, events) = mpsc::unbounded_channel();
        let room = Arc::new(Semaphore::new(EVENTS_WAITING));
        let cancel = CancellationToken::new();
        let connection = self.connection.clone();
        let current = connection.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let context = Context::new(current, sender, room.clone());
        let request = Zeroizing::new(request.to_vec());
        let cancelled = cancel.clone();
        self.engine.spawn(async move {
            let work = AssertUnwindSafe(run(call, &request, &context, &connection)).catch_unwind();
            let failure = tokio::select! {
                biased;
                () = cancelled.cancelled() => {
                    let error = Error::new(Code::Cancelled, "The operation was cancelled.");
                    Some(error.with_outcome(context.outcome()))
                }
                result = work => match result {
                    Ok(result) => result.err(),
                    Err(_) => {
                        let message = "The library failed in a way it should not; please report what was asked of it.";
                        Some(Error::new(Code::Internal, message).with_outcome(context.outcome()))
                    }
                },
            };
            if let Some(error) = failure {
                // Where the host has gone, nobody is left to tell.
                let _ = context.emit(Event::Error(error)).await;
            }
        });
        Operation { events: Mutex::new(events), room, cancel, engine: self.engine.clone() }
    }

    /// An operation that is over before it began: `error` and the end.
    pub(crate) fn failed(&self, error: Error) -> Operation {
        let (sender, events) = mpsc::unbounded_channel();
        // The other end is in hand.
        let _ = sender.send(Event::Error(error));
        let room = Arc::new(Semaphore::new(0));
        Operation { events: Mutex::new(events), room, cancel: CancellationToken::new(), engine: self.engine.clone() }
    }
}

async fn run(call: Call, request: &[u8], context: &Context, connection: &Mutex<Arc<Connection>>) -> Result<()> {
    #[cfg(feature = "panic-injection")]
    assert!(request != b"panic", "asked for");
    let request = Request::parse(request)?;
    let (individual, group) = (EnrollmentKind::Individual, EnrollmentKind::Group);
    match call {
        Call::SessionConnect => {
            let connected = connect::connect(request, context).await.map_err(Error::terminating)?;
            let description = connect::describe(&connected);
            *connection.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(connected);
            context.item(description).await
        }
        Call::EnrollmentGet => enrollment::get(individual, request, context).await,
        Call::EnrollmentList => enrollment::list(individual, request, context).await,
        Call::EnrollmentNew => enrollment::new(individual, request, context).await,
        Call::EnrollmentSet => enrollment::set(individual, request, context).await,
        Call::EnrollmentRemove => enrollment::remove(individual, request, context).await,
        Call::EnrollmentGroupGet => enrollment::get(group, request, context).await,
        Call::EnrollmentGroupList => enrollment::list(group, request, context).await,
        Call::EnrollmentGroupNew => enrollment::new(group, request, context).await,
        Call::EnrollmentGroupSet => enrollment::set(group, request, context).await,
        Call::EnrollmentGroupRemove => enrollment::remove(group, request, context).await,
        Call::RegistrationGet => registration::get(request, context).await,
        Call::RegistrationRemove => registration::remove(request, context).await,
        Call::AttestationGet => enrollment::attestation(request, context).await,
        Call::DeviceKeyDerive => device_key::derive(request, context).await,
        Call::ServiceGet => service::get(request, context).await,
        Call::ServiceList => service::list(request, context).await,
        Call::ServiceConnectionString => service::connection_string(request, context).await,
    }
}

/// The data plane of the service that a request names, or of the session's own. `api_version` is what the request needs
/// where the caller has not settled on one.
async fn data_plane<'a>(
    target: Option<Target>,
    api_version: Option<&'static str>,
    context: &'a Context,
) -> Result<DataPlane<'a>> {
    let connection = context.connection();
    let target = target.or_else(|| connection.default_target.clone()).ok_or_else(|| {
        Error::new(
            Code::NotConnected,
            format!("Which provisioning service? Name it by {WAYS}, or connect to one first."),
        )
    })?;
    let endpoint = target.resolve(context).await?;
    let pinned = connection.api_version.as_deref();
    Ok(DataPlane::new(context, endpoint, pinned.or(api_version).unwrap_or(DATA_PLANE_API_VERSION)))
}

/// A running operation. Dropping it cancels it.
#[derive(Debug)]
pub struct Operation {
    events: Mutex<mpsc::UnboundedReceiver<Event>>,
    room: Arc<Semaphore>,
    cancel: CancellationToken,
    engine: Arc<Engine>,
}

impl Operation {
    /// The next event, waited for up to `timeout`; `None` waits for ever. One thread at a time: a second one gets
    /// [`Event::Busy`] at once. Not to be called from async code: it blocks.
    pub fn next(&self, timeout: Option<Duration>) -> Event {
        let mut events = match self.events.try_lock() {
            Ok(events) => events,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Event::Busy,
        };
        self.engine.block_on(async {
            let received = match timeout {
                Some(timeout) => tokio::time::timeout(timeout, events.recv()).await,
                None => Ok(events.recv().await),
            };
            match received {
                Ok(Some(event)) => {
                    if event.takes_room() {
                        self.room.add_permits(1);
                    }
                    event
                }
                Ok(None) => Event::End,
                Err(_) => Event::Pending,
            }
        })
    }

    /// Asks the operation to stop. From any thread, any number of times; it may have been done already. What had
    /// happened by then comes as events, then an error [`Code::Cancelled`] unless it was over, then the end.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        self.cancel();
        self.room.close();
    }
}

/// The runtime, which may only be dropped outside of itself and must not hold its host up.
#[derive(Debug)]
struct Engine(Option<Runtime>);

impl Engine {
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.0 {
            runtime.spawn(work);
        }
    }

    fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        match &self.0 {
            Some(runtime) => runtime.block_on(work),
            None => unreachable!("the runtime is taken out only when the engine is dropped"),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Tasks end at their next wait; only a look-up of a name that the system sits on would take longer.
            runtime.shutdown_timeout(Duration::from_secs(2));
        }
    }
}
