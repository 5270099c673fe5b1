//! Symmetric keys.

use crate::error::{Code, Error, Result};
use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// The length of a generated key, in bytes, which is that of the service's own.
const KEY_LENGTH: usize = 64;

/// Checks a symmetric key.
///
/// # Errors
/// [`Code::InvalidArgument`] if it is not base64 of 16 to 64 bytes.
pub fn check_key(key: &SecretString, parameter: &str) -> Result<()> {
    let length = BASE64_STANDARD.decode(key.expose_secret()).map(Zeroizing::new).map(|bytes| bytes.len());
    match length {
        Ok(16..=64) => Ok(()),
        Ok(length) => Err(Error::argument(
            parameter,
            format!("The key is {length} bytes long; accepted are 16 to 64 bytes, in base64."),
        )),
        Err(_) => Err(Error::argument(parameter, "The key is not base64; accepted are 16 to 64 bytes, in base64.")),
    }
}

/// A random key in base64.
///
/// # Errors
/// [`Code::Internal`] if the system has no random bytes.
pub fn new_key() -> Result<String> {
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    getrandom::fill(key.as_mut_slice())
        .map_err(|error| Error::new(Code::Internal, "The system has no random bytes.").caused_by(&error))?;
    Ok(BASE64_STANDARD.encode(key.as_slice()))
}
