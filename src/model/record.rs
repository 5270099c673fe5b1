//! A record as the service sent it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::SystemTime;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The members of a JSON object, in their original order.
pub type Members = Map<String, Value>;

/// An enrollment, an enrollment group or a registration record: a JSON object with all its members.
///
/// Typed structs lose unknown members, and a twin may contain any JSON under any name (`version`, `count` and `metadata`
/// included). So there are none: the few members that a rule needs are read by path.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Record(pub Members);

impl Record {
    /// The value at `path`, or `None` if any step is missing or null.
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.0.get(*first)?, |value, step| value.get(step)).filter(|value| !value.is_null())
    }

    /// The text at `path`, or `None` if it is missing or not a text.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        self.get(path)?.as_str()
    }

    /// The date at `path`, or `None` if it is missing or not a date.
    pub fn date(&self, path: &[&str]) -> Option<SystemTime> {
        OffsetDateTime::parse(self.text(path)?, &Rfc3339).ok().map(SystemTime::from)
    }

    /// Sets the value at `path`. Creates missing objects on the path.
    pub fn set(&mut self, path: &[&str], value: impl Into<Value>) {
        if let Some((last, way)) = path.split_last() {
            self.object(way).insert((*last).to_owned(), value.into());
        }
    }

    /// Removes the value at `path`; the other members keep their order.
    pub fn remove(&mut self, path: &[&str]) -> Option<Value> {
        let (last, way) = path.split_last()?;
        let members = way.iter().try_fold(&mut self.0, |members, step| members.get_mut(*step)?.as_object_mut())?;
        members.shift_remove(*last)
    }

    /// The object at `path`, created if it is missing or something else.
    fn object(&mut self, path: &[&str]) -> &mut Members {
        path.iter().fold(&mut self.0, |members, step| {
            let value = members.entry(*step).or_insert(Value::Null);
            if !value.is_object() {
                *value = Value::Object(Members::new());
            }
            match value {
                Value::Object(inner) => inner,
                _ => unreachable!("an object since the line above"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(value: Value) -> Record {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn text_survives_byte_for_byte() {
        let text = r#"{"z":1.10,"a":{"count":"3","n":123456789012345678901234567890,"version":1.5e+300},"b":null}"#;
        assert_eq!(serde_json::to_string(&serde_json::from_str::<Record>(text).unwrap()).unwrap(), text);
    }

    #[test]
    fn set_changes_one_member_and_keeps_the_order() {
        let mut changed = record(json!({"z": 1, "attestation": {"type": "none", "x": 1}, "a": 2}));
        changed.set(&["attestation", "type"], "tpm");
        changed.set(&["initialTwin", "properties", "desired"], json!({"k": 1}));
        assert_eq!(
            serde_json::to_string(&changed).unwrap(),
            r#"{"z":1,"attestation":{"type":"tpm","x":1},"a":2,"initialTwin":{"properties":{"desired":{"k":1}}}}"#
        );
    }

    #[test]
    fn remove_takes_one_member_and_keeps_the_order() {
        let mut changed = record(json!({"a": 1, "b": {"c": 1, "d": 2, "e": 3}, "f": 4}));
        assert_eq!(changed.remove(&["b", "c"]), Some(json!(1)));
        assert_eq!(changed.remove(&["a"]), Some(json!(1)));
        assert_eq!(changed.remove(&["missing", "c"]), None);
        assert_eq!(serde_json::to_string(&changed).unwrap(), r#"{"b":{"d":2,"e":3},"f":4}"#);
    }

    #[test]
    fn a_null_reads_as_missing() {
        let read = record(json!({"provisioningStatus": null, "deviceId": 5}));
        assert_eq!(read.get(&["provisioningStatus"]), None);
        assert_eq!(read.text(&["deviceId"]), None);
        assert_eq!(read.get(&[]), None);
    }
}
