//! What a record may hold, what is kept of it, what is shown.

pub(crate) mod attestation;
pub(crate) mod certificate;
pub(crate) mod enrollment;
pub(crate) mod precondition;
pub(crate) mod store;
