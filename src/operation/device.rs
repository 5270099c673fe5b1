//! A device that registers itself: what a device does when it starts.

use super::device_key::read_group_key;
use super::enrollment::check_key;
use super::request::{Common, Request, check_id, enrollment_id, required};
use super::service;
use crate::connection::Context;
use crate::credential::{SharedAccessKey, client_certificate, is_host_name, sign};
use crate::data_plane::DataPlane;
use crate::device_plane::{DevicePlane, Proof, RegistrationStatus};
use crate::error::{Code, Error, Outcome, Result, quote};
use crate::file;
use crate::model::{Collection, EnrollmentKind, Record};
use crate::present;
use crate::target::{Target, check_segment};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// The name that the service gives the policy of devices.
const POLICY: &str = "registration";

/// The largest file with a certificate or a key that is read, in bytes.
const PEM_LIMIT: u64 = 1 << 20;

/// How long a registration may take. The service gives a webhook seconds, and assigns without one in less.
const LONGEST: Duration = Duration::from_secs(5 * 60);

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Register {
    registration_id: Option<String>,
    id_scope: Option<String>,
    provisioning_host: Option<String>,
    symmetric_key: Option<SecretString>,
    compute_key: bool,
    certificate: Option<String>,
    private_key: Option<SecretString>,
    passphrase: Option<SecretString>,
    payload: Option<Value>,
}

/// Registers a device and waits until it is assigned to a hub. The ID scope and the device's key are read from the service
/// if the request does not give them.
pub async fn register(mut request: Request, context: &Context) -> Result<()> {
    let mut common: Common = request.take()?;
    let mut given: Register = request.take()?;
    let group = enrollment_id(EnrollmentKind::Group, &mut request)?;
    request.finish()?;
    let target = common.target()?;
    let id = required(EnrollmentKind::Individual, given.registration_id.take())?;
    let proof = given.proof(&id, group.is_some(), &common.working_directory)?;

    let work = async {
        let id_scope = match given.id_scope {
            Some(id_scope) => id_scope,
            None => read_id_scope(target.clone(), context).await?,
        };
        let proof = match proof {
            Some(proof) => proof,
            None => device_key(read_key(&id, group.as_deref(), target, context).await?)?,
        };
        let host = given.provisioning_host.as_deref().unwrap_or(&context.connection.cloud.device_host);
        let plane = DevicePlane::open(host, &id_scope, &id, proof, context)?;
        assigned(&plane, &id, given.payload.as_ref(), context).await
    };
    let record = work.await.map_err(|error: Error| error.with_target(Collection::Registrations.target(&id)))?;
    context.events.item(present::device(common.shape, record)).await
}

impl Register {
    /// Checks the members, and takes the proof of identity that they give, if any. A group's key is made the device's.
    fn proof(&self, id: &str, has_group: bool, folder: &Path) -> Result<Option<Proof>> {
        check_id(EnrollmentKind::Individual, id)?;
        if let Some(id_scope) = &self.id_scope {
            check_segment("idScope", id_scope)?;
        }
        if let Some(host) = self.provisioning_host.as_ref().filter(|host| !is_host_name(host)) {
            let form = "such as 'global.azure-devices-provisioning.net'";
            return Err(Error::argument("provisioningHost", format!("{} is not a host name, {form}.", quote(host))));
        }
        match (&self.symmetric_key, &self.certificate, &self.private_key) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                let message = "A device has a symmetric key or a certificate, not both.";
                Err(Error::argument("symmetricKey", message))
            }
            (None, None, Some(_)) => {
                Err(Error::argument("certificate", "The certificate of the private key is missing."))
            }
            (None, Some(_), None) => {
                Err(Error::argument("privateKey", "The private key of the certificate is missing."))
            }
            (_, Some(_), _) if self.compute_key => {
                let message = "A key is derived from the symmetric key of a group; a certificate has none.";
                Err(Error::argument("computeKey", message))
            }
            (None, Some(certificate), Some(key)) => {
                let certificate = pem("certificate", certificate, folder)?;
                let key = pem("privateKey", secrecy::ExposeSecret::expose_secret(key), folder)?;
                client_certificate(&certificate, &key, self.passphrase.as_ref()).map(Proof::Certificate).map(Some)
            }
            (Some(key), None, None) => {
                check_key(key, "symmetricKey")?;
                let key = if self.compute_key { sign(key, id) } else { key.clone() };
                device_key(key).map(Some)
            }
            (None, None, None) if self.compute_key && !has_group => {
                let message = "A device's key is derived from its group's: give the group, or the group's key.";
                Err(Error::argument("enrollmentGroupId", message))
            }
            (None, None, None) => Ok(None),
        }
    }
}

fn device_key(key: SecretString) -> Result<Proof> {
    SharedAccessKey::new(POLICY.to_owned(), key, "symmetricKey").map(Proof::Key)
}

/// PEM that is given as text, or in a file; a relative path starts from `folder`.
fn pem(parameter: &str, given: &str, folder: &Path) -> Result<Zeroizing<Vec<u8>>> {
    if given.contains("-----BEGIN ") {
        return Ok(Zeroizing::new(given.as_bytes().to_vec()));
    }
    // What was given may be a key, and is not shown.
    file::read(&folder.join(given), PEM_LIMIT).map_err(|error| {
        let message = "The file cannot be read; accepted are PEM text and the path of a PEM file.";
        Error::argument(parameter, message).caused_by(&error)
    })
}

async fn read_id_scope(target: Option<Target>, context: &Context) -> Result<String> {
    let target = target.or_else(|| context.connection.default_target.clone());
    if !matches!(target, Some(Target::Name { .. } | Target::Resource { .. })) {
        let message = "The ID scope is missing. It is read from a service that is named by its name or resource id; for \
            any other it has to be given.";
        return Err(Error::argument("idScope", message));
    }
    let service = service::one(target, context).await?;
    service.text(&["properties", "idScope"]).map(str::to_owned).ok_or_else(|| {
        Error::new(Code::UnexpectedResponse, "Azure Resource Manager's record of the service has no ID scope.")
    })
}

/// Reads the device's key from its enrollment, or derives it from its group's.
async fn read_key(id: &str, group: Option<&str>, target: Option<Target>, context: &Context) -> Result<SecretString> {
    let plane = DataPlane::open(target, None, context).await?;
    if let Some(group) = group {
        return Ok(sign(&read_group_key(&plane, group).await?, id));
    }
    let kind = EnrollmentKind::Individual;
    let mechanism = plane
        .attestation_mechanism(kind, id)
        .await
        .map_err(|error| error.with_target(Collection::from(kind).target(id)))?;
    let key = mechanism.text(&["symmetricKey", "primaryKey"]).map(SecretString::from);
    key.ok_or_else(|| {
        let message = match mechanism.text(&["type"]) {
            Some("x509") => "The device's enrollment is attested by a certificate: give it, with its private key.",
            _ => "The device's enrollment is not attested by symmetric keys, and only those can be read.",
        };
        Error::argument("certificate", message)
    })
}

/// Registers the device, and waits until the service has assigned it.
async fn assigned(plane: &DevicePlane<'_>, id: &str, payload: Option<&Value>, context: &Context) -> Result<Record> {
    let result = wait_for_end(plane, payload, context).await.and_then(|status| outcome(status, id));
    context.events.write_ended(result.as_ref().map_or_else(Error::outcome, |_| Outcome::Applied));
    result
}

/// Registers the device and waits until the service has decided. What is begun goes on whether it is asked about or not.
async fn wait_for_end(
    plane: &DevicePlane<'_>,
    payload: Option<&Value>,
    context: &Context,
) -> Result<RegistrationStatus> {
    let started = Instant::now();
    let mut status = plane.register(payload).await?;
    while let Some(wait) = status.wait {
        if started.elapsed() + wait > LONGEST {
            let message = format!("The service has not assigned the device within {} s.", LONGEST.as_secs());
            return Err(Error::new(Code::Timeout, message).with_outcome(Outcome::Unknown));
        }
        context.events.verbose(format!("the device is being assigned; asking again in {:.1} s", wait.as_secs_f32()));
        tokio::time::sleep(wait).await;
        let next = plane.operation(status.operation_id()).await;
        status = next.map_err(|error| error.with_outcome(Outcome::Unknown))?;
    }
    Ok(status)
}

/// The record of a device that was assigned, or why it was not.
fn outcome(RegistrationStatus { record, .. }: RegistrationStatus, id: &str) -> Result<Record> {
    let state = |member| record.get(&["registrationState", member]);
    let refused = |message: String| Err(Error::new(Code::RegistrationFailed, message));
    match record.text(&["status"]) {
        Some("assigned") if state("assignedHub").is_some() => Ok(record),
        Some("disabled") => refused(format!("Device '{id}' is not registered: its enrollment is disabled.")),
        Some("failed") => {
            let number = state("errorCode").map(|code| format!(" ({code})")).unwrap_or_default();
            let says = state("errorMessage").and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
            let says = says.map(|text| format!(" The service says: {text}")).unwrap_or_default();
            refused(format!("Device '{id}' was assigned to no hub{number}.{says}"))
        }
        _ => {
            let message = "The service's answer is neither that the device is assigned nor why not.";
            Err(Error::new(Code::UnexpectedResponse, message).with_outcome(Outcome::Unknown))
        }
    }
}
