//! The trust anchor of a device's certificate.

use crate::emulator::ecdsa_p521;
use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The owner of the first trust anchor on the chain, by signature from the leaf. A certificate that the device sent
/// belongs to the chain only where it signed the one before.
pub(super) fn nearest<'a, T: Copy>(
    chain: &[CertificateDer<'_>],
    anchors: impl Iterator<Item = (&'a [u8], T)>,
) -> Option<T> {
    let anchors: Vec<(X509Certificate<'_>, T)> =
        anchors.filter_map(|(der, owner)| Some((X509Certificate::from_der(der).ok()?.1, owner))).collect();
    let sent: Vec<X509Certificate<'_>> =
        chain.iter().filter_map(|der| Some(X509Certificate::from_der(der).ok()?.1)).collect();
    let (mut current, intermediates) = sent.split_first()?;
    // A root signs itself, so the chain has no end of its own.
    for _ in 0..sent.len() {
        if let Some((_, owner)) = anchors.iter().find(|(anchor, _)| signed(anchor, current)) {
            return Some(*owner);
        }
        current = intermediates.iter().find(|signer| signed(signer, current))?;
    }
    None
}

/// Whether `signer` is a CA certificate within its validity period that signed `certificate`.
fn signed(signer: &X509Certificate<'_>, certificate: &X509Certificate<'_>) -> bool {
    signer.is_ca()
        && signer.validity().is_valid()
        && signer.subject().as_raw() == certificate.issuer().as_raw()
        && (certificate.verify_signature(Some(signer.public_key())).is_ok()
            || ecdsa_p521::signed(signer.public_key(), certificate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    struct Signer(CertificateParams, KeyPair, Vec<u8>);

    fn params(name: &str, is_ca: bool) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        if is_ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        params
    }

    fn signer(name: &str, is_ca: bool, by: Option<&Signer>) -> Signer {
        let (params, key) = (params(name, is_ca), KeyPair::generate().unwrap());
        let certificate = match by {
            Some(Signer(by, by_key, _)) => params.signed_by(&key, &Issuer::from_params(by, by_key)).unwrap(),
            None => params.self_signed(&key).unwrap(),
        };
        let der = certificate.der().to_vec();
        Signer(params, key, der)
    }

    fn found(chain: &[&Signer], anchors: &[&Signer]) -> Option<usize> {
        let chain: Vec<_> = chain.iter().map(|signer| CertificateDer::from(signer.2.clone())).collect();
        nearest(&chain, anchors.iter().enumerate().map(|(place, anchor)| (anchor.2.as_slice(), place)))
    }

    #[test]
    fn the_nearest_of_several_signers_counts() {
        let root = signer("root", true, None);
        let middle = signer("middle", true, Some(&root));
        let leaf = signer("leaf", false, Some(&middle));
        assert_eq!(found(&[&leaf, &middle], &[&root, &middle]), Some(1));
        assert_eq!(found(&[&leaf, &middle, &root], &[&root]), Some(0));
        assert_eq!(found(&[&leaf], &[&middle]), Some(0));
        assert_eq!(found(&[&leaf], &[&root]), None, "the one between was not sent");
        assert_eq!(found(&[&leaf, &middle, &root], &[]), None);
    }

    #[test]
    fn only_a_signature_of_an_authority_counts() {
        let root = signer("root", true, None);
        let impostor = signer("root", true, None);
        let device = signer("device", false, Some(&root));
        let forged = signer("leaf", false, Some(&device));
        assert_eq!(found(&[&device], &[&impostor]), None, "same name, another key");
        assert_eq!(found(&[&forged, &device], &[&root]), None, "a device is no authority");
        let mut past = params("root", true);
        past.not_after = time::macros::datetime!(2020-01-01 0:00 UTC);
        let past = Signer(past.clone(), KeyPair::generate().unwrap(), Vec::new());
        let der = past.0.self_signed(&past.1).unwrap().der().to_vec();
        let late = signer("late", false, Some(&past));
        assert_eq!(found(&[&late], &[&Signer(past.0, past.1, der)]), None, "expired");
    }
}
