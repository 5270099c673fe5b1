//! The two kinds of enrollment, and the few things in which they differ on the wire.

/// An individual enrollment or an enrollment group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EnrollmentKind {
    /// One device: `/enrollments/{registrationId}`.
    Individual,
    /// All devices that share a key or a signer: `/enrollmentGroups/{enrollmentGroupId}`.
    Group,
}

impl EnrollmentKind {
    /// The collection's path segment, which is also the member that holds the items of a bulk request.
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

    /// The kind as a person calls it; also the first part of an error's target.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Individual => "enrollment",
            Self::Group => "enrollment group",
        }
    }

    /// The member of `attestation.x509` that holds this kind's uploaded certificates.
    pub fn certificates_member(self) -> &'static str {
        match self {
            Self::Individual => "clientCertificates",
            Self::Group => "signingCertificates",
        }
    }
}
