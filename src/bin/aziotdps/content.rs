//! What may be given of an enrollment's content, part by part, for the nouns to put together. A field's name is the
//! request's member.

use aziotdps::model::{AllocationPolicy, Members, ProvisioningStatus, ReprovisionPolicy, Word};
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde::Serialize;
use serde_json::{Value, json};
use std::fs;

/// A trusted platform module.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tpm {
    /// The endorsement key of the TPM, in base64.
    #[arg(long, visible_alias = "ek", value_name = "KEY")]
    endorsement_key: Option<String>,
}

/// Certificates.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct X509 {
    /// The file of the primary certificate: PEM, DER or base64.
    #[arg(long = "certificate-path", visible_alias = "cp", value_name = "PATH")]
    primary_certificate: Option<String>,
    /// The file of the secondary certificate.
    #[arg(long = "secondary-certificate-path", visible_alias = "scp", value_name = "PATH")]
    secondary_certificate: Option<String>,
}

/// Symmetric keys.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Keys {
    /// The primary symmetric key: 16 to 64 bytes, in base64.
    #[arg(long, visible_alias = "pk", value_name = "KEY")]
    primary_key: Option<String>,
    /// The secondary symmetric key.
    #[arg(long, visible_alias = "sk", value_name = "KEY")]
    secondary_key: Option<String>,
}

/// What belongs to one device.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// The device's id in its hub; the registration id where it is not given.
    #[arg(long, short, value_name = "ID")]
    device_id: Option<String>,
    /// What is kept about the device: a JSON object, or @ and the path of a file with one.
    #[arg(long, visible_alias = "info", value_name = "JSON", value_parser = json_text)]
    device_information: Option<String>,
}

/// What every enrollment has.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The tags that the device's twin begins with: a JSON object, or @ and the path of a file with one.
    #[arg(long = "initial-twin-tags", visible_alias = "tags", value_name = "JSON", value_parser = json_text)]
    tag: Option<String>,
    /// The desired properties that the device's twin begins with: a JSON object, or @ and a path.
    #[arg(long = "initial-twin-properties", visible_alias = "props", value_name = "JSON", value_parser = json_text)]
    desired: Option<String>,
    /// Whether the device may provision itself.
    #[arg(long, visible_alias = "ps", value_name = "STATUS", ignore_case = true,
        value_parser = words(ProvisioningStatus::ALL))]
    provisioning_status: Option<String>,
    /// What becomes of the device's hub and data when it provisions itself again.
    #[arg(long, visible_alias = "rp", value_name = "POLICY", ignore_case = true,
        value_parser = words(ReprovisionPolicy::ALL))]
    reprovision_policy: Option<String>,
    /// Whether the device is an IoT Edge device.
    #[arg(long, visible_alias = "ee", value_name = "true|false", ignore_case = true, num_args = 0..=1,
        default_missing_value = "true", value_parser = truth)]
    edge_enabled: Option<bool>,
}

/// To which hub devices go.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Allocation {
    /// How the hub is chosen.
    #[arg(long, visible_alias = "ap", value_name = "POLICY", ignore_case = true,
        value_parser = words(AllocationPolicy::ALL))]
    allocation_policy: Option<String>,
    /// The host names of the hubs to choose from.
    #[arg(long = "iot-hubs", visible_alias = "ih", value_name = "HOST", num_args = 1.., value_delimiter = ' ')]
    iot_hub: Option<Vec<String>>,
    /// The host name of the one hub: short for --allocation-policy static --iot-hubs HOST.
    #[arg(long, alias = "hn", value_name = "HOST", hide = true)]
    iot_hub_host_name: Option<String>,
    /// The https URL of the function that chooses the hub.
    #[arg(long, visible_alias = "wh", value_name = "URL")]
    webhook_url: Option<String>,
    /// The version of the provisioning service's API that the function speaks.
    #[arg(long, visible_alias = "av", value_name = "VERSION")]
    api_version: Option<String>,
}

/// Makes the request of what was given, for `target`: what was not given goes, short forms become what they stand for.
///
/// # Errors
/// None that a caller can cause.
pub fn request(given: &impl Serialize, target: Value) -> serde_json::Result<Value> {
    let mut members = serde_json::from_value::<Members>(serde_json::to_value(given)?)?;
    members.retain(|_, value| !value.is_null());
    if !members.contains_key("allocationPolicy")
        && !members.contains_key("iotHub")
        && let Some(hub) = members.shift_remove("iotHubHostName")
    {
        members.insert("allocationPolicy".to_owned(), json!(AllocationPolicy::Static.wire()));
        members.insert("iotHub".to_owned(), Value::Array(vec![hub]));
    }
    members.insert("target".to_owned(), target);
    Ok(Value::Object(members))
}

/// Takes a word of `words` in any case, in the wire's spelling.
pub fn words<'a, W: Word>(words: impl IntoIterator<Item = &'a W>) -> PossibleValuesParser {
    PossibleValuesParser::new(words.into_iter().map(|word| word.wire()).collect::<Vec<_>>())
}

fn truth(text: &str) -> Result<bool, String> {
    text.to_ascii_lowercase().parse().map_err(|_| "accepted are true and false".to_owned())
}

fn json_text(given: &str) -> Result<String, String> {
    match given.strip_prefix('@') {
        Some(path) => fs::read_to_string(path).map_err(|error| format!("the file {path} cannot be read: {error}")),
        None => Ok(given.to_owned()),
    }
}
