//! Attestation: the enrollment that a device's signature or certificate fits.
//!
//! An individual enrollment with the registration id takes precedence over all groups. Without one it is the group
//! whose derived key made the signature, or whose certificate is the nearest signer. Disabled enrollments take part
//! too.

use super::{signer, tpm};
use crate::emulator::auth::signature::Signature;
use crate::emulator::errors::{Result, ServiceError, device_unauthorized, unauthorized};
use crate::emulator::record::store::{Collection, Store};
use crate::emulator::record::{ca_certificate, certificate, enrollment};
use crate::emulator::service::Service;
use crate::emulator::{base64, clock};
use crate::model::{AttestationType, EnrollmentKind, ProvisioningStatus, Record, WireEnum};
use hmac::{Hmac, KeyInit, Mac};
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::Arc;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The sender of a request, and its credentials.
pub(super) struct DeviceRequest<'a> {
    /// The ID scope as the device sent it; signatures are made over it.
    pub(super) id_scope: &'a str,
    pub(super) registration_id: &'a str,
    pub(super) credentials: Credentials<'a>,
}

/// The credentials of a device.
pub(super) enum Credentials<'a> {
    /// `SharedAccessSignature sr=…`: the `Authorization` header over HTTPS, the password over MQTT and AMQP.
    Signature(&'a str),
    /// The certificates of the TLS connection, the device's own first; none where it sent none.
    Certificates(&'a [CertificateDer<'a>]),
}

/// A device that was attested.
#[derive(Clone, Debug)]
pub(super) struct Device {
    pub(super) registration_id: String,
    /// The individual enrollment or the group that it fits.
    pub(super) enrollment: Record,
    attestation: AttestationType,
}

impl Device {
    pub(super) fn is_disabled(&self) -> bool {
        self.enrollment.text(&["provisioningStatus"]) == Some(ProvisioningStatus::Disabled.wire())
    }

    /// The id of the enrollment group, if it is one.
    pub(super) fn group(&self) -> Option<&str> {
        self.enrollment.text(&[EnrollmentKind::Group.id_member()])
    }

    /// Its id in the IoT hub.
    pub(super) fn device_id(&self) -> &str {
        self.enrollment.text(&["deviceId"]).unwrap_or(&self.registration_id)
    }

    /// The member of a registration that says how the device was attested: its name and its content.
    pub(super) fn attestation_member(&self) -> (&'static str, Value) {
        let shown = self.group().map_or_else(|| json!({}), |group| json!({ "enrollmentGroupId": group }));
        (self.attestation.wire(), shown)
    }
}

/// Attests the device that sent `request`.
pub(super) fn attest(service: &Service, request: &DeviceRequest<'_>) -> Result<Device> {
    let id = request.registration_id;
    enrollment::check_id_text(EnrollmentKind::Individual.id_member(), id)?;
    let store = &service.store;
    let individual = store.get(Collection::Enrollments(EnrollmentKind::Individual), id)?;
    let (attestation, enrollment) = match request.credentials {
        Credentials::Signature(authorization) => {
            let signature = signature(authorization, request.id_scope, id)?;
            match individual {
                Some(enrollment) if attestation_of(&enrollment) == Some(AttestationType::Tpm) => {
                    (AttestationType::Tpm, by_tpm(service, id, enrollment, &signature)?)
                }
                individual => (AttestationType::SymmetricKey, by_key(store, id, individual, &signature)?),
            }
        }
        Credentials::Certificates(chain) => {
            let Some(leaf) = chain.first() else {
                let message = "Unauthorized: there is neither a signature nor a client certificate.";
                return Err(device_unauthorized(message));
            };
            check_leaf(leaf, id)?;
            (AttestationType::X509, by_certificate(store, individual, chain)?)
        }
    };
    Ok(Device { registration_id: id.to_owned(), enrollment, attestation })
}

pub(super) fn attestation_of(enrollment: &Record) -> Option<AttestationType> {
    AttestationType::parse(enrollment.text(&["attestation", "type"])?)
}

/// Parses a device's signature, and checks that it is for the registration `id` and has not expired.
fn signature<'a>(authorization: &'a str, scope: &str, id: &str) -> Result<Signature<'a>> {
    let token = match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("SharedAccessSignature") => token,
        _ => return Err(device_unauthorized("Unauthorized: a device signs with a SharedAccessSignature.")),
    };
    let numbered = |error: ServiceError| device_unauthorized(format!("Unauthorized: {}", error.message));
    let signature = Signature::parse(token).map_err(numbered)?;
    // The documentation asks for skn, but the official Python client leaves it out.
    if signature.policy.as_deref().is_some_and(|policy| policy != "registration") {
        return Err(numbered(unauthorized("skn must be registration.")));
    }
    if !signature.resource.eq_ignore_ascii_case(&format!("{scope}/registrations/{id}")) {
        return Err(numbered(unauthorized("sr must be {idScope}/registrations/{registrationId}.")));
    }
    signature.check_time(clock::unix_seconds()).map_err(numbered)?;
    Ok(signature)
}

fn by_tpm(service: &Service, id: &str, enrollment: Record, signature: &Signature<'_>) -> Result<Record> {
    match signature.is_made_with(&tpm::device_key(service, id, &enrollment)) {
        true => Ok(enrollment),
        false => {
            Err(device_unauthorized("Unauthorized: the signature is not made with the key that the TPM was given."))
        }
    }
}

fn by_key(store: &Store, id: &str, individual: Option<Record>, signature: &Signature<'_>) -> Result<Record> {
    let keys = |enrollment: &Record| {
        let key = |slot| enrollment.text(&["attestation", "symmetricKey", slot]).map(str::to_owned);
        ["primaryKey", "secondaryKey"].into_iter().filter_map(key).collect::<Vec<_>>()
    };
    if let Some(enrollment) = individual {
        let keys = keys(&enrollment);
        let fits = signature.is_made_with_one_of(&keys.iter().map(String::as_str).collect::<Vec<_>>());
        return match fits {
            true => Ok(enrollment),
            false => Err(device_unauthorized("Unauthorized: the signature is not made with a key of the enrollment.")),
        };
    }
    let derived_fits = |group: &Record| {
        let derived = keys(group).into_iter().filter_map(|key| derive(&key, id));
        derived.into_iter().any(|key| signature.is_made_with(&key))
    };
    match groups(store)?.iter().find(|group| derived_fits(group)) {
        Some(group) => Ok(group.clone()),
        None => Err(device_unauthorized("Unauthorized: no enrollment has this registration id and key.")),
    }
}

/// The key of one device of a group, derived from the group's key.
fn derive(group_key: &str, id: &str) -> Option<Vec<u8>> {
    let key = base64::decode(group_key)?;
    let mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    Some(mac.chain_update(id.as_bytes()).finalize().into_bytes().to_vec())
}

/// Checks that the certificate is within its validity period and has the registration id as its common name.
fn check_leaf(leaf: &CertificateDer<'_>, id: &str) -> Result<()> {
    let (_, leaf) = X509Certificate::from_der(leaf).map_err(|_| invalid_certificate("it can't be read"))?;
    let name = leaf.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
    if !name.is_some_and(|name| name.eq_ignore_ascii_case(id)) {
        return Err(invalid_certificate("its common name is not the registration id"));
    }
    if !leaf.validity().is_valid() {
        return Err(invalid_certificate("it has expired or is not valid yet"));
    }
    Ok(())
}

fn invalid_certificate(reason: &str) -> ServiceError {
    device_unauthorized(format!("Invalid certificate: {reason}."))
}

fn by_certificate(store: &Store, individual: Option<Record>, chain: &[CertificateDer<'_>]) -> Result<Record> {
    if let Some(enrollment) = individual {
        let thumbprint = chain.first().map(|leaf| certificate::sha256_thumbprint(leaf));
        let is_leaf = |slot: &str| {
            let path = ["attestation", "x509", "clientCertificates", slot, "info", "sha256Thumbprint"];
            enrollment.text(&path) == thumbprint.as_deref()
        };
        let anchors = anchors(store, &enrollment)?;
        let fits = ["primary", "secondary"].into_iter().any(is_leaf)
            || signer::nearest(chain, anchors.iter().map(|der| (der.as_slice(), ()))).is_some();
        return match fits {
            true => Ok(enrollment),
            false => Err(invalid_certificate("it is not that of the enrollment")),
        };
    }
    let groups = groups(store)?;
    let mut signers = Vec::new();
    for group in groups.iter() {
        signers.extend(anchors(store, group)?.into_iter().map(|der| (der, group)));
    }
    match signer::nearest(chain, signers.iter().map(|(der, group)| (der.as_slice(), *group))) {
        Some(group) => Ok(group.clone()),
        None => Err(invalid_certificate("no enrollment has it or one of its signers")),
    }
}

/// The trust anchors of `enrollment`: uploaded signing certificates, and the verified CA certificates that it names.
fn anchors(store: &Store, enrollment: &Record) -> Result<Vec<Vec<u8>>> {
    let mut anchors = Vec::new();
    for slot in ["primary", "secondary"] {
        if let Some(text) = enrollment.text(&["attestation", "x509", "signingCertificates", slot, "certificate"]) {
            anchors.push(certificate::der(text.as_bytes())?);
        }
        if let Some(name) = enrollment.text(&["attestation", "x509", "caReferences", slot]) {
            anchors.extend(ca_certificate::verified(store, name)?);
        }
    }
    Ok(anchors)
}

/// All enrollment groups, of any attestation.
fn groups(store: &Store) -> Result<Arc<[Record]>> {
    store.all(Collection::Enrollments(EnrollmentKind::Group))
}
