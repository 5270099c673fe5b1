//! `If-Match`: which version of a record a write is meant for.

use crate::emulator::base64;
use crate::emulator::errors::{Result, bad_request, precondition_failed};
use crate::emulator::request::Request;
use crate::model::Record;

/// What a write says about the record that it expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Precondition {
    /// Nothing.
    None,
    /// That there is one: `*`.
    Exists,
    /// That it is the one with this etag.
    Matches(String),
}

impl Precondition {
    pub(crate) fn of(request: &Request) -> Result<Self> {
        match request.headers.get("if-match") {
            None => Ok(Self::None),
            Some(value) => Self::parse(value.to_str().unwrap_or_default()),
        }
    }

    /// `*`, a body's etag as it is, or the same in quotes.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if text == "*" {
            return Ok(Self::Exists);
        }
        let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        let whole = base64::decode(bare)
            .is_some_and(|plain| plain.len() > 2 && plain.starts_with(b"\"") && plain.ends_with(b"\""));
        if whole { Ok(Self::Matches(bare.to_owned())) } else { Err(bad_request("ETag is invalid")) }
    }

    /// Whether `stored`, a record that is there, is the one that the write expects.
    pub(crate) fn check(&self, stored: &Record) -> Result<()> {
        match self {
            Self::Matches(etag) if stored.text(&["etag"]) != Some(etag) => Err(precondition_failed()),
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
        let matches = Precondition::Matches(ETAG.to_owned());
        assert_eq!(Precondition::parse(ETAG), Ok(matches.clone()));
        assert_eq!(Precondition::parse(&format!("\"{ETAG}\"")), Ok(matches));
        assert_eq!(Precondition::parse("*"), Ok(Precondition::Exists));
    }

    #[test]
    fn a_mangled_etag_is_refused_with_the_known_text() {
        let mangled =
            ["", "\"", "\"*\"", "0a00b742-0000-0800-0000-646801f50000", "W/\"x\"", &ETAG[1..], "aGVsbG8=", "IiI="];
        for text in mangled.iter().copied().chain([format!("\"\"{ETAG}\"\"").as_str()]) {
            let refused = Precondition::parse(text).unwrap_err();
            assert_eq!((refused.status, refused.message.as_str()), (400, "ETag is invalid"), "{text}");
        }
    }
}
