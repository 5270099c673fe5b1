//! Client certificates that TLS libraries find fault with: the handshake lets them through, and the attestation decides.

use super::device::put;
use super::tls::{config, connect};
use crate::common::Host;
use aziotdps::model::DEVELOPMENT;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p521::ecdsa::signature::Signer as _;
use p521::ecdsa::{DerSignature, SigningKey};
use rcgen::{KeyPair, PublicKeyData, SigningKey as _};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{SignatureAlgorithm, SignatureScheme};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::sync::Arc;

const EC_PUBLIC_KEY: &[u8] = &[0x06, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1];
const SECP521R1: &[u8] = &[0x06, 5, 0x2B, 0x81, 4, 0, 0x23];
const ECDSA_WITH_SHA256: &[u8] = &[0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2];
const ECDSA_WITH_SHA512: &[u8] = &[0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 4];
const COMMON_NAME: &[u8] = &[0x06, 3, 0x55, 4, 3];
/// Basic constraints of an authority, critical.
const AUTHORITY: &[u8] = &[0x30, 15, 6, 3, 0x55, 0x1D, 0x13, 1, 1, 0xFF, 4, 5, 0x30, 3, 1, 1, 0xFF];
/// An extension that nobody knows, critical.
const UNKNOWN: &[u8] = &[0x30, 13, 6, 4, 0x2A, 3, 4, 5, 1, 1, 0xFF, 4, 2, 5, 0];

/// One element of DER.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = match content.len() {
        short @ 0..0x80 => vec![u8::try_from(short).unwrap()],
        long @ 0x80..0x100 => vec![0x81, u8::try_from(long).unwrap()],
        long => [vec![0x82], u16::try_from(long).unwrap().to_be_bytes().to_vec()].concat(),
    };
    [vec![tag], length, content].concat()
}

fn name(text: &str) -> Vec<u8> {
    der(0x30, &[&der(0x31, &[&der(0x30, &[COMMON_NAME, &der(0x0C, &[text.as_bytes()])])])])
}

#[derive(Debug)]
enum Key {
    P256(KeyPair),
    P521(SigningKey),
}

impl Key {
    fn p256() -> Self {
        Self::P256(KeyPair::generate().unwrap())
    }

    fn p521(seed: u8) -> Self {
        let mut scalar = [seed; 66];
        scalar[0] = 0;
        Self::P521(SigningKey::from_bytes(&scalar.into()).unwrap())
    }

    fn public(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => key.subject_public_key_info(),
            Self::P521(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                let algorithm = der(0x30, &[EC_PUBLIC_KEY, SECP521R1]);
                der(0x30, &[&algorithm, &der(0x03, &[&[0], point.as_bytes()])])
            }
        }
    }

    fn sign(&self, message: &[u8]) -> (&'static [u8], Vec<u8>) {
        match self {
            Self::P256(key) => (ECDSA_WITH_SHA256, key.sign(message).unwrap()),
            Self::P521(key) => {
                let signature: DerSignature = key.sign(message);
                (ECDSA_WITH_SHA512, signature.as_bytes().to_vec())
            }
        }
    }

    /// A certificate of this key; without extensions it is of version 1.
    fn certificate(&self, subject: &str, issuer: &str, by: &Key, extensions: Option<&[u8]>) -> Vec<u8> {
        let algorithm = der(0x30, &[by.sign(b"").0]);
        let time = |text: &str| der(0x17, &[text.as_bytes()]);
        let content = [
            if extensions.is_some() { der(0xA0, &[&der(2, &[&[2]])]) } else { Vec::new() },
            der(2, &[&[7]]),
            algorithm.clone(),
            name(issuer),
            der(0x30, &[&time("250101000000Z"), &time("490101000000Z")]),
            name(subject),
            self.public(),
            extensions.map_or_else(Vec::new, |extension| der(0xA3, &[&der(0x30, &[extension])])),
        ];
        let content = der(0x30, &[&content.concat()]);
        let (_, signature) = by.sign(&content);
        der(0x30, &[&content, &algorithm, &der(0x03, &[&[0], &signature])])
    }

    fn certified(self, chain: &[&[u8]]) -> Arc<CertifiedKey> {
        let chain = chain.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
        let key: Arc<dyn rustls::sign::SigningKey> = match self {
            Self::P256(key) => {
                let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
                rustls::crypto::ring::sign::any_supported_type(&key).unwrap()
            }
            Self::P521(key) => Arc::new(P521(key)),
        };
        Arc::new(CertifiedKey::new(chain, key))
    }
}

/// What the client's TLS signs with, as its own cryptography has no such curve.
#[derive(Clone, Debug)]
struct P521(SigningKey);

impl rustls::sign::SigningKey for P521 {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn rustls::sign::Signer>> {
        offered.contains(&SignatureScheme::ECDSA_NISTP521_SHA512).then(|| Box::new(self.clone()) as _)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl rustls::sign::Signer for P521 {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let signature: DerSignature = self.0.sign(message);
        Ok(signature.as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP521_SHA512
    }
}

/// Registers with a client certificate: status and body of the answer.
fn register(host: &Host, id: &str, identity: &Arc<CertifiedKey>, version: usize) -> (u16, Value) {
    let config = config(host, Some(Arc::clone(identity)), &[[&TLS12, &TLS13][version]]);
    let port = host.authority().rsplit(':').next().unwrap().parse().unwrap();
    let mut connection = connect(config, port);
    let (scope, body) = (DEVELOPMENT.id_scope, json!({"registrationId": id}).to_string());
    let request = format!(
        "PUT /{scope}/registrations/{id}/register?api-version=2021-10-01 HTTP/1.1\r\nHost: localhost\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // The end without a goodbye of TLS is as good.
    let _ = connection.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap())
}

async fn enroll(host: &Host, id: &str, certificate: &[u8]) {
    let certificate = json!({"primary": {"certificate": STANDARD.encode(certificate)}});
    let attestation = json!({"type": "x509", "x509": {"clientCertificates": certificate}});
    put(host, "enrollments", "registrationId", id, attestation, json!({})).await;
}

#[tokio::test]
async fn what_a_certificate_is_like_is_no_matter_of_the_handshake() {
    let host = Host::start();
    for version in [0, 1] {
        for (kind, extensions) in [("version-1", None), ("unknown", Some(UNKNOWN)), ("p521", Some(AUTHORITY))] {
            let id = format!("{kind}-{version}");
            let key = if kind == "p521" { Key::p521(3) } else { Key::p256() };
            let certificate = key.certificate(&id, &id, &key, extensions);
            enroll(&host, &id, &certificate).await;
            let identity = key.certified(&[&certificate]);
            assert_eq!(register(&host, &id, &identity, version).0, 202, "{id}");
            let (status, refused) = register(&host, "somebody-else", &identity, version);
            let reason = refused["message"].as_str().unwrap();
            assert!(status == 401 && reason.contains("common name"), "{id}: {refused}");
        }
    }
}

#[tokio::test]
async fn the_certificate_of_another_key_is_refused_in_the_handshake() {
    let host = Host::start();
    for (key, other) in [(Key::p256(), Key::p256()), (Key::p521(3), Key::p521(4))] {
        let certificate = key.certificate("dev-1", "dev-1", &key, None);
        let config = config(&host, Some(other.certified(&[&certificate])), &[&TLS13]);
        let port = host.authority().rsplit(':').next().unwrap().parse().unwrap();
        let mut connection = connect(config, port);
        let _ = connection.write_all(b"GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assert!(connection.read_to_end(&mut Vec::new()).is_err());
    }
}

#[tokio::test]
async fn an_authority_on_p521_signs_devices() {
    let host = Host::start();
    let root = Key::p521(5);
    let authority = root.certificate("root", "root", &root, Some(AUTHORITY));
    let signing = json!({"primary": {"certificate": STANDARD.encode(&authority)}});
    let attestation = json!({"type": "x509", "x509": {"signingCertificates": signing}});
    put(&host, "enrollmentGroups", "enrollmentGroupId", "g", attestation, json!({})).await;
    let leaf = Key::p256();
    let certificate = leaf.certificate("dev-1", "root", &root, None);
    assert_eq!(register(&host, "dev-1", &leaf.certified(&[&certificate]), 1).0, 202);
    let forger = Key::p521(6);
    let leaf = Key::p256();
    let forged = leaf.certificate("dev-2", "root", &forger, None);
    assert_eq!(register(&host, "dev-2", &leaf.certified(&[&forged]), 1).0, 401);
}
