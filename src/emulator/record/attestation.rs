//! The attestation of a record: what is accepted, what is kept, and what is shown.

use super::certificate;
use super::json::drop_nulls;
use crate::emulator::base64;
use crate::emulator::errors::{self, Result, bad_request};
use crate::model::{AttestationType, EnrollmentKind, Members, WireEnum};
use rustls::crypto::SecureRandom;
use serde_json::Value;

/// The slots of a pair of certificates, keys or references.
const SLOTS: [&str; 2] = ["primary", "secondary"];

/// The members of `attestation.x509`, of which a record has exactly one.
const X509_MEMBERS: [&str; 3] = ["clientCertificates", "signingCertificates", "caReferences"];

/// Turns what was sent into what is kept: keys are generated where none were sent, certificates are parsed. `stored` is
/// the attestation of the record that is replaced.
pub(crate) fn accept(kind: EnrollmentKind, sent: &mut Value, stored: Option<&Value>) -> Result<()> {
    drop_nulls(sent);
    let Some(members) = sent.as_object_mut() else {
        return Err(bad_request("attestation is missing or is not an object."));
    };
    let Some(kind_of_attestation) = members.get("type").and_then(Value::as_str).and_then(AttestationType::parse) else {
        return Err(bad_request("attestation.type must be one of tpm, x509, symmetricKey."));
    };
    let own = kind_of_attestation.wire();
    members.insert("type".to_owned(), own.into());
    for other in AttestationType::ALL.iter().map(|other| other.wire()).filter(|other| *other != own) {
        if members.contains_key(other) {
            return Err(bad_request(format!("attestation.type is {own}, but attestation.{other} is given.")));
        }
    }
    match kind_of_attestation {
        AttestationType::None => Err(bad_request("attestation.type none is not accepted.")),
        AttestationType::SymmetricKey => symmetric_key(members, stored.and_then(|stored| stored.get("symmetricKey"))),
        AttestationType::X509 => x509(kind, members, stored.and_then(|stored| stored.get("x509"))),
        AttestationType::Tpm => tpm(kind, members),
    }
}

/// The object `members[name]`, created where it is missing.
fn object<'a>(members: &'a mut Members, name: &str) -> Result<&'a mut Members> {
    members
        .entry(name)
        .or_insert_with(|| Value::Object(Members::new()))
        .as_object_mut()
        .ok_or_else(|| bad_request(format!("attestation.{name} must be an object.")))
}

/// A key that is absent or empty stays what it is in the record, since a read shows none: the SDKs send back what they
/// read. Where the record has none, it is made.
fn symmetric_key(members: &mut Members, stored: Option<&Value>) -> Result<()> {
    let keys = object(members, "symmetricKey")?;
    for slot in ["primaryKey", "secondaryKey"] {
        match keys.get(slot).map(Value::as_str) {
            None | Some(Some("")) => {
                let kept = stored.and_then(|stored| stored.get(slot)).cloned();
                let key = kept.map_or_else(|| new_key().map(Value::from), Ok)?;
                keys.insert(slot.to_owned(), key);
            }
            Some(Some(key)) if base64::decode(key).is_some_and(|bytes| (16..=64).contains(&bytes.len())) => {}
            Some(_) => {
                return Err(bad_request(format!("attestation.symmetricKey.{slot} must be base64 of 16 to 64 bytes.")));
            }
        }
    }
    // Always in this order, whichever was sent first.
    for slot in ["primaryKey", "secondaryKey"] {
        if let Some(key) = keys.shift_remove(slot) {
            keys.insert(slot.to_owned(), key);
        }
    }
    Ok(())
}

/// A new key of the service's length: 64 random bytes.
pub(crate) fn new_key() -> Result<String> {
    let mut bytes = [0; 64];
    let random: &dyn SecureRandom = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut bytes).map_err(|_| errors::internal("The system gives no random bytes."))?;
    Ok(base64::encode(bytes))
}

fn tpm(kind: EnrollmentKind, members: &mut Members) -> Result<()> {
    if kind == EnrollmentKind::Group {
        return Err(bad_request("attestation.type tpm is not accepted for an enrollment group."));
    }
    let tpm = object(members, "tpm")?;
    let is_base64 = |key: &Value| key.as_str().is_some_and(|key| !key.is_empty() && base64::decode(key).is_some());
    if !tpm.get("endorsementKey").is_some_and(is_base64) {
        return Err(bad_request("attestation.tpm.endorsementKey must be base64."));
    }
    match tpm.get("storageRootKey") {
        Some(key) if !is_base64(key) => Err(bad_request("attestation.tpm.storageRootKey must be base64.")),
        _ => Ok(()),
    }
}

fn x509(kind: EnrollmentKind, members: &mut Members, stored: Option<&Value>) -> Result<()> {
    let x509 = object(members, "x509")?;
    let given: Vec<&str> = X509_MEMBERS.into_iter().filter(|name| x509.contains_key(*name)).collect();
    let own = kind.certificates_member();
    match given.as_slice() {
        [name] if *name == own => {
            let stored = stored.and_then(|stored| stored.get(own));
            certificates(object(x509, own)?, stored)
        }
        ["caReferences"] => references(object(x509, "caReferences")?),
        _ => Err(bad_request(format!("attestation.x509 must hold either {own} or caReferences."))),
    }
}

fn references(pair: &Members) -> Result<()> {
    let is_name = |slot: &str| pair.get(slot).and_then(Value::as_str).is_some_and(|name| !name.is_empty());
    if SLOTS.into_iter().any(is_name) {
        Ok(())
    } else {
        Err(bad_request("attestation.x509.caReferences names no certificate."))
    }
}

/// Parses both slots. Where only the primary certificate was sent, the secondary is a copy of it.
fn certificates(pair: &mut Members, stored: Option<&Value>) -> Result<()> {
    let slots = SLOTS.map(|name| pair.shift_remove(name));
    for (name, slot) in SLOTS.into_iter().zip(slots) {
        let slot = match slot {
            Some(Value::Object(slot)) if !slot.is_empty() => certificate_slot(slot, stored)?,
            Some(Value::Object(_)) | None => match pair.get("primary") {
                Some(primary) => primary.clone(),
                None => continue,
            },
            Some(_) => return Err(bad_request(format!("attestation.x509: {name} must be an object."))),
        };
        pair.insert(name.to_owned(), slot);
    }
    if pair.is_empty() { Err(bad_request("attestation.x509 holds no certificate.")) } else { Ok(()) }
}

/// Parses the certificate of a slot. A slot with `info` only, which is what a GET returned, keeps the stored
/// certificate.
fn certificate_slot(mut slot: Members, stored: Option<&Value>) -> Result<Value> {
    if let Some(text) = slot.get("certificate") {
        let text = text.as_str().ok_or_else(|| bad_request("A certificate must be a text."))?;
        let info = certificate::info(text)?;
        slot.insert("info".to_owned(), info.into());
        return Ok(slot.into());
    }
    let thumbprint = |slot: &Value, name: &str| slot.get("info")?.get(name)?.as_str().map(str::to_ascii_uppercase);
    let slot = Value::Object(slot);
    let same = |kept: &&Value| {
        ["sha1Thumbprint", "sha256Thumbprint"]
            .into_iter()
            .any(|name| thumbprint(&slot, name).is_some_and(|sent| thumbprint(kept, name) == Some(sent)))
    };
    SLOTS.into_iter().filter_map(|name| stored?.get(name)).find(same).cloned().ok_or_else(|| {
        bad_request("A certificate is missing, and its info is not that of a certificate in the record.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::record::text;
    use EnrollmentKind::{Group, Individual};
    use serde_json::json;

    fn accepted(kind: EnrollmentKind, mut sent: Value, stored: Option<&Value>) -> Result<Value> {
        accept(kind, &mut sent, stored).map(|()| sent)
    }

    fn pem() -> String {
        rcgen::generate_simple_self_signed(["dev-1".to_owned()]).unwrap().cert.pem()
    }

    #[test]
    fn keys_that_are_absent_null_or_empty_are_made() {
        for keys in [json!(null), json!({}), json!({"primaryKey": "", "secondaryKey": null})] {
            let made = accepted(Individual, json!({"type": "symmetricKey", "symmetricKey": keys}), None).unwrap();
            let key = |slot: &str| base64::decode(made["symmetricKey"][slot].as_str().unwrap()).unwrap();
            assert_eq!((key("primaryKey").len(), key("secondaryKey").len()), (64, 64));
            assert_ne!(key("primaryKey"), key("secondaryKey"));
        }
    }

    #[test]
    fn an_update_without_keys_keeps_them() {
        let kept = accepted(Group, json!({"type": "symmetricKey"}), None).unwrap();
        let both_empty = json!({"primaryKey": "", "secondaryKey": ""});
        for keys in [json!(null), json!({}), both_empty] {
            let again = accepted(Group, json!({"type": "symmetricKey", "symmetricKey": keys}), Some(&kept)).unwrap();
            assert_eq!(again, kept);
        }
        let one = json!({"primaryKey": base64::encode([1; 32]), "secondaryKey": ""});
        let rotated = accepted(Group, json!({"type": "symmetricKey", "symmetricKey": one}), Some(&kept)).unwrap();
        assert_eq!(rotated["symmetricKey"]["primaryKey"], one["primaryKey"]);
        assert_eq!(rotated["symmetricKey"]["secondaryKey"], kept["symmetricKey"]["secondaryKey"]);
    }

    #[test]
    fn a_record_of_another_attestation_gets_new_keys() {
        let stored = json!({"type": "tpm", "tpm": {"endorsementKey": "AToAAQ=="}});
        let made = accepted(Individual, json!({"type": "symmetricKey"}), Some(&stored)).unwrap();
        assert_eq!(base64::decode(made["symmetricKey"]["primaryKey"].as_str().unwrap()).unwrap().len(), 64);
    }

    #[test]
    fn keys_have_16_to_64_bytes() {
        let with = |bytes: &[u8]| {
            let keys = json!({"primaryKey": base64::encode(bytes), "secondaryKey": base64::encode([1; 32])});
            accepted(Group, json!({"type": "symmetricKey", "symmetricKey": keys}), None)
        };
        assert!(with(&[0; 16]).is_ok() && with(&[0; 64]).is_ok());
        assert!(with(&[0; 15]).unwrap_err().message.contains("primaryKey"));
        assert!(with(&[0; 65]).is_err());
    }

    #[test]
    fn the_secondary_certificate_is_a_copy_of_a_lone_primary() {
        let kept = accepted(
            Individual,
            json!({"type": "x509", "x509": {"clientCertificates": {"primary": {"certificate": pem()}, "secondary": null}}}),
            None,
        )
        .unwrap();
        let pair = &kept["x509"]["clientCertificates"];
        assert_eq!(pair["secondary"], pair["primary"]);
    }

    #[test]
    fn info_alone_keeps_the_certificate_that_it_names() {
        let sent = json!({"type": "x509", "x509": {"signingCertificates":
            {"primary": {"certificate": pem()}, "secondary": {"certificate": pem()}}}});
        let kept = accepted(Group, sent, None).unwrap();
        let shown = text::without(&kept.to_string(), &[&["x509", "*", "*", "certificate"]]).unwrap();
        let again = accepted(Group, serde_json::from_str(&shown).unwrap(), Some(&kept)).unwrap();
        assert_eq!(again, kept);
        let stranger =
            json!({"type": "x509", "x509": {"signingCertificates": {"primary": {"info": {"sha1Thumbprint": "00"}}}}});
        assert!(accepted(Group, stranger, Some(&kept)).unwrap_err().message.contains("info"));
    }

    #[test]
    fn each_kind_has_its_own_certificates() {
        let with = |kind, member: &str| {
            accepted(kind, json!({"type": "x509", "x509": {member: {"primary": {"certificate": pem()}}}}), None)
        };
        assert!(with(Individual, "clientCertificates").is_ok() && with(Group, "signingCertificates").is_ok());
        assert!(with(Group, "clientCertificates").is_err() && with(Individual, "signingCertificates").is_err());
        let mixed = json!({"type": "x509", "x509": {"signingCertificates": {"primary": {"certificate": pem()}},
            "caReferences": {"primary": "root"}}});
        assert!(accepted(Group, mixed, None).is_err());
    }

    #[test]
    fn a_group_has_no_tpm_and_nobody_has_none() {
        let tpm = json!({"type": "tpm", "tpm": {"endorsementKey": "AToAAQ=="}});
        assert!(accepted(Individual, tpm.clone(), None).is_ok());
        assert!(accepted(Group, tpm, None).unwrap_err().message.contains("tpm"));
        assert!(accepted(Individual, json!({"type": "none"}), None).unwrap_err().message.contains("none"));
        let two = json!({"type": "tpm", "tpm": {"endorsementKey": "AToAAQ=="}, "symmetricKey": {}});
        assert!(accepted(Individual, two, None).unwrap_err().message.contains("symmetricKey"));
    }
}
