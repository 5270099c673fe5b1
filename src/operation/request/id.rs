//! The ids of records.

use super::Request;
use crate::error::{Error, Result, quote};
use crate::model::EnrollmentKind;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct IndividualId {
    registration_id: Option<String>,
}

/// The id of an enrollment group, by either of its names.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct GroupId {
    enrollment_group_id: Option<String>,
    name: Option<String>,
}

/// Takes the id of a record of `kind`.
///
/// # Errors
/// [`crate::error::Code::InvalidArgument`] for an invalid id.
pub fn enrollment_id(kind: EnrollmentKind, request: &mut Request) -> Result<Option<String>> {
    let id = match kind {
        EnrollmentKind::Individual => request.take::<IndividualId>()?.registration_id,
        EnrollmentKind::Group => match request.take()? {
            GroupId { enrollment_group_id: Some(_), name: Some(_) } => {
                return Err(Error::argument("name", "⟨name⟩ and ⟨enrollmentGroupId⟩ are the same; give one."));
            }
            GroupId { enrollment_group_id, name } => enrollment_group_id.or(name),
        },
    };
    if let Some(id) = &id {
        check_id(kind, id)?;
    }
    Ok(id)
}

/// An id that the operation needs. Call it after [`Request::finish`], so that a misspelt member is reported as such.
///
/// # Errors
/// [`crate::error::Code::InvalidArgument`] if it is missing.
pub fn required(kind: EnrollmentKind, id: Option<String>) -> Result<String> {
    id.ok_or_else(|| Error::argument(kind.id_member(), format!("⟨{}⟩ is required.", kind.id_member())))
}

/// Checks the id of an enrollment, which the service compares without case.
///
/// # Errors
/// [`crate::error::Code::InvalidArgument`] with the characters that an id may have. Where the documentation and the
/// specification differ, either is accepted.
pub fn check_id(kind: EnrollmentKind, id: &str) -> Result<()> {
    let inside = |character: char| character.is_ascii_alphanumeric() || "-._:".contains(character);
    let end = |character: char| character.is_ascii_alphanumeric() || character == '-';
    if (1..=128).contains(&id.len()) && id.chars().all(inside) && id.ends_with(end) {
        return Ok(());
    }
    let rule = "1 to 128 letters, digits and - . _ : with a letter, a digit or - at the end";
    let length = if id.len() > 128 { format!(" ({} characters)", id.chars().count()) } else { String::new() };
    let given = quote(id);
    Err(Error::argument(kind.id_member(), format!("{given}{length} is not the id of an {}: {rule}.", kind.noun())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked_by_the_laxer_of_the_two_rules() {
        let longest = "a".repeat(128);
        for id in ["a", "dev-01", "A.b_c:d-", ".a", longest.as_str()] {
            assert!(check_id(EnrollmentKind::Individual, id).is_ok(), "{id}");
        }
        for id in ["", "a/b", "a b", "ä", "a.", "..", "a:", "a?x", &format!("{longest}a")] {
            let refused = check_id(EnrollmentKind::Group, id).unwrap_err();
            assert_eq!(refused.parameter(), Some("enrollmentGroupId"), "{id}");
            assert_eq!(refused.message().contains("(129 characters)"), id.len() == 129, "{refused}");
        }
    }
}
