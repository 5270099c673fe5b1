//! Client certificates with their private keys, in PEM.

use crate::error::{Error, Result};
use crate::http::{ClientCertificate, certificates};
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::{ExposeSecret, SecretString};
use x509_parser::pem::Pem;

const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

/// The certificate in `certificate`, with the CA certificates that follow it, and its private key in `key`, which
/// `passphrase` decrypts if it is encrypted.
///
/// # Errors
/// [`crate::error::Code::InvalidArgument`] for `certificate`, `privateKey` or `passphrase`, members of the request. Never
/// shows what was given.
pub fn client_certificate(
    certificate: &[u8],
    key: &[u8],
    passphrase: Option<&SecretString>,
) -> Result<ClientCertificate> {
    let chain = certificates(certificate).map_err(|_| {
        Error::argument("certificate", "What was given has no certificate; accepted is PEM, the device's own first.")
    })?;
    ClientCertificate::new(chain, private_key(key, passphrase)?).map_err(|error| {
        Error::argument("privateKey", "The private key does not go with the certificate.").caused_by(&error)
    })
}

fn private_key(pem: &[u8], passphrase: Option<&SecretString>) -> Result<PrivateKeyDer<'static>> {
    let blocks = Pem::iter_from_buffer(pem).filter_map(std::result::Result::ok);
    if let Some(encrypted) = blocks.into_iter().find(|block| block.label == ENCRYPTED) {
        return decrypted(&encrypted.contents, passphrase);
    }
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        let message = "What was given has no private key that can be read; accepted is PEM: PKCS#8, which may be \
            encrypted, PKCS#1 or SEC1.";
        Error::argument("privateKey", message)
    })
}

fn decrypted(der: &[u8], passphrase: Option<&SecretString>) -> Result<PrivateKeyDer<'static>> {
    let passphrase = passphrase
        .ok_or_else(|| Error::argument("passphrase", "The private key is encrypted, and there is no passphrase."))?;
    let refuse = |error: &dyn std::error::Error| {
        Error::argument("passphrase", "The private key cannot be decrypted with the passphrase.").caused_by(error)
    };
    let info = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|error| refuse(&error))?;
    let key = info.decrypt(passphrase.expose_secret()).map_err(|error| refuse(&error))?;
    Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &[u8] = include_bytes!("../../tests/data/client.pem");
    const KEY: &[u8] = include_bytes!("../../tests/data/client-key.pem");
    const ENCRYPTED_KEY: &[u8] = include_bytes!("../../tests/data/client-key-encrypted.pem");
    const OTHER: &[u8] = include_bytes!("../../tests/data/other.pem");

    #[test]
    fn a_key_is_read_plain_and_encrypted() {
        let passphrase = SecretString::from("open sesame");
        client_certificate(CERTIFICATE, KEY, None).unwrap();
        client_certificate(CERTIFICATE, KEY, Some(&passphrase)).unwrap();
        client_certificate(CERTIFICATE, ENCRYPTED_KEY, Some(&passphrase)).unwrap();
        let both = [KEY, CERTIFICATE].concat();
        client_certificate(&both, &both, None).unwrap();
    }

    #[test]
    fn what_does_not_go_together_is_named_and_not_shown() {
        let wrong = SecretString::from("open barley");
        for (certificate, key, passphrase, parameter, says) in [
            (KEY, KEY, None, "certificate", "no certificate"),
            (b"", KEY, None, "certificate", "no certificate"),
            (CERTIFICATE, CERTIFICATE, None, "privateKey", "no private key"),
            (OTHER, KEY, None, "privateKey", "does not go with"),
            (CERTIFICATE, ENCRYPTED_KEY, None, "passphrase", "there is no passphrase"),
            (CERTIFICATE, ENCRYPTED_KEY, Some(&wrong), "passphrase", "cannot be decrypted"),
        ] {
            let refused = client_certificate(certificate, key, passphrase).unwrap_err();
            assert_eq!(refused.parameter(), Some(parameter), "{refused}");
            let text = format!("{refused} {:?}", refused.causes());
            assert!(text.contains(says) && !text.contains("MI") && !text.contains("barley"), "{text}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let text = format!("{:?}", client_certificate(CERTIFICATE, KEY, None).unwrap());
        let secret: String = std::str::from_utf8(KEY).unwrap().lines().skip(1).take(1).collect();
        assert!(!text.contains(&secret) && !text.contains(&secret[..16]), "{text}");
    }
}
