//! Client certificates in the TLS handshake: any is accepted from a client that has its key.

use crate::emulator::ecdsa_p521;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use std::sync::Arc;
use webpki::RawPublicKeyEntity;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Requests a client certificate and accepts any, or none. The handshake proves that the device has the key;
/// attestation decides later whether an enrollment fits the certificate. So only the key is read from it: version 1,
/// unknown critical extensions and the validity are the attestation's matter.
#[derive(Debug)]
pub(super) struct AnyClientCertificate(Arc<CryptoProvider>);

impl AnyClientCertificate {
    pub(super) fn new(provider: Arc<CryptoProvider>) -> Self {
        Self(provider)
    }
}

impl ClientCertVerifier for AnyClientCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = public_key(certificate)?;
        if signature.scheme == SignatureScheme::ECDSA_NISTP521_SHA512 {
            return verify_p521(&key, message, signature);
        }
        let schemes = self.0.signature_verification_algorithms.mapping;
        let (_, algorithms) =
            schemes.iter().find(|(scheme, _)| *scheme == signature.scheme).ok_or_else(bad_signature)?;
        let key = RawPublicKeyEntity::try_from(&key).map_err(|_| bad_encoding())?;
        // In TLS 1.2 a scheme does not say the curve: the algorithm that fits the key counts.
        let verified =
            algorithms.iter().any(|algorithm| key.verify_signature(*algorithm, message, signature.signature()).is_ok());
        verified.then(HandshakeSignatureValid::assertion).ok_or_else(bad_signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = public_key(certificate)?;
        if signature.scheme == SignatureScheme::ECDSA_NISTP521_SHA512 {
            return verify_p521(&key, message, signature);
        }
        verify_tls13_signature_with_raw_key(message, &key, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = self.0.signature_verification_algorithms.supported_schemes();
        schemes.push(SignatureScheme::ECDSA_NISTP521_SHA512);
        schemes
    }
}

/// The key of `certificate`, of which nothing else is looked at.
fn public_key(certificate: &CertificateDer<'_>) -> Result<SubjectPublicKeyInfoDer<'static>, Error> {
    let (_, certificate) = X509Certificate::from_der(certificate).map_err(|_| bad_encoding())?;
    Ok(SubjectPublicKeyInfoDer::from(certificate.public_key().raw.to_vec()))
}

fn verify_p521(
    key: &SubjectPublicKeyInfoDer<'_>,
    message: &[u8],
    signature: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let verified = ecdsa_p521::verify_sha512(key, message, signature.signature());
    verified.then(HandshakeSignatureValid::assertion).ok_or_else(bad_signature)
}

fn bad_encoding() -> Error {
    CertificateError::BadEncoding.into()
}

fn bad_signature() -> Error {
    CertificateError::BadSignature.into()
}
