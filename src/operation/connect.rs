//! Connecting a session: cloud, account, default service.

use super::request::Request;
use crate::connection::{Cloud, Connection, Context};
use crate::credential::{Account, Audience, ClientSecret, ConnectionString, SuppliedTokens};
use crate::error::{Error, Result};
use crate::file;
use crate::http::{Authorize, Loopback, Settings, Url, certificates};
use crate::local;
use crate::model::{AuthType, DEVELOPMENT, Environment, WireEnum, is_loopback};
use crate::target::{Target, check_segment};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// The largest file of CA certificates that is read, in bytes.
const PEM_LIMIT: u64 = 4 << 20;

/// `true` is the emulator at its default address; a text is its address.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "true, or the emulator's address, such as \"https://localhost:8443\"")]
enum Emulator {
    Switch(bool),
    Address(String),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Connect {
    connection_string: Option<SecretString>,
    emulator: Option<Emulator>,
    tenant_id: Option<String>,
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    access_token: Option<SecretString>,
    resource_manager_access_token: Option<SecretString>,
    subscription_id: Option<String>,
    auth_type: Option<AuthType>,
    environment: Option<Environment>,
    resource_manager_endpoint: Option<String>,
    authority_host: Option<String>,
    data_plane_scope: Option<String>,
    data_plane_api_version: Option<String>,
    ca_certificate: Option<String>,
    connect_timeout_seconds: Option<u64>,
    timeout_seconds: Option<u64>,
    maximum_attempts: Option<u32>,
    working_directory: PathBuf,
    #[serde(rename = "shape")]
    _shape: Option<Value>,
}

/// The connection of a session that is not connected: it has no account, so only connection strings work.
pub fn unconnected() -> Connection {
    Connection::new(Cloud::new(Environment::Public), None, default_settings())
}

/// Creates a connection and signs in with its account.
///
/// # Errors
/// [`crate::error::Code::InvalidArgument`], and those of signing in.
pub async fn connect(mut request: Request, context: &Context) -> Result<Connection> {
    let mut given: Connect = request.take()?;
    request.finish()?;
    let environment = || std::env::var("AZURE_SUBSCRIPTION_ID").ok().filter(|id| !id.is_empty());
    given.subscription_id =
        given.subscription_id.take().or_else(|| given.emulator.is_none().then(environment).flatten());
    for (name, parameter) in [(&given.tenant_id, "tenantId"), (&given.subscription_id, "subscriptionId")] {
        if let Some(name) = name {
            check_segment(parameter, name)?;
        }
    }
    let mut cloud = Cloud::new(given.environment.unwrap_or(Environment::Public));
    let emulator = match given.emulator.take() {
        None | Some(Emulator::Switch(false)) => None,
        Some(Emulator::Switch(true)) => Some(emulator_address(local::ADDRESS)?),
        Some(Emulator::Address(address)) => Some(emulator_address(&address)?),
    };
    if let Some(address) = &emulator {
        cloud.authority.host = address.clone();
        cloud.resource_manager = address.clone();
        cloud.device_host = address.authority().to_owned();
        given.tenant_id.get_or_insert_with(|| DEVELOPMENT.tenant_id.to_owned());
        given.client_id.get_or_insert_with(|| DEVELOPMENT.client_id.to_owned());
        given.client_secret.get_or_insert_with(|| DEVELOPMENT.client_secret.into());
        given.subscription_id.get_or_insert_with(|| DEVELOPMENT.subscription_id.to_owned());
    }
    if let Some(address) = &given.authority_host {
        cloud.authority.host = address_of("authorityHost", address)?;
    }
    if let Some(address) = &given.resource_manager_endpoint {
        cloud.resource_manager = address_of("resourceManagerEndpoint", address)?;
    }
    if let Some(scope) = &given.data_plane_scope {
        cloud.authority.data_plane_scope = scope.clone();
    }
    let settings = settings(&given)?;
    let account = account(&mut given)?;
    let mut connection = Connection::new(cloud, account, settings);
    connection.auth_type = given.auth_type.unwrap_or(connection.auth_type);
    connection.api_version = api_version(given.data_plane_api_version.take())?;
    connection.subscription_id = given.subscription_id.clone();
    connection.default_target = match (&given.connection_string, &emulator) {
        (Some(text), _) => Some(Target::ConnectionString(ConnectionString::parse(text)?)),
        (None, Some(_)) => Some(Target::Resource { id: DEVELOPMENT.resource(), host_name: None }),
        (None, None) => None,
    };
    if let Some(Account::ClientSecret(_)) = connection.sign_in.account() {
        let Connection { sign_in, transport, .. } = &connection;
        sign_in.credentials(Audience::ResourceManager, transport, &context.events).authorization().await?;
    }
    Ok(connection)
}

fn account(given: &mut Connect) -> Result<Option<Account>> {
    let tokens = SuppliedTokens {
        data_plane: given.access_token.take(),
        resource_manager: given.resource_manager_access_token.take(),
    };
    if tokens.data_plane.is_some() || tokens.resource_manager.is_some() {
        return Ok(Some(Account::Supplied(tokens)));
    }
    match (given.tenant_id.take(), given.client_id.take(), given.client_secret.take()) {
        (Some(tenant_id), Some(client_id), Some(client_secret)) => {
            Ok(Some(Account::ClientSecret(ClientSecret { tenant_id, client_id, client_secret })))
        }
        (None, None, None) if given.connection_string.is_some() => Ok(None),
        (tenant_id, client_id, _) => {
            let missing = match (tenant_id, client_id) {
                (None, _) => "tenantId",
                (_, None) => "clientId",
                _ => "clientSecret",
            };
            let ways = "tenantId with clientId and clientSecret, accessToken, connectionString, or emulator";
            Err(Error::argument(missing, format!("{missing} is missing; connect with {ways}.")))
        }
    }
}

fn default_settings() -> Settings {
    let loopback = Loopback { ca_certificate_file: local::ca_certificate(), hint: local::hint };
    Settings { loopback, ..Settings::default() }
}

fn settings(given: &Connect) -> Result<Settings> {
    let mut settings = default_settings();
    for (seconds, parameter, setting) in [
        (given.connect_timeout_seconds, "connectTimeoutSeconds", &mut settings.connect_timeout),
        (given.timeout_seconds, "timeoutSeconds", &mut settings.timeout),
    ] {
        match seconds {
            Some(seconds @ 1..=86_400) => *setting = Duration::from_secs(seconds),
            Some(_) => return Err(Error::argument(parameter, format!("{parameter} is 1 to 86400."))),
            None => {}
        }
    }
    match given.maximum_attempts {
        Some(attempts @ 1..=100) => settings.maximum_attempts = attempts,
        Some(_) => return Err(Error::argument("maximumAttempts", "maximumAttempts is 1 to 100.")),
        None => {}
    }
    if let Some(certificate) = &given.ca_certificate {
        let pem = if certificate.contains("-----BEGIN ") {
            certificate.clone().into_bytes()
        } else {
            let path = given.working_directory.join(certificate);
            let refuse = || {
                let forms = "PEM text or the path of a PEM file";
                Error::argument("caCertificate", format!("'{certificate}' cannot be read; accepted are {forms}."))
            };
            file::read(&path, PEM_LIMIT).map_err(|error| refuse().caused_by(&error))?.to_vec()
        };
        certificates(&pem)?;
        settings.ca_certificate = Some(pem);
    }
    Ok(settings)
}

fn api_version(given: Option<String>) -> Result<Option<String>> {
    let date =
        |text: &str| text.len() == 10 && text.chars().all(|character| character.is_ascii_digit() || character == '-');
    match given {
        Some(text) if !date(text.strip_suffix("-preview").unwrap_or(&text)) => {
            Err(Error::argument("dataPlaneApiVersion", format!("'{text}' is not an api-version, such as 2021-10-01.")))
        }
        given => Ok(given),
    }
}

fn address_of(parameter: &str, text: &str) -> Result<Url> {
    match Url::parse(text) {
        Ok(url) if url.scheme() == "https" && url.has_host() => Ok(url),
        _ => Err(Error::argument(parameter, format!("'{text}' is not an https address."))),
    }
}

fn emulator_address(text: &str) -> Result<Url> {
    let url = address_of("emulator", text)?;
    // It gets the published secret, and its development certificate is trusted: only on this machine.
    if url.host_str().is_some_and(is_loopback) {
        Ok(url)
    } else {
        Err(Error::argument("emulator", "An emulator is on this machine (localhost)."))
    }
}

/// What a session is connected with, without its secrets.
pub fn describe(connection: &Connection) -> Value {
    let (account, tenant_id) = match connection.sign_in.account() {
        Some(Account::ClientSecret(account)) => (Some(account.client_id.as_str()), Some(account.tenant_id.as_str())),
        Some(Account::Supplied(_)) => (Some("access token"), None),
        None => (None, None),
    };
    json!({
        "Account": account,
        "TenantId": tenant_id,
        "SubscriptionId": connection.subscription_id,
        "ResourceManagerEndpoint": connection.cloud.resource_manager.as_str(),
        "AuthType": connection.auth_type.powershell(),
        "DpsName": connection.default_target.as_ref().map(Target::name),
    })
}
