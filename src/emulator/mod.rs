//! A local Device Provisioning Service, as the public contract describes the real one; `docs/emulator.md` says what it
//! does and does not do.
//!
//! Nothing here is shared with the client but the words of `model` and the error: a mistake that both made would be
//! found by no test.

mod admin;
mod auth;
mod base64;
mod clock;
mod data_plane;
mod device;
mod errors;
mod record;
mod request;
mod resource_manager;
mod routes;
mod server;
mod service;
mod state;

pub use server::faults::{Fault, FaultKind, FaultStatus, Faults, Match};
pub use server::journal::LoggedRequest;
pub use service::configuration::{Configuration, LinkedHub};
pub use state::Log;

use crate::error::{Code, Error, Result};
use crate::model::{self, DEVELOPMENT, EnrollmentKind};
use serde::Serialize;
use state::State;
use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// How an emulator is to run.
pub struct Options {
    /// The port on the loopback addresses; 0 takes a free one.
    pub port: u16,
    /// The file that keeps the records; without one they are gone when the emulator stops.
    pub data_path: Option<PathBuf>,
    /// The folder that keeps the certificate authority; [`model::home`] where it is `None`.
    pub home: Option<PathBuf>,
    /// The largest page of a query, and the size of one where the caller asks for none.
    pub page_size: usize,
    /// How long a bearer token is good for.
    pub token_lifetime: Duration,
    /// What the service is linked to; [`Configuration::read`] takes it from a file.
    pub configuration: Configuration,
    /// Takes the log, line by line: one line per request, and warnings. It never holds a key or a token.
    pub log: Option<Log>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 8443,
            data_path: None,
            home: None,
            page_size: 1000,
            token_lifetime: Duration::from_secs(3599),
            configuration: Configuration::default(),
            log: None,
        }
    }
}

/// What somebody needs to use an emulator that has started.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// `ready`.
    pub event: &'static str,
    /// `https://localhost:PORT`.
    pub endpoint: String,
    /// The connection string of the policy with every right.
    pub connection_string: String,
    /// The file with the certificate of the authority that the emulator's own comes from.
    pub ca_certificate: PathBuf,
    /// The service in resource manager.
    pub resource_id: String,
    /// What devices call the service by.
    pub id_scope: &'static str,
    /// The Entra tenant.
    pub tenant_id: &'static str,
    /// The application that may sign in.
    pub client_id: &'static str,
    /// Its published secret.
    pub client_secret: &'static str,
    /// The subscription of the service.
    pub subscription_id: &'static str,
    /// The resource group of the service.
    pub resource_group_name: &'static str,
    /// The name of the service.
    pub dps_name: &'static str,
}

/// A running emulator. It stops when it is dropped.
pub struct Emulator {
    state: Arc<State>,
    ready: Ready,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Starts an emulator; it takes connections when this returns.
    pub fn start(options: Options) -> Result<Self> {
        let home = options.home.or_else(model::home).ok_or_else(|| {
            Error::argument("home", "There is no folder for the emulator's certificates. Set AZIOTDPS_HOME to one.")
        })?;
        options.configuration.check()?;
        let tls = server::tls::Tls::new(&home)?;
        let store = record::store::Store::open(options.data_path.as_deref())?;
        let (listeners, port) = listen(options.port)?;
        let authority = format!("localhost:{port}");
        let endpoint = format!("https://{authority}");
        let state = Arc::new(State {
            store,
            tokens: auth::token::Issuer::new(endpoint.clone(), options.token_lifetime)?,
            faults: Faults::default(),
            journal: server::journal::Journal::default(),
            operations: device::Operations::default(),
            configuration: options.configuration,
            authority,
            page_size: options.page_size.max(1),
            log: options.log,
            versions: Mutex::new(HashSet::new()),
        });
        let [owner, ..] = DEVELOPMENT.policies;
        let ready = Ready {
            event: "ready",
            endpoint,
            connection_string: format!(
                "HostName={};SharedAccessKeyName={};SharedAccessKey={}",
                state.authority, owner.name, owner.primary_key
            ),
            ca_certificate: tls.authority_file,
            resource_id: DEVELOPMENT.resource_id(),
            id_scope: DEVELOPMENT.id_scope,
            tenant_id: DEVELOPMENT.tenant_id,
            client_id: DEVELOPMENT.client_id,
            client_secret: DEVELOPMENT.client_secret,
            subscription_id: DEVELOPMENT.subscription_id,
            resource_group_name: DEVELOPMENT.resource_group_name,
            dps_name: DEVELOPMENT.name,
        };
        let stop = CancellationToken::new();
        let thread = run(listeners, tls.config.into(), Arc::clone(&state), stop.clone()).map_err(|error| {
            Error::new(Code::Internal, "The emulator's threads can't be started.").caused_by(&error)
        })?;
        Ok(Self { state, ready, stop, thread: Some(thread) })
    }

    /// What somebody needs to use it.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The faults that it is to play.
    pub fn faults(&self) -> &Faults {
        &self.state.faults
    }

    /// The latest requests that came in, admin calls left out; the oldest first.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.state.journal.requests()
    }

    /// The record as it is kept, keys and certificates included.
    pub fn stored(&self, kind: EnrollmentKind, id: &str) -> Option<String> {
        self.state.store.text(record::store::Collection::Enrollments(kind), id).ok().flatten()
    }

    /// Stops it: when this returns its port is free again.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has ended the emulator, which is what is asked for.
            let _ = thread.join();
        }
    }
}

/// Listens on the IPv4 loopback address and, where the machine has one, on the IPv6 one with the same port.
fn listen(port: u16) -> Result<(Vec<TcpListener>, u16)> {
    // A free IPv4 port may be taken on the other side: then another is tried.
    const TRIES: usize = 20;
    let mut tried = listen_once(port);
    for _ in 1..TRIES {
        match &tried {
            Err(error) if port == 0 && error.kind() == io::ErrorKind::AddrInUse => tried = listen_once(port),
            _ => break,
        }
    }
    tried.map_err(|error| {
        Error::argument(
            "port",
            format!("The emulator can't listen on port {port}. Is another one running? Port 0 takes a free one."),
        )
        .caused_by(&error)
    })
}

fn listen_once(port: u16) -> io::Result<(Vec<TcpListener>, u16)> {
    let bind = |address: IpAddr, port: u16| {
        let listener = TcpListener::bind(SocketAddr::new(address, port))?;
        listener.set_nonblocking(true)?;
        io::Result::Ok(listener)
    };
    let first = bind(Ipv4Addr::LOCALHOST.into(), port)?;
    let port = first.local_addr()?.port();
    match bind(Ipv6Addr::LOCALHOST.into(), port) {
        Ok(second) => Ok((vec![first, second], port)),
        // Somebody else's: a client that takes `localhost` for ::1 would talk to a stranger.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(error),
        Err(_) => Ok((vec![first], port)),
    }
}

/// Serves on a thread with a runtime of its own, so that a host needs none and may have one.
fn run(
    listeners: Vec<TcpListener>,
    tls: TlsAcceptor,
    state: Arc<State>,
    stop: CancellationToken,
) -> io::Result<JoinHandle<()>> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("emulator").enable_all().build()?;
    let listeners = {
        let _entered = runtime.enter();
        listeners.into_iter().map(tokio::net::TcpListener::from_std).collect::<io::Result<Vec<_>>>()?
    };
    std::thread::Builder::new().name("emulator".to_owned()).spawn(move || {
        for listener in listeners {
            runtime.spawn(server::connection::serve(listener, tls.clone(), Arc::clone(&state)));
        }
        runtime.block_on(stop.cancelled());
    })
}
