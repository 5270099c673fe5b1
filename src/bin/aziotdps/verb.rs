//! What verbs have in common, whichever noun they are on. A verb's fields are the members of the library's request:
//! serialising it gives one.

use crate::connection::Connection;
use crate::content::{Change, words};
use aziotdps::model::{AttestationType, WireEnum};
use aziotdps::operation::Call;
use clap::{Args, Subcommand, value_parser};
use serde::{Serialize, Serializer};

/// What is asked for, to be serialised.
pub trait Verb: Serialize {
    /// The library's name for it.
    fn call(&self) -> Call;

    /// Whether it takes no service.
    fn offline(&self) -> bool {
        false
    }
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
    #[arg(long = "show-keys", visible_alias = "keys")]
    show_key: bool,
}

/// Lists records.
#[derive(Args, Serialize)]
pub struct List {
    /// How many at the most; -1 is all of them.
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true,
        value_parser = value_parser!(i64).range(-1..))]
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
}

/// Removes one record of a collection, or all.
#[derive(Args, Serialize)]
pub struct Delete<I: Args> {
    #[command(flatten)]
    #[serde(flatten)]
    one: DeleteOne<I>,
    /// Remove every one there is.
    #[arg(long, requires = "yes")]
    all: bool,
    /// Do not ask. Needed with --all.
    #[arg(long, short)]
    #[serde(skip)]
    yes: bool,
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

fn unless_all<S: Serializer>(top: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    top.filter(|top| *top != -1).serialize(serializer)
}
