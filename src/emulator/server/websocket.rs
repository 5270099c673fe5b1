//! MQTT and AMQP over WebSocket, on the port of HTTPS.

use super::connection::{Body, http_response};
use super::connections::Connection;
use super::{Protocol, Server, amqp, mqtt};
use crate::emulator::errors;
use crate::emulator::request::PeerCertificates;
use futures_util::{SinkExt, StreamExt, TryStreamExt, future};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HOST, HeaderValue, ORIGIN, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use hyper::http::{Request, Response, Uri};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_util::io::{CopyToBytes, SinkWriter, StreamReader};

/// Where clients connect to.
const PATHS: [&str; 2] = ["/", "/$iothub/websocket"];

/// The largest message that is read.
const MESSAGE_BYTES: usize = 256 * 1024;

/// The sub-protocols, as they are written.
const PROTOCOLS: [(&str, Protocol); 2] = [("mqtt", Protocol::Mqtt), ("AMQPWSB10", Protocol::Amqp)];

/// The sub-protocol that `request` asks for; `None` where it is not for a WebSocket of a device.
pub(super) fn protocol(request: &Request<Incoming>) -> Option<(&'static str, Protocol)> {
    let upgrade = request.headers().get(UPGRADE)?.to_str().ok()?;
    if !upgrade.eq_ignore_ascii_case("websocket") || !PATHS.contains(&request.uri().path()) {
        return None;
    }
    let asked = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).into_iter().filter_map(|value| value.to_str().ok());
    let asked: Vec<&str> = asked.flat_map(|value| value.split(',')).map(str::trim).collect();
    PROTOCOLS.into_iter().find(|(name, _)| asked.iter().any(|asked| asked.eq_ignore_ascii_case(name)))
}

/// Accepts the WebSocket and serves what is spoken on it; `connection` counts as open until that ends.
pub(super) fn respond(
    mut request: Request<Incoming>,
    (name, protocol): (&'static str, Protocol),
    peer: PeerCertificates,
    server: Arc<Server>,
    connection: Arc<Connection>,
) -> io::Result<Response<Body>> {
    let host = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    // Some clients send an Origin; that of a web page is the page's own.
    let origin =
        host(ORIGIN).map(|origin| origin.parse::<Uri>().ok().and_then(|origin| Some(origin.authority()?.to_string())));
    let is_own = |host: Option<&str>| host.is_some_and(|host| server.handler.has_host(host));
    if !is_own(host(HOST)) || origin.is_some_and(|origin| !is_own(origin.as_deref())) {
        return http_response(errors::forbidden("The emulator answers to loopback host names only.").into(), false);
    }
    let accepted = create_response_with_body(&request, || Empty::new().map_err(|never| match never {}).boxed());
    let mut accepted = match accepted {
        Ok(response) => response,
        Err(error) => return http_response(errors::bad_request(format!("{error}.")).into(), false),
    };
    accepted.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(name));
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        // A client that leaves before the answer has nothing to be served.
        let Ok(upgraded) = upgrade.await else { return };
        let stream = Stream::new(upgraded).await;
        match protocol {
            Protocol::Mqtt => mqtt::serve(stream, peer, server).await,
            Protocol::Amqp => amqp::serve(stream, peer, server).await,
            Protocol::Https => {}
        }
        drop(connection);
    });
    Ok(accepted)
}

/// The bytes inside a WebSocket.
struct Stream(Pin<Box<dyn Bytewise>>);

/// What a [`Stream`] is made of.
trait Bytewise: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Bytewise for T {}

impl Stream {
    async fn new(upgraded: Upgraded) -> Self {
        let limits =
            WebSocketConfig::default().max_message_size(Some(MESSAGE_BYTES)).max_frame_size(Some(MESSAGE_BYTES));
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(limits)).await;
        let (sink, stream) = socket.split();
        let read = stream.map_err(io::Error::other).try_filter_map(|message| {
            future::ready(match message {
                Message::Binary(bytes) => Ok(Some(bytes)),
                Message::Text(_) => Err(io::Error::other("a text message")),
                _ => Ok(None),
            })
        });
        let write =
            sink.sink_map_err(io::Error::other).with(|bytes: Bytes| future::ok::<_, io::Error>(Message::Binary(bytes)));
        let writer = SinkWriter::new(CopyToBytes::new(write));
        Self(Box::pin(tokio::io::join(StreamReader::new(read), writer)))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_shutdown(context)
    }
}
