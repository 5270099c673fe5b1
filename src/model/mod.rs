//! The service's records and enums, as they are on the wire.
//!
//! Every module may use this one; it uses none. A record is kept as the JSON object that the service sent ([`Record`]):
//! members that this version does not know, and every twin, survive a read, a merge and a write unchanged.

mod development;
mod kind;
mod record;
mod reserved;
mod resource_id;
mod right;
mod wire_enum;

pub use development::{DEVELOPMENT, Development, DevelopmentPolicy, is_loopback};
pub use kind::{Collection, EnrollmentKind};
pub use record::{Members, Record};
pub use reserved::has_reserved_text;
pub use resource_id::{PROVIDER, ResourceId};
pub use right::{AccessRight, AccessRights};
pub use wire_enum::{
    AllocationPolicy, AttestationType, AuthType, ClearableMember, Environment, ProvisioningStatus, ReprovisionPolicy,
    Slot, WireEnum,
};

/// The data-plane api-version that every service accepts.
pub const DATA_PLANE_API_VERSION: &str = "2021-10-01";

/// The newest data-plane api-version, which introduced device registries: `namespaceName`, `certificateAuthorityName` and
/// `certificatePolicyName`.
pub const DEVICE_REGISTRY_API_VERSION: &str = "2026-11-01";

/// The api-version of the device plane.
pub const DEVICE_API_VERSION: &str = "2021-10-01";

/// The Azure Resource Manager api-version of `Microsoft.Devices/provisioningServices`.
pub const RESOURCE_MANAGER_API_VERSION: &str = "2022-12-12";
