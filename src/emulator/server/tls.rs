//! The emulator's certificates: a CA per user, and server certificates for the loopback names made at each start.

use super::Protocol;
use super::client_certificate::AnyClientCertificate;
use super::leaf::Leaves;
use crate::error::{Code, Error, Result};
use crate::model::DEVELOPMENT;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints,
};
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};
use tokio_rustls::TlsAcceptor;

/// The CA's key and certificate in one file, so that they always match.
const CA_FILE: &str = "emulator-ca-key.pem";

/// The TLS side of an emulator.
pub(crate) struct Tls {
    config: Arc<ServerConfig>,
    /// The file with the CA certificate, for clients.
    pub(crate) ca_certificate_file: PathBuf,
}

impl Tls {
    /// Reads the CA in `home`, created there by the first start, and issues a server certificate.
    pub(crate) fn new(home: &Path) -> Result<Self> {
        let ca_certificate_file = home.join(DEVELOPMENT.ca_certificate_file);
        let pem = read_or_create_ca(home, &ca_certificate_file).map_err(|error| {
            let message =
                format!("The emulator's certificate authority in {} can't be read or created.", home.display());
            Error::argument("home", message).caused_by(&error)
        })?;
        let config = config(&pem).map_err(|error| {
            let message = format!(
                "The emulator can't use its certificate authority. Remove {} to have a new one created.",
                home.join(CA_FILE).display()
            );
            Error::new(Code::Internal, message).caused_by(error.as_ref())
        })?;
        Ok(Self { config: Arc::new(config), ca_certificate_file })
    }

    /// The TLS of a port. Only HTTPS negotiates what is spoken inside (ALPN).
    pub(super) fn acceptor(&self, protocol: Protocol) -> TlsAcceptor {
        let alpn: &[&[u8]] = match protocol {
            Protocol::Https => &[b"http/1.1"],
            Protocol::Mqtt | Protocol::Amqp => &[],
        };
        let mut config = ServerConfig::clone(&self.config);
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Arc::new(config).into()
    }
}

/// The PEM of key and certificate. The first start creates it; the others read it.
fn read_or_create_ca(home: &Path, public: &Path) -> std::io::Result<String> {
    let private = home.join(CA_FILE);
    if !private.exists() {
        fs::create_dir_all(home)?;
        let (key, certificate) = new_ca().map_err(std::io::Error::other)?;
        // A temporary file is readable by its owner only (0600), and gets its name when it is complete.
        let mut file = tempfile::NamedTempFile::new_in(home)?;
        file.write_all(format!("{key}{certificate}").as_bytes())?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(&private) {
            Ok(_) => {}
            Err(lost) if lost.error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(failed) => return Err(failed.error),
        }
    }
    let pem = fs::read_to_string(&private)?;
    let certificate = pem.find("-----BEGIN CERTIFICATE").and_then(|start| pem.get(start..)).unwrap_or_default();
    if fs::read_to_string(public).ok().as_deref() != Some(certificate) {
        let mut file = tempfile::NamedTempFile::new_in(home)?;
        file.write_all(certificate.as_bytes())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        }
        if let Err(failed) = file.persist(public) {
            // A file in use can't be replaced on Windows; another start may just have written the same.
            if fs::read_to_string(public).ok().as_deref() != Some(certificate) {
                return Err(failed.error);
            }
        }
    }
    Ok(pem)
}

/// A key and a CA certificate that is constrained to this machine's loopback names.
fn new_ca() -> std::result::Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = lasting(20 * 365);
    params.distinguished_name.push(DnType::CommonName, "AzIoTDps emulator development CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".to_owned()),
            GeneralSubtree::IpAddress(CidrSubnet::V4([127, 0, 0, 1], [255; 4])),
            GeneralSubtree::IpAddress(CidrSubnet::V6(std::net::Ipv6Addr::LOCALHOST.octets(), [255; 16])),
        ],
        excluded_subtrees: Vec::new(),
    });
    let certificate = params.self_signed(&key)?;
    Ok((key.serialize_pem(), certificate.pem()))
}

/// An empty name and a validity period that began yesterday, so that a slow clock accepts it.
pub(super) fn lasting(days: i64) -> CertificateParams {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(days);
    params
}

fn config(ca: &str) -> std::result::Result<ServerConfig, Box<dyn std::error::Error>> {
    let issuer = Issuer::from_ca_cert_der(&CertificateDer::from_pem_slice(ca.as_bytes())?, KeyPair::from_pem(ca)?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let leaves = Arc::new(Leaves::new(issuer, &provider)?);
    Ok(ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(Arc::new(AnyClientCertificate::new(provider)))
        .with_cert_resolver(leaves))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simultaneous_first_starts_agree_on_one_ca() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().join("new").join("folder");
        let starts: Vec<_> = (0..8)
            .map(|_| {
                let home = home.clone();
                std::thread::spawn(move || {
                    read_or_create_ca(&home, &home.join(DEVELOPMENT.ca_certificate_file)).unwrap()
                })
            })
            .collect();
        let read: Vec<String> = starts.into_iter().map(|start| start.join().unwrap()).collect();
        assert!(read.iter().all(|pem| *pem == read[0]));
        let public = fs::read_to_string(home.join(DEVELOPMENT.ca_certificate_file)).unwrap();
        assert!(read[0].ends_with(&public) && public.starts_with("-----BEGIN CERTIFICATE") && !public.contains("KEY"));
        let left: Vec<_> = fs::read_dir(&home).unwrap().collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_key() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        Tls::new(home.path()).unwrap();
        let mode = |file: &Path| fs::metadata(file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&home.path().join(CA_FILE)), 0o600);
        assert_eq!(mode(&home.path().join(DEVELOPMENT.ca_certificate_file)), 0o644);
    }

    #[test]
    fn a_broken_ca_names_the_file_to_remove() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(CA_FILE), "nonsense").unwrap();
        let refused = Tls::new(home.path()).err().unwrap();
        assert!(refused.message().contains(CA_FILE), "{refused}");
    }
}
