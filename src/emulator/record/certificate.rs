//! What the service reads from an uploaded certificate.

use crate::emulator::base64;
use crate::emulator::clock;
use crate::emulator::errors::{Result, bad_request};
use crate::model::Members;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

/// The `info` of a certificate given as PEM, as base64 of DER, or as base64 of PEM.
pub(crate) fn info(text: &str) -> Result<Members> {
    let der = der(text.as_bytes())?;
    let certificate = parse(&der)?;
    let validity = certificate.validity();
    let info = json!({
        "subjectName": name(certificate.subject()),
        "sha1Thumbprint": hex(&Sha1::digest(&der)),
        "sha256Thumbprint": sha256_thumbprint(&der),
        "issuerName": name(certificate.issuer()),
        "notBeforeUtc": clock::text(validity.not_before.to_datetime()),
        "notAfterUtc": clock::text(validity.not_after.to_datetime()),
        "serialNumber": hex(certificate.raw_serial()),
        "version": certificate.version().0 + 1,
    });
    match info {
        Value::Object(members) => Ok(members),
        _ => unreachable!("an object is written above"),
    }
}

/// The properties that resource manager shows of a CA certificate, given in any of the same forms.
pub(super) fn ca_properties(text: &str) -> Result<Members> {
    let der = der(text.as_bytes())?;
    let certificate = parse(&der)?;
    let mut shown = Members::new();
    shown.insert("subject".to_owned(), name(certificate.subject()).into());
    shown.insert("expiry".to_owned(), clock::http_text(certificate.validity().not_after.to_datetime()).into());
    shown.insert("thumbprint".to_owned(), hex(&Sha1::digest(&der)).into());
    Ok(shown)
}

/// The thumbprint in the form of `info`.
pub(crate) fn sha256_thumbprint(der: &[u8]) -> String {
    hex(&sha2::Sha256::digest(der))
}

/// The common name of a certificate.
pub(super) fn common_name(der: &[u8]) -> Result<Option<String>> {
    let certificate = parse(der)?;
    let name = certificate.subject().iter_common_name().next();
    Ok(name.and_then(|name| name.as_str().ok()).map(str::to_owned))
}

/// Whether a certificate is in its time and signed by another one.
pub(super) fn is_issued_by(der: &[u8], issuer: &[u8]) -> Result<bool> {
    let (certificate, issuer) = (parse(der)?, parse(issuer)?);
    Ok(certificate.validity().is_valid()
        && certificate.issuer().as_raw() == issuer.subject().as_raw()
        && certificate.verify_signature(Some(issuer.public_key())).is_ok())
}

fn parse(der: &[u8]) -> Result<X509Certificate<'_>> {
    let (_, certificate) = X509Certificate::from_der(der)
        .map_err(|_| bad_request("The certificate is neither PEM nor base64 of a DER certificate."))?;
    Ok(certificate)
}

/// The bytes of a certificate given as PEM, as base64 of DER, or as base64 of PEM.
pub(crate) fn der(text: &[u8]) -> Result<Vec<u8>> {
    if text.windows(11).any(|part| part == b"PRIVATE KEY") {
        return Err(bad_request("The certificate must not come with a private key."));
    }
    if text.windows(10).any(|part| part == b"-----BEGIN") {
        let (_, pem) =
            x509_parser::pem::parse_x509_pem(text).map_err(|_| bad_request("The certificate's PEM can't be read."))?;
        return Ok(pem.contents);
    }
    let bare: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = base64::decode(bare).ok_or_else(|| bad_request("The certificate is neither PEM nor base64."))?;
    // One of the public samples sends base64 of PEM.
    if bytes.starts_with(b"-----BEGIN") { der(&bytes) } else { Ok(bytes) }
}

/// The name with its most specific part first, as .NET writes it.
fn name(name: &X509Name<'_>) -> String {
    let mut parts: Vec<_> = name.iter().cloned().collect();
    parts.reverse();
    X509Name::new(parts, name.as_raw()).to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DnType, KeyPair};
    use time::macros::datetime;

    fn certificate() -> rcgen::Certificate {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Contoso");
        params.distinguished_name.push(DnType::CommonName, "dev-1");
        params.not_before = datetime!(2023-05-19 23:10:43 UTC);
        params.not_after = datetime!(2023-05-20 23:10:43 UTC);
        params.serial_number = Some(rcgen::SerialNumber::from_slice(&[0x51, 0xA8, 0x0F]));
        params.self_signed(&KeyPair::generate().unwrap()).unwrap()
    }

    #[test]
    fn info_has_the_recorded_members_in_their_order() {
        let certificate = certificate();
        let info = Value::Object(info(&certificate.pem()).unwrap());
        let expected = json!({
            "subjectName": "CN=dev-1, O=Contoso",
            "sha1Thumbprint": hex(&Sha1::digest(certificate.der())),
            "sha256Thumbprint": hex(&sha2::Sha256::digest(certificate.der())),
            "issuerName": "CN=dev-1, O=Contoso",
            "notBeforeUtc": "2023-05-19T23:10:43Z",
            "notAfterUtc": "2023-05-20T23:10:43Z",
            "serialNumber": "51A80F",
            "version": 3,
        });
        assert_eq!(info.to_string(), expected.to_string());
    }

    #[test]
    fn every_form_of_one_certificate_reads_the_same() {
        let certificate = certificate();
        let pem = info(&certificate.pem()).unwrap();
        assert_eq!(info(&base64::encode(certificate.der())).unwrap(), pem);
        assert_eq!(info(&base64::encode(certificate.pem())).unwrap(), pem);
        assert_eq!(info(&format!("{}\n", base64::encode(certificate.der()))).unwrap(), pem);
    }

    #[test]
    fn what_is_no_certificate_is_refused_for_its_own_reason() {
        let refused = |text: &str| info(text).unwrap_err().message;
        assert!(refused("not!base64").contains("nor base64"));
        assert!(refused("aGVsbG8=").contains("DER"));
        assert!(refused("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").contains("PEM can't be read"));
        let with_key = certificate().pem() + &KeyPair::generate().unwrap().serialize_pem();
        assert!(refused(&with_key).contains("private key"));
        assert!(refused(&base64::encode(with_key)).contains("private key"));
    }
}
