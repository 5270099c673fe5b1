//! `If-Match`: the version of a record that a write is meant for.

use crate::emulator::base64;
use crate::emulator::errors::{Result, bad_request, precondition_failed};
use crate::model::Record;

/// What a write requires of the stored record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Precondition {
    /// Nothing.
    None,
    /// That it exists: `*`.
    Exists,
    /// That it has this etag.
    Etag(String),
}

impl Precondition {
    /// `*`, an etag as a record has it, or either in quotes.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self> {
        let Some(text) = text else { return Ok(Self::None) };
        let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        if bare == "*" {
            return Ok(Self::Exists);
        }
        let whole = base64::decode(bare)
            .is_some_and(|plain| plain.len() > 2 && plain.starts_with(b"\"") && plain.ends_with(b"\""));
        if whole { Ok(Self::Etag(bare.to_owned())) } else { Err(bad_request("ETag is invalid")) }
    }

    /// The etag that the record must have.
    pub(crate) fn etag(&self) -> Option<&str> {
        match self {
            Self::Etag(etag) => Some(etag),
            Self::None | Self::Exists => None,
        }
    }

    /// Checks the etag of `stored`.
    pub(crate) fn check(&self, stored: &Record) -> Result<()> {
        match self.etag() {
            Some(etag) if stored.text(&["etag"]) != Some(etag) => Err(precondition_failed()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETAG: &str = "IjBhMDBiNzQyLTAwMDAtMDgwMC0wMDAwLTY0NjgwMWY1MDAwMCI=";

    #[test]
    fn an_etag_is_taken_as_it_is_and_in_quotes() {
        let etag = Precondition::Etag(ETAG.to_owned());
        assert_eq!(Precondition::parse(Some(ETAG)), Ok(etag.clone()));
        assert_eq!(Precondition::parse(Some(&format!("\"{ETAG}\""))), Ok(etag));
        for any in ["*", "\"*\""] {
            assert_eq!(Precondition::parse(Some(any)), Ok(Precondition::Exists));
        }
        assert_eq!(Precondition::parse(None), Ok(Precondition::None));
    }

    #[test]
    fn a_mangled_etag_is_refused_with_the_known_text() {
        let mangled =
            ["", "\"", "\"\"*\"\"", "0a00b742-0000-0800-0000-646801f50000", "W/\"x\"", &ETAG[1..], "aGVsbG8=", "IiI="];
        for text in mangled.iter().copied().chain([format!("\"\"{ETAG}\"\"").as_str()]) {
            let refused = Precondition::parse(Some(text)).unwrap_err();
            assert_eq!((refused.status, refused.message.as_str()), (400, "ETag is invalid"), "{text}");
        }
    }
}
