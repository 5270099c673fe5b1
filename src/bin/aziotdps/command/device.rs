//! The noun `device`: what a device does itself.

use super::content::{object, truth};
use super::verb::{self, Service};
use aziotdps::operation::Call;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;

/// What a device can do.
#[derive(Subcommand, Serialize)]
#[serde(untagged)]
pub enum Verb {
    /// The registration of a device.
    #[command(subcommand)]
    Registration(Registration),
}

/// What a device can do about its registration.
#[derive(Subcommand, Serialize)]
#[serde(untagged)]
pub enum Registration {
    /// Register a device over HTTPS, as it would itself, and wait until it is assigned to a hub.
    #[command(after_help = "Examples:
  aziotdps device registration create -n mydps --rid dev-01
  aziotdps device registration create -n mydps --rid meter-7 --gid meters
  aziotdps device registration create --scope 0ne000 --rid dev-01 --key c2VjcmV0IHNlY3JldA==
  aziotdps device registration create --scope 0ne000 --rid dev-01 --cp dev-01.pem --kp key.pem
With --id-scope and a key or a certificate no service has to be named, and nobody signs in.")]
    Create(Box<Create>),
}

impl verb::Verb for Verb {
    fn call(&self) -> Call {
        Call::DeviceRegister
    }

    fn service(&self) -> Service {
        let Self::Registration(Registration::Create(create)) = self;
        let has_proof = create.symmetric_key.is_some() || create.certificate.is_some() || create.private_key.is_some();
        if create.id_scope.is_some() && has_proof { Service::Optional } else { Service::Needed }
    }
}

/// Which device, and how it proves its identity.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Create {
    /// The device's registration id.
    #[arg(long, visible_alias = "rid", value_name = "ID")]
    registration_id: String,
    /// The ID scope of the provisioning service; it is read from the service where it is not given.
    #[arg(long, visible_alias = "scope", value_name = "ID SCOPE")]
    id_scope: Option<String>,
    /// The device's enrollment group, whose key is read where none is given.
    #[arg(long, visible_aliases = ["group-id", "gid"], value_name = "ID")]
    enrollment_group_id: Option<String>,
    /// The device's symmetric key, in base64; it is read from the service where it is not given.
    #[arg(long, visible_alias = "key", value_name = "KEY")]
    symmetric_key: Option<String>,
    /// Whether --symmetric-key is the group's, from which the device's is derived.
    #[arg(long, visible_alias = "ck", value_name = "true|false", num_args = 0..=1, default_missing_value = "true",
        value_parser = truth)]
    compute_key: Option<bool>,
    /// The file of the device's certificate, in PEM; the CA certificates between it and the root may follow it.
    #[arg(long = "certificate-file-path", visible_alias = "cp", value_name = "PATH")]
    certificate: Option<String>,
    /// The file of the certificate's private key, in PEM.
    #[arg(long = "key-file-path", visible_alias = "kp", value_name = "PATH")]
    private_key: Option<String>,
    /// The passphrase of an encrypted private key.
    #[arg(long, visible_alias = "pass", value_name = "PASSPHRASE")]
    passphrase: Option<String>,
    /// What the webhook of a custom allocation is given: a JSON object, @ and the path of a file of one, or a text.
    #[arg(long, value_name = "JSON", value_parser = payload)]
    payload: Option<Value>,
    /// The host that devices register with, where it is not that of the cloud or the emulator.
    #[arg(long, visible_alias = "host", value_name = "HOST")]
    provisioning_host: Option<String>,
}

/// An object in any notation, or a file of one; any other JSON; or else a text.
fn payload(given: &str) -> Result<Value, String> {
    if given.starts_with(['{', '@']) {
        return object(given).map(Value::Object);
    }
    Ok(serde_json::from_str(given).unwrap_or_else(|_| Value::from(given)))
}
