//! Sessions, the operations that they start, and the runtime that both share.

use super::call::{Call, run};
use super::connect;
use crate::connection::{Connection, Context};
use crate::error::{Code, Error};
use crate::events::{Event, Events};
use crate::names::Names;
use crate::sync::lock;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, TryLockError};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// How many pages of records or steps of progress may wait for the host. With one, the next page is requested while the
/// host handles the last one, and a host that stops reading stops the requests.
const CAPACITY: usize = 1;

/// A connection, cached look-ups and the runtime that operations share. Operations go on when it is dropped.
#[derive(Debug)]
pub struct Session {
    connection: Arc<Mutex<Arc<Connection>>>,
    names: Mutex<Arc<Names>>,
    engine: Arc<Engine>,
}

impl Session {
    /// A session that is not connected.
    ///
    /// # Errors
    /// The system cannot create another thread.
    pub fn new() -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(2).thread_name("aziotdps").enable_all().build()?;
        let connection = Arc::new(Mutex::new(Arc::new(connect::unconnected())));
        Ok(Self { connection, names: Mutex::default(), engine: Arc::new(Engine::new(runtime)) })
    }

    /// Names the members of requests in the texts of the operations that are started from now on.
    pub fn set_names(&self, names: Names) {
        *lock(&self.names) = Arc::new(names);
    }

    /// Ends the connection: forgets the account, its tokens, keys that were looked up, and the default service. Running
    /// operations keep theirs.
    pub fn disconnect(&self) {
        *lock(&self.connection) = Arc::new(connect::unconnected());
    }

    /// Starts an operation. Never fails: an error in the request is the operation's error event.
    pub fn start(&self, call: Call, request: &[u8]) -> Operation {
        if self.engine.is_foreign() {
            // Its events say so. Nothing is locked: a thread that is not in this process may hold the lock.
            return self.operation(mpsc::unbounded_channel().1, Arc::new(Semaphore::new(0)), CancellationToken::new());
        }
        #[cfg(feature = "panic-injection")]
        assert!(request != b"panic at the start", "asked for");
        let (sender, receiver) = mpsc::unbounded_channel();
        let capacity = Arc::new(Semaphore::new(CAPACITY));
        let cancel = CancellationToken::new();
        let session = self.connection.clone();
        let connection = lock(&session).clone();
        let names = lock(&self.names).clone();
        let context = Context { connection, events: Events::new(sender, capacity.clone(), names) };
        let request = Zeroizing::new(request.to_vec());
        let cancelled = cancel.clone();
        self.engine.spawn(async move {
            let work = AssertUnwindSafe(run(call, &request, &context, &session)).catch_unwind();
            let error = tokio::select! {
                biased;
                () = cancelled.cancelled() => {
                    let error = Error::new(Code::Cancelled, "The operation was cancelled.");
                    Some(error.with_outcome(context.events.outcome()))
                }
                result = work => match result {
                    Ok(result) => result.err().map(|error| error.with_outcome_of_all(context.events.outcome())),
                    Err(_) => {
                        let message = "Internal error; please report it with the request.";
                        Some(Error::new(Code::Internal, message).with_outcome(context.events.outcome()))
                    }
                },
            };
            if let Some(error) = error {
                // Fails only if the host has freed the operation.
                let _ = context.events.emit(Event::Error(error)).await;
            }
        });
        self.operation(receiver, capacity, cancel)
    }

    /// An operation that has only `error` and the end.
    pub fn failed(&self, error: Error) -> Operation {
        let (sender, receiver) = mpsc::unbounded_channel();
        // Cannot fail: the receiver still exists.
        let _ = sender.send(Event::Error(error));
        self.operation(receiver, Arc::new(Semaphore::new(0)), CancellationToken::new())
    }

    fn operation(
        &self,
        receiver: mpsc::UnboundedReceiver<Event>,
        capacity: Arc<Semaphore>,
        cancel: CancellationToken,
    ) -> Operation {
        let told = AtomicBool::new(false);
        Operation { events: Mutex::new(receiver), capacity, cancel, engine: self.engine.clone(), told }
    }
}

/// A running operation. Dropping it cancels it.
#[derive(Debug)]
pub struct Operation {
    events: Mutex<mpsc::UnboundedReceiver<Event>>,
    capacity: Arc<Semaphore>,
    cancel: CancellationToken,
    engine: Arc<Engine>,
    /// Whether a forked process has been told that it cannot use the operation.
    told: AtomicBool,
}

impl Operation {
    /// Waits for the next event, at most for `timeout`; `None` waits without limit. A second thread that calls it at the
    /// same time gets [`Event::Busy`] at once. Blocks, so it must not be called from async code.
    pub fn next(&self, timeout: Option<Duration>) -> Event {
        if self.engine.is_foreign() {
            if self.told.swap(true, Ordering::Relaxed) {
                return Event::End;
            }
            let message = "The session belongs to the process that this one was forked from: its threads are not here. Create a session in this process.";
            return Event::Error(Error::new(Code::InvalidRequest, message));
        }
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
                    if event.needs_capacity() {
                        self.capacity.add_permits(1);
                    }
                    event
                }
                Ok(None) => Event::End,
                Err(_) => Event::Pending,
            }
        })
    }

    /// Cancels the operation. Any thread may call it, any number of times; the operation may be over already. Events
    /// that were emitted before still arrive, then an error [`Code::Cancelled`] unless the operation was over, then the
    /// end.
    pub fn cancel(&self) {
        if !self.engine.is_foreign() {
            self.cancel.cancel();
        }
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        if !self.engine.is_foreign() {
            self.cancel();
            self.capacity.close();
        }
    }
}

/// The runtime. It must not be dropped in async code, and must not delay its host.
#[derive(Debug)]
struct Engine {
    runtime: Option<Runtime>,
    /// The process that created it.
    process: u32,
}

impl Engine {
    fn new(runtime: Runtime) -> Self {
        Self { runtime: Some(runtime), process: std::process::id() }
    }

    /// Whether this process is a fork of the one that created the runtime. A fork has none of its threads: whatever waits
    /// for one of them would wait for ever.
    fn is_foreign(&self) -> bool {
        std::process::id() != self.process
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(work);
        }
    }

    fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        match &self.runtime {
            Some(runtime) => runtime.block_on(work),
            None => unreachable!("the runtime is taken out only when the engine is dropped"),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            if self.is_foreign() {
                // Ending its threads would wait for them.
                std::mem::forget(runtime);
                return;
            }
            // Tasks end at their next await; only a DNS look-up that the system delays would take longer.
            runtime.shutdown_timeout(Duration::from_secs(2));
        }
    }
}
