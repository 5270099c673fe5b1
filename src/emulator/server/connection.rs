//! The way from a connection to the rooms and back: TLS, HTTP/1.1, faults, the log.

use crate::emulator::errors;
use crate::emulator::request::{Answer, Peer, Request};
use crate::emulator::routes;
use crate::emulator::server::faults::{Fault, FaultKind};
use crate::emulator::server::journal::LoggedRequest;
use crate::emulator::state::State;
use futures_util::StreamExt;
use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::CONTENT_LENGTH;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, http};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// The largest body that is read.
const BODY_BYTES: usize = 4 * 1024 * 1024;

type Body = BoxBody<Bytes, io::Error>;

/// Takes connections for as long as it is polled.
pub(crate) async fn serve(listener: TcpListener, tls: TlsAcceptor, state: Arc<State>) {
    loop {
        match listener.accept().await {
            Ok((connection, _)) => {
                tokio::spawn(serve_connection(connection, tls.clone(), Arc::clone(&state)));
            }
            Err(error) => {
                // Too many open files, most likely: some will be closed soon.
                state.log(&format!("warning: no connection could be taken: {error}"));
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn serve_connection(connection: TcpStream, tls: TlsAcceptor, state: Arc<State>) {
    // An answer is one small write, which must not wait for the next.
    let _ = connection.set_nodelay(true);
    let connection = match tls.accept(connection).await {
        Ok(connection) => connection,
        Err(error) => return state.log(&format!("warning: a TLS handshake failed: {error}")),
    };
    let peer: Peer = connection.get_ref().1.peer_certificates().unwrap_or_default().into();
    let service = service_fn(|request| respond(Arc::clone(&state), Arc::clone(&peer), request));
    // A connection that ends badly has nobody left to be told.
    let _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(connection), service).await;
}

/// An error closes the connection without an answer.
async fn respond(state: Arc<State>, peer: Peer, request: http::Request<Incoming>) -> io::Result<Response<Body>> {
    let started = Instant::now();
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let (body, refused) = match read(body).await.map_err(io::Error::other)? {
        Some(body) => (body, None),
        None => (Bytes::new(), Some(errors::too_large())),
    };
    let request = Arc::new(Request { peer, ..Request::new(head.method, target, head.headers, body) });
    // A caller who goes away does not undo what was asked for: the work goes on, and is logged.
    let work = tokio::spawn(async move {
        let (answer, cut) = match refused {
            Some(refusal) => (Some(refusal.into()), false),
            None => carry_out(&state, &request).await,
        };
        log(&state, &request, answer.as_ref(), started);
        (answer, cut)
    });
    let (answer, cut) = work.await.map_err(io::Error::other)?;
    let answer = answer.ok_or_else(|| io::Error::other("a fault closes the connection"))?;
    response(answer, cut)
}

fn log(state: &State, request: &Request, answer: Option<&Answer>, started: Instant) {
    let logged = LoggedRequest::new(request, answer);
    let status = logged.status.map_or("dropped".to_owned(), |status| status.to_string());
    let code = logged.error_code.as_deref().unwrap_or_default();
    let milliseconds = started.elapsed().as_micros() as f64 / 1000.0;
    state.log(format!("{} {} {status} {milliseconds:.1}ms {code}", logged.method, request.path()).trim_end());
    if !is_admin(request) {
        state.journal.add(logged);
    }
}

/// The whole body, or `None` where it is too large. Then it is read to its end nevertheless: most clients look for an
/// answer only when they have sent everything.
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

/// The answer, or none where the connection is to be closed; and whether its body is to be cut.
async fn carry_out(state: &Arc<State>, request: &Arc<Request>) -> (Option<Answer>, bool) {
    let fault = if is_admin(request) { None } else { state.faults.take(request) };
    let Some(Fault { delay_ms, applied, kind, .. }) = fault else { return (Some(answer(state, request).await), false) };
    tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    match kind {
        None => (Some(answer(state, request).await), false),
        Some(FaultKind::CutBody) => (Some(answer(state, request).await), true),
        Some(FaultKind::EmptyPage) => {
            let page = answer(state, request).await;
            (Some(routes::empty_page(request).filter(|_| page.status == 200).unwrap_or(page)), false)
        }
        Some(lost @ (FaultKind::Status(_) | FaultKind::Drop)) => {
            if applied {
                answer(state, request).await;
            }
            match lost {
                FaultKind::Status(instead) => (Some(instead.to_answer()), false),
                _ => (None, false),
            }
        }
    }
}

/// The rooms wait for the store, so they run beside the threads that serve connections.
async fn answer(state: &Arc<State>, request: &Arc<Request>) -> Answer {
    let (state, request) = (Arc::clone(state), Arc::clone(request));
    match tokio::task::spawn_blocking(move || routes::answer(&state, &request)).await {
        Ok(answer) => answer,
        Err(_) => errors::failure("The emulator failed; this is a fault of the emulator.").into(),
    }
}

fn is_admin(request: &Request) -> bool {
    request
        .segments
        .as_ref()
        .and_then(|segments| segments.first())
        .is_some_and(|first| first.eq_ignore_ascii_case("_emulator"))
}

fn response(answer: Answer, cut: bool) -> io::Result<Response<Body>> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name.as_ref(), value);
    }
    let bytes = Bytes::from(answer.body);
    let body = if cut && !bytes.is_empty() {
        response = response.header(CONTENT_LENGTH, bytes.len());
        broken_off(bytes.slice(..bytes.len() / 2))
    } else {
        Full::new(bytes).map_err(|never| match never {}).boxed()
    };
    response.body(body).map_err(io::Error::other)
}

/// Sends `part`, then breaks. The pause lets the part go out before the connection is closed.
fn broken_off(part: Bytes) -> Body {
    let breaks = stream::once(async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(io::Error::other("a fault cuts the body"))
    });
    let frames = stream::iter([Ok(Frame::data(part))]).chain(breaks);
    BodyExt::boxed(StreamBody::new(frames))
}
