//! Connecting a session: cloud, account, default service.

use super::request::{Request, maximum_attempts, seconds};
use crate::connection::{Cloud, Connection, Context};
use crate::credential::{Account, Audience, ClientSecret, SuppliedTokens, is_host_name};
use crate::error::{Code, Error, Result, quote};
use crate::file;
use crate::http::{Authorize, Loopback, Settings, Url, certificates};
use crate::local;
use crate::model::{AuthType, DEVELOPMENT, Environment, WireEnum, is_loopback};
use crate::target::{Target, TargetRequest, check_segment};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::PathBuf;

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
    resource_group_name: Option<String>,
    dps_name: Option<String>,
    host_name: Option<String>,
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

/// Creates a connection and signs in with its account. A request that only names a service changes the default service of
/// the session's connection.
///
/// # Errors
/// [`Code::InvalidArgument`], [`Code::NotConnected`] for a default service without an account, and those of signing in.
pub async fn connect(mut request: Request, context: &Context) -> Result<Connection> {
    let of_service = ["resourceGroupName", "dpsName", "hostName", "workingDirectory", "shape"];
    let only_service = request.rest().all(|(member, _)| of_service.contains(&member));
    let mut given: Connect = request.take()?;
    request.finish()?;
    let service = Target::parse(TargetRequest {
        resource_group_name: given.resource_group_name.take(),
        dps_name: given.dps_name.take(),
        host_name: given.host_name.take(),
        connection_string: given.connection_string.clone(),
        ..TargetRequest::default()
    })?;
    if only_service && service.is_some() {
        if context.connection.sign_in.account().is_none() {
            let message =
                "Nobody has signed in: say how in the same request, such as by ⟨accessToken⟩ or ⟨clientSecret⟩.";
            return Err(Error::new(Code::NotConnected, message));
        }
        let mut connection = Connection::clone(&context.connection);
        connection.default_target = service;
        return Ok(connection);
    }
    let environment = || std::env::var("AZURE_SUBSCRIPTION_ID").ok().filter(|id| !id.is_empty());
    given.subscription_id =
        given.subscription_id.take().or_else(|| given.emulator.is_none().then(environment).flatten());
    for (name, parameter) in
        [(&given.tenant_id, "tenantId"), (&given.client_id, "clientId"), (&given.subscription_id, "subscriptionId")]
    {
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
        cloud.authority.data_plane_scope = match scope.contains(|c: char| c.is_whitespace() || ";=~".contains(c)) {
            true => {
                let message = format!("{} is not a scope, such as '<resource>/.default'.", quote(scope));
                return Err(Error::argument("dataPlaneScope", message));
            }
            false => scope.clone(),
        };
    }
    let settings = settings(&given)?;
    let account = account(&mut given)?;
    let mut connection = Connection::new(cloud, account, settings);
    connection.auth_type = given.auth_type.unwrap_or(connection.auth_type);
    connection.api_version = api_version(given.data_plane_api_version.take())?;
    connection.subscription_id = given.subscription_id.clone();
    let emulated = || emulator.is_some().then(|| Target::Resource { id: DEVELOPMENT.resource(), host_name: None });
    connection.default_target = service.or_else(emulated);
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
            let ways = "⟨tenantId⟩ with ⟨clientId⟩ and ⟨clientSecret⟩, ⟨accessToken⟩, ⟨resourceManagerAccessToken⟩, ⟨connectionString⟩, or ⟨emulator⟩";
            Err(Error::argument(missing, format!("⟨{missing}⟩ is missing; connect with {ways}.")))
        }
    }
}

fn default_settings() -> Settings {
    let loopback = Loopback { ca_certificate_file: local::ca_certificate(), hint: local::hint };
    Settings { loopback, ..Settings::default() }
}

fn settings(given: &Connect) -> Result<Settings> {
    let mut settings = default_settings();
    for (given, parameter, setting) in [
        (given.connect_timeout_seconds, "connectTimeoutSeconds", &mut settings.connect_timeout),
        (given.timeout_seconds, "timeoutSeconds", &mut settings.timeout),
    ] {
        *setting = seconds(given, parameter)?.unwrap_or(*setting);
    }
    settings.maximum_attempts = maximum_attempts(given.maximum_attempts)?.unwrap_or(settings.maximum_attempts);
    if let Some(certificate) = &given.ca_certificate {
        let pem = if certificate.contains("-----BEGIN ") {
            certificate.clone().into_bytes()
        } else {
            let path = given.working_directory.join(certificate);
            let refuse = || {
                let forms = "PEM text or the path of a PEM file";
                Error::argument(
                    "caCertificate",
                    format!("{} cannot be read; accepted are {forms}.", quote(certificate)),
                )
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
            let message = format!("{} is not an api-version, such as 2021-10-01.", quote(&text));
            Err(Error::argument("dataPlaneApiVersion", message))
        }
        given => Ok(given),
    }
}

fn address_of(parameter: &str, text: &str) -> Result<Url> {
    match Url::parse(text) {
        Ok(url) if is_https_host(&url) => Ok(url),
        _ => {
            let message = format!("{} is not an https address, such as 'https://localhost:8443'.", quote(text));
            Err(Error::argument(parameter, message))
        }
    }
}

/// Whether `url` is `https://host/`, with or without a port and a path. A user, a query or a fragment may be a secret.
fn is_https_host(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    url.scheme() == "https" && bare && is_host_name(host) && !url.path().contains([';', '='])
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
    let (resource_group_name, dps_name, host_name) = match &connection.default_target {
        Some(Target::Name { resource_group_name, name }) => (resource_group_name.as_deref(), Some(name.as_str()), None),
        Some(Target::Resource { id, host_name }) => {
            (Some(id.resource_group_name.as_str()), Some(id.name.as_str()), host_name.as_deref())
        }
        Some(Target::HostName(host_name)) => (None, None, Some(host_name.as_str())),
        Some(Target::ConnectionString(text)) => (None, None, Some(text.host_name.as_str())),
        None => (None, None, None),
    };
    json!({
        "Account": account,
        "TenantId": tenant_id,
        "SubscriptionId": connection.subscription_id,
        "ResourceManagerEndpoint": connection.cloud.resource_manager.as_str(),
        "AuthType": connection.auth_type.powershell(),
        "ResourceGroupName": resource_group_name,
        "DpsName": dps_name,
        "HostName": host_name,
    })
}
