//! A connection: TLS, HTTP/1.1, faults, the log.

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
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::CONTENT_LENGTH;
use hyper::http;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The largest body that is read.
const BODY_BYTES: usize = 4 * 1024 * 1024;

/// The connections that one listener serves at a time; others wait.
const CONNECTIONS: usize = 2048;

/// How long a client may take for the TLS handshake.
const HANDSHAKE_TIME: Duration = Duration::from_secs(30);

pub(super) type Body = BoxBody<Bytes, io::Error>;

/// Responds to requests.
pub(crate) trait Handler: Send + Sync + 'static {
    /// The response to `request`. It may block, and is called within a Tokio runtime.
    fn respond(&self, request: &Request) -> Response;

    /// Whether `host`, a name with or without a port, is that of a service: anything else was made to resolve to this
    /// machine.
    fn has_host(&self, host: &str) -> bool;

    /// A page without records whose continuation token leads to the page that `request` asks for; `None` where the
    /// request is not a query.
    fn empty_page(&self, request: &Request) -> Option<Response>;
}

/// What all connections share.
pub(crate) struct Server {
    pub(crate) handler: Box<dyn Handler>,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) log: Logger,
}

/// Queued faults, and the requests that were received.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
}

/// Accepts connections for as long as it is polled.
pub(super) async fn serve(listener: TcpListener, protocol: Protocol, tls: TlsAcceptor, server: Arc<Server>) {
    let limit = Arc::new(Semaphore::new(CONNECTIONS));
    // It is never closed.
    while let Ok(permit) = Arc::clone(&limit).acquire_owned().await {
        match listener.accept().await {
            Ok((connection, _)) => {
                let served = serve_connection(connection, protocol, tls.clone(), Arc::clone(&server));
                tokio::spawn(async move {
                    served.await;
                    drop(permit);
                });
            }
            Err(error) => {
                // Most likely too many open files: wait until some are closed.
                server.log.warning(&format!("no connection could be accepted: {error}"));
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn serve_connection(connection: TcpStream, protocol: Protocol, tls: TlsAcceptor, server: Arc<Server>) {
    // A response is one small write, which must not wait for the next.
    let _ = connection.set_nodelay(true);
    let connection = match timeout(HANDSHAKE_TIME, tls.accept(connection)).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return server.log.warning(&format!("a TLS handshake failed: {error}")),
        Err(_) => return server.log.warning("a TLS handshake took too long"),
    };
    let peer: PeerCertificates = connection.get_ref().1.peer_certificates().unwrap_or_default().into();
    match protocol {
        Protocol::Https => serve_http(connection, peer, server).await,
        Protocol::Mqtt => mqtt::serve(connection, peer, server).await,
        Protocol::Amqp => amqp::serve(connection, peer, server).await,
    }
}

async fn serve_http(connection: TlsStream<TcpStream>, peer: PeerCertificates, server: Arc<Server>) {
    let service = service_fn(|request| respond(Arc::clone(&server), Arc::clone(&peer), request));
    let mut builder = http1::Builder::new();
    let connection = builder.timer(TokioTimer::new()).serve_connection(TokioIo::new(connection), service);
    // Where a connection ends in an error, there is nobody left to report it to.
    let _ = connection.with_upgrades().await;
}

/// An error closes the connection without a response.
async fn respond(
    server: Arc<Server>,
    peer: PeerCertificates,
    request: http::Request<Incoming>,
) -> io::Result<http::Response<Body>> {
    if let Some(protocol) = websocket::protocol(&request) {
        return websocket::respond(request, protocol, peer, server);
    }
    let started = Instant::now();
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let (body, error) = match read(body).await.map_err(io::Error::other)? {
        Some(body) => (body, None),
        None => (Bytes::new(), Some(errors::too_large())),
    };
    let request = Request::new(head.method, target, head.headers, body).with_peer(peer);
    let (response, cut) = work(&server, request, error, started).await;
    let response = response.ok_or_else(|| io::Error::other("a fault closes the connection"))?;
    http_response(response, cut)
}

/// Where the client disconnects, the work goes on and is logged.
async fn work(
    server: &Arc<Server>,
    request: Request,
    error: Option<errors::ServiceError>,
    started: Instant,
) -> (Option<Response>, bool) {
    let (server, request) = (Arc::clone(server), Arc::new(request));
    let work = tokio::spawn(async move {
        let (response, cut) = match error {
            Some(error) => (Some(error.into()), false),
            None => carry_out(&server, &request).await,
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
        match tokio::task::spawn_blocking(move || server.handler.respond(&request)).await {
            Ok(response) => response,
            Err(_) => errors::internal("Internal error of the emulator; please report it with the request.").into(),
        }
    }
}

fn log(server: &Server, request: &Request, response: Option<&Response>, started: Instant) {
    let logged = LoggedRequest::new(request, response);
    let status = logged.status.map_or("dropped".to_owned(), |status| status.to_string());
    let code = logged.error_code.as_deref().unwrap_or_default();
    let milliseconds = started.elapsed().as_micros() as f64 / 1000.0;
    server.log.line(format!("{} {} {status} {milliseconds:.1}ms {code}", logged.method, request.raw_path()).trim_end());
    if !request.is_admin() {
        server.traffic.journal.add(logged);
    }
}

/// The whole body, or `None` where it is too large. Then it is read to its end nevertheless: most clients read a
/// response only when they have sent everything.
async fn read(mut body: Incoming) -> hyper::Result<Option<Bytes>> {
    let mut whole = Some(Vec::new());
    while let Some(frame) = body.frame().await {
        if let Some(part) = frame?.data_ref() {
            whole = whole.filter(|bytes| bytes.len() + part.len() <= BODY_BYTES);
            if let Some(bytes) = &mut whole {
                bytes.extend_from_slice(part);
            }
        }
    }
    Ok(whole.map(Bytes::from))
}

/// The response, `None` where the connection is to be closed; and whether its body is to be cut.
async fn carry_out(server: &Arc<Server>, request: &Arc<Request>) -> (Option<Response>, bool) {
    let fault = if request.is_admin() { None } else { server.traffic.faults.take(request) };
    let Some(Fault { delay_ms, applied, kind, .. }) = fault else {
        return (Some(server.handle(request).await), false);
    };
    tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    match kind {
        None => (Some(server.handle(request).await), false),
        Some(FaultKind::CutBody) => (Some(server.handle(request).await), true),
        Some(FaultKind::EmptyPage) => {
            let page = server.handle(request).await;
            (Some(server.handler.empty_page(request).filter(|_| page.status == 200).unwrap_or(page)), false)
        }
        Some(lost @ (FaultKind::Status(_) | FaultKind::Drop)) => {
            if applied {
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
