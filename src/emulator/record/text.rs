//! Stored records as JSON texts: copied with members left out or put in, which is much cheaper than parsing them.

use crate::emulator::errors::{Result, internal};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The names that lead to a member; `*` stands for any.
type Path<'a> = &'a [&'a str];

/// `text`, an object, without the members at `omitted`.
pub(crate) fn without(text: &str, omitted: &[Path<'_>]) -> Result<String> {
    copy(text, omitted, None)
}

/// As [`without`], and with the member `name` of the JSON text `value`, in the place after the members `before`, which
/// come first.
pub(super) fn with(text: &str, omitted: &[Path<'_>], name: &str, value: &str, before: &[&str]) -> Result<String> {
    copy(text, omitted, Some(Addition { name, value, before }))
}

/// The value of the member `name` of `text`.
pub(super) fn member<'a>(text: &'a str, name: &str) -> Result<Option<&'a str>> {
    let members = parse(text).map_err(unreadable)?.0.into_iter();
    Ok(members.rev().find(|(known, _)| known == name).map(|(_, value)| value.get()))
}

struct Addition<'a> {
    name: &'a str,
    value: &'a str,
    before: &'a [&'a str],
}

fn copy(text: &str, omitted: &[Path<'_>], addition: Option<Addition<'_>>) -> Result<String> {
    let added = addition.as_ref().map_or(0, |addition| addition.value.len() + addition.name.len() + 4);
    let mut copy = String::with_capacity(text.len() + added);
    copy_object(text, omitted, addition, &mut copy).map_err(unreadable)?;
    Ok(copy)
}

fn copy_object(
    text: &str,
    omitted: &[Path<'_>],
    mut addition: Option<Addition<'_>>,
    copy: &mut String,
) -> serde_json::Result<()> {
    let start = copy.len();
    for (name, value) in parse(text)?.0 {
        if let Some(Addition { name, value, .. }) = addition.take_if(|known| !known.before.contains(&name.as_ref())) {
            write_name(name, start, copy)?;
            copy.push_str(value);
        }
        let below: Vec<Path<'_>> = omitted.iter().filter_map(|path| after(path, &name)).collect();
        if below.iter().any(|path| path.is_empty()) {
            continue;
        }
        write_name(&name, start, copy)?;
        if below.is_empty() || !value.get().starts_with('{') {
            copy.push_str(value.get());
        } else {
            copy_object(value.get(), &below, None, copy)?;
        }
    }
    if let Some(Addition { name, value, .. }) = addition {
        write_name(name, start, copy)?;
        copy.push_str(value);
    }
    copy.push_str(if copy.len() == start { "{}" } else { "}" });
    Ok(())
}

/// What is left of `path` after its first name, where that is `name`.
fn after<'a>(path: Path<'a>, name: &str) -> Option<Path<'a>> {
    let (first, rest) = path.split_first()?;
    (*first == name || *first == "*").then_some(rest)
}

/// Begins a member of the object that began at `start`.
fn write_name(name: &str, start: usize, copy: &mut String) -> serde_json::Result<()> {
    copy.push(if copy.len() == start { '{' } else { ',' });
    copy.push_str(&serde_json::to_string(name)?);
    copy.push(':');
    Ok(())
}

fn unreadable(error: serde_json::Error) -> crate::emulator::errors::ServiceError {
    internal(format!("A stored record can't be read: {error}."))
}

fn parse(text: &str) -> serde_json::Result<Members<'_>> {
    serde_json::from_str(text)
}

/// The members of an object; their values as they are written.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Deserialize<'a> for Members<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Object;
        impl<'a> Visitor<'a> for Object {
            type Value = Members<'a>;

            fn expecting(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
                form.write_str("an object")
            }

            fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> std::result::Result<Self::Value, M::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some((Name(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A name, borrowed unless it has escapes.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"id":"a","x":{"y":{"z":1.10,"w":[{"z":2}]},"v":null},"q\"":"é","empty":{}}"#;

    #[test]
    fn what_is_not_left_out_stays_as_it_is() {
        assert_eq!(without(TEXT, &[]).unwrap(), TEXT);
        assert_eq!(without(TEXT, &[&["none"], &["x", "none"], &["id", "deeper"]]).unwrap(), TEXT);
    }

    #[test]
    fn members_are_left_out_by_their_path() {
        let omitted: [Path<'_>; 3] = [&["x", "*", "z"], &["q\""], &["empty"]];
        assert_eq!(without(TEXT, &omitted).unwrap(), r#"{"id":"a","x":{"y":{"w":[{"z":2}]},"v":null}}"#);
        assert_eq!(without(TEXT, &[&["*"]]).unwrap(), "{}");
    }

    #[test]
    fn a_member_is_put_into_its_place() {
        assert_eq!(with(r#"{"id":1,"b":2}"#, &[], "n", "[3]", &["id"]).unwrap(), r#"{"id":1,"n":[3],"b":2}"#);
        assert_eq!(with(r#"{"id":1}"#, &[&["id"]], "n", "3", &["id"]).unwrap(), r#"{"n":3}"#);
    }

    #[test]
    fn a_member_is_read_as_it_is_written() {
        assert_eq!(member(TEXT, "x").unwrap(), Some(r#"{"y":{"z":1.10,"w":[{"z":2}]},"v":null}"#));
        assert_eq!(member(TEXT, "y").unwrap(), None);
        assert_eq!(without("[]", &[]).unwrap_err().status, 500);
    }
}
