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

/// Generates the key that is missing beside the other one, if `completes`.
///
/// # Errors
/// [`Code::InvalidArgument`] if not: then both are needed, in the words of the Az module. Those of [`new_key`].
pub fn complete(
    primary: &mut Option<SecretString>,
    secondary: &mut Option<SecretString>,
    completes: bool,
) -> Result<()> {
    let (missing, parameter) = if primary.is_none() { (primary, "primaryKey") } else { (secondary, "secondaryKey") };
    if !completes {
        let message = "Please provide both primary and secondary key, or neither: then the service creates them.";
        return Err(Error::argument(parameter, message));
    }
    *missing = Some(new_key()?.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_that_is_missing_is_made_where_that_is_wanted() {
        let given = || Some(SecretString::from("c2VjcmV0IHNlY3JldCBzZWNyZXQ="));
        let length =
            |key: &Option<SecretString>| BASE64_STANDARD.decode(key.as_ref().unwrap().expose_secret()).unwrap().len();
        for (mut primary, mut secondary, made) in [(given(), None, "secondaryKey"), (None, given(), "primaryKey")] {
            let refused = complete(&mut primary, &mut secondary, false).unwrap_err();
            assert_eq!(refused.parameter(), Some(made), "{refused}");
            complete(&mut primary, &mut secondary, true).unwrap();
            let lengths = if made == "primaryKey" { [KEY_LENGTH, 20] } else { [20, KEY_LENGTH] };
            assert_eq!([length(&primary), length(&secondary)], lengths);
        }
    }
}
