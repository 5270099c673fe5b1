//! The TLS configuration of the client. It has its own cryptography provider, so the process-wide one, which belongs to
//! the host, is neither used nor set.

use crate::error::{Error, Result};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier, client::WantsClientCert};
use rustls_platform_verifier::Verifier;
use std::sync::Arc;

/// A certificate with its private key, which a client proves its identity with.
#[derive(Clone, Debug)]
pub struct ClientCertificate(Arc<CertifiedKey>);

impl ClientCertificate {
    /// The client's certificate, the CA certificates above it, and the client's private key.
    ///
    /// # Errors
    /// The key is of a kind that TLS does not know, or is not that of the certificate.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> std::result::Result<Self, rustls::Error> {
        CertifiedKey::from_der(chain, key, &provider()).map(|certified| Self(Arc::new(certified)))
    }
}

fn provider() -> CryptoProvider {
    ring::default_provider()
}

/// A configuration that trusts `extra` CA certificates in addition to the system's, and offers `own` to servers that ask
/// for a certificate.
///
/// # Errors
/// The system's CA certificates cannot be loaded.
pub fn system(
    extra: Vec<CertificateDer<'static>>,
    own: Option<ClientCertificate>,
) -> std::result::Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(provider());
    let verifier = if extra.is_empty() {
        Verifier::new(provider.clone())?
    } else {
        Verifier::new_with_extra_roots(extra, provider.clone())?
    };
    let builder = builder_with(provider)?.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(finish(builder, own))
}

/// A configuration that trusts only `roots`; without any, no server. `own` as for [`system`].
///
/// # Errors
/// One of `roots` cannot be parsed.
pub fn only(
    roots: Vec<CertificateDer<'static>>,
    own: Option<ClientCertificate>,
) -> std::result::Result<ClientConfig, rustls::Error> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root)?;
    }
    Ok(finish(builder_with(Arc::new(provider()))?.with_root_certificates(store), own))
}

fn builder_with(
    provider: Arc<CryptoProvider>,
) -> std::result::Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}

/// Every configuration of this client: HTTP/1.1, and perhaps a certificate of its own.
fn finish(builder: ConfigBuilder<ClientConfig, WantsClientCert>, own: Option<ClientCertificate>) -> ClientConfig {
    let mut config = match own {
        Some(ClientCertificate(own)) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own))),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

/// The CA certificates of a PEM text.
///
/// # Errors
/// There is none, or one is not an X.509 certificate.
pub fn parse(pem: &[u8]) -> std::result::Result<Vec<CertificateDer<'static>>, Box<dyn std::error::Error>> {
    let certificates = CertificateDer::pem_slice_iter(pem).collect::<std::result::Result<Vec<_>, _>>()?;
    if certificates.is_empty() {
        return Err("no certificate".into());
    }
    let mut store = RootCertStore::empty();
    for certificate in &certificates {
        store.add(certificate.clone())?;
    }
    Ok(certificates)
}

/// The CA certificates of the request's member `caCertificate`, in PEM.
///
/// # Errors
/// [`crate::error::Code::InvalidArgument`] if there is none, or one is not an X.509 certificate.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    parse(pem).map_err(|error| {
        let message = "The value of ⟨caCertificate⟩ has no certificate that can be parsed; accepted is PEM.";
        Error::argument("caCertificate", message).caused_by(&*error)
    })
}
