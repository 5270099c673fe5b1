//! One provisioning service.

pub(crate) mod configuration;
