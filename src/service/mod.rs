//! The service's two doors: the data plane (enrollments) and resource manager (which services there are, their keys).

mod data_plane;
mod refusal;
mod resource_manager;

pub use data_plane::{DataPlane, List, Page};
pub use resource_manager::{Policy, ResourceManager};
