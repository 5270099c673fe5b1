//! The tenants of the emulator, and what may sign in to them.

use super::assertion::SigningCertificate;
use crate::emulator::configuration::{Application, ManagedIdentity, Role, RoleAssignment, Tenant};
use crate::emulator::request::Path;
use crate::error::Result;
use crate::model::DEVELOPMENT;
use std::sync::Arc;

/// The client id of the development tenant's managed identity.
pub(super) const MANAGED_IDENTITY: &str = "d0e5d0e5-0000-4000-8000-000000000004";

/// All tenants.
pub(crate) struct Directory {
    tenants: Vec<Tenant>,
    principals: Vec<Arc<Principal>>,
}

/// An application or a managed identity of a tenant.
pub(crate) struct Principal {
    pub(crate) tenant_id: String,
    pub(crate) application: Application,
    pub(super) certificates: Vec<SigningCertificate>,
    /// The application's roles and the paths that they count for.
    roles: Vec<(Role, Path)>,
}

impl Directory {
    /// The tenants of a configuration and the development one. An error where a certificate can't be read.
    pub(crate) fn new(configured: &[Tenant]) -> Result<Self> {
        let mut tenants = vec![development()];
        for tenant in configured {
            match tenants.iter_mut().find(|known| known.tenant_id.eq_ignore_ascii_case(&tenant.tenant_id)) {
                Some(known) => {
                    known.subscription_ids.extend(tenant.subscription_ids.iter().cloned());
                    known.applications.extend(tenant.applications.iter().cloned());
                }
                None => tenants.push(tenant.clone()),
            }
        }
        let mut principals = Vec::new();
        for tenant in &tenants {
            for application in &tenant.applications {
                principals.push(Arc::new(Principal::new(&tenant.tenant_id, application.clone())?));
            }
        }
        Ok(Self { tenants, principals })
    }

    /// The tenant of this id, as it is spelled in the configuration.
    pub(super) fn tenant(&self, id: &str) -> Option<&str> {
        self.tenants.iter().map(|tenant| tenant.tenant_id.as_str()).find(|known| known.eq_ignore_ascii_case(id))
    }

    /// The tenant that a subscription trusts. One that no tenant names trusts the development tenant.
    pub(crate) fn tenant_of_subscription(&self, subscription_id: &str) -> &str {
        let names =
            |tenant: &&Tenant| tenant.subscription_ids.iter().any(|known| known.eq_ignore_ascii_case(subscription_id));
        self.tenants.iter().find(names).map_or(DEVELOPMENT.tenant_id, |tenant| &tenant.tenant_id)
    }

    /// The subscriptions that tenants name.
    pub(crate) fn subscriptions(&self) -> impl Iterator<Item = &str> {
        self.tenants.iter().flat_map(|tenant| &tenant.subscription_ids).map(String::as_str)
    }

    pub(super) fn principal(&self, tenant_id: &str, client_id: &str) -> Option<&Arc<Principal>> {
        self.principals.iter().find(|principal| {
            principal.tenant_id.eq_ignore_ascii_case(tenant_id)
                && principal.application.client_id.eq_ignore_ascii_case(client_id)
        })
    }

    /// The first managed identity for which `is` holds.
    pub(super) fn managed_identity(
        &self,
        is: impl Fn(&Application, ManagedIdentity) -> bool,
    ) -> Option<&Arc<Principal>> {
        self.principals.iter().find(|principal| {
            let application = &principal.application;
            application.managed_identity.is_some_and(|kind| is(application, kind))
        })
    }
}

impl Principal {
    fn new(tenant_id: &str, application: Application) -> Result<Self> {
        let mut certificates = Vec::new();
        for file in &application.certificate_files {
            certificates.push(SigningCertificate::read(file)?);
        }
        let roles = application.role_assignments.iter();
        let roles = roles.map(|assignment| (assignment.role, Path::parse(&assignment.scope).unwrap_or_default()));
        Ok(Self { tenant_id: tenant_id.to_owned(), certificates, roles: roles.collect(), application })
    }

    /// Whether a role for which `allows` holds is assigned on `scope` or above it.
    pub(crate) fn has_role(&self, scope: &str, allows: impl Fn(Role) -> bool) -> bool {
        let scope = Path::parse(scope).unwrap_or_default();
        self.roles.iter().any(|(role, on)| allows(*role) && scope.starts_with(on))
    }

    /// Whether a role for which `allows` holds is assigned on `scope`, above it or below it.
    pub(crate) fn sees(&self, scope: &str, allows: impl Fn(Role) -> bool) -> bool {
        let scope = Path::parse(scope).unwrap_or_default();
        self.roles.iter().any(|(role, on)| allows(*role) && (scope.starts_with(on) || on.starts_with(&scope)))
    }
}

/// The published tenant: its one application and its managed identity may do everything.
fn development() -> Tenant {
    let everything = || {
        [Role::Contributor, Role::DataContributor].map(|role| RoleAssignment { role, scope: String::new() }).to_vec()
    };
    let application = Application {
        client_id: DEVELOPMENT.client_id.to_owned(),
        client_secrets: vec![DEVELOPMENT.client_secret.to_owned()],
        role_assignments: everything(),
        ..Application::default()
    };
    let identity = Application {
        client_id: MANAGED_IDENTITY.to_owned(),
        managed_identity: Some(ManagedIdentity::SystemAssigned),
        role_assignments: everything(),
        ..Application::default()
    };
    Tenant {
        tenant_id: DEVELOPMENT.tenant_id.to_owned(),
        subscription_ids: vec![DEVELOPMENT.subscription_id.to_owned()],
        applications: vec![application, identity],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_counts_on_its_scope_and_below() {
        let assignment = |role, scope: &str| RoleAssignment { role, scope: scope.to_owned() };
        let application = Application {
            role_assignments: vec![assignment(Role::Reader, "/subscriptions/s/resourceGroups/G")],
            ..Application::default()
        };
        let principal = Principal::new("t", application).unwrap();
        let reads = |scope: &str| principal.has_role(scope, |role| role == Role::Reader);
        assert!(reads("/subscriptions/s/resourcegroups/g") && reads("/Subscriptions/S/resourceGroups/g/providers/p"));
        assert!(!reads("/subscriptions/s") && !reads("/subscriptions/s/resourceGroups/g2"));
        assert!(!principal.has_role("/subscriptions/s/resourceGroups/g", |role| role == Role::Contributor));
        assert!(principal.sees("/subscriptions/s", |_| true) && !principal.sees("/subscriptions/other", |_| true));
    }

    #[test]
    fn a_configured_tenant_adds_to_the_development_one() {
        let tenant = Tenant {
            tenant_id: DEVELOPMENT.tenant_id.to_uppercase(),
            applications: vec![Application { client_id: "more".to_owned(), ..Application::default() }],
            ..Tenant::default()
        };
        let directory = Directory::new(&[tenant]).unwrap();
        assert!(directory.principal(DEVELOPMENT.tenant_id, "MORE").is_some());
        assert!(directory.principal(DEVELOPMENT.tenant_id, DEVELOPMENT.client_id).is_some());
        assert!(directory.principal("other", "more").is_none() && directory.tenant("other").is_none());
    }
}
