//! The server's certificate for the name that a client connects to.
//!
//! Each service has a name under `localhost`. No wildcard can stand for them, since clients take none directly under a
//! top-level domain: a name gets its certificate when it is first asked for.

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SigningKey};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The names of the machine itself, which one certificate has together.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// How many names get a certificate of their own.
const NAMES: usize = 100;

/// Makes certificates and keeps them.
pub(super) struct Leaves {
    issuer: Issuer<'static, KeyPair>,
    key: KeyPair,
    signing_key: Arc<dyn SigningKey>,
    loopback: Arc<CertifiedKey>,
    named: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl Leaves {
    pub(super) fn new(
        issuer: Issuer<'static, KeyPair>,
        provider: &CryptoProvider,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let key = KeyPair::generate()?;
        let signing_key =
            provider.key_provider.load_private_key(PrivatePkcs8KeyDer::from(key.serialize_der()).into())?;
        let loopback = certificate(&LOOPBACK, &issuer, &key, &signing_key)?;
        Ok(Self { issuer, key, signing_key, loopback, named: Mutex::default() })
    }

    fn named(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = named.get(name) {
            return Some(Arc::clone(known));
        }
        if named.len() >= NAMES {
            return None;
        }
        let made = certificate(&[name], &self.issuer, &self.key, &self.signing_key).ok()?;
        named.insert(name.to_owned(), Arc::clone(&made));
        Some(made)
    }
}

impl ResolvesServerCert for Leaves {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let service = hello.server_name().filter(|name| name.ends_with(".localhost"));
        let own = service.and_then(|name| self.named(name));
        Some(own.unwrap_or_else(|| Arc::clone(&self.loopback)))
    }
}

impl fmt::Debug for Leaves {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Leaves").finish_non_exhaustive()
    }
}

fn certificate(
    names: &[&str],
    issuer: &Issuer<'static, KeyPair>,
    key: &KeyPair,
    signing_key: &Arc<dyn SigningKey>,
) -> Result<Arc<CertifiedKey>, rcgen::Error> {
    let mut params = super::tls::lasting(397);
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    params.distinguished_name.push(DnType::CommonName, names.first().map(String::as_str).unwrap_or_default());
    params.subject_alt_names = CertificateParams::new(names)?.subject_alt_names;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let leaf = params.signed_by(key, issuer)?;
    Ok(Arc::new(CertifiedKey::new(vec![leaf.der().clone()], Arc::clone(signing_key))))
}
