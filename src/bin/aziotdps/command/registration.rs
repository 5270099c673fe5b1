//! Registrations, by their own ids and by their group.

use super::verb::{self, Delete, List};
use aziotdps::operation::Call;
use clap::{Args, Subcommand};
use serde::Serialize;

/// What can be done with the registrations of a group's devices.
#[derive(Subcommand, Serialize)]
#[serde(untagged)]
pub enum Verb {
    /// List the registrations of a group.
    #[command(after_help = "Examples:
  aziotdps enrollment-group registration list -n mydps --gid meters --output table")]
    List(ListOf),
    /// Show a registration.
    #[command(after_help = "Examples:
  aziotdps enrollment-group registration show -n mydps --rid dev-01")]
    Show(Show<Id>),
    /// Remove a registration, or all of a group: the devices stay in their hubs and may provision again.
    #[command(after_help = "Examples:
  aziotdps enrollment-group registration delete -n mydps --rid dev-01
  aziotdps enrollment-group registration delete -n mydps --gid meters --all --yes",
        mut_arg("all", |all| all.requires("enrollment_id")))]
    Delete(Delete<Removed>),
}

impl verb::Verb for Verb {
    fn call(&self) -> Call {
        match self {
            Self::List(_) | Self::Show(_) => Call::RegistrationGet,
            Self::Delete(_) => Call::RegistrationRemove,
        }
    }

    fn removes_all(&self) -> Option<bool> {
        match self {
            Self::Delete(delete) => delete.all(),
            _ => None,
        }
    }
}

/// Shows the registration with an id `I`.
#[derive(Args, Serialize)]
pub struct Show<I: Args> {
    #[command(flatten)]
    #[serde(flatten)]
    id: I,
}

/// Lists the registrations of a group.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListOf {
    /// The group's id.
    #[arg(long, visible_aliases = ["eid", "group-id", "gid"], value_name = "ID")]
    enrollment_id: String,
    #[command(flatten)]
    #[serde(flatten)]
    list: List,
}

/// Which registration.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Id {
    /// The device's registration id.
    #[arg(long, visible_alias = "rid", value_name = "ID")]
    registration_id: String,
}

/// Which registration is removed, or those of which group.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Removed {
    /// The device's registration id.
    #[arg(long, visible_alias = "rid", value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    registration_id: Option<String>,
    /// The group's id, with --all.
    #[arg(long, visible_aliases = ["eid", "group-id", "gid"], value_name = "ID", requires = "all")]
    enrollment_id: Option<String>,
}
