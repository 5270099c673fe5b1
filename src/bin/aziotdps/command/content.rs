//! What may be given of an enrollment's content, part by part, for the nouns to put together. A field's name is the
//! request's member.

use super::literal;
use aziotdps::model::{
    AllocationPolicy, AttestationType, ClearableMember, EnrollmentKind, Members, ProvisioningStatus, ReprovisionPolicy,
    Slot, WireEnum,
};
use aziotdps::operation::Call;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
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
    /// The storage root key of the TPM, in base64.
    #[arg(long, value_name = "KEY")]
    storage_root_key: Option<String>,
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

/// Certificate authorities that the service has verified, by their names.
#[derive(Args, Serialize)]
pub struct CaNames {
    /// The name of the primary certificate authority in the provisioning service.
    #[arg(long = "root-ca-name", visible_aliases = ["ca-name", "cn"], value_name = "NAME")]
    #[serde(rename = "primaryCAName")]
    primary_ca_name: Option<String>,
    /// The name of the secondary certificate authority.
    #[arg(long = "secondary-root-ca-name", visible_aliases = ["secondary-ca-name", "scn"], value_name = "NAME")]
    #[serde(rename = "secondaryCAName")]
    secondary_ca_name: Option<String>,
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
    /// What is kept about the device: a JSON object, or @ and the path of a file of one.
    #[arg(long, visible_alias = "info", value_name = "JSON", value_parser = object)]
    device_information: Option<Members>,
}

/// What every enrollment has.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The tags that the device's twin begins with: a JSON object, or @ and the path of a file of one.
    #[arg(long = "initial-twin-tags", visible_alias = "tags", value_name = "JSON", value_parser = twin)]
    tag: Option<Members>,
    /// The desired properties that the device's twin begins with: a JSON object, or @ and a path.
    #[arg(long = "initial-twin-properties", visible_alias = "props", value_name = "JSON", value_parser = twin)]
    desired: Option<Members>,
    /// Whether the device may provision itself.
    #[arg(long, visible_alias = "ps", value_name = "STATUS", ignore_case = true,
        value_parser = words(ProvisioningStatus::ALL))]
    provisioning_status: Option<String>,
    /// What becomes of the device's hub and data when it provisions itself again.
    #[arg(long, visible_alias = "rp", value_name = "POLICY", ignore_case = true,
        value_parser = words(ReprovisionPolicy::ALL))]
    reprovision_policy: Option<String>,
    /// Whether the device is an IoT Edge device.
    #[arg(long, visible_alias = "ee", value_name = "true|false", num_args = 0..=1, default_missing_value = "true",
        value_parser = truth)]
    edge_enabled: Option<bool>,
    /// The namespace of the device registry. This and the next two take api-version 2026-11-01.
    #[arg(long, value_name = "NAME")]
    namespace_name: Option<String>,
    /// The certificate authority of the device registry.
    #[arg(long, value_name = "NAME")]
    certificate_authority_name: Option<String>,
    /// The certificate policy of the device registry.
    #[arg(long, value_name = "NAME")]
    certificate_policy_name: Option<String>,
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

/// What every kind of enrollment is made of.
#[derive(Args, Serialize)]
pub struct Content {
    #[command(flatten)]
    #[serde(flatten)]
    x509: X509,
    #[command(flatten)]
    #[serde(flatten)]
    ca_names: CaNames,
    #[command(flatten)]
    #[serde(flatten)]
    keys: Keys,
    #[command(flatten)]
    #[serde(flatten)]
    settings: Settings,
    #[command(flatten)]
    #[serde(flatten)]
    allocation: Allocation,
}

/// What can be done to a record besides giving new values.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Take the primary certificate or CA name out; the secondary one takes its place.
    #[arg(long, visible_alias = "rc", value_name = "true|false", num_args = 0..=1, default_missing_value = "true",
        value_parser = truth)]
    remove_certificate: Option<bool>,
    /// Take the secondary certificate or CA name out.
    #[arg(long, visible_alias = "rsc", value_name = "true|false", num_args = 0..=1, default_missing_value = "true",
        value_parser = truth)]
    remove_secondary_certificate: Option<bool>,
    /// What to take out, by the option that puts it in.
    #[arg(long, value_name = "OPTION", num_args = 1.., value_delimiter = ' ', ignore_case = true,
        value_parser = clearing())]
    clear: Option<Vec<String>>,
    /// Change single tags: a JSON merge patch, in which null takes a tag out, or @ and a path.
    #[arg(long = "tags-merge", value_name = "JSON", value_parser = object)]
    tag_merge: Option<Members>,
    /// Change single desired properties: a JSON merge patch, or @ and a path.
    #[arg(long = "props-merge", value_name = "JSON", value_parser = object)]
    desired_merge: Option<Members>,
    /// Make the primary symmetric key the secondary one, and the other way round.
    #[arg(long = "swap-keys")]
    swap_key: bool,
    /// Make a new symmetric key for one of the two places.
    #[arg(long, value_name = "KEY", ignore_case = true, value_parser = words(Slot::ALL))]
    regenerate_key: Option<String>,
}

/// The members of the request for `call` that come of what was given: what was not given goes, short forms become what
/// they stand for. `moved` gets each member that became another one, and that one.
///
/// # Errors
/// None that a caller can cause.
pub fn request(
    call: Call,
    given: &impl Serialize,
    moved: &mut Vec<(&'static str, &'static str)>,
) -> serde_json::Result<Members> {
    let mut members = serde_json::from_value::<Members>(serde_json::to_value(given)?)?;
    members.retain(|_, value| !value.is_null());
    if !members.contains_key("allocationPolicy")
        && !members.contains_key("iotHub")
        && let Some(hub) = members.shift_remove("iotHubHostName")
    {
        members.insert("allocationPolicy".to_owned(), json!(AllocationPolicy::Static.wire()));
        members.insert("iotHub".to_owned(), Value::Array(vec![hub]));
    }
    let removes = |members: &mut Members, switch: &str| members.shift_remove(switch) == Some(json!(true));
    let removes_primary = removes(&mut members, "removeCertificate");
    let mut cleared = Vec::new();
    if removes_primary {
        cleared.extend([ClearableMember::PrimaryCertificate, ClearableMember::PrimaryCaName]);
    }
    if removes(&mut members, "removeSecondaryCertificate") {
        cleared.extend([ClearableMember::SecondaryCertificate, ClearableMember::SecondaryCaName]);
    }
    // A record cannot be without a primary: a secondary that is to be the only one becomes it.
    let is_new = matches!(call, Call::New(_));
    for (primary, secondary) in [
        (ClearableMember::PrimaryCertificate, ClearableMember::SecondaryCertificate),
        (ClearableMember::PrimaryCaName, ClearableMember::SecondaryCaName),
    ] {
        if (is_new || removes_primary)
            && !members.contains_key(primary.wire())
            && let Some(only) = members.shift_remove(secondary.wire())
        {
            members.insert(primary.wire().to_owned(), only);
            moved.push((secondary.wire(), primary.wire()));
            if !is_new {
                cleared.push(secondary);
            }
        }
    }
    if !cleared.is_empty()
        && let Some(clear) = members.entry("clear").or_insert_with(|| json!([])).as_array_mut()
    {
        clear.extend(cleared.into_iter().map(|word| json!(word.wire())));
    }
    if call == Call::New(EnrollmentKind::Group) && !members.contains_key("attestationType") {
        let x509 = ["primaryCertificate", "secondaryCertificate", "primaryCAName", "secondaryCAName"];
        let is_x509 = x509.iter().any(|member| members.contains_key(*member));
        let r#type = if is_x509 { AttestationType::X509 } else { AttestationType::SymmetricKey };
        members.insert("attestationType".to_owned(), json!(r#type.wire()));
    }
    Ok(members)
}

/// The option that puts in what `word` takes out.
fn option_of(word: ClearableMember) -> &'static str {
    match word {
        ClearableMember::DeviceId => "device-id",
        ClearableMember::Tag => "tags",
        ClearableMember::Desired => "props",
        ClearableMember::DeviceInformation => "device-information",
        ClearableMember::ReprovisionPolicy => "reprovision-policy",
        ClearableMember::AllocationPolicy => "allocation-policy",
        ClearableMember::IotHub => "iot-hubs",
        ClearableMember::IotHubHostName => "iot-hub-host-name",
        ClearableMember::WebhookUrl => "webhook-url",
        ClearableMember::StorageRootKey => "storage-root-key",
        ClearableMember::PrimaryCertificate => "certificate-path",
        ClearableMember::SecondaryCertificate => "secondary-certificate-path",
        ClearableMember::PrimaryCaName => "root-ca-name",
        ClearableMember::SecondaryCaName => "secondary-root-ca-name",
        ClearableMember::NamespaceName => "namespace-name",
        ClearableMember::CertificateAuthorityName => "certificate-authority-name",
        ClearableMember::CertificatePolicyName => "certificate-policy-name",
    }
}

/// Takes an option's name for the word that clears it.
fn clearing() -> impl TypedValueParser<Value = String> {
    let names = PossibleValuesParser::new(ClearableMember::ALL.iter().map(|word| option_of(*word)).collect::<Vec<_>>());
    names.map(|name| {
        let word = ClearableMember::ALL.iter().find(|word| option_of(**word).eq_ignore_ascii_case(&name));
        word.map_or(name, |word| word.wire().to_owned())
    })
}

/// Takes a word of `words` in any case, in the wire's spelling.
pub fn words<'a, W: WireEnum>(words: impl IntoIterator<Item = &'a W>) -> PossibleValuesParser {
    PossibleValuesParser::new(words.into_iter().map(|word| word.wire()).collect::<Vec<_>>())
}

/// A value of a switch that may be given one.
pub fn truth(text: &str) -> Result<bool, String> {
    text.to_ascii_lowercase().parse().map_err(|_| "accepted are true and false".to_owned())
}

/// A twin; the empty text is the empty twin.
fn twin(given: &str) -> Result<Members, String> {
    if given.is_empty() { Ok(Members::new()) } else { object(given) }
}

/// The largest file with a twin's JSON, in bytes: far above what a hub takes.
const TWIN_LIMIT: u64 = 4 << 20;

/// A JSON object, as JSON or as `az` takes it besides, or a file of it.
///
/// # Errors
/// What is wrong with it, and what is accepted.
pub fn object(given: &str) -> Result<Members, String> {
    let is_file = |path: &str| fs::metadata(path).is_ok_and(|file| file.is_file());
    let Some(path) = given.strip_prefix('@') else {
        return literal::object(given)
            .map_err(|why| if is_file(given) { "it is a file: put @ before its path".to_owned() } else { why });
    };
    // Anything but a file might never end.
    if !is_file(path) {
        return Err(format!("there is no file {path}"));
    }
    if fs::metadata(path).is_ok_and(|file| file.len() > TWIN_LIMIT) {
        return Err(format!("the file {path} is larger than {} MiB", TWIN_LIMIT >> 20));
    }
    let text = fs::read_to_string(path).map_err(|error| format!("the file {path} cannot be read: {error}"))?;
    literal::object(text.trim_start_matches('\u{feff}')).map_err(|why| format!("in the file {path}: {why}"))
}
