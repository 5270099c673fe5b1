//! The kinds of record, and how they differ on the wire.

use super::AccessRight;

/// An individual enrollment or an enrollment group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EnrollmentKind {
    /// One device: `/enrollments/{registrationId}`.
    Individual,
    /// All devices that share a key or a signer: `/enrollmentGroups/{enrollmentGroupId}`.
    Group,
}

impl EnrollmentKind {
    /// The collection's path segment, which is also the member with the items of a bulk request.
    pub fn collection(self) -> &'static str {
        match self {
            Self::Individual => "enrollments",
            Self::Group => "enrollmentGroups",
        }
    }

    /// The member that identifies a record of this kind.
    pub fn id_member(self) -> &'static str {
        match self {
            Self::Individual => "registrationId",
            Self::Group => "enrollmentGroupId",
        }
    }

    /// The name of the kind in texts.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Individual => "enrollment",
            Self::Group => "enrollment group",
        }
    }

    /// The member of `attestation.x509` with the certificates of this kind.
    pub fn certificates_member(self) -> &'static str {
        match self {
            Self::Individual => "clientCertificates",
            Self::Group => "signingCertificates",
        }
    }
}

/// A collection of records that are read, listed and removed in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Collection {
    /// Enrollments of a kind.
    Enrollments(EnrollmentKind),
    /// Registration records of devices that provisioned: `/registrations/{registrationId}`.
    Registrations,
}

impl From<EnrollmentKind> for Collection {
    fn from(kind: EnrollmentKind) -> Self {
        Self::Enrollments(kind)
    }
}

impl Collection {
    /// The collection's path segment.
    pub fn segment(self) -> &'static str {
        match self {
            Self::Enrollments(kind) => kind.collection(),
            Self::Registrations => "registrations",
        }
    }

    /// The member that identifies a record of this collection.
    pub fn id_member(self) -> &'static str {
        match self {
            Self::Enrollments(kind) => kind.id_member(),
            Self::Registrations => EnrollmentKind::Individual.id_member(),
        }
    }

    /// The right that reading needs.
    pub fn read_right(self) -> AccessRight {
        match self {
            Self::Enrollments(_) => AccessRight::EnrollmentRead,
            Self::Registrations => AccessRight::RegistrationStatusRead,
        }
    }

    /// The right that removing needs.
    pub fn write_right(self) -> AccessRight {
        match self {
            Self::Enrollments(_) => AccessRight::EnrollmentWrite,
            Self::Registrations => AccessRight::RegistrationStatusWrite,
        }
    }

    /// The name of several records in texts.
    pub fn nouns(self) -> &'static str {
        match self {
            Self::Enrollments(EnrollmentKind::Individual) => "enrollments",
            Self::Enrollments(EnrollmentKind::Group) => "enrollment groups",
            Self::Registrations => "registrations",
        }
    }

    /// What an error about the record under `id` names as its target.
    pub fn target(self, id: &str) -> String {
        let noun = match self {
            Self::Enrollments(EnrollmentKind::Individual) => "enrollment",
            Self::Enrollments(EnrollmentKind::Group) => "enrollmentGroup",
            Self::Registrations => "registration",
        };
        format!("{noun}/{id}")
    }
}
