//! The client for the device plane: what a device itself asks of the service.

use crate::connection::Context;
use crate::credential::SharedAccessKey;
use crate::error::{Code, Error, Outcome, Result, quote};
use crate::events::Events;
use crate::http::{Authorize, ClientCertificate, Method, Request, Response, Transport, Url, url_of};
use crate::model::{Collection, DEVICE_API_VERSION, Record};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::time::Duration;

/// The wait before the status is read again, where the service does not say.
const USUAL_WAIT: Duration = Duration::from_secs(2);

/// The longest wait between two reads, whatever the service says.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

const JSON: &str = "application/json; charset=utf-8";

/// How a device proves its identity.
#[derive(Debug)]
pub enum Proof {
    /// By a signature with its own symmetric key.
    Key(SharedAccessKey),
    /// By a certificate.
    Certificate(ClientCertificate),
}

/// A client for the device plane: one device of one service.
#[derive(Debug)]
pub struct DevicePlane<'a> {
    context: &'a Context,
    url: Url,
    id_scope: &'a str,
    registration_id: &'a str,
    key: Option<SharedAccessKey>,
    /// The transport that has the device's certificate.
    own: Option<Transport>,
}

/// A registration, under way or over.
#[derive(Debug)]
pub struct RegistrationStatus {
    /// The service's record of it: `operationId`, `status` and, when it is over, `registrationState`.
    pub record: Record,
    /// How long the service asks to wait before the next read; `None` when it is over.
    pub wait: Option<Duration>,
}

impl RegistrationStatus {
    /// The id under which the status is read.
    pub fn operation_id(&self) -> &str {
        self.record.text(&["operationId"]).unwrap_or_default()
    }
}

impl<'a> DevicePlane<'a> {
    /// The device `registration_id` of the service with `id_scope`. `host` is a host name, with a port if it has one.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] if `host` is no host name.
    pub fn open(
        host: &str,
        id_scope: &'a str,
        registration_id: &'a str,
        proof: Proof,
        context: &'a Context,
    ) -> Result<Self> {
        let url = Url::parse(&format!("https://{host}/")).map_err(|_| {
            let form = "such as 'global.azure-devices-provisioning.net'";
            Error::argument("provisioningHost", format!("{} is not a host name, {form}.", quote(host)))
        })?;
        let (key, own) = match proof {
            Proof::Key(key) => (Some(key), None),
            Proof::Certificate(own) => (None, Some(context.connection.transport.with_client_certificate(own))),
        };
        Ok(Self { context, url, id_scope, registration_id, key, own })
    }

    /// Begins to register the device. `payload` is for the webhook of a custom allocation.
    ///
    /// # Errors
    /// [`Code::Unauthorized`] if the service does not accept the proof, and those of any request.
    pub async fn register(&self, payload: Option<&Value>) -> Result<RegistrationStatus> {
        let mut request = self.request(Method::PUT, &["register"]);
        let mut body = json!({"registrationId": self.registration_id});
        if let Some(payload) = payload {
            body["payload"] = payload.clone();
        }
        request.body = Some((JSON, body.to_string().into()));
        request.is_write = true;
        let response = self.send(request).await?;
        if response.status >= 500 || response.maybe_applied && response.status >= 400 {
            // An attempt may have begun it.
            return Err(response.error().with_outcome(Outcome::Unknown));
        }
        self.status(&response.success()?)
    }

    /// Reads how far the registration `operation_id` is.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn operation(&self, operation_id: &str) -> Result<RegistrationStatus> {
        let response = self.send(self.request(Method::GET, &["operations", operation_id])).await?.success()?;
        self.status(&response)
    }

    fn status(&self, response: &Response) -> Result<RegistrationStatus> {
        let record: Record = response.json("the status of a registration")?;
        let unexpected = |what: &str| {
            let message = format!("The service answered with status {} and {what}.", response.status);
            let http = response.failure(None, None);
            Error::new(Code::UnexpectedResponse, message).with_http(http).with_attempts(response.attempts)
        };
        if record.text(&["operationId"]).is_none_or(str::is_empty) {
            return Err(unexpected("no operationId"));
        }
        if record.text(&["status"]).is_none_or(|status| matches!(status, "assigning" | "unassigned")) {
            let wait = response.retry_after().unwrap_or(USUAL_WAIT).min(LONGEST_WAIT);
            return Ok(RegistrationStatus { record, wait: Some(wait) });
        }
        match record.text(&["registrationState", "registrationId"]) {
            Some(id) if !id.eq_ignore_ascii_case(self.registration_id) => {
                Err(unexpected("the state of another device"))
            }
            _ => Ok(RegistrationStatus { record, wait: None }),
        }
    }

    async fn send(&self, request: Request) -> Result<Response> {
        let events = &self.context.events;
        let transport = self.own.as_ref().unwrap_or(&self.context.connection.transport);
        match &self.key {
            Some(key) => {
                let resource = format!("{}/registrations/{}", self.id_scope, self.registration_id);
                transport.send_authorized(request, &Signature { key, resource, events }, events).await
            }
            None => transport.send(&request, events).await,
        }
    }

    fn request(&self, method: Method, below: &[&str]) -> Request {
        let path = [&[self.id_scope, Collection::Registrations.segment(), self.registration_id], below].concat();
        Request::new(method, url_of(&self.url, &path, DEVICE_API_VERSION))
    }
}

/// Signatures with the key of a device.
struct Signature<'a> {
    key: &'a SharedAccessKey,
    resource: String,
    events: &'a Events,
}

impl Authorize for Signature<'_> {
    async fn authorization(&self) -> Result<SecretString> {
        Ok(self.key.authorization_for(&self.resource, self.events))
    }

    fn forget(&self) -> bool {
        false
    }
}
