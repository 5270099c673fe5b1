//! The TLS configuration of the client. It has its own cryptography provider, so the process-wide one, which belongs to
//! the host, is neither used nor set.

use crate::error::{Error, Result};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use std::sync::Arc;

/// A configuration that trusts `extra` CA certificates in addition to the system's.
///
/// # Errors
/// The system's CA certificates cannot be loaded.
pub fn system(extra: Vec<CertificateDer<'static>>) -> std::result::Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier = if extra.is_empty() {
        Verifier::new(provider.clone())?
    } else {
        Verifier::new_with_extra_roots(extra, provider.clone())?
    };
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(finish(builder.with_no_client_auth()))
}

/// A configuration that trusts only `roots`; without any, no server.
///
/// # Errors
/// One of `roots` cannot be parsed.
pub fn only(roots: Vec<CertificateDer<'static>>) -> std::result::Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root)?;
    }
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(finish(builder.with_root_certificates(store).with_no_client_auth()))
}

/// Every configuration of this client: HTTP/1.1.
fn finish(mut config: ClientConfig) -> ClientConfig {
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
