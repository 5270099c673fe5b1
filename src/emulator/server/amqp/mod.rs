//! AMQP 1.0, as devices speak it: a connection with SASL, or with a client certificate and without; a link for answers
//! and one for what is asked for.

mod exchange;
mod sasl;

use super::caller::Caller;
use crate::emulator::request::PeerCertificates;
use crate::emulator::server::Server;
use exchange::{End, Exchange};
use fe2o3_amqp::acceptor::{ConnectionAcceptor, ListenerConnectionHandle, SessionAcceptor};
use sasl::Sasl;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, DuplexStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// What begins a connection with SASL; one without begins with another fifth byte.
const SASL_HEADER: [u8; 8] = *b"AMQP\x03\x01\x00\x00";

/// The largest frame that is read, and so the largest message of one frame.
const FRAME_BYTES: u32 = 64 * 1024;

/// Sessions of one connection; clients open one.
const SESSIONS: u16 = 4;

/// How long a client may take to say who it is.
const OPEN_TIME: Duration = Duration::from_secs(30);

/// How long a client may take to say goodbye.
const CLOSE_TIME: Duration = Duration::from_secs(5);

/// How long a connection may be silent, in milliseconds.
const IDLE_MILLISECONDS: u32 = 240_000;

/// Serves one client until it leaves, breaks the rules of the protocol, or is silent for too long.
pub(crate) async fn serve<S>(mut stream: S, peer: PeerCertificates, server: Arc<Server>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    // The library holds one end of the pipe for as long as it likes; the connection ends with the other.
    let (near, mut far) = tokio::io::duplex(FRAME_BYTES as usize);
    let mut pipe = tokio::spawn(async move { tokio::io::copy_bidirectional(&mut stream, &mut far).await });
    let end = match timeout(OPEN_TIME, open(near, &peer, &server)).await {
        Ok(Some((connection, caller))) => serve_sessions(connection, caller, peer, server).await,
        Ok(None) => End::Session,
        Err(_) => End::Dropped,
    };
    if !matches!(end, End::Dropped) {
        // What was written last goes out.
        let _ = timeout(CLOSE_TIME, &mut pipe).await;
    }
    pipe.abort();
}

async fn serve_sessions(
    mut connection: ListenerConnectionHandle,
    caller: Option<Caller>,
    peer: PeerCertificates,
    server: Arc<Server>,
) -> End {
    let mut sessions = JoinSet::new();
    let (end, _open) = loop {
        tokio::select! {
            incoming = connection.next_incoming_session() => {
                let Some(incoming) = incoming else { break (End::Session, None) };
                let acceptor = SessionAcceptor::new();
                let accepted = acceptor.accept_incoming_session(incoming, &mut connection).await;
                let Ok(session) = accepted else { break (End::Session, None) };
                sessions.spawn(Exchange::new(Arc::clone(&server), caller.clone(), Arc::clone(&peer)).run(session));
            }
            Some(ended) = sessions.join_next() => match ended {
                Ok((End::Session, ..)) => {}
                Ok((end, exchange, session)) => break (end, Some((exchange, session))),
                Err(_) => break (End::Dropped, None),
            },
        }
    };
    let closed = match &end {
        End::Session => timeout(CLOSE_TIME, connection.close()).await,
        End::Refused(error) => timeout(CLOSE_TIME, connection.close_with_error(error.clone())).await,
        End::Dropped => return end,
    };
    if closed.is_ok() { end } else { End::Dropped }
}

/// An open connection, and who its SASL exchange has proven it to be; `None` in its place where there was no SASL.
async fn open(
    mut stream: DuplexStream,
    peer: &PeerCertificates,
    server: &Arc<Server>,
) -> Option<(ListenerConnectionHandle, Option<Caller>)> {
    let mut header = [0; SASL_HEADER.len()];
    stream.read_exact(&mut header).await.ok()?;
    let (rest, writer) = tokio::io::split(stream);
    let stream = tokio::io::join(std::io::Cursor::new(header).chain(rest), writer);
    let acceptor = ConnectionAcceptor::builder()
        .container_id("emulator")
        .max_frame_size(FRAME_BYTES)
        .channel_max(SESSIONS - 1)
        .idle_time_out(IDLE_MILLISECONDS);
    if header == SASL_HEADER {
        let sasl = Sasl::new(Arc::clone(server), Arc::clone(peer));
        let proven = sasl.proven();
        let connection = acceptor.sasl_acceptor(sasl).build().accept(stream).await.ok()?;
        let caller = proven.get()?.clone();
        Some((connection, Some(caller)))
    } else {
        Some((acceptor.build().accept(stream).await.ok()?, None))
    }
}
