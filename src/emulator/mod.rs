//! A local Device Provisioning Service, as the public contract describes the real one; `docs/emulator.md` says what it
//! does and does not do.
//!
//! Of the rest of the crate it uses `model` and `error` only: a mistake that client and emulator shared would be found
//! by no test. A group uses those that stand above it in this table, as the last column says, and nothing else:
//!
//! | group | what it does | uses |
//! |---|---|---|
//! | `base64`, `log` | base64; the log | |
//! | `configuration` | the services and the tenants as a file describes them | `base64` |
//! | `clock` | dates and etags | `base64` |
//! | `request`, `response` | a request and a response as plain data | |
//! | `errors` | errors of the service | `clock`, `request`, `response` |
//! | `server` | the listener, TLS, HTTP, faults, the journal; hands requests to its `Handler` | `errors`, `log`, `request`, `response` |
//! | `record` | what a record may hold, what is kept of it, what is shown; the store | `base64`, `clock`, `errors` |
//! | `service` | the provisioning services: their settings, their stores, their running operations | `base64`, `configuration`, `errors`, `record` |
//! | `auth` | shared access signatures, bearer tokens, the tenants, the sign-in endpoints | `base64`, `clock`, `configuration`, `errors`, `request`, `response`, `service` |
//! | `state` | what all requests share: the services, the tenant, the log | `auth`, `log`, `service` |
//! | `data_plane` | calls on enrollments and registration records | `auth`, `base64`, `errors`, `record`, `request`, `response`, `service`, `state` |
//! | `device` | registration of devices | `auth`, `base64`, `clock`, `configuration`, `errors`, `log`, `record`, `request`, `response`, `service`, `state` |
//! | `resource_manager` | the services, their keys and their CA certificates as Azure resources | `auth`, `base64`, `clock`, `configuration`, `errors`, `record`, `request`, `response`, `service`, `state` |
//! | `admin` | the emulator's own calls | `auth`, `errors`, `record`, `request`, `response`, `server`, `service`, `state` |
//! | `routes` | which of these a request is for | `admin`, `auth`, `data_plane`, `device`, `errors`, `request`, `resource_manager`, `response`, `server`, `service`, `state` |

mod admin;
mod auth;
mod base64;
mod clock;
mod configuration;
mod data_plane;
mod device;
mod ecdsa_p521;
mod errors;
mod log;
mod record;
mod request;
mod resource_manager;
mod response;
mod routes;
mod server;
mod service;
mod state;

pub use configuration::{
    Application, Configuration, LinkedHub, ManagedIdentity, ProvisioningService, Role, RoleAssignment,
    SharedAccessPolicy, Tenant,
};
pub use log::Log;
pub use server::connections::Limits;
pub use server::faults::{Fault, FaultKind, FaultStatus, Faults, Match};
pub use server::journal::LoggedRequest;

use crate::error::{Code, Error, Result};
use crate::model::{DEVELOPMENT, EnrollmentKind};
use auth::IDENTITY_HEADER;
use auth::directory::Directory;
use auth::token::Issuer;
use log::Logger;
use record::store::Collection;
use routes::Routes;
use serde::Serialize;
use server::connections::Connections;
use server::tls::Tls;
use server::{Ports, Server, Traffic};
use service::Service;
use service::services::{Common, Services};
use state::State;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// The options of an emulator.
pub struct Options {
    /// The port of HTTPS on the loopback addresses; 0 takes a free one.
    pub port: u16,
    /// The port of MQTT; 0 takes a free one. `None` takes the usual one, 8883, or a free one where that is taken or
    /// `port` is 0.
    pub mqtt_port: Option<u16>,
    /// The port of AMQP, in the same way; the usual one is 5671.
    pub amqp_port: Option<u16>,
    /// The file for the records; without one they are lost when the emulator stops.
    pub data_path: Option<PathBuf>,
    /// The folder of the certificate authority; an emulator does not start without one.
    pub home: Option<PathBuf>,
    /// The largest page of a query, and the size of one where the caller asks for none.
    pub page_size: usize,
    /// The lifetime of a bearer token.
    pub token_lifetime: Duration,
    /// The `Retry-After` of a registration in progress, in whole seconds.
    pub retry_after: Duration,
    /// The services and tenants; [`Configuration::read`] reads them from a file.
    pub configuration: Configuration,
    /// The limits of connections, time and size.
    pub limits: Limits,
    /// Receives the log line by line: one line per request, and warnings. It never contains a key or a token.
    pub log: Option<Log>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 8443,
            mqtt_port: None,
            amqp_port: None,
            data_path: None,
            home: None,
            page_size: 1000,
            token_lifetime: Duration::from_secs(3599),
            retry_after: Duration::from_secs(3),
            configuration: Configuration::default(),
            limits: Limits::default(),
            log: None,
        }
    }
}

/// What a client needs to use an emulator.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// `ready`.
    pub event: &'static str,
    /// `https://localhost:PORT`.
    pub endpoint: String,
    /// The connection string of the policy with every right.
    pub connection_string: String,
    /// The file with the CA certificate that signed the emulator's own.
    pub ca_certificate: PathBuf,
    /// The service in resource manager.
    pub resource_id: String,
    /// The service's ID scope, for devices.
    pub id_scope: String,
    /// The Entra tenant.
    pub tenant_id: &'static str,
    /// The application that may sign in.
    pub client_id: &'static str,
    /// Its published secret.
    pub client_secret: &'static str,
    /// `IDENTITY_ENDPOINT` for the managed identity of App Service.
    pub identity_endpoint: String,
    /// `IDENTITY_HEADER` for it.
    pub identity_header: &'static str,
    /// The subscription of the service.
    pub subscription_id: String,
    /// The resource group of the service.
    pub resource_group_name: String,
    /// The name of the service.
    pub dps_name: String,
    /// The port of MQTT 3.1.1 over TLS.
    pub mqtt_port: u16,
    /// The port of AMQP 1.0 over TLS.
    pub amqp_port: u16,
}

/// A running emulator. It stops when it is dropped.
pub struct Emulator {
    service: Arc<Service>,
    traffic: Arc<Traffic>,
    ready: Ready,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Starts an emulator; it accepts connections when this returns.
    pub fn start(options: Options) -> Result<Self> {
        let home = options.home.ok_or_else(|| {
            Error::argument("home", "There is no folder for the emulator's certificates. Set AZIOTDPS_HOME to one.")
        })?;
        options.configuration.check()?;
        let tls = Tls::new(&home)?;
        let directory = Directory::new(&options.configuration.tenants)?;
        let (listeners, ports) = server::listen(options.port, options.mqtt_port, options.amqp_port)?;
        let common = Common {
            port: ports.https,
            page_size: options.page_size,
            retry_after: options.retry_after,
            data_path: options.data_path,
        };
        let services = Services::open(&options.configuration, common)?;
        let service = Arc::clone(services.development());
        let tokens = Issuer::new(directory, options.token_lifetime)?;
        let ready = ready(format!("https://{}", service.host), ports, &service, tls.ca_certificate_file.clone());
        let threads = |error: std::io::Error| {
            Error::new(Code::Internal, "The emulator's threads can't be started.").caused_by(&error)
        };
        let log = Logger::new(options.log).map_err(threads)?;
        let state = Arc::new(State::new(services, tokens, log.clone()));
        let traffic = Arc::new(Traffic::new(&options.limits));
        let handler = Box::new(Routes { state, traffic: Arc::clone(&traffic) });
        let connections = Arc::new(Connections::new(options.limits));
        let server = Server { handler, traffic: Arc::clone(&traffic), connections, log };
        let thread = server::run(listeners, tls, server).map_err(threads)?;
        Ok(Self { service, traffic, ready, thread: Some(thread) })
    }

    /// What a client needs to use it.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The faults to come.
    pub fn faults(&self) -> &Faults {
        &self.traffic.faults
    }

    /// The latest requests, without admin calls; the oldest first.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.traffic.journal.requests()
    }

    /// The record as it is kept, keys and certificates included.
    pub fn stored(&self, kind: EnrollmentKind, id: &str) -> Option<String> {
        self.service.store.text(Collection::Enrollments(kind), id).ok().flatten().map(|text| text.as_ref().to_owned())
    }

    /// Stops it. Its port is free again when this returns.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.traffic.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has ended the emulator, as intended here.
            let _ = thread.join();
        }
    }
}

fn ready(endpoint: String, ports: Ports, service: &Service, ca_certificate: PathBuf) -> Ready {
    let settings = service.settings();
    let connection_string = settings.policies.first().map(|owner| {
        format!(
            "HostName={};SharedAccessKeyName={};SharedAccessKey={}",
            service.host, owner.key_name, owner.primary_key
        )
    });
    Ready {
        event: "ready",
        connection_string: connection_string.unwrap_or_default(),
        ca_certificate,
        resource_id: service.resource.to_string(),
        identity_endpoint: format!("{endpoint}/msi/token"),
        identity_header: IDENTITY_HEADER,
        id_scope: service.id_scope.clone(),
        tenant_id: DEVELOPMENT.tenant_id,
        client_id: DEVELOPMENT.client_id,
        client_secret: DEVELOPMENT.client_secret,
        subscription_id: service.resource.subscription_id.clone(),
        resource_group_name: service.resource.resource_group_name.clone(),
        dps_name: service.resource.name.clone(),
        mqtt_port: ports.mqtt,
        amqp_port: ports.amqp,
        endpoint,
    }
}
