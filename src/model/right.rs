//! The rights of shared access policies.

use serde::{Deserialize, Deserializer};

/// One right of a shared access policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessRight {
    /// Change the configuration of the service.
    ServiceConfig,
    /// Read enrollments and enrollment groups.
    EnrollmentRead,
    /// Create, change and remove enrollments and enrollment groups; reads too.
    EnrollmentWrite,
    /// The device endpoint.
    DeviceConnect,
    /// Read registration records.
    RegistrationStatusRead,
    /// Remove registration records; reads too.
    RegistrationStatusWrite,
}

impl AccessRight {
    /// Every right.
    pub const ALL: [Self; 6] = [
        Self::ServiceConfig,
        Self::EnrollmentRead,
        Self::EnrollmentWrite,
        Self::DeviceConnect,
        Self::RegistrationStatusRead,
        Self::RegistrationStatusWrite,
    ];

    /// The name of the right in Azure Resource Manager.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceConfig => "ServiceConfig",
            Self::EnrollmentRead => "EnrollmentRead",
            Self::EnrollmentWrite => "EnrollmentWrite",
            Self::DeviceConnect => "DeviceConnect",
            Self::RegistrationStatusRead => "RegistrationStatusRead",
            Self::RegistrationStatusWrite => "RegistrationStatusWrite",
        }
    }
}

/// The rights of one policy. On the wire they are one text, separated by commas (`"ServiceConfig, EnrollmentWrite"`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessRights(pub Vec<AccessRight>);

impl AccessRights {
    /// Parses the text on the wire; rights that this version does not know are omitted.
    pub fn parse(text: &str) -> Self {
        let known = |word: &str| AccessRight::ALL.into_iter().find(|right| right.name().eq_ignore_ascii_case(word));
        Self(text.split(',').filter_map(|word| known(word.trim())).collect())
    }

    /// Whether the rights say that a request that needs `right` is allowed. A right to write includes reading: the service's
    /// default policy has `EnrollmentWrite` without `EnrollmentRead`, and reads. It deletes registrations too, without a
    /// right that says so: the rights order the policies, and the service decides.
    pub fn allow(&self, right: AccessRight) -> bool {
        let writer = match right {
            AccessRight::EnrollmentRead => AccessRight::EnrollmentWrite,
            AccessRight::RegistrationStatusRead => AccessRight::RegistrationStatusWrite,
            other => other,
        };
        self.0.contains(&right) || self.0.contains(&writer)
    }

    /// How privileged the policy is, to choose the least: changing the service weighs more than changing a record, writing
    /// more than reading.
    pub fn weight(&self) -> u32 {
        let weight = |right: &AccessRight| match right {
            AccessRight::EnrollmentRead | AccessRight::RegistrationStatusRead => 1,
            AccessRight::DeviceConnect | AccessRight::RegistrationStatusWrite => 4,
            AccessRight::EnrollmentWrite => 8,
            AccessRight::ServiceConfig => 32,
        };
        self.0.iter().map(weight).sum()
    }
}

impl<'de> Deserialize<'de> for AccessRights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_a_set_joined_by_commas() {
        let rights = AccessRights::parse("ServiceConfig, DeviceConnect,enrollmentwrite, Novelty");
        assert_eq!(rights.0, [AccessRight::ServiceConfig, AccessRight::DeviceConnect, AccessRight::EnrollmentWrite]);
    }

    #[test]
    fn write_reads_and_read_does_not_write() {
        let writer = AccessRights::parse("EnrollmentWrite");
        assert!(writer.allow(AccessRight::EnrollmentRead) && writer.allow(AccessRight::EnrollmentWrite));
        let reader = AccessRights::parse("EnrollmentRead");
        assert!(reader.allow(AccessRight::EnrollmentRead) && !reader.allow(AccessRight::EnrollmentWrite));
        assert!(!writer.allow(AccessRight::RegistrationStatusRead));
    }
}
