//! YAML that readers of version 1.1 and of 1.2 take for the same: what `az` writes and its users read.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Number, Value};
use serde_saphyr::{SerializerOptions, Tagged};
use std::io;

/// So many significant digits survive a binary floating-point number.
const EXACT_DIGITS: usize = 15;

/// The text of `value`, with a line break at its end.
pub fn text(value: &Value, colored: bool) -> io::Result<String> {
    let mut options = SerializerOptions::default();
    options.compact_list_indent = true;
    // One line for one member.
    options.prefer_block_scalars = false;
    let mut text = String::new();
    serde_saphyr::to_fmt_writer_with_options(&mut text, &Exact(value), options).map_err(io::Error::other)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(if colored { text.lines().map(color).collect() } else { text })
}

/// Colours the member's name.
fn color(line: &str) -> String {
    let start = line.len() - line.trim_start_matches([' ', '-']).len();
    let (before, rest) = line.split_at(start);
    let end = rest.find(": ").or_else(|| rest.ends_with(':').then(|| rest.len() - 1));
    match end {
        Some(end) => format!("{before}\x1b[94m{}\x1b[0m{}\n", &rest[..end], &rest[end..]),
        None => format!("{line}\n"),
    }
}

/// A value whose numbers are written as they are.
struct Exact<'a>(&'a Value);

impl Serialize for Exact<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Number(number) => exact(number, serializer),
            Value::Array(values) => serializer.collect_seq(values.iter().map(Exact)),
            Value::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, &Exact(value))?;
                }
                map.end()
            }
            other => other.serialize(serializer),
        }
    }
}

/// A number that no type of ours holds goes as its text, under the tag that says what it is.
fn exact<S: Serializer>(number: &Number, serializer: S) -> Result<S::Ok, S::Error> {
    let text = number.to_string();
    if let Ok(whole) = text.parse::<i128>() {
        return serializer.serialize_i128(whole);
    }
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let is_exact = digits.trim_start_matches('0').len() <= EXACT_DIGITS;
    match number.as_f64() {
        Some(value) if is_exact && value.is_normal() => serializer.serialize_f64(value),
        _ => {
            let is_whole = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
            let tag = if is_whole { "tag:yaml.org,2002:int" } else { "tag:yaml.org,2002:float" };
            Tagged(text, Some(tag.to_owned())).serialize(serializer)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(json: &str) -> String {
        text(&serde_json::from_str(json).unwrap(), false).unwrap()
    }

    #[test]
    fn records_are_laid_out_as_az_lays_them_out() {
        let record = r#"{"a":{"b":null,"c":[]},"d":["x","z"],"e":{},"f":[{"g":true,"h":1}],"i":"text of words"}"#;
        let expected = "a:\n  b: null\n  c: []\nd:\n- x\n- z\ne: {}\nf:\n- g: true\n  h: 1\ni: text of words\n";
        assert_eq!(yaml(record), expected);
        assert_eq!(yaml(r#"[{"a":1,"b":2}]"#), "- a: 1\n  b: 2\n");
        assert_eq!(yaml(r#""x""#), "x\n");
    }

    #[test]
    fn a_text_that_reads_like_something_else_is_quoted() {
        for word in
            ["true", "no", "Y", "null", "~", "1", "1.5", "12:30", "2024-01-01T00:00:00Z", "0x1F", "1_0", "", "-"]
        {
            let text = yaml(&format!(r#"{{"a":"{word}"}}"#));
            assert!(text == format!("a: '{word}'\n") || text == format!("a: \"{word}\"\n"), "{text}");
        }
        assert_eq!(yaml(r#"{"a":"x\ny"}"#), "a: \"x\\ny\"\n");
    }

    #[test]
    fn numbers_come_out_as_they_went_in() {
        for (json, expected) in [
            ("1", "1"),
            ("-9007199254740993", "-9007199254740993"),
            ("1.5", "1.5"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ] {
            assert_eq!(yaml(json), format!("{expected}\n"));
        }
        for (json, tag) in [
            ("0.1234567890123456789", "float"),
            ("1e400", "float"),
            ("1234567890123456789012345678901234567890", "int"),
        ] {
            let (text, number) = (yaml(json), json.replace("1e400", "1e+400"));
            assert!(text.starts_with(&format!("!<tag:yaml.org,2002:{tag}> ")) && text.contains(&number), "{text}");
        }
    }

    #[test]
    fn colours_are_all_that_is_added() {
        let value = serde_json::from_str(r#"{"a":{"b: c":1},"d":["x"],"e":"http://x"}"#).unwrap();
        let colored = text(&value, true).unwrap();
        assert!(colored.contains("\x1b[94ma\x1b[0m:\n") && colored.contains("\x1b[94me\x1b[0m: "), "{colored}");
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), text(&value, false).unwrap());
    }
}
