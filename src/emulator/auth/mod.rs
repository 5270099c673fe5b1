//! Authorization: shared access signatures of the service's policies and the emulator's bearer tokens, the tenants, and
//! the endpoints that issue tokens.

mod assertion;
pub(crate) mod directory;
mod managed_identity;
mod permission;
pub(crate) mod sign_in;
pub(crate) mod signature;
pub(crate) mod token;

pub(crate) use managed_identity::IDENTITY_HEADER;
pub(crate) use permission::Permission;

use crate::emulator::clock;
use crate::emulator::errors::{Result, forbidden, unauthorized};
use crate::emulator::request::{Path, Request};
use crate::emulator::service::Service;
use crate::model::AccessRights;
use signature::Signature;
use token::{Audience, Issuer};

/// Checks that the sender of a data-plane request has `permission`.
pub(crate) fn authorize(service: &Service, tokens: &Issuer, request: &Request, permission: Permission) -> Result<()> {
    let authorization = request.header("authorization").ok_or_else(|| unauthorized("Authorization is missing."))?;
    match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("SharedAccessSignature") => {
            let rights = rights(service, token, request, clock::unix_seconds())?;
            match permission.is_held_by(&rights) {
                true => Ok(()),
                false => {
                    let action = permission.action();
                    Err(forbidden(format!("The rights of the shared access policy do not allow {action}.")))
                }
            }
        }
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer") => {
            let principal = tokens.verify(token, Audience::Data).map_err(unauthorized)?;
            let tenant = tokens.directory.tenant_of_subscription(&service.resource.subscription_id);
            if !principal.tenant_id.eq_ignore_ascii_case(tenant) {
                return Err(unauthorized("The bearer token is from another tenant than the service's."));
            }
            if principal.has_role(&service.resource.to_string(), |role| permission.is_given_by(role)) {
                return Ok(());
            }
            let (client, action) = (&principal.application.client_id, permission.action());
            Err(forbidden(format!(
                "The client '{client}' has no role on the service that allows Microsoft.Devices/provisioningServices/{action}."
            )))
        }
        _ => Err(unauthorized("Authorization must be a SharedAccessSignature or a Bearer token.")),
    }
}

/// The rights of the policy that signed `token`, if the signature is valid, has not expired, and covers the request's
/// path.
fn rights(service: &Service, token: &str, request: &Request, now: i64) -> Result<AccessRights> {
    let settings = service.settings();
    if settings.disable_local_auth {
        return Err(unauthorized("Shared access signatures are switched off for the service (disableLocalAuth)."));
    }
    let signature = Signature::parse(token)?;
    let name = signature.policy.as_deref().ok_or_else(|| unauthorized("The signature has no skn."))?;
    let policy = settings
        .policies
        .iter()
        .find(|policy| policy.key_name == name)
        .ok_or_else(|| unauthorized("The signature names a policy that the service does not have."))?;
    if !signature.is_made_with_one_of(&[&policy.primary_key, &policy.secondary_key]) {
        return Err(unauthorized("The signature is not made with a key of the policy."));
    }
    signature.check_time(now)?;
    if !covers(service, &signature.resource, request) {
        return Err(unauthorized("The signature is for another resource."));
    }
    Ok(policy.access_rights())
}

/// Whether `resource`, a host and perhaps a path, is the host of the service and a prefix of the request's path, by
/// whole segments.
fn covers(service: &Service, resource: &str, request: &Request) -> bool {
    let (host, path) = resource.split_once('/').unwrap_or((resource, ""));
    service.has_host(host) && Path::parse(path).is_some_and(|granted| request.path.starts_with(&granted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::configuration::Configuration;
    use crate::emulator::service::services::{Common, Services};
    use crate::model::DEVELOPMENT;
    use hyper::body::Bytes;
    use hyper::{HeaderMap, Method};
    use signature::tests::signed;
    use std::sync::Arc;

    fn service() -> Arc<Service> {
        let services = Services::open(&Configuration::default(), Common::on_port(8443)).unwrap();
        Arc::clone(services.development())
    }

    fn request(path: &str) -> Request {
        Request::new(Method::GET, path.into(), HeaderMap::new(), Bytes::new())
    }

    fn token(resource: &str, expiry: &str, policy: usize, secondary: bool) -> String {
        let policy = DEVELOPMENT.policies[policy];
        let key = if secondary { policy.secondary_key } else { policy.primary_key };
        format!("skn={}&{}", policy.name, signed(key, resource, expiry))
    }

    fn verified(token: &str, path: &str) -> std::result::Result<AccessRights, String> {
        rights(&service(), token, &request(path), 1000).map_err(|error| {
            assert_eq!(error.status, 401);
            error.message
        })
    }

    #[test]
    fn both_keys_of_a_policy_sign() {
        for secondary in [false, true] {
            let rights = verified(&token("localhost%3A8443", "1001", 1, secondary), "/enrollments/a").unwrap();
            assert_eq!(rights, AccessRights::parse("EnrollmentRead"));
        }
    }

    #[test]
    fn the_resource_counts_as_it_was_sent() {
        for resource in
            ["localhost%3A8443", "localhost%3a8443", "LOCALHOST:8443", "localhost:9", "127.0.0.1", "%5B::1%5D:8443"]
        {
            assert!(verified(&token(resource, "1001", 0, false), "/enrollments/a").is_ok(), "{resource}");
        }
        let lower = token("localhost%3a8443", "1001", 0, false);
        let tampered = lower.replace("%3a", "%3A");
        assert!(verified(&tampered, "/enrollments/a").unwrap_err().contains("not made with a key"));
    }

    #[test]
    fn a_resource_covers_whole_segments() {
        let may = |resource: &str, path: &str| verified(&token(resource, "1001", 0, false), path).is_ok();
        assert!(may("localhost%2Fenrollments", "/enrollments/a") && may("localhost%2Fenrollments%2F", "/Enrollments"));
        assert!(may("localhost%2Fenrollments%2Fa%252Fb", "/enrollments/a%2Fb/attestationmechanism"));
        assert!(!may("localhost%2Fenroll", "/enrollments/a") && !may("localhost%2Fenrollments%2Fa", "/enrollments"));
        assert!(!may("localhost%2Fenrollments%2Fa%2Fb", "/enrollments/a%2Fb"));
        assert!(!may("other.localhost", "/enrollments/a") && !may("example.com", "/enrollments/a"));
    }

    #[test]
    fn each_fault_of_a_token_has_its_own_text() {
        let refused = |token: &str| verified(token, "/enrollments").unwrap_err();
        let good = token("localhost", "1001", 0, false);
        assert!(refused(&token("localhost", "1000", 0, false)).contains("expired"));
        assert!(refused(&token("localhost", "soon", 0, false)).contains("seconds"));
        assert!(refused(&good.replace("skn=provisioningserviceowner", "skn=nobody")).contains("does not have"));
        assert!(refused(&good.replace("skn=provisioningserviceowner", "skn=enrollmentread")).contains("not made with"));
        assert!(refused(&good.replace("sr=", "rs=")).contains("no sr"));
        assert!(refused(&good.replace("se=1001", "se=1002")).contains("not made with"));
    }
}
