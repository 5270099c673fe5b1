//! What serde_json lets pass and the service would not: nesting without end, and a name that stands twice in an object.

use crate::error::{Code, Error, Result};
use std::collections::HashSet;

/// How many objects and arrays may stand in each other in the value of a member.
const DEEPEST: usize = 100;

/// What is wrong with a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fault {
    TooDeep,
    Twice(String),
}

/// Checks the value of `parameter`, which was given as the JSON `text`.
///
/// # Errors
/// [`crate::error::Code::InvalidArgument`].
pub fn check_text(text: &str, parameter: &str) -> Result<()> {
    find(text, DEEPEST).map_or(Ok(()), |(_, fault)| Err(error(&fault, parameter)))
}

/// Checks a request. The member at fault is named.
///
/// # Errors
/// [`crate::error::Code::InvalidArgument`].
pub fn check_request(text: &str) -> Result<()> {
    match find(text, DEEPEST + 1) {
        None => Ok(()),
        Some((Some(member), fault)) => Err(error(&fault, &member)),
        Some((None, fault)) => Err(Error::new(Code::InvalidRequest, describe(&fault, "The request"))),
    }
}

fn error(fault: &Fault, parameter: &str) -> Error {
    Error::argument(parameter, describe(fault, &format!("The value of ⟨{parameter}⟩")))
}

fn describe(fault: &Fault, what: &str) -> String {
    match fault {
        Fault::TooDeep => format!("{what} is more than {DEEPEST} levels deep."),
        Fault::Twice(name) => format!("{what} has a member twice: '{name}'."),
    }
}

/// The first fault of `text`, and the member of the outermost object that it is in. Goes by brackets and texts alone, so
/// that it needs no stack; what is not JSON is left to the parser.
fn find(text: &str, deepest: usize) -> Option<(Option<String>, Fault)> {
    let bytes = text.as_bytes();
    // The names in each open object; `None` for an array.
    let mut open: Vec<Option<HashSet<String>>> = Vec::new();
    let mut member = None;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                if open.len() == deepest {
                    return Some((member, Fault::TooDeep));
                }
                open.push((*byte == b'{').then(HashSet::new));
            }
            b'}' | b']' => drop(open.pop()),
            b'"' => {
                let start = at;
                at += 1;
                while bytes.get(at).is_some_and(|byte| *byte != b'"') {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                let is_name = text.get(at + 1..).is_some_and(|rest| rest.trim_start().starts_with(':'));
                if let (true, Some(Some(names))) = (is_name, open.last_mut()) {
                    let name = serde_json::from_str::<String>(text.get(start..=at)?).ok()?;
                    let twice = !names.insert(name.clone());
                    if open.len() == 1 && !twice {
                        member = Some(name.clone());
                    }
                    if twice {
                        return Some((if open.len() == 1 { None } else { member }, Fault::Twice(name)));
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Option<(Option<String>, Fault)> {
        find(text, 3)
    }

    #[test]
    fn depth_and_names_are_counted_outside_of_texts() {
        for text in [
            r#"{"a":{"b":[1]},"c":[[2]]}"#,
            r#"{"a":"{[{[{[\"[","b":"\\"}"#,
            r#"{"a":{"x":1},"b":{"x":1}}"#,
            r#"{"a":"b","b":"a"}"#,
            r#"["a","a"]"#,
            "",
            "\"",
            "}",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
        let deep = fault(r#"{"a":1,"b":{"c":[{}]}}"#);
        assert_eq!(deep, Some((Some("b".into()), Fault::TooDeep)));
        let twice = fault(r#"{"tag":{"x":1 , "\u0078" : 2}}"#);
        assert_eq!(twice, Some((Some("tag".into()), Fault::Twice("x".into()))));
        assert_eq!(fault(r#"{"a":1,"a":2}"#), Some((None, Fault::Twice("a".into()))));
    }
}
