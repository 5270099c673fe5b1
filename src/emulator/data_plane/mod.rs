//! The calls of the data plane.

pub(crate) mod enrollment;
pub(crate) mod paging;
pub(crate) mod registration;
