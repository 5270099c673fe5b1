//! The command line before it is parsed, and what is said where it cannot be.

use crate::connection::is_emulator_address;
use clap::Error;
use clap::error::{ContextKind, ContextValue};
use std::ffi::OsString;

/// The command line as the grammar has it: `iot dps` or `iot` may stand before a command, as after `az`, and the address of
/// the emulator may stand by itself.
pub fn prepared(given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut given: Vec<OsString> = given.collect();
    match given.get(1..3) {
        Some(words) if words == ["iot", "dps"] => drop(given.drain(1..3)),
        Some(words) if words == ["iot", "device"] => drop(given.remove(1)),
        _ => {}
    }
    let mut prepared: Vec<OsString> = Vec::with_capacity(given.len());
    for argument in given {
        let is_address = argument.to_str().is_some_and(is_emulator_address);
        match prepared.last_mut() {
            // An option that takes its value only after '=', so that a command may follow it.
            Some(last) if last == "--emulator" && is_address => {
                last.push("=");
                last.push(argument);
            }
            _ => prepared.push(argument),
        }
    }
    prepared
}

/// Says what is wrong with the command line, and ends the program.
pub fn refused(mut error: Error) -> ! {
    if let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg)
        && matches!(option.as_str(), "--gid" | "--group-id")
    {
        let tip = "the commands on groups are those of 'aziotdps enrollment-group'".into();
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    for kind in [ContextKind::InvalidValue, ContextKind::InvalidArg, ContextKind::InvalidSubcommand] {
        if let Some(ContextValue::String(given)) = error.get(kind)
            && may_be_secret(given)
        {
            error.insert(kind, ContextValue::String("(not shown)".to_owned()));
        }
    }
    error.exit()
}

/// As long as 15 bytes in base64: as short as no key, and longer than a word.
const KEY_LENGTH: usize = 20;

/// Whether a key may be in it, given in the wrong place.
fn may_be_secret(text: &str) -> bool {
    let mut parts = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '+');
    text.contains("SharedAccess") || parts.any(|part| part.len() >= KEY_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_taken_as_az_has_it() {
        for (given, expected) in [
            ("az iot dps enrollment list", "az enrollment list"),
            ("az iot dps list", "az list"),
            ("az iot device registration create", "az device registration create"),
            ("a enrollment --emulator list", "a enrollment --emulator list"),
            ("a list --emulator 8443 -o tsv", "a list --emulator=8443 -o tsv"),
            ("a list --emulator localhost:1", "a list --emulator=localhost:1"),
            ("a list --emulator https://[::1]:1", "a list --emulator=https://[::1]:1"),
            ("a list --emulator=1 2", "a list --emulator=1 2"),
            ("a list --top 8443", "a list --top 8443"),
        ] {
            let prepared = prepared(given.split(' ').map(OsString::from));
            assert_eq!(prepared, expected.split(' ').collect::<Vec<_>>(), "{given}");
        }
    }

    #[test]
    fn what_may_be_a_key_is_not_shown() {
        for secret in [
            "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMzQ=",
            "HostName=h;SharedAccessKey=a",
            "{'k':'abcdefghijklmnopqrst'}",
        ] {
            assert!(may_be_secret(secret), "{secret}");
        }
        for plain in
            ["symmetricKey", "-5", "/home/user/certificates/device.pem", "d0e5d0e5-0000-4000-8000-000000000003"]
        {
            assert!(!may_be_secret(plain), "{plain}");
        }
    }
}
