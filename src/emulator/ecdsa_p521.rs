//! Signatures of keys on the curve P-521, which *ring* does not verify.

use p521::ecdsa::signature::hazmat::PrehashVerifier;
use p521::ecdsa::{DerSignature, VerifyingKey};
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_parser::oid_registry::{
    OID_NIST_EC_P521, OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384, OID_SIG_ECDSA_WITH_SHA512,
};
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo, X509Certificate};

/// Whether the key in `public_key`, a DER-encoded `SubjectPublicKeyInfo`, signed `message` with SHA-512.
pub(crate) fn verify_sha512(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    SubjectPublicKeyInfo::from_der(public_key)
        .is_ok_and(|(_, public_key)| verify(&public_key, &Sha512::digest(message), signature))
}

/// Whether `public_key` signed `certificate`, with whatever hash that says.
pub(crate) fn signed(public_key: &SubjectPublicKeyInfo<'_>, certificate: &X509Certificate<'_>) -> bool {
    let content = certificate.tbs_certificate.as_ref();
    let algorithm = &certificate.signature_algorithm.algorithm;
    let hash = if *algorithm == OID_SIG_ECDSA_WITH_SHA256 {
        Sha256::digest(content).to_vec()
    } else if *algorithm == OID_SIG_ECDSA_WITH_SHA384 {
        Sha384::digest(content).to_vec()
    } else if *algorithm == OID_SIG_ECDSA_WITH_SHA512 {
        Sha512::digest(content).to_vec()
    } else {
        return false;
    };
    verify(public_key, &hash, &certificate.signature_value.data)
}

fn verify(public_key: &SubjectPublicKeyInfo<'_>, hash: &[u8], signature: &[u8]) -> bool {
    let curve = public_key.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
    let key = VerifyingKey::from_sec1_bytes(&public_key.subject_public_key.data);
    let signature = DerSignature::from_bytes(signature);
    match (key, signature) {
        (Ok(key), Ok(signature)) => curve == Some(OID_NIST_EC_P521) && key.verify_prehash(hash, &signature).is_ok(),
        _ => false,
    }
}
