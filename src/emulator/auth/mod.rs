//! Authorization on the data plane: shared access signatures of the service's policies, and the emulator's bearer
//! tokens.

pub(crate) mod sign_in;
pub(crate) mod signature;
pub(crate) mod token;

use crate::emulator::clock;
use crate::emulator::errors::{Result, forbidden, unauthorized};
use crate::emulator::request::{Path, Request};
use crate::emulator::service::Service;
use crate::model::{AccessRight, AccessRights};
use signature::Signature;
use token::{Audience, Issuer};

/// Checks that the sender of a data-plane request has `right`.
pub(crate) fn authorize(service: &Service, tokens: &Issuer, request: &Request, right: AccessRight) -> Result<()> {
    let authorization = request.header("authorization").ok_or_else(|| unauthorized("Authorization is missing."))?;
    match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("SharedAccessSignature") => {
            let rights = rights(service, token, request, clock::unix_seconds())?;
            if is_allowed(&rights, right) {
                Ok(())
            } else {
                Err(forbidden(format!("The shared access policy does not hold {}.", right.name())))
            }
        }
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer") => {
            // The published client has the role of a data contributor, which has every right of the data plane.
            tokens.verify(token, Audience::Data).map_err(unauthorized)
        }
        _ => Err(unauthorized("Authorization must be a SharedAccessSignature or a Bearer token.")),
    }
}

/// The rights of the policy that signed `token`, if the signature is valid, has not expired, and covers the request's
/// path.
fn rights(service: &Service, token: &str, request: &Request, now: i64) -> Result<AccessRights> {
    let signature = Signature::parse(token)?;
    let name = signature.policy.as_deref().ok_or_else(|| unauthorized("The signature has no skn."))?;
    let policy = service
        .policies
        .iter()
        .find(|policy| policy.name == name)
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

/// Whether a policy with `rights` may do what needs `right`. The recorded default policy of a real service lists
/// `ServiceConfig`, `DeviceConnect` and `EnrollmentWrite`, and registrations are read and removed with its key: which of
/// the rights gives that is not known, so `ServiceConfig` and `EnrollmentWrite` are needed together.
fn is_allowed(rights: &AccessRights, right: AccessRight) -> bool {
    let owner = [AccessRight::ServiceConfig, AccessRight::EnrollmentWrite].iter().all(|right| rights.0.contains(right));
    rights.allow(right) || owner
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
    use crate::emulator::record::store::Store;
    use crate::emulator::service::configuration::Configuration;
    use crate::model::DEVELOPMENT;
    use hyper::body::Bytes;
    use hyper::{HeaderMap, Method};
    use signature::tests::signed;
    use std::time::Duration;

    fn service() -> Service {
        let store = Store::open(None).unwrap();
        Service::development("localhost:8443".to_owned(), Configuration::default(), 1, Duration::ZERO, store)
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
            ["localhost%3A8443", "localhost%3a8443", "LOCALHOST:8443", "localhost", "127.0.0.1", "%5B::1%5D:8443"]
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
        assert!(!may("localhost%3A9999", "/enrollments/a") && !may("example.com", "/enrollments/a"));
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
