//! What an application signs in with in place of a secret: a token that it signed with the key of a certificate, or one
//! that somebody else issued who is trusted for that.

use super::directory::Principal;
use super::sign_in::Refusal;
use super::token::Issuer;
use crate::emulator::clock;
use crate::error::{Error, Result};
use ::base64::Engine;
use ::base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use sha1::{Digest, Sha1};
use sha2::Sha256;
use std::path::Path;
use x509_parser::prelude::{FromDer, X509Certificate};

/// How many seconds the clock of whoever signed may be ahead, as Entra takes it. Some clients round their `nbf` up.
const CLOCK_SKEW: f64 = 300.0;

/// The audience of every federated token.
pub(super) const FEDERATED_AUDIENCE: &str = "api://AzureADTokenExchange";

/// A certificate whose key an application signs with.
pub(super) struct SigningCertificate {
    /// What a token's header may name it by: `x5t` and `x5t#S256`.
    sha1: String,
    sha256: String,
    key: DecodingKey,
    /// The seconds since 1970 between which it counts.
    valid: (i64, i64),
}

impl SigningCertificate {
    /// Reads the first certificate of a PEM file; its key must be RSA.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let refused = |reason: &dyn std::error::Error| {
            let message = format!("The certificate {} can't be read.", file.display());
            Error::argument("config", message).caused_by(reason)
        };
        let der = CertificateDer::from_pem_file(file).map_err(|error| refused(&error))?;
        let (_, certificate) = X509Certificate::from_der(&der).map_err(|error| refused(&error))?;
        let key = certificate.public_key();
        if !matches!(key.parsed(), Ok(x509_parser::public_key::PublicKey::RSA(_))) {
            return Err(refused(&std::io::Error::other("its key is not RSA")));
        }
        let validity = certificate.validity();
        Ok(Self {
            sha1: URL_SAFE_NO_PAD.encode(Sha1::digest(&der)),
            sha256: URL_SAFE_NO_PAD.encode(Sha256::digest(&der)),
            key: DecodingKey::from_rsa_der(&key.subject_public_key.data),
            valid: (validity.not_before.timestamp(), validity.not_after.timestamp()),
        })
    }
}

/// What an application's own assertion says. Some clients send dates with fractions of a second.
#[derive(Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    sub: String,
    nbf: Option<f64>,
    exp: f64,
}

/// Refuses `assertion` unless `principal` may sign in with it. `audiences` are what the token endpoint goes by,
/// `issuer` is that of the emulator's federated tokens.
pub(super) fn check(
    tokens: &Issuer,
    principal: &Principal,
    assertion: &str,
    audiences: &[String],
    issuer: &str,
) -> std::result::Result<(), Refusal> {
    let header = jsonwebtoken::decode_header(assertion).map_err(|_| malformed())?;
    match (&header.x5t, &header.x5t_s256) {
        (None, None) => check_federated(tokens, principal, assertion, issuer),
        (sha1, sha256) => {
            let named = |certificate: &&SigningCertificate| {
                sha1.as_deref().is_none_or(|thumbprint| is_thumbprint(thumbprint, &certificate.sha1))
                    && sha256.as_deref().is_none_or(|thumbprint| is_thumbprint(thumbprint, &certificate.sha256))
            };
            let Some(certificate) = principal.certificates.iter().find(named) else {
                let text = "The certificate with identifier used to sign the client assertion is not registered on \
                            application.";
                return Err(invalid_client(700_027, text));
            };
            check_own(certificate, &principal.application.client_id, assertion, header.alg, audiences)
        }
    }
}

/// Some clients send thumbprints with padding.
fn is_thumbprint(sent: &str, own: &str) -> bool {
    sent.trim_end_matches('=') == own
}

fn check_own(
    certificate: &SigningCertificate,
    client_id: &str,
    assertion: &str,
    algorithm: Algorithm,
    audiences: &[String],
) -> std::result::Result<(), Refusal> {
    if !matches!(algorithm, Algorithm::RS256 | Algorithm::PS256) {
        return Err(invalid_client(700_027, "Client assertion is not signed with RS256 or PS256."));
    }
    let mut validation = Validation::new(algorithm);
    // The claims are checked below, each with the number of its own error; the library takes no dates with fractions.
    validation.required_spec_claims.clear();
    validation.validate_aud = false;
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(assertion, &certificate.key, &validation)
        .map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => invalid_client(700_027, "Client assertion failed signature validation."),
            _ => malformed(),
        })?
        .claims;
    if !audiences.contains(&claims.aud) {
        let text = "Client assertion audience claim does not match Realm issuer.";
        return Err(invalid_client(700_023, text));
    }
    if !claims.iss.eq_ignore_ascii_case(client_id) || !claims.sub.eq_ignore_ascii_case(client_id) {
        let text = "Client assertion application identifier doesn't match 'client_id' parameter.";
        return Err(invalid_client(700_021, text));
    }
    let now = clock::unix_seconds();
    check_time(now, claims.nbf, claims.exp)?;
    let (not_before, not_after) = certificate.valid;
    if now < not_before || now > not_after {
        return Err(invalid_client(700_027, "The certificate that signed the client assertion is expired."));
    }
    Ok(())
}

fn check_federated(
    tokens: &Issuer,
    principal: &Principal,
    assertion: &str,
    issuer: &str,
) -> std::result::Result<(), Refusal> {
    let claims = tokens
        .federated_claims(assertion)
        .map_err(|_| invalid_client(50013, "Assertion failed signature validation."))?;
    let mismatch = |number: u32, what: &str, sent: &str| {
        let text = format!("No matching federated identity record found for presented assertion {what} '{sent}'.");
        Err(invalid_client(number, &text))
    };
    if claims.iss != issuer {
        return mismatch(700_211, "issuer", &claims.iss);
    }
    if claims.aud != FEDERATED_AUDIENCE {
        return mismatch(700_212, "audience", &claims.aud);
    }
    if !principal.application.federated_subjects.contains(&claims.sub) {
        return mismatch(700_213, "subject", &claims.sub);
    }
    check_time(clock::unix_seconds(), Some(claims.nbf as f64), claims.exp as f64)
}

fn check_time(now: i64, not_before: Option<f64>, expiry: f64) -> std::result::Result<(), Refusal> {
    let now = now as f64;
    if not_before.is_none_or(|from| from <= now + CLOCK_SKEW) && now < expiry {
        Ok(())
    } else {
        Err(invalid_client(700_024, "Client assertion is not within its valid time range."))
    }
}

fn malformed() -> Refusal {
    Refusal::new(400, "invalid_request", 50027, "JWT token is invalid or malformed.")
}

fn invalid_client(number: u32, text: &str) -> Refusal {
    Refusal::new(401, "invalid_client", number, text)
}
