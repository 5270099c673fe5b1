//! The listener, TLS, HTTP, faults and the journal. A [`Handler`] responds to the requests.

mod connection;
pub(crate) mod faults;
pub(crate) mod journal;
mod leaf;
pub(crate) mod tls;

pub(crate) use connection::{Handler, Server, Traffic};

use crate::error::{Error, Result};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Listens on the IPv4 loopback address and, where the machine has one, on the IPv6 one with the same port, which is
/// returned.
pub(crate) fn listen(port: u16) -> Result<(Vec<TcpListener>, u16)> {
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
        // Another program's: a client that resolves `localhost` to ::1 would talk to it.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(error),
        Err(_) => Ok((vec![first], port)),
    }
}

/// Serves until `stop` is cancelled, on a thread with a runtime of its own, so that the caller needs none and may have
/// one.
pub(crate) fn run(
    listeners: Vec<TcpListener>,
    tls: TlsAcceptor,
    server: Server,
    stop: CancellationToken,
) -> io::Result<JoinHandle<()>> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("emulator").enable_all().build()?;
    let listeners = {
        let _entered = runtime.enter();
        listeners.into_iter().map(tokio::net::TcpListener::from_std).collect::<io::Result<Vec<_>>>()?
    };
    let server = Arc::new(server);
    std::thread::Builder::new().name("emulator".to_owned()).spawn(move || {
        for listener in listeners {
            runtime.spawn(connection::serve(listener, tls.clone(), Arc::clone(&server)));
        }
        runtime.block_on(stop.cancelled());
    })
}
