//! What verbs have in common, whichever noun they are on. A verb's fields are the members of the library's request:
//! serialising it gives one.

use super::content::{Change, truth, words};
use crate::connection::Connection;
use aziotdps::model::{AttestationType, WireEnum};
use aziotdps::operation::Call;
use clap::{Args, Subcommand};
use serde::{Serialize, Serializer};

/// What is asked for, to be serialised.
pub trait Verb: Serialize {
    /// The library's name for it.
    fn call(&self) -> Call;

    /// Whether it is about a service.
    fn service(&self) -> Service {
        Service::Needed
    }

    /// Where it removes every record of a kind: whether that is not to be asked about.
    fn removes_all(&self) -> Option<bool> {
        None
    }
}

/// Whether a verb is about a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// It is: one has to be named.
    Needed,
    /// It is where one is named.
    Optional,
    /// It is not.
    None,
}

/// A noun: its verbs, and the service that all of them are about.
#[derive(Args)]
pub struct On<V: Subcommand> {
    #[command(flatten)]
    pub connection: Connection,
    #[command(subcommand)]
    pub verb: V,
}

/// A verb that stands alone.
#[derive(Args)]
pub struct Alone<V: Args> {
    #[command(flatten)]
    pub connection: Connection,
    #[command(flatten)]
    pub verb: V,
}

/// Creates a record with an id `I` and a content `C`.
#[derive(Args, Serialize)]
pub struct Create<I: Args, C: Args> {
    #[command(flatten)]
    #[serde(flatten)]
    id: I,
    #[command(flatten)]
    #[serde(flatten)]
    attestation: Attestation,
    #[command(flatten)]
    #[serde(flatten)]
    content: C,
}

#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
struct Attestation {
    /// How the device proves who it is.
    #[arg(long, visible_alias = "at", value_name = "TYPE", ignore_case = true, required = true,
        value_parser = words(AttestationType::ALL.iter().filter(|word| **word != AttestationType::None)))]
    attestation_type: Option<String>,
}

/// Shows a record.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Show<I: Args> {
    #[command(flatten)]
    #[serde(flatten)]
    id: I,
    /// Show the symmetric keys too.
    #[arg(long = "show-keys", visible_alias = "keys", value_name = "true|false", num_args = 0..=1,
        default_missing_value = "true", value_parser = truth)]
    show_key: Option<bool>,
}

/// Lists records.
#[derive(Args, Serialize)]
pub struct List {
    /// How many at the most; -1 is all of them.
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true, value_parser = count)]
    #[serde(serialize_with = "unless_all")]
    top: Option<i64>,
}

/// Changes a record.
#[derive(Args, Serialize)]
pub struct Update<I: Args, C: Args> {
    #[command(flatten)]
    #[serde(flatten)]
    id: I,
    #[command(flatten)]
    #[serde(flatten)]
    etag: Etag,
    #[command(flatten)]
    #[serde(flatten)]
    content: C,
    #[command(flatten)]
    #[serde(flatten)]
    change: Change,
    /// Not to be changed, which is better said than left to a guess at what was meant.
    #[arg(long, alias = "at", value_name = "TYPE", hide = true, value_parser = unchangeable)]
    #[serde(skip)]
    _attestation_type: Option<String>,
}

/// Removes one record of a collection, or all.
#[derive(Args, Serialize)]
pub struct Delete<I: Args> {
    #[command(flatten)]
    #[serde(flatten)]
    one: DeleteOne<I>,
    /// Remove every one there is; asks first.
    #[arg(long, conflicts_with = "etag")]
    all: bool,
    /// Do not ask. Needed with --all where nobody can be asked.
    #[arg(long, short)]
    #[serde(skip)]
    yes: bool,
}

impl<I: Args> Delete<I> {
    /// Where every record is meant: whether that is not to be asked about.
    pub fn all(&self) -> Option<bool> {
        self.all.then_some(self.yes)
    }
}

/// Removes one record.
#[derive(Args, Serialize)]
pub struct DeleteOne<I: Args> {
    #[command(flatten)]
    #[serde(flatten)]
    id: I,
    #[command(flatten)]
    #[serde(flatten)]
    etag: Etag,
}

#[derive(Args, Serialize)]
struct Etag {
    /// Only while the service's record has this etag; '*' is whatever it has.
    #[arg(long, short)]
    etag: Option<String>,
}

fn count(given: &str) -> Result<i64, String> {
    let count = given.parse().ok().filter(|count| *count == -1 || *count > 0);
    count.ok_or_else(|| "accepted are whole numbers from 1, and -1 for all".to_owned())
}

fn unchangeable(_: &str) -> Result<String, String> {
    Err("how a device proves who it is cannot be changed: delete the enrollment and create it anew".to_owned())
}

fn unless_all<S: Serializer>(top: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    top.filter(|top| *top != -1).serialize(serializer)
}
