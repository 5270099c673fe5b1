//! What only one TPM can open, as the TPM 2.0 Library specification, part 1, defines it: a credential ("credential
//! protection") and a key to import ("duplication").

use aes::Aes128;
use cfb_mode::Encryptor;
use cfb_mode::cipher::KeyIvInit;
use getrandom::SysRng;
use hmac::{Hmac, KeyInit, Mac};
use rsa::oaep::EncryptingKey;
use rsa::traits::RandomizedEncryptor;
use rsa::{BoxedUint, PublicKey};
use sha2::{Digest, Sha256};

const ALG_RSA: u16 = 0x0001;
const ALG_HMAC: u16 = 0x0005;
const ALG_AES: u16 = 0x0006;
const ALG_KEYED_HASH: u16 = 0x0008;
const ALG_SHA256: u16 = 0x000B;
const ALG_NULL: u16 = 0x0010;
const ALG_CFB: u16 = 0x0043;

/// `restricted` and `decrypt`: what makes a key a storage key.
const STORAGE_KEY: u32 = 1 << 16 | 1 << 17;

/// `userWithAuth`, `noDA` and `sign` of a key that signs for whoever holds its (empty) authorization.
const IDENTITY_KEY: u32 = 1 << 6 | 1 << 10 | 1 << 18;

/// A random key that is used once.
type Secret = [u8; 32];

/// The public part of a TPM's storage key: RSA, with SHA-256 as its name's hash and AES-128-CFB inside. The endorsement
/// and storage root keys that device clients make are of this kind.
pub(super) struct StorageKey {
    key: PublicKey,
    /// What the TPM calls it: the hash's number and the hash of its public area.
    name: Vec<u8>,
}

impl StorageKey {
    /// Reads a `TPM2B_PUBLIC`; `None` for anything but such a key.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut outer = Reader(bytes);
        let area = outer.sized()?;
        let mut public = Reader(area);
        let of_this_kind = public.u16()? == ALG_RSA
            && public.u16()? == ALG_SHA256
            && public.u32()? & STORAGE_KEY == STORAGE_KEY
            && public.sized().is_some()
            && [public.u16()?, public.u16()?, public.u16()?, public.u16()?] == [ALG_AES, 128, ALG_CFB, ALG_NULL];
        let (bits, exponent) = (public.u16()?, public.u32()?);
        let modulus = public.sized()?;
        if !of_this_kind || !public.0.is_empty() || !outer.0.is_empty() || modulus.len() * 8 != usize::from(bits) {
            return None;
        }
        let exponent = if exponent == 0 { 65_537 } else { exponent };
        let key = PublicKey::new(BoxedUint::from_be_slice_vartime(modulus), BoxedUint::from(exponent)).ok()?;
        Some(Self { key, name: name(area) })
    }

    /// `seed` for the owner of this key, who must give `label` to read it.
    fn encrypt(&self, seed: &Secret, label: &str) -> Option<Vec<u8>> {
        let label = format!("{label}\0").into_bytes();
        let key = EncryptingKey::<Sha256>::new_with_label(self.key.clone(), label);
        key.encrypt_with_rng(&mut SysRng, seed).ok()
    }
}

/// What lets the TPM that holds `endorsement_key` import `key`, for HMAC-SHA256, below its `storage_root_key`: the
/// concatenation that device clients take apart. `None` where the system gives no random numbers.
pub(super) fn activation(endorsement_key: &StorageKey, storage_root_key: &StorageKey, key: &[u8]) -> Option<Vec<u8>> {
    let inner_key: [u8; 16] = random()?;
    let (credential_seed, import_seed) = (random()?, random()?);
    let unique = random()?;
    let public = identity_public(&unique, key);
    let duplicate = duplicate(&public, &unique, key, &inner_key, &import_seed);
    Some(
        [
            sized(&protect(&credential_seed, sized(&inner_key), &storage_root_key.name)),
            sized(&endorsement_key.encrypt(&credential_seed, "IDENTITY")?),
            sized(&duplicate),
            sized(&storage_root_key.encrypt(&import_seed, "DUPLICATE")?),
            sized(&public),
            // Data for the device, of which there is none.
            sized(&[]),
        ]
        .concat(),
    )
}

/// The sensitive area in its inner wrapper (an integrity hash, encrypted with `inner_key`) and its outer one.
fn duplicate(public: &[u8], unique: &Secret, key: &[u8], inner_key: &[u8; 16], seed: &Secret) -> Vec<u8> {
    let no_authorization = sized(&[]);
    let kind = ALG_KEYED_HASH.to_be_bytes();
    let sensitive = sized(&[kind.as_slice(), &no_authorization, &sized(unique), &sized(key)].concat());
    let name = name(public);
    let integrity = Sha256::new().chain_update(&sensitive).chain_update(&name).finalize();
    let mut inner = [sized(&integrity), sensitive].concat();
    encrypt(inner_key, &mut inner);
    protect(seed, inner, &name)
}

/// `content` encrypted with a key that comes from `seed`, and before it an HMAC that ties it to `name`.
fn protect(seed: &Secret, mut content: Vec<u8>, name: &[u8]) -> Vec<u8> {
    let mut key = [0; 16];
    let length = key.len();
    key.copy_from_slice(&kdf(seed, "STORAGE", name, 128)[..length]);
    encrypt(&key, &mut content);
    let integrity = kdf(seed, "INTEGRITY", &[], 256);
    [sized(&hmac(&integrity, &[&content, name])), content].concat()
}

/// The public area of a key for HMAC-SHA256. `unique` binds it to its sensitive area.
fn identity_public(unique: &Secret, key: &[u8]) -> Vec<u8> {
    let bound = Sha256::new().chain_update(unique).chain_update(key).finalize();
    let no_policy = sized(&[]);
    [
        ALG_KEYED_HASH.to_be_bytes().as_slice(),
        &ALG_SHA256.to_be_bytes(),
        &IDENTITY_KEY.to_be_bytes(),
        &no_policy,
        &ALG_HMAC.to_be_bytes(),
        &ALG_SHA256.to_be_bytes(),
        &sized(&bound),
    ]
    .concat()
}

fn name(public: &[u8]) -> Vec<u8> {
    [ALG_SHA256.to_be_bytes().as_slice(), &Sha256::digest(public)].concat()
}

/// The specification's `KDFa` with SHA-256, for at most 256 `bits`: they begin what is returned.
fn kdf(seed: &Secret, label: &str, context: &[u8], bits: u32) -> Secret {
    hmac(seed, &[&1_u32.to_be_bytes(), label.as_bytes(), &[0], context, &bits.to_be_bytes()])
}

fn hmac(key: &Secret, parts: &[&[u8]]) -> Secret {
    // HMAC fills a key up with zeros to the length of a block.
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn encrypt(key: &[u8; 16], content: &mut [u8]) {
    Encryptor::<Aes128>::new(key.into(), &[0; 16].into()).encrypt(content);
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// `content` after its length, as everything of variable length is in a TPM's structures.
fn sized(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    [length.to_be_bytes().as_slice(), content].concat()
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn sized(&mut self) -> Option<&'a [u8]> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }
}
