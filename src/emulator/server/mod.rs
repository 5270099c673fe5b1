//! The listener, TLS, HTTP, faults and the journal. A [`Handler`] responds to the requests.

mod amqp;
mod caller;
mod client_certificate;
mod connection;
pub(crate) mod connections;
pub(crate) mod faults;
#[cfg(test)]
mod garbage;
pub(crate) mod journal;
mod leaf;
mod mqtt;
pub(crate) mod tls;
mod websocket;

pub(crate) use connection::{Handler, Server, Traffic};

use crate::error::{Error, Result};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tls::Tls;

/// What is spoken on a connection, inside TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Https,
    Mqtt,
    Amqp,
}

/// The ports that an emulator listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ports {
    pub(crate) https: u16,
    pub(crate) mqtt: u16,
    pub(crate) amqp: u16,
}

/// The sockets that connections come from, and what is spoken on them.
pub(crate) type Listeners = Vec<(Protocol, TcpListener)>;

/// Listens on a port for each protocol. Where no port is given for MQTT or AMQP it is the usual one, or a free one where
/// that is taken or a free one is asked for with `https`.
pub(crate) fn listen(https: u16, mqtt: Option<u16>, amqp: Option<u16>) -> Result<(Listeners, Ports)> {
    let mut listeners = Vec::new();
    let mut listen = |protocol, option, asked: Option<u16>, usual| {
        let (sockets, port) = match (asked, https) {
            (Some(port), _) => listen_on(option, port)?,
            (None, 0) => listen_on(option, 0)?,
            (None, _) => listen_on(option, usual).or_else(|_| listen_on(option, 0))?,
        };
        listeners.extend(sockets.into_iter().map(|socket| (protocol, socket)));
        Result::Ok(port)
    };
    let ports = Ports {
        https: listen(Protocol::Https, "port", Some(https), https)?,
        mqtt: listen(Protocol::Mqtt, "mqttPort", mqtt, 8883)?,
        amqp: listen(Protocol::Amqp, "amqpPort", amqp, 5671)?,
    };
    Ok((listeners, ports))
}

/// Listens on the IPv4 loopback address and, where the machine has one, on the IPv6 one with the same port, which is
/// returned. `option` is the argument that the port is from.
fn listen_on(option: &'static str, port: u16) -> Result<(Vec<TcpListener>, u16)> {
    // A free IPv4 port may be taken on IPv6: then another is tried.
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
            option,
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
        // Another program's: a client that resolves `localhost` to ::1 would talk to it.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(error),
        Err(_) => Ok((vec![first], port)),
    }
}

/// How long a stop waits for requests that are being carried out.
const END: Duration = Duration::from_secs(1);

/// Serves until the traffic's `stop` is cancelled, on a thread with a runtime of its own, so that the caller needs none
/// and may have one.
pub(crate) fn run(listeners: Listeners, tls: Tls, server: Server) -> io::Result<JoinHandle<()>> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("emulator").enable_all().build()?;
    let listeners = {
        let _entered = runtime.enter();
        let asynchronous = |(protocol, listener)| Ok((protocol, tokio::net::TcpListener::from_std(listener)?));
        listeners.into_iter().map(asynchronous).collect::<io::Result<Vec<_>>>()?
    };
    let server = Arc::new(server);
    let stop = server.traffic.stop.clone();
    std::thread::Builder::new().name("emulator".to_owned()).spawn(move || {
        runtime.spawn(Arc::clone(&server.connections).watch());
        for (protocol, listener) in listeners {
            let tls = tls.acceptor(protocol);
            runtime.spawn(connection::serve(listener, protocol, tls, Arc::clone(&server)));
        }
        runtime.block_on(stop.cancelled());
        // A handler that blocks is not waited for to its end.
        runtime.shutdown_timeout(END);
        server.log.end();
    })
}
