//! Records: what is accepted, what is kept, and what is shown.

pub(crate) mod attestation;
pub(crate) mod ca_certificate;
pub(crate) mod certificate;
pub(crate) mod enrollment;
pub(crate) mod json;
pub(crate) mod precondition;
pub(crate) mod registration;
pub(crate) mod store;
pub(crate) mod text;
mod webhook_url;
