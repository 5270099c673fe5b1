//! The TLS configuration of the client. It has its own cryptography provider, so the process-wide one, which belongs to
//! the host, is neither used nor set.

use crate::error::{Error, Result};
use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
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
/// The system's CA certificates cannot be loaded, or `extra` has one that cannot be parsed.
pub fn config(
    extra: Vec<CertificateDer<'static>>,
    own: Option<ClientCertificate>,
) -> std::result::Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(provider());
    let verifier = if extra.is_empty() {
        Verifier::new(provider.clone())?
    } else {
        Verifier::new_with_extra_roots(extra, provider.clone())?
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match own {
        Some(ClientCertificate(own)) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own))),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The certificates of a PEM text.
///
/// # Errors
/// [`crate::error::Code::InvalidArgument`] if there is none.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let refuse = || Error::argument("caCertificate", "The CA certificate file has no certificate; PEM is accepted.");
    let certificates: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(refuse()),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(refuse().caused_by(&error)),
    }
}
