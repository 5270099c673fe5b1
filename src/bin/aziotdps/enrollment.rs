//! The noun `enrollment`. The verbs' fields are the members of the library's requests: serialising a verb gives one.

use crate::connection::Connection;
use crate::content::{Allocation, Device, Keys, Settings, Tpm, X509, words};
use aziotdps::model::{AttestationType, Word};
use aziotdps::operation::Call;
use clap::{Args, Subcommand, value_parser};
use serde::{Serialize, Serializer};

/// Individual enrollments: one device each.
#[derive(Args)]
pub struct Enrollment {
    #[command(flatten)]
    pub connection: Connection,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Subcommand, Serialize)]
#[serde(untagged)]
pub enum Verb {
    /// Create an enrollment. One that exists is left alone.
    Create(Create),
    /// Show an enrollment.
    Show(Show),
    /// List all enrollments.
    List(List),
    /// Change an enrollment: what is given, and nothing else.
    Update(Update),
    /// Remove an enrollment.
    Delete(Delete),
}

impl Verb {
    /// The library's name for what the verb does.
    pub fn call(&self) -> Call {
        match self {
            Self::Create(_) => Call::EnrollmentNew,
            Self::Show(_) => Call::EnrollmentGet,
            Self::List(_) => Call::EnrollmentList,
            Self::Update(_) => Call::EnrollmentSet,
            Self::Delete(_) => Call::EnrollmentRemove,
        }
    }
}

#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Create {
    #[command(flatten)]
    #[serde(flatten)]
    id: Id,
    /// How the device proves who it is.
    #[arg(long, visible_alias = "at", value_name = "TYPE", ignore_case = true,
        value_parser = words(AttestationType::ALL.iter().filter(|word| **word != AttestationType::None)))]
    attestation_type: String,
    #[command(flatten)]
    #[serde(flatten)]
    content: Content,
}

#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Show {
    #[command(flatten)]
    #[serde(flatten)]
    id: Id,
    /// Show the symmetric keys too.
    #[arg(long = "show-keys", visible_alias = "keys")]
    show_key: bool,
}

#[derive(Args, Serialize)]
pub struct List {
    /// How many enrollments at the most; -1 is all of them.
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true,
        value_parser = value_parser!(i64).range(-1..))]
    #[serde(serialize_with = "unless_all")]
    top: Option<i64>,
}

#[derive(Args, Serialize)]
pub struct Update {
    #[command(flatten)]
    #[serde(flatten)]
    id: Id,
    #[command(flatten)]
    #[serde(flatten)]
    etag: Etag,
    #[command(flatten)]
    #[serde(flatten)]
    content: Content,
}

#[derive(Args, Serialize)]
pub struct Delete {
    #[command(flatten)]
    #[serde(flatten)]
    id: Id,
    #[command(flatten)]
    #[serde(flatten)]
    etag: Etag,
}

#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
struct Id {
    /// The enrollment's id, which is the registration id of its device.
    #[arg(long = "enrollment-id", visible_alias = "eid", value_name = "ID")]
    registration_id: String,
}

#[derive(Args, Serialize)]
struct Etag {
    /// Only while the service's record has this etag.
    #[arg(long, short)]
    etag: Option<String>,
}

/// What an individual enrollment is made of.
#[derive(Args, Serialize)]
struct Content {
    #[command(flatten)]
    #[serde(flatten)]
    tpm: Tpm,
    #[command(flatten)]
    #[serde(flatten)]
    x509: X509,
    #[command(flatten)]
    #[serde(flatten)]
    keys: Keys,
    #[command(flatten)]
    #[serde(flatten)]
    device: Device,
    #[command(flatten)]
    #[serde(flatten)]
    settings: Settings,
    #[command(flatten)]
    #[serde(flatten)]
    allocation: Allocation,
}

fn unless_all<S: Serializer>(top: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    top.filter(|top| *top != -1).serialize(serializer)
}
