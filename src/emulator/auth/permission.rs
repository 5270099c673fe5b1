//! What a caller may do: by the rights of a shared access policy, or by the roles of an application.

use crate::emulator::configuration::Role;
use crate::model::{AccessRight, AccessRights};

/// What a call of the data plane needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    ReadEnrollments,
    WriteEnrollments,
    /// The attestation mechanism, which shows keys.
    ReadKeys,
    ReadRegistrations,
    DeleteRegistrations,
}

impl Permission {
    /// Whether a shared access policy with these rights gives it.
    ///
    /// A right to write reads too. The default policy of a real service is listed with `ServiceConfig`, `DeviceConnect`
    /// and `EnrollmentWrite`, and registration records are read and deleted with its key: which of its rights gives
    /// that is not known, so `ServiceConfig` and `EnrollmentWrite` are needed together.
    pub(super) fn is_held_by(self, rights: &AccessRights) -> bool {
        let has = |right| rights.0.contains(&right);
        let owner = has(AccessRight::ServiceConfig) && has(AccessRight::EnrollmentWrite);
        match self {
            Self::ReadEnrollments => has(AccessRight::EnrollmentRead) || has(AccessRight::EnrollmentWrite),
            Self::WriteEnrollments | Self::ReadKeys => has(AccessRight::EnrollmentWrite),
            Self::ReadRegistrations => {
                owner || has(AccessRight::RegistrationStatusRead) || has(AccessRight::RegistrationStatusWrite)
            }
            Self::DeleteRegistrations => owner || has(AccessRight::RegistrationStatusWrite),
        }
    }

    /// Whether a role gives it.
    pub(super) fn is_given_by(self, role: Role) -> bool {
        match role {
            Role::DataContributor => true,
            Role::DataReader => matches!(self, Self::ReadEnrollments | Self::ReadRegistrations),
            Role::Contributor | Role::Reader => false,
        }
    }

    /// The name of the action in Azure's roles.
    pub(super) fn action(self) -> &'static str {
        match self {
            Self::ReadEnrollments => "enrollments/read",
            Self::WriteEnrollments => "enrollments/write",
            Self::ReadKeys => "attestationmechanism/details/action",
            Self::ReadRegistrations => "registrationStates/read",
            Self::DeleteRegistrations => "registrationStates/delete",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Permission::{DeleteRegistrations, ReadEnrollments, ReadKeys, ReadRegistrations, WriteEnrollments};

    #[test]
    fn the_recorded_rights_of_the_owner_open_everything() {
        let all = [ReadEnrollments, WriteEnrollments, ReadKeys, ReadRegistrations, DeleteRegistrations];
        let held = |rights: &str| all.map(|permission| permission.is_held_by(&AccessRights::parse(rights)));
        assert_eq!(held("ServiceConfig, DeviceConnect, EnrollmentWrite"), [true; 5]);
        assert_eq!(held("EnrollmentWrite"), [true, true, true, false, false]);
        assert_eq!(held("ServiceConfig"), [false; 5]);
        assert_eq!(held("RegistrationStatusWrite"), [false, false, false, true, true]);
        assert_eq!(held("EnrollmentRead,RegistrationStatusRead"), [true, false, false, true, false]);
    }
}
