//! Provisioning services, as resource manager knows them: the nouns `dps` and `connection-string`.

use super::content::{truth, words};
use super::verb;
use aziotdps::model::{Slot, WireEnum};
use aziotdps::operation::Call;
use clap::{Args, Subcommand};
use serde::Serialize;

/// What can be done with provisioning services.
#[derive(Subcommand, Serialize)]
#[serde(untagged)]
pub enum Verb {
    /// List the provisioning services of the subscription, or of --resource-group.
    #[command(after_help = "Examples:
  aziotdps dps list --output table
  aziotdps dps list -g mygroup")]
    List(List),
    /// Show a provisioning service.
    #[command(after_help = "Examples:
  aziotdps dps show -n mydps")]
    Show(Show),
}

impl verb::Verb for Verb {
    fn call(&self) -> Call {
        match self {
            Self::List(_) => Call::ServiceList,
            Self::Show(_) => Call::ServiceGet,
        }
    }
}

/// What can be done with connection strings.
#[derive(Subcommand, Serialize)]
#[serde(untagged)]
pub enum ConnectionString {
    /// Show the connection string of a provisioning service, or of each of the subscription or --resource-group.
    #[command(after_help = "Examples:
  aziotdps connection-string show -n mydps
  aziotdps connection-string show -n mydps --policy-name enrollmentread --key-type secondary
  aziotdps connection-string show -g mygroup --all")]
    Show(Which),
}

impl verb::Verb for ConnectionString {
    fn call(&self) -> Call {
        Call::ServiceConnectionString
    }
}

/// Lists services, as `az` has it at the top.
#[derive(Args, Serialize)]
pub struct List {}

impl verb::Verb for List {
    fn call(&self) -> Call {
        Call::ServiceList
    }
}

/// Shows a service, as `az` has it at the top.
#[derive(Args, Serialize)]
pub struct Show {}

impl verb::Verb for Show {
    fn call(&self) -> Call {
        Call::ServiceGet
    }
}

/// Which policy, and which of its keys.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Which {
    /// The shared access policy [default: provisioningserviceowner]
    #[arg(long, visible_alias = "pn", value_name = "NAME")]
    policy_name: Option<String>,
    /// Which of the policy's keys [default: primary]
    #[arg(long, visible_alias = "kt", value_name = "KEY", ignore_case = true, value_parser = words(Slot::ALL))]
    key_type: Option<String>,
    /// Every policy.
    #[arg(long, visible_alias = "all", value_name = "true|false", num_args = 0..=1, default_missing_value = "true",
        value_parser = truth)]
    show_all: Option<bool>,
}
