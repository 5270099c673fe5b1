//! TPM attestation over HTTPS, with as much of a TPM as it takes to open what the service sends: ActivateCredential and
//! Import of the TPM 2.0 Library specification.

use super::device::{Device, Proof, individual, primary, put, signature};
use crate::common::{Host, soon};
use aes::Aes128;
use aziotdps::model::DEVELOPMENT;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cfb_mode::Decryptor;
use cfb_mode::cipher::KeyIvInit;
use getrandom::SysRng;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use rsa::PrivateKey;
use rsa::oaep::DecryptingKey;
use rsa::traits::{PublicKeyParts, RandomizedDecryptor};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn sized(content: &[u8]) -> Vec<u8> {
    [u16::try_from(content.len()).unwrap().to_be_bytes().as_slice(), content].concat()
}

/// Takes the next part, which comes after its length.
fn part<'a>(bytes: &mut &'a [u8]) -> &'a [u8] {
    let (length, rest) = bytes.split_at(2);
    let (part, rest) = rest.split_at(usize::from(u16::from_be_bytes([length[0], length[1]])));
    *bytes = rest;
    part
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    parts.iter().fold(mac, |mac, part| mac.chain_update(part)).finalize().into_bytes().to_vec()
}

fn kdf(seed: &[u8], label: &[u8], context: &[u8], bits: u32) -> Vec<u8> {
    let mut key = hmac(seed, &[&[0, 0, 0, 1], label, &[0], context, &bits.to_be_bytes()]);
    key.truncate(usize::try_from(bits / 8).unwrap());
    key
}

fn decrypt(key: &[u8], content: &[u8]) -> Vec<u8> {
    let mut content = content.to_vec();
    Decryptor::<Aes128>::new_from_slices(key, &[0; 16]).unwrap().decrypt(&mut content);
    content
}

/// What `seed` protects for the object `name`; `None` where it is for another.
fn unprotect(seed: &[u8], mut blob: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let integrity = part(&mut blob);
    let expected = hmac(&kdf(seed, b"INTEGRITY", &[], 256), &[blob, name]);
    (integrity == expected).then(|| decrypt(&kdf(seed, b"STORAGE", name, 128), blob))
}

fn name(area: &[u8]) -> Vec<u8> {
    [[0, 0x0B].as_slice(), &Sha256::digest(area)].concat()
}

/// A storage key of a TPM.
struct StorageKey {
    key: PrivateKey,
    area: Vec<u8>,
}

impl StorageKey {
    fn new() -> Self {
        let key = PrivateKey::new(&mut SysRng, 2048).unwrap();
        let template = [0, 1, 0, 0x0B, 0, 3, 4, 0x72, 0, 0, 0, 6, 0, 0x80, 0, 0x43, 0, 0x10, 8, 0, 0, 0, 0, 0];
        let area = [template.as_slice(), &sized(&key.n_bytes())].concat();
        Self { key, area }
    }

    fn decrypt(&self, secret: &[u8], label: &str) -> Option<Vec<u8>> {
        let label = format!("{label}\0").into_bytes();
        DecryptingKey::<Sha256>::new_with_label(self.key.clone(), label).decrypt_with_rng(&mut SysRng, secret).ok()
    }
}

struct Tpm {
    endorsement: StorageKey,
    storage: StorageKey,
}

impl Tpm {
    fn new() -> Self {
        Self { endorsement: StorageKey::new(), storage: StorageKey::new() }
    }

    fn keys(&self) -> Value {
        let [endorsement, storage] = [&self.endorsement, &self.storage].map(|key| STANDARD.encode(sized(&key.area)));
        json!({"endorsementKey": endorsement, "storageRootKey": storage})
    }

    /// The key that an authentication key is made of, in base64; `None` where it is for another TPM.
    fn activate(&self, authentication_key: &Value) -> Option<String> {
        let blob = STANDARD.decode(authentication_key.as_str().unwrap()).unwrap();
        let mut blob = blob.as_slice();
        let [credential, secret, duplicate, seed, area, data] = [(); 6].map(|()| part(&mut blob));
        assert!(blob.is_empty() && data.is_empty());
        let inner = unprotect(&self.endorsement.decrypt(secret, "IDENTITY")?, credential, &name(&self.storage.area))?;
        let inner_key = part(&mut inner.as_slice()).to_vec();
        let wrapped = unprotect(&self.storage.decrypt(seed, "DUPLICATE")?, duplicate, &name(area))?;
        let inner = decrypt(&inner_key, &wrapped);
        let mut inner = inner.as_slice();
        let integrity = part(&mut inner);
        assert_eq!(integrity, Sha256::digest([inner, &name(area)].concat()).as_slice());
        let mut sensitive = part(&mut inner);
        assert_eq!((inner, &sensitive[..2]), ([].as_slice(), [0, 8].as_slice()));
        sensitive = &sensitive[2..];
        let [authorization, unique, key] = [(); 3].map(|()| part(&mut sensitive));
        assert!(authorization.is_empty() && sensitive.is_empty());
        // For HMAC with SHA-256, of no policy; it signs for its owner, may be imported, and is bound to its key.
        let bound = sized(&Sha256::digest([unique, key].concat()));
        assert_eq!(area, [[0, 8, 0, 0x0B, 0, 4, 4, 0x40, 0, 0, 0, 5, 0, 0x0B].as_slice(), &bound].concat());
        Some(STANDARD.encode(key))
    }
}

/// A device with a body that it sends with each registration.
async fn register(host: &Host, device: &Device, tpm: &Value) -> crate::common::Reply {
    device.call(host, Method::PUT, "/register", Some(json!({"registrationId": device.id, "tpm": tpm}))).await
}

fn unsigned(host: &Host, id: &str) -> Device {
    Device { id: id.to_owned(), proof: Proof::Certificate(Box::new(host.http.clone())) }
}

fn signed(id: &str, key: &str) -> Device {
    Device { id: id.to_owned(), proof: Proof::Signature(signature(DEVELOPMENT.id_scope, id, key, soon())) }
}

#[tokio::test]
async fn a_device_registers_with_a_key_that_only_its_tpm_can_open() {
    let host = Host::start();
    let (tpm, other) = (Tpm::new(), Tpm::new());
    let keys = tpm.keys();
    let attestation = json!({"type": "tpm", "tpm": {"endorsementKey": keys["endorsementKey"]}});
    put(&host, "enrollments", "registrationId", "dev-1", attestation, json!({})).await;

    let challenge = register(&host, &unsigned(&host, "dev-1"), &keys).await;
    assert_eq!(challenge.status, 401);
    let challenge = challenge.json();
    let members: Vec<_> = challenge.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["message", "authenticationKey", "keyName"]);
    assert_eq!(challenge["keyName"], "registration");
    assert_eq!(other.activate(&challenge["authenticationKey"]), None, "another TPM");
    let key = tpm.activate(&challenge["authenticationKey"]).unwrap();

    let device = signed("dev-1", &key);
    let accepted = register(&host, &device, &keys).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let end = device.end(&host, &accepted).await;
    assert_eq!(end["status"], "assigned");
    let proof = &end["registrationState"]["tpm"];
    assert_eq!(tpm.activate(&proof["authenticationKey"]), Some(key));
    assert!(!host.get("/registrations/dev-1").await.text.contains("authenticationKey"), "it is the device's alone");

    let refused = register(&host, &unsigned(&host, "dev-1"), &other.keys()).await.refusal();
    assert!(refused.1 == 401_002 && refused.2.contains("not that of the enrollment"), "{refused:?}");
    let refused = register(&host, &device, &other.keys()).await.refusal();
    assert_eq!(refused.1, 401_002);
    let refused = device.register(&host).await.refusal();
    assert!(refused.0 == 400 && refused.2.contains("tpm"), "{refused:?}");
    let stranger = STANDARD.encode([1; 32]);
    let refused = register(&host, &signed("dev-1", &stranger), &keys).await.refusal();
    assert!(refused.1 == 401_002 && refused.2.contains("TPM was given"), "{refused:?}");
    let refused = unsigned(&host, "dev-1").register(&host).await.refusal();
    assert_eq!(refused.1, 401_002);
}

#[tokio::test]
async fn keys_that_are_not_those_of_a_tpm_are_refused() {
    let host = Host::start();
    let unknown =
        register(&host, &unsigned(&host, "dev-0"), &json!({"endorsementKey": "", "storageRootKey": ""})).await;
    assert_eq!(unknown.refusal().1, 404_201);
    let record = individual(&host, "dev-1", json!({})).await;
    for device in [unsigned(&host, "dev-1"), signed("dev-1", primary(&record))] {
        let refused = register(&host, &device, &json!({"endorsementKey": "AA==", "storageRootKey": "AA=="})).await;
        assert!(refused.refusal().2.contains("not for a TPM"), "{refused:?}");
    }
    // Lengths that lead beyond the end, a key of another kind, and one that is not RSA at all.
    for (place, key) in [[].as_slice(), &[0xFF, 0xFF], &[0, 4, 0, 1, 0, 0x0B], &[0, 2, 0, 0x23]].into_iter().enumerate()
    {
        let (id, key) = (format!("tpm-{place}"), STANDARD.encode(key));
        let attestation = json!({"type": "tpm", "tpm": {"endorsementKey": if key.is_empty() { "AA==" } else { &key }}});
        put(&host, "enrollments", "registrationId", &id, attestation.clone(), json!({})).await;
        let keys = json!({"endorsementKey": attestation["tpm"]["endorsementKey"], "storageRootKey": key});
        let refused = register(&host, &unsigned(&host, &id), &keys).await.refusal();
        assert!(refused.0 == 400 && refused.2.contains("TPM2B_PUBLIC"), "{refused:?}");
    }
}
