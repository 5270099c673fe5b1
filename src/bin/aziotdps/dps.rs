//! Provisioning services, as resource manager knows them: the nouns `dps` and `connection-string`.

use crate::content::words;
use crate::verb;
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
    List(Nothing),
    /// Show a provisioning service.
    #[command(after_help = "Examples:
  aziotdps dps show -n mydps")]
    Show(Nothing),
}

impl verb::Verb for Verb {
    fn call(&self) -> Call {
        match self {
            Self::List(_) => Call::ServiceList,
            Self::Show(_) => Call::ServiceGet,
        }
    }
}

/// The connection says all.
#[derive(Args, Serialize)]
pub struct Nothing {}

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
    #[arg(long, visible_alias = "all")]
    show_all: bool,
}
