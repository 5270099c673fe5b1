//! A request: a JSON object whose members are taken out part by part; what is left over is refused.
//!
//! An operation composes its request of parts (its target, an id, what may be changed …), each a plain struct. The
//! names of a part's fields are its members, so what is accepted is said once, by the structs themselves.

use crate::error::{Code, Error, Result};
use crate::model::Members;
use crate::present::Shape;
use crate::target::{Target, TargetRequest};
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor, value};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::Value;
use std::path::PathBuf;

/// A request that is being taken apart.
#[derive(Debug)]
pub struct Request {
    members: Members,
    accepted: Vec<&'static str>,
}

/// What every operation on a service may be told.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Common {
    target: TargetRequest,
    /// How output records are shaped.
    pub shape: Shape,
    /// The folder that relative paths start from; the process's own where it is not given.
    pub working_directory: PathBuf,
}

impl Common {
    /// The service that the request names, if it names one.
    ///
    /// # Errors
    /// Those of [`Target::parse`].
    pub fn target(&mut self) -> Result<Option<Target>> {
        Target::parse(std::mem::take(&mut self.target))
    }
}

/// Which version of a record a write is for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Precondition {
    /// Exactly this version.
    pub etag: Option<String>,
    /// Whatever version there is.
    pub force: bool,
}

/// The id of an enrollment group, by either of the names that the fronts have for it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupId {
    enrollment_group_id: Option<String>,
    name: Option<String>,
}

impl GroupId {
    /// The one id that was given, if one was.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] where both are given.
    pub fn one(self) -> Result<Option<String>> {
        match (self.enrollment_group_id, self.name) {
            (Some(_), Some(_)) => Err(Error::argument("name", "name and enrollmentGroupId are the same; give one.")),
            (id, name) => Ok(id.or(name)),
        }
    }
}

impl Precondition {
    /// Checks what was given.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidArgument`].
    pub fn check(&self) -> Result<()> {
        match &self.etag {
            Some(_) if self.force => Err(Error::argument("force", "etag and force exclude each other.")),
            Some(etag) if etag.trim().is_empty() || etag.contains(|c: char| c.is_control()) => {
                Err(Error::argument("etag", "The etag is empty or holds control characters."))
            }
            _ => Ok(()),
        }
    }

    /// The etag that a write is bound to whatever the record says; `*` is any.
    pub fn bound(&self) -> Option<&str> {
        if self.force { Some("*") } else { self.etag.as_deref() }
    }
}

impl Request {
    /// Reads a request's text.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] where it is not UTF-8, not JSON, or not an object.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let refuse = |why: &str| Error::new(Code::InvalidRequest, format!("The request is not {why}."));
        let text = std::str::from_utf8(text).map_err(|_| refuse("UTF-8"))?;
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Ok(Self { members, accepted: Vec::new() }),
            Ok(_) => Err(refuse("a JSON object")),
            // Where it went wrong, but never what stands there.
            Err(error) => Err(refuse(&format!("JSON (line {}, column {})", error.line(), error.column()))),
        }
    }

    /// Takes the members of the part `T` out.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] that names the member and what is accepted. Never shows a value: it may be a key in
    /// the wrong place.
    pub fn take<T: DeserializeOwned>(&mut self) -> Result<T> {
        let names = members_of::<T>();
        let mut part = Members::new();
        for name in names {
            if let Some(value) = self.members.shift_remove(*name) {
                part.insert((*name).to_owned(), value);
            }
        }
        self.accepted.extend(names);
        serde_path_to_error::deserialize(Value::Object(part)).map_err(|error| {
            // An element of an array is told by the array's name.
            let member = error.path().to_string().split('[').next().unwrap_or_default().to_owned();
            let text = error.into_inner().to_string();
            let text = text.strip_suffix(" at line 0 column 0").unwrap_or(&text).to_owned();
            let expected = match text.split_once("expected ") {
                Some((before, expected)) if before.starts_with("unknown field") => {
                    return Error::new(
                        Code::InvalidRequest,
                        format!("The request's member '{member}' is not known; expected {expected}."),
                    )
                    .with_parameter(&member);
                }
                Some((_, expected)) => format!("expected {expected}"),
                None if text == "invalid number" => "expected a whole number of 0 or more".to_owned(),
                None => text,
            };
            Error::argument(&member, format!("The value of {member} is not accepted: {expected}."))
        })
    }

    /// Ends the taking apart.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] for a member that no part took, naming it and all that are accepted.
    pub fn finish(self) -> Result<()> {
        match self.members.keys().next() {
            None => Ok(()),
            Some(unknown) => Err(Error::new(
                Code::InvalidRequest,
                format!("The request's member '{unknown}' is not known; accepted are: {}.", self.accepted.join(", ")),
            )
            .with_parameter(unknown)),
        }
    }
}

/// The names of a struct's fields, as its `Deserialize` asks for them.
fn members_of<T: DeserializeOwned>() -> &'static [&'static str] {
    struct Names<'a>(&'a mut &'static [&'static str]);

    impl<'de> Deserializer<'de> for Names<'_> {
        type Error = value::Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> std::result::Result<V::Value, value::Error> {
            Err(value::Error::custom("only structs have members"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> std::result::Result<V::Value, value::Error> {
            *self.0 = fields;
            Err(value::Error::custom("the names are all that was wanted"))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    let mut names: &'static [&'static str] = &[];
    // The error is the way out; the names are in hand by then.
    let _ = T::deserialize(Names(&mut names));
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AllocationPolicy;
    use secrecy::SecretString;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Part {
        registration_id: Option<String>,
        primary_key: Option<SecretString>,
        allocation_policy: Option<AllocationPolicy>,
    }

    fn take(text: &str) -> Result<Part> {
        let mut request = Request::parse(text.as_bytes())?;
        request.take::<Common>()?;
        let part = request.take()?;
        request.finish()?;
        Ok(part)
    }

    #[test]
    fn a_whole_request_is_taken_apart() {
        let part = take(r#"{"shape":"powershell","registrationId":"r","target":{"hostName":"h"}}"#).unwrap();
        assert_eq!(part.registration_id.as_deref(), Some("r"));
        assert!(part.primary_key.is_none() && part.allocation_policy.is_none());
    }

    #[test]
    fn what_is_wrong_is_named_and_never_shown() {
        for (text, code, parameter, says) in [
            ("\u{1}SECRET", Code::InvalidRequest, None, "not JSON (line 1"),
            ("[1]", Code::InvalidRequest, None, "not a JSON object"),
            (
                r#"{"registrationId":"r","allocationPolicy":"SECRET"}"#,
                Code::InvalidArgument,
                Some("allocationPolicy"),
                "`GeoLatency`",
            ),
            (
                r#"{"registrationId":"r","primaryKey":["SECRET"]}"#,
                Code::InvalidArgument,
                Some("primaryKey"),
                "a string",
            ),
            (r#"{"registrationId":"r","target":"SECRET"}"#, Code::InvalidArgument, Some("target"), "TargetRequest"),
            (
                r#"{"registrationId":"r","target":{"host":"SECRET"}}"#,
                Code::InvalidRequest,
                Some("target.host"),
                "`hostName`",
            ),
            (
                r#"{"registrationId":"r","regid":"SECRET"}"#,
                Code::InvalidRequest,
                Some("regid"),
                "target, shape, workingDirectory, registrationId, primaryKey",
            ),
        ] {
            let error = take(text).unwrap_err();
            assert_eq!((error.code(), error.parameter()), (code, parameter), "{text}: {error}");
            assert!(error.message().contains(says) && !error.message().contains("SECRET"), "{text}: {error}");
        }
        assert!(Request::parse(b"\xff{}").unwrap_err().message().contains("UTF-8"));
    }
}
