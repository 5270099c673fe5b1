//! A connection: TLS, HTTP/1.1, faults, the log.

use super::connections::{Connection, Connections, Limits};
use super::faults::{Fault, FaultKind, Faults};
use super::journal::{Journal, LoggedRequest};
use super::{Protocol, amqp, mqtt, websocket};
use crate::emulator::errors;
use crate::emulator::log::Logger;
use crate::emulator::request::{PeerCertificates, Request};
use crate::emulator::response::Response;
use futures_util::StreamExt;
use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Body as _, Bytes, Frame, Incoming};
use hyper::header::CONTENT_LENGTH;
use hyper::http::{self, StatusCode};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

/// A body that has no more bytes is read before it is known who sends it.
const SMALL_BODY_BYTES: u64 = 64 * 1024;

/// The largest head of a request.
const HEAD_BYTES: usize = 128 * 1024;

pub(super) type Body = BoxBody<Bytes, io::Error>;

/// Responds to requests.
pub(crate) trait Handler: Send + Sync + 'static {
    /// The response to `request`. It may block, unless it is quick, and is called within a Tokio runtime.
    fn respond(&self, request: &Request) -> Response;

    /// Whether `host`, a name with or without a port, is that of a service: anything else was made to resolve to this
    /// machine.
    fn has_host(&self, host: &str) -> bool;

    /// Whether the response to `request` takes microseconds and waits for nothing.
    fn is_quick(&self, request: &Request) -> bool;

    /// The response to `request`, whose body has not been read and is large, where it is refused whatever the body is.
    fn refuse(&self, request: &Request) -> Option<Response>;

    /// A page without records whose continuation token leads to the page that `request` asks for; `None` where the
    /// request is not a query.
    fn empty_page(&self, request: &Request) -> Option<Response>;
}

/// What all connections share.
pub(crate) struct Server {
    pub(crate) handler: Box<dyn Handler>,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) log: Logger,
}

/// Queued faults, and the requests that were received.
#[derive(Debug)]
pub(crate) struct Traffic {
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    /// Cancelled when the emulator is to end: whatever takes long gives up then.
    pub(crate) stop: CancellationToken,
}

impl Traffic {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { faults: Faults::default(), journal: Journal::new(limits.journal_bytes), stop: CancellationToken::new() }
    }
}

/// Accepts connections for as long as it is polled.
pub(super) async fn serve(listener: TcpListener, protocol: Protocol, tls: TlsAcceptor, server: Arc<Server>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => match server.connections.open() {
                Some(connection) => {
                    tokio::spawn(serve_connection(stream, connection, protocol, tls.clone(), Arc::clone(&server)));
                }
                None => server.log.warning("a connection was refused: too many are open"),
            },
            Err(error) => {
                // Most likely too many open files: wait until some are closed.
                server.log.warning(&format!("no connection could be accepted: {error}"));
                server.connections.make_place();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// Serves a connection until it ends, or has been idle for too long.
async fn serve_connection(
    stream: TcpStream,
    connection: Connection,
    protocol: Protocol,
    tls: TlsAcceptor,
    server: Arc<Server>,
) {
    let connection = Arc::new(connection);
    tokio::select! {
        () = serve_stream(stream, &connection, protocol, tls, server) => {}
        () = connection.closed() => {}
    }
}

async fn serve_stream(
    stream: TcpStream,
    connection: &Arc<Connection>,
    protocol: Protocol,
    tls: TlsAcceptor,
    server: Arc<Server>,
) {
    // A response is one small write, which must not wait for the next.
    let _ = stream.set_nodelay(true);
    let stream = match tls.accept(stream).await {
        Ok(stream) => stream,
        Err(error) => return server.log.warning(&format!("a TLS handshake failed: {error}")),
    };
    let peer: PeerCertificates = stream.get_ref().1.peer_certificates().unwrap_or_default().into();
    // MQTT and AMQP have time limits of their own.
    connection.busy();
    match protocol {
        Protocol::Https => serve_http(stream, connection, peer, server).await,
        Protocol::Mqtt => mqtt::serve(stream, peer, server).await,
        Protocol::Amqp => amqp::serve(stream, peer, server).await,
    }
}

async fn serve_http(
    stream: TlsStream<TcpStream>,
    connection: &Arc<Connection>,
    peer: PeerCertificates,
    server: Arc<Server>,
) {
    connection.idle();
    let service = service_fn(|request| async {
        connection.busy();
        let (peer, server) = (Arc::clone(&peer), Arc::clone(&server));
        let response = match websocket::protocol(&request) {
            Some(protocol) => websocket::respond(request, protocol, peer, server, Arc::clone(connection)),
            None => respond(server, peer, request).await,
        };
        // What follows on a WebSocket has time limits of its own.
        if !response.as_ref().is_ok_and(|response| response.status() == StatusCode::SWITCHING_PROTOCOLS) {
            connection.idle();
        }
        response
    });
    let mut http = http1::Builder::new();
    // The watch over all connections closes idle ones, which needs no timer per request.
    http.header_read_timeout(None).max_buf_size(HEAD_BYTES);
    // Where a connection ends in an error, there is nobody left to report it to.
    let _ = http.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
}

/// An error closes the connection without a response.
async fn respond(
    server: Arc<Server>,
    peer: PeerCertificates,
    request: http::Request<Incoming>,
) -> io::Result<http::Response<Body>> {
    let started = Instant::now();
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let mut request = Request::new(head.method, target, head.headers, Bytes::new()).with_peer(peer);
    let refused = match body.size_hint().upper() {
        Some(bytes) if bytes <= SMALL_BODY_BYTES => None,
        _ => server.handler.refuse(&request),
    };
    let limits = server.connections.limits();
    let most = if refused.is_some() { 0 } else { limits.body_bytes };
    let refused = match timeout(limits.body, read(body, most)).await {
        Ok(read) => match read.map_err(io::Error::other)? {
            Some(body) => {
                request.body = body;
                refused
            }
            None => refused.or_else(|| Some(errors::too_large().into())),
        },
        Err(_) => Some(errors::too_slow().into()),
    };
    let (response, cut) = work(&server, request, refused, started).await;
    let response = response.ok_or_else(|| io::Error::other("a fault closes the connection"))?;
    http_response(response, cut)
}

/// The response to `request`, which is `refused` where that is given; and whether its body is to be cut.
async fn work(
    server: &Arc<Server>,
    request: Request,
    refused: Option<Response>,
    started: Instant,
) -> (Option<Response>, bool) {
    let fault = if request.is_admin() || refused.is_some() { None } else { server.traffic.faults.take(&request) };
    if refused.is_none() && fault.is_none() && server.handler.is_quick(&request) {
        let response = server.respond(&request);
        log(server, &request, Some(&response), started);
        return (Some(response), false);
    }
    // Where the client disconnects, the work goes on and is logged.
    let (server, request) = (Arc::clone(server), Arc::new(request));
    let work = tokio::spawn(async move {
        let (response, cut) = match (refused, fault) {
            (Some(refused), _) => (Some(refused), false),
            (None, None) => (Some(server.handle(&request).await), false),
            (None, Some(fault)) => play(&server, &request, fault).await,
        };
        log(&server, &request, response.as_ref(), started);
        (response, cut)
    });
    work.await.unwrap_or((None, false))
}

impl Server {
    /// The response to a message that asks for the same as `request`. `None` where a fault closes the connection, or
    /// cuts the response, of which a message has no half.
    pub(crate) async fn perform(self: &Arc<Self>, request: Request) -> Option<Response> {
        match work(self, request, None, Instant::now()).await {
            (response, false) => response,
            (_, true) => None,
        }
    }

    /// The response to `request`, without faults and without a trace of it. Handlers may block, so they run beside the
    /// threads that serve connections.
    pub(crate) async fn handle(self: &Arc<Self>, request: &Arc<Request>) -> Response {
        let (server, request) = (Arc::clone(self), Arc::clone(request));
        let response = tokio::task::spawn_blocking(move || server.respond(&request)).await;
        response.unwrap_or_else(|_| internal_error())
    }

    fn respond(&self, request: &Request) -> Response {
        // What the handler shares with others has no state that a panic could leave half done.
        let response = catch_unwind(AssertUnwindSafe(|| self.handler.respond(request)));
        response.unwrap_or_else(|_| internal_error())
    }
}

fn internal_error() -> Response {
    errors::internal("Internal error of the emulator; please report it with the request.").into()
}

fn log(server: &Server, request: &Request, response: Option<&Response>, started: Instant) {
    server.log.line(|| {
        let status = response.map_or("dropped".to_owned(), |response| response.status.to_string());
        let code = response.and_then(|response| response.error_code.as_deref()).unwrap_or_default();
        let milliseconds = started.elapsed().as_micros() as f64 / 1000.0;
        let mut line = format!("{} {} {status} {milliseconds:.1}ms {code}", request.method, request.raw_path());
        line.truncate(line.trim_end().len());
        line
    });
    if !request.is_admin() {
        server.traffic.journal.add(LoggedRequest::new(request, response));
    }
}

/// The whole body, or `None` where it has more than `most` bytes. Then it is read to its end nevertheless: most clients
/// read a response only when they have sent everything.
async fn read(mut body: Incoming, most: usize) -> hyper::Result<Option<Bytes>> {
    let mut whole = Some(Vec::new());
    while let Some(frame) = body.frame().await {
        if let Some(part) = frame?.data_ref() {
            whole = whole.filter(|bytes| bytes.len() + part.len() <= most);
            if let Some(bytes) = &mut whole {
                bytes.extend_from_slice(part);
            }
        }
    }
    Ok(whole.map(Bytes::from))
}

/// The response with `fault`, `None` where the connection is to be closed; and whether its body is to be cut.
async fn play(server: &Arc<Server>, request: &Arc<Request>, fault: Fault) -> (Option<Response>, bool) {
    tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    match fault.kind {
        None => (Some(server.handle(request).await), false),
        Some(FaultKind::CutBody) => (Some(server.handle(request).await), true),
        Some(FaultKind::EmptyPage) => {
            let page = server.handle(request).await;
            (Some(server.handler.empty_page(request).filter(|_| page.status == 200).unwrap_or(page)), false)
        }
        Some(lost @ (FaultKind::Status(_) | FaultKind::Drop)) => {
            if fault.applied {
                server.handle(request).await;
            }
            match lost {
                FaultKind::Status(instead) => (Some(instead.to_response()), false),
                _ => (None, false),
            }
        }
    }
}

pub(super) fn http_response(response: Response, cut: bool) -> io::Result<http::Response<Body>> {
    let mut builder = http::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        builder = builder.header(name.as_ref(), value);
    }
    let bytes = Bytes::from(response.body);
    let body = if cut && !bytes.is_empty() {
        builder = builder.header(CONTENT_LENGTH, bytes.len());
        broken_off(bytes.slice(..bytes.len() / 2))
    } else {
        Full::new(bytes).map_err(|never| match never {}).boxed()
    };
    builder.body(body).map_err(io::Error::other)
}

/// Sends `part`, then fails. The pause lets the part go out before the connection is closed.
fn broken_off(part: Bytes) -> Body {
    let breaks = stream::once(async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(io::Error::other("a fault cuts the body"))
    });
    let frames = stream::iter([Ok(Frame::data(part))]).chain(breaks);
    BodyExt::boxed(StreamBody::new(frames))
}
