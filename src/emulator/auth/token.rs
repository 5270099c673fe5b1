//! Bearer tokens of the emulator: issued for its applications, and verified.

use super::directory::{Directory, Principal};
use crate::emulator::clock;
use crate::error::{Code, Error};
use ::base64::Engine;
use ::base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rcgen::{KeyPair, PublicKeyData};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// How many verified tokens are remembered.
const REMEMBERED: usize = 1000;

/// The resource that a token is issued for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// The data plane.
    Data,
    /// Resource manager.
    Management,
}

impl Audience {
    const ALL: [Self; 2] = [Self::Data, Self::Management];

    fn resource(self) -> &'static str {
        match self {
            Self::Data => "https://azure-devices-provisioning.net",
            Self::Management => "https://management.azure.com",
        }
    }

    /// The audience of a resource, which may end in a slash.
    pub(super) fn of_resource(resource: &str) -> Option<Self> {
        let resource = resource.strip_suffix('/').unwrap_or(resource);
        Self::ALL.into_iter().find(|audience| audience.resource().eq_ignore_ascii_case(resource))
    }
}

/// What a token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) aud: String,
    pub(super) iss: String,
    pub(super) sub: String,
    pub(super) iat: i64,
    pub(super) nbf: i64,
    pub(super) exp: i64,
    #[serde(flatten)]
    identity: Option<Identity>,
}

/// Who a bearer token is issued for.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Identity {
    appid: String,
    oid: String,
    tid: String,
    idtyp: String,
    ver: String,
}

/// A bearer token that was verified: what does not change until it expires.
#[derive(Clone)]
struct Verified {
    audience: Audience,
    expiry: i64,
    principal: Arc<Principal>,
}

/// Issues and verifies tokens. The key is generated at each start: tokens do not outlive the emulator.
pub(crate) struct Issuer {
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// The public key as a JSON Web Key.
    pub(super) key: Value,
    pub(crate) directory: Directory,
    pub(super) lifetime: Duration,
    verified: RwLock<HashMap<String, Verified>>,
}

impl Issuer {
    pub(crate) fn new(directory: Directory, lifetime: Duration) -> Result<Self, Error> {
        let pair = KeyPair::generate().map_err(|error| {
            Error::new(Code::Internal, "No key to sign tokens with could be made.").caused_by(&error)
        })?;
        // An uncompressed point: 4, then both coordinates.
        let point = pair.der_bytes().get(1..).unwrap_or_default();
        let (x, y) = point.split_at(point.len() / 2);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let decoding = DecodingKey::from_ec_components(&x, &y).map_err(|error| {
            Error::new(Code::Internal, "The key to sign tokens with is not valid.").caused_by(&error)
        })?;
        let key =
            json!({ "kty": "EC", "use": "sig", "alg": "ES256", "kid": "emulator", "crv": "P-256", "x": x, "y": y });
        let encoding = EncodingKey::from_ec_der(pair.serialized_der());
        Ok(Self { encoding, decoding, key, directory, lifetime, verified: RwLock::default() })
    }

    /// A token for `principal`, issued at the host that it was asked for.
    pub(super) fn issue(
        &self,
        host: &str,
        principal: &Principal,
        audience: Audience,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let application = &principal.application;
        let identity = Identity {
            appid: application.client_id.clone(),
            oid: application.object_id().to_owned(),
            tid: principal.tenant_id.clone(),
            idtyp: "app".to_owned(),
            ver: "2.0".to_owned(),
        };
        let issuer = issuer(host, &principal.tenant_id);
        self.sign(issuer, application.object_id(), audience.resource(), Some(identity))
    }

    /// A federated token of the emulator itself, as a cluster or a build service issues them.
    pub(super) fn issue_federated(
        &self,
        issuer: String,
        subject: &str,
        audience: &str,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        self.sign(issuer, subject, audience, None)
    }

    fn sign(
        &self,
        issuer: String,
        subject: &str,
        audience: &str,
        identity: Option<Identity>,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let now = clock::unix_seconds();
        let claims = Claims {
            aud: audience.to_owned(),
            iss: issuer,
            sub: subject.to_owned(),
            iat: now,
            nbf: now,
            exp: now.saturating_add_unsigned(self.lifetime.as_secs()),
            identity,
        };
        let header = Header { kid: Some("emulator".to_owned()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, &claims, &self.encoding)
    }

    /// Checks that `token` was issued here for `audience` and has not expired; returns its principal. The error says what
    /// is wrong.
    pub(crate) fn verify(&self, token: &str, audience: Audience) -> Result<Arc<Principal>, String> {
        let token = token.trim();
        let refused = |reason: &str| format!("The bearer token is not accepted: {reason}.");
        let known = self.verified.read().unwrap_or_else(PoisonError::into_inner).get(token).cloned();
        let verified = match known {
            Some(verified) => verified,
            None => self.verify_new(token).map_err(|reason| refused(&reason))?,
        };
        if verified.expiry <= clock::unix_seconds() {
            return Err(refused("ExpiredSignature"));
        }
        if verified.audience != audience {
            return Err(refused("InvalidAudience"));
        }
        Ok(verified.principal)
    }

    /// Checks all of a token but what changes, and remembers it.
    fn verify_new(&self, token: &str) -> Result<Verified, String> {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.leeway = 0;
        validation.validate_aud = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation);
        let claims = claims.map_err(|error| error.to_string())?.claims;
        let identity = claims.identity.ok_or("InvalidIssuer")?;
        // Whoever calls by another name of this machine gets it as the issuer.
        if !claims.iss.ends_with(&format!("/{}/v2.0", identity.tid)) {
            return Err("InvalidIssuer".to_owned());
        }
        let audience = Audience::of_resource(&claims.aud).ok_or("InvalidAudience")?;
        let principal = self.directory.principal(&identity.tid, &identity.appid).ok_or("InvalidSubject")?;
        let verified = Verified { audience, expiry: claims.exp, principal: Arc::clone(principal) };
        let mut all = self.verified.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED {
            let now = clock::unix_seconds();
            all.retain(|_, verified| verified.expiry > now);
        }
        if all.len() < REMEMBERED {
            all.insert(token.to_owned(), verified.clone());
        }
        Ok(verified)
    }

    /// The claims of a federated token of the emulator itself, whatever they say. The error says what is wrong with its
    /// signature.
    pub(super) fn federated_claims(&self, token: &str) -> Result<Claims, jsonwebtoken::errors::Error> {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.validate_aud = false;
        validation.validate_exp = false;
        jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation).map(|token| token.claims)
    }
}

/// The base of a tenant's addresses.
pub(crate) fn tenant_endpoint(host: &str, tenant_id: &str) -> String {
    format!("https://{host}/{tenant_id}")
}

/// What a tenant's tokens name as their issuer.
pub(super) fn issuer(host: &str, tenant_id: &str) -> String {
    format!("{}/v2.0", tenant_endpoint(host, tenant_id))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::DEVELOPMENT;

    pub(crate) fn tokens(lifetime: u64) -> Issuer {
        Issuer::new(Directory::new(&[]).unwrap(), Duration::from_secs(lifetime)).unwrap()
    }

    fn issue(issuer: &Issuer) -> String {
        let principal = issuer.directory.principal(DEVELOPMENT.tenant_id, DEVELOPMENT.client_id).unwrap();
        issuer.issue("localhost:8443", principal, Audience::Data).unwrap()
    }

    fn refused(issuer: &Issuer, token: &str, audience: Audience) -> String {
        issuer.verify(token, audience).err().unwrap()
    }

    #[test]
    fn a_token_is_good_for_its_own_audience_and_issuer() {
        let issuer = tokens(60);
        let token = issue(&issuer);
        for _ in 0..2 {
            let principal = issuer.verify(&token, Audience::Data).ok().unwrap();
            assert_eq!(principal.application.client_id, DEVELOPMENT.client_id);
            assert!(refused(&issuer, &token, Audience::Management).contains("InvalidAudience"));
            assert_eq!(issuer.verified.read().unwrap().len(), 1, "it is verified once");
        }
        assert!(refused(&tokens(60), &token, Audience::Data).contains("InvalidSignature"));
    }

    #[test]
    fn a_token_expires_to_the_second_also_when_it_is_remembered() {
        let issuer = tokens(2);
        let token = issue(&issuer);
        assert!(issuer.verify(&token, Audience::Data).is_ok());
        std::thread::sleep(Duration::from_millis(2100));
        assert!(refused(&issuer, &token, Audience::Data).contains("ExpiredSignature"));
        assert!(refused(&tokens(0), &issue(&tokens(0)), Audience::Data).contains("not accepted"));
    }

    #[test]
    fn a_federated_token_and_one_of_another_issuer_open_nothing() {
        let issuer = tokens(60);
        let federated = issuer.issue_federated("https://localhost/x".to_owned(), "s", Audience::Data.resource());
        assert!(refused(&issuer, &federated.unwrap(), Audience::Data).contains("InvalidIssuer"));
        let mut claims = issuer.federated_claims(&issue(&issuer)).unwrap();
        claims.iss = "https://localhost:8443/another/v2.0".to_owned();
        let foreign = jsonwebtoken::encode(&Header::new(Algorithm::ES256), &claims, &issuer.encoding).unwrap();
        assert!(refused(&issuer, &foreign, Audience::Data).contains("InvalidIssuer"));
    }

    #[test]
    fn an_unsigned_token_is_refused() {
        let issuer = tokens(60);
        let token = issue(&issuer);
        let claims = token.split('.').nth(1).unwrap();
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        assert!(issuer.verify(&format!("{header}.{claims}."), Audience::Data).is_err());
    }

    #[test]
    fn a_resource_names_an_audience() {
        let of = Audience::of_resource;
        assert_eq!(of("https://azure-devices-provisioning.net"), Some(Audience::Data));
        assert_eq!(of("https://management.azure.com/"), Some(Audience::Management));
        assert_eq!(of("https://graph.microsoft.com"), None);
    }
}
