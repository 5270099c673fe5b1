//! How a device proves its identity: the attestation of a new record, and what may be changed of an existing one. The
//! texts are the Az module's, which scripts match.

use super::certificate::Certificate;
use super::change::Change;
use super::symmetric_key::{check_key, complete};
use crate::error::{Code, Error, Result};
use crate::events::Events;
use crate::model::{AttestationType, ClearableMember, EnrollmentKind, Members, Record, Slot, WireEnum};
use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

const ATTESTATION: &str = "attestation";
const X509: &[&str] = &[ATTESTATION, "x509"];

/// The member of `attestation.x509` that names CA certificates of the service.
pub const CA_REFERENCES: &str = "caReferences";

/// The members of the attestation that a request gives.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Attestation {
    endorsement_key: Option<String>,
    storage_root_key: Option<String>,
    primary_key: Option<SecretString>,
    secondary_key: Option<SecretString>,
    primary_certificate: Option<String>,
    secondary_certificate: Option<String>,
    #[serde(rename = "primaryCAName")]
    primary_ca_name: Option<String>,
    #[serde(rename = "secondaryCAName")]
    secondary_ca_name: Option<String>,
    // The kind of the record decides what its certificates are for. Scripts for the Az module have to give it.
    #[serde(rename = "rootCertificate")]
    _root_certificate: Option<bool>,
    #[serde(skip)]
    certificates: [Option<Certificate>; 2],
}

impl Attestation {
    /// Checks what can be checked without the record, and loads the certificates.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`].
    pub fn check(&mut self, folder: &Path) -> Result<()> {
        for (key, parameter) in [(&self.primary_key, "primaryKey"), (&self.secondary_key, "secondaryKey")] {
            if let Some(key) = key {
                check_key(key, parameter)?;
            }
        }
        for (key, parameter) in [(&self.endorsement_key, "endorsementKey"), (&self.storage_root_key, "storageRootKey")]
        {
            if key.as_ref().is_some_and(|key| BASE64_STANDARD.decode(key).map_or(true, |bytes| bytes.is_empty())) {
                return Err(Error::argument(
                    parameter,
                    format!("The value of ⟨{parameter}⟩ is not base64, which a TPM's key is given in."),
                ));
            }
        }
        if self.has_certificate() && self.has_ca_name() {
            return Err(Error::argument(
                "primaryCertificate",
                "Please provide either CA reference or X509 certificate, not both.",
            ));
        }
        let given =
            [(&self.primary_certificate, "primaryCertificate"), (&self.secondary_certificate, "secondaryCertificate")];
        for (slot, (text, parameter)) in self.certificates.iter_mut().zip(given) {
            *slot = text.as_ref().map(|text| Certificate::read(parameter, text, folder)).transpose()?;
        }
        Ok(())
    }

    /// Checks that the members do not contradict `change`.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`].
    pub fn check_change(&self, change: &Change) -> Result<()> {
        match (change.touches_keys(), self.given(AttestationType::SymmetricKey)) {
            (Some(parameter), Some(key)) => {
                Err(Error::argument(parameter, format!("⟨{parameter}⟩ and ⟨{key}⟩ exclude each other.")))
            }
            _ => Ok(()),
        }
    }

    /// Checks that the request gives what a new record of `kind` with attestation `r#type` needs, and no more. A key that is
    /// missing beside the other one is made if `completes_keys`.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`].
    pub fn check_new(
        &mut self,
        kind: EnrollmentKind,
        r#type: AttestationType,
        folder: &Path,
        completes_keys: bool,
    ) -> Result<()> {
        self.check(folder)?;
        if r#type == AttestationType::Tpm && kind == EnrollmentKind::Individual && self.endorsement_key.is_none() {
            let message =
                "A TPM enrollment needs ⟨endorsementKey⟩: the endorsement key of the device's TPM, in base64.";
            return Err(Error::argument("endorsementKey", message));
        }
        self.refuse_foreign(r#type, Code::InvalidArgument)?;
        match (r#type, kind) {
            // The service takes both or none.
            (AttestationType::SymmetricKey, _) if self.primary_key.is_some() != self.secondary_key.is_some() => {
                complete(&mut self.primary_key, &mut self.secondary_key, completes_keys)
            }
            (AttestationType::Tpm, EnrollmentKind::Group) => {
                let message = "\"TPM\" is not a valid attestation mechanism for an enrollment group. Accepted are X509 and SymmetricKey.";
                Err(Error::argument("attestationType", message))
            }
            (AttestationType::X509, _)
                if self.secondary_certificate.is_some() && self.primary_certificate.is_none() =>
            {
                let message = "Primary certificate cannot be null or empty: ⟨secondaryCertificate⟩ needs ⟨primaryCertificate⟩ too.";
                Err(Error::argument("primaryCertificate", message))
            }
            (AttestationType::X509, _) if !self.has_certificate() && !self.has_ca_name() => {
                let message = match kind {
                    EnrollmentKind::Individual => {
                        "An X.509 enrollment needs ⟨primaryCertificate⟩, the device's certificate; or ⟨primaryCAName⟩, a CA certificate that the service has."
                    }
                    EnrollmentKind::Group => {
                        "An X.509 group needs ⟨primaryCertificate⟩, the certificate of the CA that issues the devices' certificates; or ⟨primaryCAName⟩, a CA certificate that the service has."
                    }
                };
                Err(Error::argument("primaryCertificate", message))
            }
            (AttestationType::X509, _) if !self.has_certificate() && self.primary_ca_name.is_none() => {
                let message =
                    "Primary CA reference cannot be null or empty: ⟨secondaryCAName⟩ needs ⟨primaryCAName⟩ too.";
                Err(Error::argument("primaryCAName", message))
            }
            (AttestationType::None, _) => {
                let message = "Please provide valid attestation mechanism. Accepted are Tpm, X509 and SymmetricKey.";
                Err(Error::argument("attestationType", message))
            }
            _ => Ok(()),
        }
    }

    /// Sets the attestation of a new record.
    pub fn apply_new(&self, kind: EnrollmentKind, r#type: AttestationType, record: &mut Record) {
        record.set(&[ATTESTATION, "type"], r#type.wire());
        if r#type == AttestationType::SymmetricKey {
            record.set(&[ATTESTATION, "symmetricKey"], Members::new());
        }
        self.put(kind, record);
    }

    /// Sets what the request gives in the attestation of an existing record, which keeps its type. The other slot is not
    /// changed: a certificate there is sent as the `info` that was read, which is all that the service returns of it.
    ///
    /// # Errors
    /// [`Code::InvalidChange`] if the record has another attestation type, or would have no primary certificate or name.
    pub fn apply(&self, kind: EnrollmentKind, change: &Change, record: &mut Record) -> Result<()> {
        let r#type = type_of(record).unwrap_or(AttestationType::None);
        self.refuse_foreign(r#type, Code::InvalidChange)?;
        self.put(kind, record);
        let cleared = [
            ClearableMember::PrimaryCertificate,
            ClearableMember::SecondaryCertificate,
            ClearableMember::PrimaryCaName,
            ClearableMember::SecondaryCaName,
        ];
        let touched =
            self.given(AttestationType::X509).is_some() || cleared.into_iter().any(|member| change.clears(member));
        let has_primary = |member| record.get(&[X509[0], X509[1], member, Slot::Primary.wire()]).is_some();
        if !touched || has_primary(kind.certificates_member()) || has_primary(CA_REFERENCES) {
            return Ok(());
        }
        let (parameter, message) = if record.get(&[X509[0], X509[1], CA_REFERENCES]).is_some() {
            (
                "primaryCAName",
                "Primary CA reference cannot be null or empty: give another name, or remove the enrollment.",
            )
        } else {
            (
                "primaryCertificate",
                "Primary certificate cannot be null or empty: give another certificate, or remove the enrollment.",
            )
        };
        Err(Error::new(Code::InvalidChange, message).with_parameter(parameter))
    }

    /// Checks that a record with symmetric keys was read with both, unless the request replaces both: a record that is
    /// written without a key gets a new one.
    ///
    /// # Errors
    /// [`Code::UnexpectedResponse`].
    pub fn check_keys(&self, record: &Record) -> Result<()> {
        let has = |member| record.text(&[ATTESTATION, "symmetricKey", member]).is_some_and(|key| !key.is_empty());
        let kept =
            (self.primary_key.is_some() || has("primaryKey")) && (self.secondary_key.is_some() || has("secondaryKey"));
        if kept || !is_symmetric(record) {
            return Ok(());
        }
        let message =
            "The service did not return the keys of the record, and a change without them would replace them.";
        Err(Error::new(Code::UnexpectedResponse, message))
    }

    /// The certificates that will be sent.
    pub fn certificates(&self) -> impl Iterator<Item = (Slot, &Certificate)> {
        Slot::ALL
            .iter()
            .copied()
            .zip(&self.certificates)
            .filter_map(|(slot, certificate)| Some((slot, certificate.as_ref()?)))
    }

    /// The names of CA certificates that the request gives, by slot.
    pub fn ca_names(&self) -> [Option<&str>; 2] {
        [self.primary_ca_name.as_deref(), self.secondary_ca_name.as_deref()]
    }

    /// Warns of certificates that are probably not what the caller wants for the record `id`.
    pub fn warn(&self, kind: EnrollmentKind, id: &str, events: &Events) {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX);
        for (slot, certificate) in self.certificates() {
            let parameter = format!("{}Certificate", slot.wire());
            certificate.warnings(&parameter, kind, id, now).into_iter().for_each(|text| events.warning(text));
        }
    }

    fn put(&self, kind: EnrollmentKind, record: &mut Record) {
        for (key, member) in [(&self.endorsement_key, "endorsementKey"), (&self.storage_root_key, "storageRootKey")] {
            if let Some(key) = key {
                record.set(&[ATTESTATION, "tpm", member], key.as_str());
            }
        }
        for (key, member) in [(&self.primary_key, "primaryKey"), (&self.secondary_key, "secondaryKey")] {
            if let Some(key) = key {
                record.set(&[ATTESTATION, "symmetricKey", member], key.expose_secret());
            }
        }
        let names = [&self.primary_ca_name, &self.secondary_ca_name].map(|name| name.as_ref().map(|name| json!(name)));
        let certificates = [0, 1]
            .map(|slot| self.certificates[slot].as_ref().map(|certificate| json!({"certificate": certificate.base64})));
        for (values, member) in [(names, CA_REFERENCES), (certificates, kind.certificates_member())] {
            if values.iter().all(Option::is_none) {
                continue;
            }
            // Certificates and references exclude each other: the given ones replace the others.
            for other in [CA_REFERENCES, kind.certificates_member()].into_iter().filter(|other| *other != member) {
                record.remove(&[X509[0], X509[1], other]);
            }
            for (value, slot) in values.into_iter().zip(Slot::ALL) {
                if let Some(value) = value {
                    record.set(&[X509[0], X509[1], member, slot.wire()], value);
                }
            }
        }
    }

    /// Refuses members of another type than `r#type`.
    fn refuse_foreign(&self, r#type: AttestationType, code: Code) -> Result<()> {
        for other in [AttestationType::Tpm, AttestationType::X509, AttestationType::SymmetricKey] {
            if let Some(parameter) = self.given(other).filter(|_| other != r#type) {
                let message = format!(
                    "⟨{parameter}⟩ belongs to attestation type {}; this enrollment's is {}.",
                    other.powershell(),
                    r#type.powershell()
                );
                return Err(Error::new(code, message).with_parameter(parameter));
            }
        }
        Ok(())
    }

    /// The first member of `r#type` that the request gives.
    fn given(&self, r#type: AttestationType) -> Option<&'static str> {
        let candidates: &[(bool, &'static str)] = match r#type {
            AttestationType::None => &[],
            AttestationType::Tpm => &[
                (self.endorsement_key.is_some(), "endorsementKey"),
                (self.storage_root_key.is_some(), "storageRootKey"),
            ],
            AttestationType::X509 => &[
                (self.primary_certificate.is_some(), "primaryCertificate"),
                (self.secondary_certificate.is_some(), "secondaryCertificate"),
                (self.primary_ca_name.is_some(), "primaryCAName"),
                (self.secondary_ca_name.is_some(), "secondaryCAName"),
            ],
            AttestationType::SymmetricKey => {
                &[(self.primary_key.is_some(), "primaryKey"), (self.secondary_key.is_some(), "secondaryKey")]
            }
        };
        candidates.iter().find(|(given, _)| *given).map(|(_, parameter)| *parameter)
    }

    fn has_certificate(&self) -> bool {
        self.primary_certificate.is_some() || self.secondary_certificate.is_some()
    }

    fn has_ca_name(&self) -> bool {
        self.primary_ca_name.is_some() || self.secondary_ca_name.is_some()
    }
}

/// The attestation type of a record, if this version knows it.
fn type_of(record: &Record) -> Option<AttestationType> {
    record.text(&[ATTESTATION, "type"]).and_then(AttestationType::parse)
}

/// Whether a record is attested by symmetric keys.
pub fn is_symmetric(record: &Record) -> bool {
    type_of(record) == Some(AttestationType::SymmetricKey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const KEY: &str = "QUJDREVGR0hJSktMTU5PUA==";
    const PEM: &str = include_str!("../../../../tests/data/device.pem");

    fn new(kind: EnrollmentKind, r#type: AttestationType, given: Value) -> Result<Value> {
        let mut attestation: Attestation = serde_json::from_value(given).unwrap();
        attestation.check_new(kind, r#type, Path::new(""), true)?;
        let mut record = Record::default();
        attestation.apply_new(kind, r#type, &mut record);
        Ok(record.get(&[ATTESTATION]).unwrap().clone())
    }

    fn set(attested: Value, given: Value) -> Result<Value> {
        let mut attestation: Attestation = serde_json::from_value(given).unwrap();
        attestation.check(Path::new(""))?;
        let mut record: Record = serde_json::from_value(json!({"attestation": attested})).unwrap();
        attestation.apply(EnrollmentKind::Individual, &Change::default(), &mut record)?;
        Ok(record.get(&[ATTESTATION]).unwrap().clone())
    }

    #[test]
    fn what_a_new_record_lacks_is_named_in_the_texts_that_scripts_match() {
        use AttestationType::{None, SymmetricKey, Tpm, X509};
        use EnrollmentKind::{Group, Individual};
        for (kind, r#type, given, parameter, says) in [
            (
                Individual,
                SymmetricKey,
                json!({"primaryKey": "QUJD", "secondaryKey": KEY}),
                "primaryKey",
                "3 bytes long; accepted are 16 to 64",
            ),
            (Individual, SymmetricKey, json!({"primaryKey": KEY, "secondaryKey": "no!"}), "secondaryKey", "not base64"),
            (
                Individual,
                SymmetricKey,
                json!({"endorsementKey": "QUJD"}),
                "endorsementKey",
                "belongs to attestation type Tpm; this enrollment's is SymmetricKey",
            ),
            (Individual, Tpm, json!({"endorsementKey": "*"}), "endorsementKey", "not base64"),
            (
                Group,
                Tpm,
                json!({"endorsementKey": "QUJD"}),
                "attestationType",
                "\"TPM\" is not a valid attestation mechanism for an enrollment group",
            ),
            (Individual, X509, json!({}), "primaryCertificate", "An X.509 enrollment needs primaryCertificate"),
            (
                Individual,
                X509,
                json!({"secondaryCAName": "c"}),
                "primaryCAName",
                "Primary CA reference cannot be null or empty",
            ),
            (
                Individual,
                X509,
                json!({"secondaryCertificate": PEM}),
                "primaryCertificate",
                "Primary certificate cannot be null or empty",
            ),
            (
                Individual,
                X509,
                json!({"primaryCertificate": PEM, "primaryCAName": "c"}),
                "primaryCertificate",
                "Please provide either CA reference or X509 certificate",
            ),
            (Group, X509, json!({}), "primaryCertificate", "An X.509 group needs primaryCertificate"),
            (Individual, None, json!({}), "attestationType", "Please provide valid attestation mechanism"),
        ] {
            let refused = new(kind, r#type, given.clone()).unwrap_err();
            assert_eq!(
                (refused.code(), refused.parameter()),
                (Code::InvalidArgument, Some(parameter)),
                "{given}: {refused}"
            );
            assert!(refused.message().contains(says), "{given}: {refused}");
        }
    }

    #[test]
    fn the_kind_decides_what_certificates_are_for() {
        for root in [json!(null), json!(true), json!(false)] {
            let given = json!({"primaryCertificate": PEM, "rootCertificate": root});
            let client = new(EnrollmentKind::Individual, AttestationType::X509, given.clone()).unwrap();
            assert!(
                client["x509"]["clientCertificates"]["primary"]["certificate"].is_string()
                    && client["x509"].as_object().unwrap().len() == 1
            );
            let signing = new(EnrollmentKind::Group, AttestationType::X509, given).unwrap();
            assert!(signing["x509"]["signingCertificates"]["primary"]["certificate"].is_string());
        }
    }

    #[test]
    fn one_key_is_changed_and_the_other_stays() {
        let attested =
            json!({"type": "symmetricKey", "symmetricKey": {"primaryKey": "a", "secondaryKey": "b", "new": 1}});
        assert_eq!(
            set(attested, json!({"secondaryKey": KEY})).unwrap(),
            json!({"type": "symmetricKey", "symmetricKey": {"primaryKey": "a", "secondaryKey": KEY, "new": 1}})
        );
    }

    #[test]
    fn one_certificate_is_changed_and_the_other_goes_back_as_it_came() {
        let attested = json!({"type": "x509", "x509": {"clientCertificates": {"primary": {"info": {"n": 1}}, "secondary": {"info": {"n": 2}}}}});
        let changed = set(attested, json!({"primaryCertificate": PEM})).unwrap();
        let slots = &changed["x509"]["clientCertificates"];
        assert!(slots["primary"]["certificate"].is_string() && slots["primary"].get("info").is_none());
        assert_eq!(slots["secondary"], json!({"info": {"n": 2}}));
    }

    #[test]
    fn what_this_version_does_not_know_of_a_certificate_stays() {
        let attested = json!({"type": "x509", "x509": {"clientCertificates": {"primary": {"info": {}}}, "novelty": 1}});
        assert_eq!(set(attested, json!({"secondaryCertificate": PEM})).unwrap()["x509"]["novelty"], 1);
    }

    #[test]
    fn a_record_without_its_keys_is_not_written() {
        let check = |keys: Value, given: Value| {
            let attestation: Attestation = serde_json::from_value(given).unwrap();
            let record = json!({"attestation": {"type": "symmetricKey", "symmetricKey": keys}});
            attestation.check_keys(&serde_json::from_value(record).unwrap()).is_ok()
        };
        for (keys, given, accepted) in [
            (json!({"primaryKey": "a", "secondaryKey": "b"}), json!({}), true),
            (json!(null), json!({}), false),
            (json!({"primaryKey": "", "secondaryKey": ""}), json!({"primaryKey": KEY}), false),
            (json!({"secondaryKey": "b"}), json!({"primaryKey": KEY}), true),
            (json!(null), json!({"primaryKey": KEY, "secondaryKey": KEY}), true),
        ] {
            assert_eq!(check(keys.clone(), given.clone()), accepted, "{keys} {given}");
        }
    }

    #[test]
    fn references_take_the_place_of_certificates_and_back() {
        let certificates = json!({"type": "x509", "x509": {"clientCertificates": {"primary": {"info": {}}}}});
        assert_eq!(
            set(certificates.clone(), json!({"primaryCAName": "c"})).unwrap(),
            json!({"type": "x509", "x509": {"caReferences": {"primary": "c"}}})
        );
        assert_eq!(set(certificates, json!({"secondaryCAName": "c"})).unwrap_err().parameter(), Some("primaryCAName"));
        let references = json!({"type": "x509", "x509": {"caReferences": {"primary": "a", "secondary": "b"}}});
        assert_eq!(
            set(references.clone(), json!({"secondaryCAName": "c"})).unwrap()["x509"]["caReferences"],
            json!({"primary": "a", "secondary": "c"})
        );
        assert!(set(references, json!({"primaryCertificate": PEM})).unwrap()["x509"].get("caReferences").is_none());
    }

    #[test]
    fn what_belongs_to_another_type_is_refused() {
        let refused =
            set(json!({"type": "tpm", "tpm": {"endorsementKey": "a"}}), json!({"primaryKey": KEY})).unwrap_err();
        assert_eq!((refused.code(), refused.parameter()), (Code::InvalidChange, Some("primaryKey")));
        assert!(refused.message().contains("this enrollment's is Tpm"), "{refused}");
    }

    #[test]
    fn debug_shows_no_key() {
        let attestation: Attestation = serde_json::from_value(json!({"primaryKey": KEY})).unwrap();
        assert!(!format!("{attestation:?}").contains(KEY));
    }
}
