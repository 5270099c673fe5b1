//! Which provisioning service, and who signs in: options and environment become the library's request to connect.

use crate::console::Wanted;
use crate::output::{Format, Query};
use aziotdps::error::{Code, Error, Result};
use aziotdps::model::Members;
use aziotdps::operation::Call;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::env;

/// What the environment says about who signs in, by the request's member.
pub const ENVIRONMENT: [(&str, &str); 4] = [
    ("tenantId", "AZURE_TENANT_ID"),
    ("clientId", "AZURE_CLIENT_ID"),
    ("clientSecret", "AZURE_CLIENT_SECRET"),
    ("subscriptionId", "AZURE_SUBSCRIPTION_ID"),
];

/// What it takes to sign in.
const SIGN_IN: [&str; 3] = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"];

const CONNECTION_STRING: &str = "AZIOTDPS_CONNECTION_STRING";

/// What every verb on a service may be told.
#[derive(Args)]
#[command(after_help = "Environment: AZIOTDPS_CONNECTION_STRING stands for --login where no service is named. \
    AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET sign in to services that are named; \
    AZURE_SUBSCRIPTION_ID stands for --subscription.\n\
    Exit codes: 0 done, 1 failed, 2 something given is wrong or missing, 3 not found, 130 interrupted.")]
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
    /// The local service that `aziotdps emulator start` runs: on port 8443, or by its port or address.
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "8443",
        value_parser = emulator_address, global = true, help_heading = "Service")]
    emulator: Option<String>,
    /// A certificate authority that is trusted besides the system's: a PEM file.
    #[arg(long, value_name = "PATH", global = true, help_heading = "Service")]
    ca_certificate: Option<String>,
    /// The api-version that the data plane is asked with, whatever a request needs.
    #[arg(long, value_name = "VERSION", global = true, help_heading = "Service")]
    data_plane_api_version: Option<String>,
    /// How records are printed.
    #[arg(long, short, value_enum, ignore_case = true, default_value_t, global = true, help_heading = "Output")]
    pub output: Format,
    /// What to print of the records: a JMESPath query, such as 'etag' or '[].registrationId'.
    #[arg(long, value_name = "JMESPATH", value_parser = Query::parse, global = true, help_heading = "Output")]
    pub query: Option<Query>,
    /// Tell what is done and why, on stderr.
    #[arg(long, global = true, help_heading = "Output")]
    verbose: bool,
    /// Tell of every request too.
    #[arg(long, global = true, help_heading = "Output")]
    debug: bool,
    /// Tell of errors only.
    #[arg(long, global = true, help_heading = "Output")]
    only_show_errors: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AuthType {
    Key,
    Login,
}

impl Connection {
    /// What is told of besides records.
    pub fn wanted(&self) -> Wanted {
        Wanted { verbose: self.verbose, debug: self.debug, only_errors: self.only_show_errors }
    }

    /// Whether a service is named, by an option or in the environment.
    pub fn names_service(&self) -> bool {
        let named = [&self.dps_name, &self.connection_string, &self.emulator].into_iter().any(Option::is_some);
        named || self.ca_certificate.is_some() || variable(CONNECTION_STRING).is_some()
    }

    /// The service as it was named.
    pub fn name(&self) -> Option<&str> {
        self.dps_name.as_deref()
    }

    /// The request to connect, and the members of the request for `call` that say which service it is about.
    ///
    /// # Errors
    /// No service is named where one is needed, or one where all are meant.
    pub fn requests(&self, call: Call) -> Result<(Value, Members)> {
        let lists = matches!(call, Call::ServiceList | Call::ServiceConnectionString);
        let manages = lists || call == Call::ServiceGet;
        let named = self.dps_name.is_some() || self.emulator.is_some();
        // Resource manager is not to be had by a connection string.
        let from_environment = || variable(CONNECTION_STRING).filter(|_| !named && !manages);
        let login = self.connection_string.clone().or_else(from_environment);
        if login.is_none() && !named && !lists {
            let message = "Which provisioning service? Give --dps-name, --login or --emulator, or set \
                AZIOTDPS_CONNECTION_STRING.";
            return Err(Error::new(Code::NotConnected, message));
        }
        if call == Call::ServiceList && self.dps_name.is_some() {
            return Err(Error::argument("dpsName", "A list is about every service; 'dps show' is about one."));
        }
        let mut connect = Members::new();
        let mut give = |member: &str, value: Value| drop(connect.insert(member.to_owned(), value));
        if let Some(path) = &self.ca_certificate {
            give("caCertificate", json!(path));
        }
        if let Some(version) = &self.data_plane_api_version {
            give("dataPlaneApiVersion", json!(version));
        }
        if let Some(connection_string) = login {
            give("connectionString", json!(connection_string));
            return Ok((connect.into(), Members::new()));
        }
        match &self.emulator {
            // The emulator brings an account of its own.
            Some(address) => give("emulator", json!(address)),
            None => {
                let missing: Vec<&str> = SIGN_IN.into_iter().filter(|name| variable(name).is_none()).collect();
                if !missing.is_empty() {
                    return Err(not_signed_in(&missing));
                }
                for (member, name) in ENVIRONMENT {
                    if let Some(value) = variable(name) {
                        give(member, json!(value));
                    }
                }
            }
        }
        if let Some(id) = &self.subscription {
            give("subscriptionId", json!(id));
        }
        let signs_in = self.auth_type == Some(AuthType::Login);
        give("authType", json!(if signs_in { "login" } else { "key" }));
        let about = match &self.resource_group {
            Some(group) if lists && self.dps_name.is_none() => Some(("resourceGroupName", json!(group))),
            // A host name is enough for the data plane only.
            _ => self.target(signs_in && !manages).map(|target| ("target", target)),
        };
        Ok((connect.into(), about.map(|(member, value)| (member.to_owned(), value)).into_iter().collect()))
    }

    fn target(&self, signs_in: bool) -> Option<Value> {
        let given = self.dps_name.as_ref()?;
        let host_name = ["https://", "http://"].iter().find_map(|scheme| given.strip_prefix(scheme)).unwrap_or(given);
        Some(match host_name.split_once(['.', ':']) {
            Some(_) if signs_in => json!({"hostName": host_name}),
            // A key is found by the service's name, which its host name begins with.
            parts => {
                let mut target = json!({"dpsName": parts.map_or(host_name, |(name, _)| name)});
                if let Some(group) = &self.resource_group {
                    target["resourceGroupName"] = json!(group);
                }
                target
            }
        })
    }
}

fn not_signed_in(missing: &[&str]) -> Error {
    let message = format!(
        "A service that is named is looked up by an application of Entra ID, and the environment does not say which: {} \
         {} not set. Or give the service's connection string (--login), or --emulator.",
        missing.join(", "),
        if missing.len() == 1 { "is" } else { "are" }
    );
    Error::new(Code::NotConnected, message)
}

/// Whether `text` can be nothing but the value of `--emulator`.
pub fn is_emulator_address(text: &str) -> bool {
    let host = text.split_once(':').map_or(text, |(host, _)| host);
    text.starts_with("https://") || text.parse::<u16>().is_ok() || host.eq_ignore_ascii_case("localhost")
}

/// The address that a port, a host with its port, or an address stands for.
fn emulator_address(given: &str) -> std::result::Result<String, String> {
    if given.parse::<u16>().is_ok() {
        return Ok(format!("https://localhost:{given}"));
    }
    if given.starts_with("https://") {
        return Ok(given.to_owned());
    }
    match given.rsplit_once(':') {
        Some((host, port)) if !host.contains('/') && port.parse::<u16>().is_ok() => Ok(format!("https://{given}")),
        _ => Err("accepted are the emulator's port, such as 8443, and its address, such as https://localhost:8443"
            .to_owned()),
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
