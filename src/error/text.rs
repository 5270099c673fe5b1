//! Text in errors and messages: a user's value, and what comes from outside.

use percent_encoding::percent_decode_str;

/// A user's value is repeated up to this number of characters.
const LONGEST: usize = 64;

/// Secrets shorter than this are not searched for: too many texts would contain them by chance.
const SHORTEST_SECRET: usize = 8;

/// What a text from outside is cut to, in characters.
const LONGEST_FOREIGN: usize = 2_000;

const MASK: &str = "…";

/// What stands before a secret, in lower case.
const MARKERS: [&str; 8] =
    ["sig=", "sig%3d", "sharedaccesskey=", "sharedaccesskey%3d", "client_secret=", "bearer ", "?code=", "&code="];

/// A user's value as a message repeats it, at the start of a sentence: in quotes, unless it is long or may be a secret
/// that was given in the wrong place.
pub fn quote(value: &str) -> String {
    let characters = value.chars().count();
    if characters > LONGEST {
        format!("The value given, of {characters} characters,")
    } else if may_be_secret(value) {
        "The value given (not shown)".to_owned()
    } else {
        format!("'{}'", printable(value))
    }
}

/// Whether a value may be a connection string, a signature, a client secret or a key.
fn may_be_secret(value: &str) -> bool {
    let is_key = value.len() >= 32
        && value.chars().all(|character| character.is_ascii_alphanumeric() || "+/".contains(character))
        && [char::is_uppercase, char::is_lowercase, char::is_numeric].iter().all(|kind| value.contains(*kind));
    is_key || value.contains([';', '=', '~']) || value.to_ascii_lowercase().contains("sharedaccess")
}

/// `text` without what a terminal would act upon: line breaks and tabs become spaces; other control characters, and those
/// that are invisible or change the direction of writing, are removed.
pub fn printable(text: &str) -> String {
    let shown = |character| match character {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => None,
        character if character.is_control() => None,
        character => Some(character),
    };
    text.chars().filter_map(shown).collect()
}

/// `text` from outside, [`printable`], cut to a length that a person reads, and without any of `secrets`.
pub fn scrub<'a>(text: &str, secrets: impl Iterator<Item = &'a str>) -> String {
    let mut text = printable(text);
    for secret in secrets.filter(|secret| secret.len() >= SHORTEST_SECRET) {
        if text.contains(secret) {
            text = text.replace(secret, MASK);
        }
        // In another encoding it cannot be cut out as easily.
        if percent_decode_str(&text).decode_utf8_lossy().contains(secret) {
            return "(not shown: the text contained a secret)".to_owned();
        }
    }
    for marker in MARKERS {
        text = mask(&text, marker);
    }
    match text.char_indices().nth(LONGEST_FOREIGN) {
        Some((end, _)) => format!("{}{MASK}", &text[..end]),
        None => text,
    }
}

/// `text` with [`MASK`] instead of what follows each `marker`.
fn mask(text: &str, marker: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for (start, _) in lower.match_indices(marker) {
        let start = start + marker.len();
        if start < done {
            continue;
        }
        let ends = |character: char| character.is_whitespace() || "\"'&,;<>(){}[]".contains(character);
        let end = text[start..].find(ends).map_or(text.len(), |length| start + length);
        masked.push_str(&text[done..start]);
        if end > start {
            masked.push_str(MASK);
        }
        done = end;
    }
    masked.push_str(&text[done..]);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_repeated_only_if_it_is_short_and_no_secret() {
        assert_eq!(quote("my dps\u{202e}\n"), "'my dps '");
        assert_eq!(quote(&"x".repeat(129)), "The value given, of 129 characters,");
        for secret in [
            "HostName=h;SharedAccessKey=a",
            "h;x",
            "QUJDREVGR0g=",
            "sharedaccesskey",
            "abc8Q~xyz",
            "bm90IGEgcmVhbCBrZXksIGJ1dCBsaWtl",
        ] {
            assert_eq!(quote(secret), "The value given (not shown)");
        }
    }

    #[test]
    fn a_text_from_outside_loses_secrets_and_what_moves_the_cursor() {
        let secrets = ["s3cret/key+", "short"];
        for (text, expected) in [
            ("a\x1b[31mb\r\nc\u{9b}d\u{202e}e\u{2066}", "a[31mb  cde"),
            ("client s3cret/key+ is wrong", "client … is wrong"),
            ("client s3cret%2Fkey%2b is wrong", "(not shown: the text contained a secret)"),
            ("short stays", "short stays"),
            ("sr=h&SIG=abc%3D&se=1", "sr=h&SIG=…&se=1"),
            ("'SharedAccessKeyName=p;SharedAccessKey=abc'", "'SharedAccessKeyName=p;SharedAccessKey=…'"),
            ("Authorization: Bearer a.b.c, no", "Authorization: Bearer …, no"),
            ("sig=", "sig="),
        ] {
            assert_eq!(scrub(text, secrets.into_iter()), expected);
        }
        assert_eq!(scrub(&"x".repeat(5_000), secrets.into_iter()).chars().count(), LONGEST_FOREIGN + 1);
    }
}
