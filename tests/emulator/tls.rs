//! TLS as a device opens it, with whatever certificate.

use super::device::Identity;
use crate::common::Host;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, RootCertStore, SignatureScheme, StreamOwned, SupportedProtocolVersion};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

pub type Tls = StreamOwned<ClientConnection, TcpStream>;

/// A client certificate that is sent without a look at it.
#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesClientCert for Always {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// The certificate of `identity`, with its key.
pub fn identity(identity: &Identity) -> Arc<CertifiedKey> {
    let key = PrivatePkcs8KeyDer::from(identity.key.serialize_der()).into();
    let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    Arc::new(CertifiedKey::new(vec![identity.certificate.der().clone()], key))
}

pub fn config(
    host: &Host,
    identity: Option<Arc<CertifiedKey>>,
    versions: &[&'static SupportedProtocolVersion],
) -> Arc<ClientConfig> {
    let authority = std::fs::read(&host.emulator.ready().ca_certificate).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&authority).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    let builder = builder.with_root_certificates(roots);
    Arc::new(match identity {
        Some(identity) => builder.with_client_cert_resolver(Arc::new(Always(identity))),
        None => builder.with_no_client_auth(),
    })
}

/// A connection to `port`; reads on it end after a while.
pub fn connect(config: Arc<ClientConfig>, port: u16) -> Tls {
    let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    StreamOwned::new(ClientConnection::new(config, ServerName::try_from("localhost").unwrap()).unwrap(), socket)
}
