//! Which provisioning service, and who signs in: options and environment become the library's request to connect.

use crate::output::Format;
use aziotdps::error::{Code, Error, Result};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use std::env;

/// What the environment says about who signs in, by the request's member.
pub const ENVIRONMENT: [(&str, &str); 4] = [
    ("tenantId", "AZURE_TENANT_ID"),
    ("clientId", "AZURE_CLIENT_ID"),
    ("clientSecret", "AZURE_CLIENT_SECRET"),
    ("subscriptionId", "AZURE_SUBSCRIPTION_ID"),
];

const CONNECTION_STRING: &str = "AZIOTDPS_CONNECTION_STRING";

/// What every verb on a service may be told.
#[derive(Args)]
#[command(after_help = "Environment: AZIOTDPS_CONNECTION_STRING stands for --login where no service is named. \
    AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET sign in to services that are named; \
    AZURE_SUBSCRIPTION_ID stands for --subscription.\n\
    Exit codes: 0 done, 1 failed, 2 options not understood, 3 not found.")]
pub struct Connection {
    /// The provisioning service: its name or its host name.
    #[arg(long, short = 'n', value_name = "NAME", global = true, help_heading = "Service")]
    dps_name: Option<String>,
    /// The resource group of the provisioning service.
    #[arg(long, short = 'g', value_name = "GROUP", global = true, help_heading = "Service")]
    resource_group: Option<String>,
    /// The provisioning service by its connection string, which signs in too and wins over the other ways.
    #[arg(long = "login", short = 'l', value_name = "CONNECTION STRING", global = true, help_heading = "Service")]
    connection_string: Option<String>,
    /// Whether a key of the service or the account itself signs in to the data plane.
    #[arg(long, value_name = "TYPE", ignore_case = true, global = true, help_heading = "Service")]
    auth_type: Option<AuthType>,
    /// The subscription of the provisioning service.
    #[arg(long, value_name = "ID", global = true, help_heading = "Service")]
    subscription: Option<String>,
    /// The local service that `aziotdps emulator start` runs.
    #[arg(long, value_name = "URL", num_args = 0..=1, require_equals = true, default_missing_value = "",
        global = true, help_heading = "Service")]
    emulator: Option<String>,
    /// A certificate authority that is trusted besides the system's: a PEM file.
    #[arg(long, value_name = "PATH", global = true, help_heading = "Service")]
    ca_certificate: Option<String>,
    /// How records are printed.
    #[arg(long, short, value_enum, ignore_case = true, default_value_t, global = true, help_heading = "Output")]
    pub output: Format,
    /// Tell what is done and why, on stderr.
    #[arg(long, global = true, help_heading = "Output")]
    pub verbose: bool,
    /// Tell of every request too.
    #[arg(long, global = true, help_heading = "Output")]
    pub debug: bool,
    /// Tell of errors only.
    #[arg(long, global = true, help_heading = "Output")]
    pub only_show_errors: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AuthType {
    Key,
    Login,
}

impl Connection {
    /// The request to connect, and the target of the request that follows.
    ///
    /// # Errors
    /// No service is named.
    pub fn requests(&self) -> Result<(Value, Value)> {
        let named = self.dps_name.is_some() || self.emulator.is_some();
        let login = self.connection_string.clone().or_else(|| variable(CONNECTION_STRING).filter(|_| !named));
        if login.is_none() && !named {
            let message = "Which provisioning service? Give --dps-name, --login or --emulator.";
            return Err(Error::new(Code::NotConnected, message));
        }
        let mut connect = Map::new();
        if let Some(path) = &self.ca_certificate {
            connect.insert("caCertificate".to_owned(), json!(path));
        }
        if let Some(connection_string) = login {
            connect.insert("connectionString".to_owned(), json!(connection_string));
            return Ok((connect.into(), json!({})));
        }
        match self.emulator.as_deref() {
            // The emulator brings an account of its own.
            Some(url) => {
                connect.insert("emulator".to_owned(), if url.is_empty() { json!(true) } else { json!(url) });
            }
            None => connect.extend(
                ENVIRONMENT.iter().filter_map(|(member, name)| Some(((*member).to_owned(), json!(variable(name)?)))),
            ),
        }
        if let Some(id) = &self.subscription {
            connect.insert("subscriptionId".to_owned(), json!(id));
        }
        let signs_in = self.auth_type == Some(AuthType::Login);
        connect.insert("authType".to_owned(), json!(if signs_in { "login" } else { "key" }));
        Ok((connect.into(), self.target(signs_in)))
    }

    fn target(&self, signs_in: bool) -> Value {
        let Some(given) = &self.dps_name else { return json!({}) };
        let host_name = ["https://", "http://"].iter().find_map(|scheme| given.strip_prefix(scheme)).unwrap_or(given);
        match host_name.split_once(['.', ':']) {
            Some(_) if signs_in => json!({"hostName": host_name}),
            // A key is found by the service's name, which its host name begins with.
            parts => {
                let mut target = json!({"dpsName": parts.map_or(host_name, |(name, _)| name)});
                if let Some(group) = &self.resource_group {
                    target["resourceGroupName"] = json!(group);
                }
                target
            }
        }
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
