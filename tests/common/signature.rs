//! Shared access signatures as the service's documentation describes them, made without the library.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;
use std::time::{SystemTime, UNIX_EPOCH};

/// HMAC-SHA256 of `text`; key and result are base64.
pub fn hmac(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(key).unwrap()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

pub fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A signature over `resource`, which is encoded already, with the key of `policy`.
pub fn shared_access_signature(resource: &str, key: &str, expiry: u64, policy: &str) -> String {
    let signature = percent_encoded(&hmac(key, &format!("{resource}\n{expiry}")));
    format!("SharedAccessSignature sr={resource}&sig={signature}&se={expiry}&skn={policy}")
}

/// Ten minutes from now, in seconds since 1970.
pub fn soon() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 600
}
