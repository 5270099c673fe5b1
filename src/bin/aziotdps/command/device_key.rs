//! The key of one device of a symmetric-key group.

use super::verb::{self, Service};
use aziotdps::operation::Call;
use clap::Args;
use serde::Serialize;

/// Which device's key, and the group's key or where it is.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceKey {
    /// The device's registration id.
    #[arg(long, visible_alias = "rid", value_name = "ID")]
    registration_id: String,
    /// The group's primary or secondary key, in base64: nothing is sent.
    #[arg(long, visible_alias = "key", value_name = "KEY")]
    symmetric_key: Option<String>,
    /// The group's id: its primary key is read.
    #[arg(long = "enrollment-id", visible_aliases = ["eid", "group-id", "gid"], value_name = "ID")]
    enrollment_group_id: Option<String>,
}

impl verb::Verb for DeviceKey {
    fn call(&self) -> Call {
        Call::DeviceKeyDerive
    }

    fn service(&self) -> Service {
        let offline = self.symmetric_key.is_some() || self.enrollment_group_id.is_none();
        if offline { Service::None } else { Service::Needed }
    }
}
