//! Shared access signatures, verified over the text as it was sent.

use crate::emulator::base64;
use crate::emulator::errors::{Result, unauthorized};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha2::Sha256;

/// The fields of a shared access signature, not yet verified.
pub(crate) struct Signature<'a> {
    /// The `sr` field, decoded.
    pub(crate) resource: String,
    /// The `skn` field: the policy whose key signed.
    pub(crate) policy: Option<String>,
    expiry: &'a str,
    /// The `sr` field as it was sent, which is what was signed.
    sent_resource: &'a str,
    signature: Vec<u8>,
}

impl<'a> Signature<'a> {
    /// Parses the fields after `SharedAccessSignature`.
    pub(crate) fn parse(token: &'a str) -> Result<Self> {
        let field = |name: &str| {
            let mut fields = token.split('&').filter_map(|field| field.split_once('='));
            fields.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let required = |name: &str| field(name).ok_or_else(|| unauthorized(format!("The signature has no {name}.")));
        let signature = base64::decode(decode(required("sig")?)?);
        Ok(Self {
            resource: decode(required("sr")?)?,
            policy: field("skn").map(decode).transpose()?,
            expiry: required("se")?,
            sent_resource: required("sr")?,
            signature: signature.ok_or_else(|| unauthorized("The signature is not base64."))?,
        })
    }

    /// Whether one of `keys`, each in base64, made the signature.
    pub(crate) fn is_made_with_one_of(&self, keys: &[&str]) -> bool {
        keys.iter().filter_map(base64::decode).any(|key| self.is_made_with(&key))
    }

    /// Whether `key` made the signature.
    pub(crate) fn is_made_with(&self, key: &[u8]) -> bool {
        let text = format!("{}\n{}", self.sent_resource, self.expiry);
        Hmac::<Sha256>::new_from_slice(key)
            .is_ok_and(|mac| mac.chain_update(text.as_bytes()).verify_slice(&self.signature).is_ok())
    }

    /// Checks that it has not expired.
    pub(crate) fn check_time(&self, now: i64) -> Result<()> {
        let expiry: i64 =
            self.expiry.parse().map_err(|_| unauthorized("The signature's se is not a number of seconds."))?;
        if expiry > now { Ok(()) } else { Err(unauthorized("The signature has expired.")) }
    }
}

fn decode(text: &str) -> Result<String> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(Into::into).map_err(|_| unauthorized("The signature is not UTF-8."))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The fields of a signature with `key` over `resource`, which is encoded already.
    pub(crate) fn signed(key: &str, resource: &str, expiry: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&base64::decode(key).unwrap()).unwrap();
        mac.update(format!("{resource}\n{expiry}").as_bytes());
        let signature = base64::encode(mac.finalize().into_bytes()).replace('+', "%2B").replace('/', "%2F");
        format!("se={expiry}&sig={signature}&sr={resource}")
    }
}
