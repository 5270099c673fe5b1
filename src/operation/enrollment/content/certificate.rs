//! Reading a certificate from what a caller gives: PEM text, bare base64, or the path of a file that holds PEM, DER or base64.

use crate::error::{Error, Result, printable, quote};
use crate::file;
use crate::model::EnrollmentKind;
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::path::Path;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate};

const FORMS: &str = "PEM text, base64 of DER, or the path of a file that holds PEM, DER or base64";
const FIRST_LINE: &str = "-----BEGIN ";

/// The largest file that is read, in bytes.
const FILE_LIMIT: u64 = 1 << 20;

/// A certificate that expires within this time is worth a warning, in seconds.
const EXPIRES_SOON: i64 = 30 * 86_400;

/// A certificate in the form in which it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// base64 of the DER, without line breaks.
    pub base64: String,
    /// Upper-case hex, as the service shows it.
    pub sha256_thumbprint: String,
    /// The subject's common name.
    common_name: Option<String>,
    /// Whether its basic constraints say that it is a CA.
    is_ca: bool,
    /// From when to when it is valid, in seconds since 1970.
    validity: RangeInclusive<i64>,
    /// The number of further certificates; the first one is used.
    others: usize,
}

impl Certificate {
    /// Reads the value of `parameter`; a relative path starts from `folder`.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidArgument`] with the reason. Never shows the content, which may be a private key.
    pub fn read(parameter: &str, given: &str, folder: &Path) -> Result<Self> {
        let refuse = |why: String| Error::argument(parameter, format!("{why}; accepted are {FORMS}."));
        if given.contains(FIRST_LINE) {
            return Self::from_pem(given.as_bytes())
                .map_err(|why| refuse(format!("The text given for ⟨{parameter}⟩ {why}")));
        }
        let decoded = decode(given.as_bytes());
        if let Some(bytes) = &decoded {
            // A short path may happen to be base64, but not of a certificate.
            if let Ok(certificate) = Self::from_der(bytes, 0).or_else(|_| Self::from_pem(bytes)) {
                return Ok(certificate);
            }
        }
        let path = folder.join(given);
        // Anything that can be decoded may be a key, and is not shown.
        let is_path = decoded.is_none() && given.len() <= 260 && !given.contains('\n');
        let named = if is_path { quote(given) } else { "What was given".to_owned() };
        let content = file::read(&path, FILE_LIMIT).map_err(|error| {
            refuse(match error.kind() {
                ErrorKind::FileTooLarge => format!("{named} is too large for a certificate"),
                ErrorKind::InvalidInput => format!("{named} is not a file"),
                ErrorKind::PermissionDenied => format!("{named} cannot be read ({})", error.kind()),
                _ => format!("{named} is neither a certificate nor a file that exists"),
            })
        })?;
        Self::from_content(&content).map_err(|why| refuse(format!("{named} {why}")))
    }

    /// What is probably not what the caller wants of the certificate in `parameter` for the record `id`, at a time in
    /// seconds since 1970. The service accepts all of it.
    pub fn warnings(&self, parameter: &str, kind: EnrollmentKind, id: &str, now: i64) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.others > 0 {
            let others = self.others;
            warnings.push(format!("⟨{parameter}⟩ holds {others} more certificates; the first one is used."));
        }
        let names_device = self.common_name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(id));
        match kind {
            EnrollmentKind::Individual if self.is_ca && !names_device => warnings.push(format!(
                "⟨{parameter}⟩ is a CA certificate: an enrollment has the device's own (leaf) certificate; that of the CA belongs to an enrollment group."
            )),
            EnrollmentKind::Group if !self.is_ca => warnings.push(format!(
                "⟨{parameter}⟩ is not a CA certificate: no device can register in the group; give the certificate of the CA that issues the devices' certificates."
            )),
            _ => {}
        }
        if kind == EnrollmentKind::Individual
            && let Some(name) = self.common_name.as_ref().filter(|_| !names_device)
        {
            let name = printable(name);
            warnings.push(format!(
                "The certificate's common name is '{name}': a device can register as '{id}' only with a certificate of that name."
            ));
        }
        let days = |seconds: i64| seconds / 86_400;
        let (from, to) = (*self.validity.start(), *self.validity.end());
        if now < from {
            let days = days(from - now) + 1;
            warnings
                .push(format!("⟨{parameter}⟩ is not valid yet: within {days} days it will be; check the clock too."));
        } else if now > to {
            let days = days(now - to);
            warnings.push(format!("⟨{parameter}⟩ expired {days} days ago: a device cannot register with it."));
        } else if to - now < EXPIRES_SOON {
            let days = days(to - now);
            warnings.push(format!("⟨{parameter}⟩ expires in {days} days: renew it in time."));
        }
        warnings
    }

    fn from_content(content: &[u8]) -> std::result::Result<Self, &'static str> {
        if contains(content, FIRST_LINE.as_bytes()) {
            return Self::from_pem(content);
        }
        Self::from_der(content, 0).or_else(|why| decode(content).map_or(Err(why), |bytes| Self::from_der(&bytes, 0)))
    }

    fn from_pem(text: &[u8]) -> std::result::Result<Self, &'static str> {
        let blocks: std::result::Result<Vec<Pem>, _> = Pem::iter_from_buffer(text).collect();
        let blocks = blocks.map_err(|_| "is not complete PEM")?;
        if blocks.iter().any(|block| block.label.contains("PRIVATE KEY")) {
            return Err("contains a private key, which must not be sent; give the certificate alone");
        }
        let mut certificates = blocks.iter().filter(|block| block.label == "CERTIFICATE");
        let first = certificates.next().ok_or("contains no certificate")?;
        Self::from_der(&first.contents, certificates.count())
    }

    fn from_der(der: &[u8], others: usize) -> std::result::Result<Self, &'static str> {
        match X509Certificate::from_der(der) {
            Ok(([], certificate)) => Ok(Self {
                base64: BASE64_STANDARD.encode(der),
                sha256_thumbprint: Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect(),
                common_name: certificate
                    .subject()
                    .iter_common_name()
                    .find_map(|name| name.as_str().ok())
                    .map(str::to_owned),
                is_ca: certificate.is_ca(),
                validity: certificate.validity().not_before.timestamp()..=certificate.validity().not_after.timestamp(),
                others,
            }),
            _ => Err("is not an X.509 certificate"),
        }
    }
}

fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let dense: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    BASE64_STANDARD.decode(dense).ok().filter(|bytes| !bytes.is_empty())
}

fn contains(content: &[u8], part: &[u8]) -> bool {
    content.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    const PEM: &str = include_str!("../../../../tests/data/device.pem");
    const KEY: &str = include_str!("../../../../tests/data/device-key.pem");

    fn bare() -> String {
        PEM.lines().filter(|line| !line.starts_with("-----")).collect()
    }

    fn read(given: &str) -> Result<Certificate> {
        Certificate::read("primaryCertificate", given, Path::new(""))
    }

    #[test]
    fn every_form_gives_the_same_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let der = BASE64_STANDARD.decode(bare()).unwrap();
        let lines = PEM.lines().filter(|line| !line.starts_with("-----")).collect::<Vec<_>>().join("\r\n");
        for (name, content) in [("a.pem", PEM.as_bytes()), ("a.der", &der), ("a.cer", lines.as_bytes())] {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let expected = read(PEM).unwrap();
        assert_eq!((expected.base64.as_str(), expected.common_name.as_deref()), (bare().as_str(), Some("device-01")));
        assert_eq!(read(&bare()).unwrap(), expected);
        assert_eq!(read(&BASE64_STANDARD.encode(PEM)).unwrap(), expected);
        for name in ["a.pem", "a.der", "a.cer"] {
            assert_eq!(Certificate::read("p", name, folder.path()).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn the_first_of_a_chain_is_taken_and_the_rest_is_counted() {
        assert_eq!(read(&format!("{PEM}{PEM}{PEM}")).unwrap().others, 2);
    }

    #[test]
    fn a_certificate_that_will_not_work_is_worth_a_warning() {
        use EnrollmentKind::{Group, Individual};
        const DAY: i64 = 86_400;
        let leaf = Certificate { is_ca: false, validity: 0..=100 * DAY, ..read(PEM).unwrap() };
        let ca = Certificate { is_ca: true, ..leaf.clone() };
        for (certificate, kind, id, day, says) in [
            (&leaf, Individual, "DEVICE-01", 1, None),
            (&ca, Group, "g", 1, None),
            // A certificate that the device has signed itself is often one of a CA.
            (&ca, Individual, "device-01", 1, None),
            (&leaf, Individual, "other", 1, Some("common name is 'device-01'")),
            (&ca, Individual, "other", 1, Some("is a CA certificate")),
            (&leaf, Group, "g", 1, Some("is not a CA certificate")),
            (&leaf, Individual, "device-01", -2, Some("not valid yet: within 3 days")),
            (&leaf, Individual, "device-01", 71, Some("expires in 29 days")),
            (&leaf, Individual, "device-01", 102, Some("expired 2 days ago")),
        ] {
            let warnings = certificate.warnings("primaryCertificate", kind, id, day * DAY);
            assert_eq!(warnings.is_empty(), says.is_none(), "{warnings:?}");
            assert!(says.is_none_or(|says| warnings.iter().any(|line| line.contains(says))), "{warnings:?}");
        }
    }

    #[test]
    fn what_is_not_a_certificate_is_told_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str, content: &[u8]| {
            std::fs::write(folder.path().join(name), content).unwrap();
            folder.path().join(name).to_str().unwrap().to_owned()
        };
        let both = path("both.pem", format!("{PEM}{KEY}").as_bytes());
        let words = path("words.txt", b"hello");
        let broken = path("broken.pem", PEM.replace("-----END", "END").as_bytes());
        for (given, says) in [
            ("nowhere.pem", "neither a certificate nor a file"),
            (folder.path().to_str().unwrap(), "not a file"),
            (words.as_str(), "not an X.509 certificate"),
            (both.as_str(), "contains a private key"),
            (KEY, "contains a private key"),
            (broken.as_str(), "not complete PEM"),
            ("", "not a file"),
            ("MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQ==", "What was given is neither"),
        ] {
            let refused = Certificate::read("primaryCertificate", given, folder.path()).unwrap_err();
            assert_eq!(
                (refused.code(), refused.parameter()),
                (Code::InvalidArgument, Some("primaryCertificate")),
                "{given}"
            );
            assert!(
                refused.message().contains(says) && refused.message().contains("accepted are PEM text"),
                "{given}: {refused}"
            );
            assert!(!refused.message().contains("MI"), "{refused}");
        }
    }
}
