//! A name that JSON values cannot have here.

/// With arbitrary precision, the JSON library takes an object with a member of this name for a number.
const RESERVED: &str = "$serde_json::private::";

/// Whether `json`, which is valid, has a text that begins with the reserved name.
pub fn has_reserved_text(json: &str) -> bool {
    let mut rest = json;
    while let Some(start) = rest.find('"') {
        rest = &rest[start + 1..];
        let mut escaped = false;
        let end = rest.bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let Some(end) = end else { return false };
        let text = &rest[..end];
        // An escape may stand anywhere in it.
        let may_be = text.starts_with(['$', '\\']);
        if may_be && serde_json::from_str::<String>(&format!("\"{text}\"")).is_ok_and(|text| text.starts_with(RESERVED))
        {
            return true;
        }
        rest = &rest[end + 1..];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_found_however_it_is_written() {
        for (json, found) in [
            (r#"{"$serde_json::private::Number":"1"}"#, true),
            (r#"{"a":[{"\u0024serde_json::private::Number":"1"}]}"#, true),
            (r#"{"$\u0073erde_json::private::RawValue":"1"}"#, true),
            (r#"{"a":"about $serde_json::private::Number","b\"":"\\"}"#, false),
            (r#"{"$a":"$"}"#, false),
        ] {
            assert_eq!(has_reserved_text(json), found, "{json}");
        }
    }
}
