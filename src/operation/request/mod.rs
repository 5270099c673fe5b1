//! Parsing of requests: JSON objects whose members are taken out part by part. A member that no part takes is refused.
//!
//! An operation composes its request of parts (target, id, settings …), each a plain struct. The names of a struct's
//! fields are the members that it accepts, so they stand in one place.

mod id;
mod json;
mod limits;
mod members;
mod paging;
mod precondition;
mod removal;
mod structure;

pub use id::{check_id, enrollment_id, required};
pub use json::json_object;
pub use limits::{Limits, maximum_attempts, seconds};
pub use paging::{Paging, broken_off};
pub use precondition::Precondition;
pub use removal::{Removal, RemovalMembers, all_ids};

use crate::error::{Code, Error, Result, quote};
use crate::model::{Members, has_reserved_text};
use crate::present::Shape;
use crate::target::{Target, TargetRequest};
use members::members_of;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::PathBuf;

/// The members whose values are secrets.
const SECRETS: [&str; 8] = [
    "connectionString",
    "clientSecret",
    "accessToken",
    "resourceManagerAccessToken",
    "primaryKey",
    "secondaryKey",
    "symmetricKey",
    "webhookUrl",
];

/// The members whose values may contain any text.
const FREE: [&str; 6] = ["connectionString", "tag", "desired", "tagMerge", "desiredMerge", "deviceInformation"];

/// The members of a request that are not taken yet. They may be keys, so there is no `Debug`.
pub struct Request {
    members: Members,
    accepted: Vec<&'static str>,
}

/// The members of every operation on a service.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Common {
    target: TargetRequest,
    /// The shape of output records.
    pub shape: Shape,
    /// The folder that relative paths start from; the current folder of the process if empty.
    pub working_directory: PathBuf,
}

impl Common {
    /// The service that the request names, if any.
    ///
    /// # Errors
    /// Those of [`Target::parse`].
    pub fn target(&mut self) -> Result<Option<Target>> {
        Target::parse(std::mem::take(&mut self.target))
    }
}

impl Request {
    /// Parses a request.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] if it is not UTF-8, not JSON, or not an object; [`Code::InvalidArgument`] for a member whose
    /// value is nested too deep or has a name twice, and for a connection string in the wrong member.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let refuse = |why: &str| Error::new(Code::InvalidRequest, format!("The request is not {why}."));
        let text = std::str::from_utf8(text).map_err(|_| refuse("UTF-8"))?;
        structure::check_request(text)?;
        match serde_json::from_str(text) {
            Ok(_) if has_reserved_text(text) => Err(refuse("accepted: it has a member name that is reserved")),
            Ok(Value::Object(members)) => {
                refuse_misplaced(&members)?;
                Ok(Self { members, accepted: Vec::new() })
            }
            Ok(_) => Err(refuse("a JSON object")),
            // The position of the error, but never the text there.
            Err(error) => Err(refuse(&format!("JSON (line {}, column {})", error.line(), error.column()))),
        }
    }

    /// The secrets in the request, as far as they are where they belong.
    pub fn secrets(&self) -> impl Iterator<Item = SecretString> {
        let target = self.members.get("target").and_then(Value::as_object);
        let members = self.members.iter().chain(target.into_iter().flatten());
        let secret = members.filter(|(name, _)| SECRETS.contains(&name.as_str()));
        secret.filter_map(|(_, value)| Some(SecretString::from(value.as_str()?)))
    }

    /// Takes the members of the part `T`.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] that names the member and what is accepted. Never shows a value, which may be a key in
    /// the wrong member.
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
            // The path of an array's element begins with the array's name.
            let member = error.path().to_string().split('[').next().unwrap_or_default().to_owned();
            let text = error.into_inner().to_string();
            let text = text.strip_suffix(" at line 0 column 0").unwrap_or(&text).to_owned();
            // The text before it may have the value.
            let expected = match text.rsplit_once(", expected ") {
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
            Error::argument(&member, format!("The value of ⟨{member}⟩ is not accepted: {expected}."))
        })
    }

    /// The members that no part has taken yet.
    pub fn rest(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.members.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether the request has `member` and no part has taken it yet.
    pub fn has(&self, member: &str) -> bool {
        self.members.contains_key(member)
    }

    /// Checks that every member was taken.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] for a member that no part took, with the members that are accepted.
    pub fn finish(self) -> Result<()> {
        match self.members.keys().next() {
            None => Ok(()),
            Some(unknown) => Err(Error::new(
                Code::InvalidRequest,
                format!(
                    "The request's member {} is not known; accepted are: {}.",
                    quote(unknown),
                    self.accepted.join(", ")
                ),
            )
            .with_parameter(unknown)),
        }
    }
}

/// Refuses a connection string or a signature in a member that is for something else: it would be sent, or stand in a URL.
fn refuse_misplaced(members: &Members) -> Result<()> {
    for (name, value) in members {
        let texts = match value {
            Value::Array(values) => values.iter().collect(),
            Value::Object(target) if name == "target" => {
                refuse_misplaced(target)?;
                continue;
            }
            value => vec![value],
        };
        let is_misplaced = |value: &&Value| {
            let text = value.as_str().unwrap_or_default().to_ascii_lowercase();
            ["sharedaccesskey=", "sharedaccesssignature "].iter().any(|mark| text.contains(mark))
        };
        if texts.iter().any(is_misplaced) && !FREE.contains(&name.as_str()) {
            let message = format!("The value of ⟨{name}⟩ is a connection string; only ⟨connectionString⟩ accepts one.");
            return Err(Error::argument(name, message));
        }
    }
    Ok(())
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
        assert!(Request::parse(b"\xff{}").err().unwrap().message().contains("UTF-8"));
    }
}
