//! Bearer tokens of the emulator: issued for its one application, and verified.

use crate::emulator::clock;
use crate::error::{Code, Error};
use crate::model::DEVELOPMENT;
use ::base64::Engine;
use ::base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rcgen::{KeyPair, PublicKeyData};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

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

    /// The audience that a `scope` asks for. The scope of a resource that ends in a slash has two.
    pub(super) fn of_scope(scope: &str) -> Option<Self> {
        let resource = scope.strip_suffix("/.default")?;
        let resource = resource.strip_suffix('/').unwrap_or(resource);
        Self::ALL.into_iter().find(|audience| audience.resource().eq_ignore_ascii_case(resource))
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    appid: String,
    tid: String,
    ver: String,
}

/// Issues and verifies tokens. The key is generated at each start: tokens do not outlive the emulator.
pub(crate) struct Issuer {
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// The public key as a JSON Web Key.
    pub(super) key: Value,
    endpoint: String,
    pub(super) lifetime: Duration,
}

impl Issuer {
    pub(crate) fn new(endpoint: String, lifetime: Duration) -> Result<Self, Error> {
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
        Ok(Self { encoding: EncodingKey::from_ec_der(pair.serialized_der()), decoding, key, endpoint, lifetime })
    }

    pub(super) fn issuer(&self) -> String {
        format!("{}/v2.0", self.tenant_endpoint())
    }

    /// The base URL of the tenant's endpoints.
    pub(crate) fn tenant_endpoint(&self) -> String {
        format!("{}/{}", self.endpoint, DEVELOPMENT.tenant_id)
    }

    pub(super) fn issue(&self, audience: Audience) -> Result<String, jsonwebtoken::errors::Error> {
        let now = clock::unix_seconds();
        let claims = Claims {
            aud: audience.resource().to_owned(),
            iss: self.issuer(),
            iat: now,
            nbf: now,
            exp: now.saturating_add_unsigned(self.lifetime.as_secs()),
            appid: DEVELOPMENT.client_id.to_owned(),
            tid: DEVELOPMENT.tenant_id.to_owned(),
            ver: "2.0".to_owned(),
        };
        let header = Header { kid: Some("emulator".to_owned()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, &claims, &self.encoding)
    }

    /// Checks that `token` was issued here for `audience` and has not expired. The error says what is wrong.
    pub(crate) fn verify(&self, token: &str, audience: Audience) -> Result<(), String> {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.leeway = 0;
        validation.set_audience(&[audience.resource()]);
        validation.set_issuer(&[self.issuer()]);
        let verified = jsonwebtoken::decode::<Claims>(token.trim(), &self.decoding, &validation);
        verified.map(|_| ()).map_err(|error| format!("The bearer token is not accepted: {error}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn issuer(lifetime: u64) -> Issuer {
        Issuer::new("https://localhost:8443".to_owned(), Duration::from_secs(lifetime)).unwrap()
    }

    #[test]
    fn a_token_is_good_for_its_own_audience_and_issuer() {
        let issuer = issuer(60);
        let token = issuer.issue(Audience::Data).unwrap();
        assert_eq!(issuer.verify(&token, Audience::Data), Ok(()));
        assert!(issuer.verify(&token, Audience::Management).unwrap_err().contains("InvalidAudience"));
        let other = self::issuer(60);
        assert!(other.verify(&token, Audience::Data).unwrap_err().contains("InvalidSignature"));
    }

    #[test]
    fn a_token_expires_to_the_second() {
        let issuer = issuer(0);
        let token = issuer.issue(Audience::Data).unwrap();
        std::thread::sleep(Duration::from_millis(1100));
        assert!(issuer.verify(&token, Audience::Data).unwrap_err().contains("ExpiredSignature"));
    }

    #[test]
    fn an_unsigned_token_is_refused() {
        let issuer = issuer(60);
        let token = issuer.issue(Audience::Data).unwrap();
        let claims = token.split('.').nth(1).unwrap();
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        assert!(issuer.verify(&format!("{header}.{claims}."), Audience::Data).is_err());
    }

    #[test]
    fn a_scope_names_an_audience() {
        let of = Audience::of_scope;
        assert_eq!(of("https://azure-devices-provisioning.net/.default"), Some(Audience::Data));
        assert_eq!(of("https://management.azure.com//.default"), Some(Audience::Management));
        assert_eq!(of("https://graph.microsoft.com/.default"), None);
        assert_eq!(of("https://management.azure.com"), None);
    }
}
