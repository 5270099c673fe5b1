//! The noun `enrollment-group`.

use super::content::Content;
use super::device_key::DeviceKey;
use super::registration;
use super::verb::{self, Create, Delete, List, Service, Show, Update};
use aziotdps::model::EnrollmentKind;
use aziotdps::operation::Call;
use clap::{Args, Subcommand};
use serde::Serialize;

/// What can be done with enrollment groups.
#[derive(Subcommand, Serialize)]
#[serde(untagged)]
pub enum Verb {
    /// Create a group. One that exists is left alone.
    #[command(after_help = "Examples:
  aziotdps enrollment-group create -n mydps --gid meters
  aziotdps enrollment-group create -n mydps --gid meters --certificate-path intermediate.pem
  aziotdps enrollment-group create -n mydps --gid meters --root-ca-name my-ca --ap hashed
Without --attestation-type, certificates and CA names make it x509, anything else symmetricKey.",
        mut_arg("attestation_type", |r#type| r#type.required(false)))]
    Create(Box<Create<Id, Content>>),
    /// Show a group.
    #[command(after_help = "Examples:
  aziotdps enrollment-group show -n mydps --gid meters --show-keys")]
    Show(Show<Id>),
    /// List all groups.
    #[command(after_help = "Examples:
  aziotdps enrollment-group list -n mydps --output table
The order is the service's, which is not by id; --query 'sort_by(@, &enrollmentGroupId)' sorts.")]
    List(List),
    /// Change a group: what is given, and nothing else.
    #[command(after_help = "Examples:
  aziotdps enrollment-group update -n mydps --gid meters --secondary-certificate-path next.pem
  aziotdps enrollment-group update -n mydps --gid meters --remove-certificate
  aziotdps enrollment-group update -n mydps --gid meters --swap-keys
  aziotdps enrollment-group update -n mydps --gid meters --props '' --clear allocation-policy")]
    Update(Box<Update<Id, Content>>),
    /// Remove a group, or all.
    #[command(after_help = "Examples:
  aziotdps enrollment-group delete -n mydps --gid meters --etag IjBhMDA=
  aziotdps enrollment-group delete -n mydps --all --yes",
        mut_arg("enrollment_group_id", |id| id.required(false).required_unless_present("all").conflicts_with("all")))]
    Delete(Delete<Id>),
    /// What came of the group's devices that provisioned.
    #[command(subcommand)]
    Registration(registration::Verb),
    /// Derive the key of one device from the group's.
    #[command(after_help = "Examples:
  aziotdps enrollment-group compute-device-key --rid dev-01 --key c2VjcmV0IHNlY3JldCBzZWNyZXQ=
  aziotdps enrollment-group compute-device-key --rid dev-01 -n mydps --gid meters
With --symmetric-key nothing is sent and no service is needed.")]
    ComputeDeviceKey(DeviceKey),
}

impl verb::Verb for Verb {
    fn call(&self) -> Call {
        match self {
            Self::Create(_) => Call::New(EnrollmentKind::Group),
            Self::Show(_) => Call::Get(EnrollmentKind::Group),
            Self::List(_) => Call::List(EnrollmentKind::Group),
            Self::Update(_) => Call::Set(EnrollmentKind::Group),
            Self::Delete(_) => Call::Remove(EnrollmentKind::Group),
            Self::Registration(verb) => verb.call(),
            Self::ComputeDeviceKey(key) => key.call(),
        }
    }

    fn service(&self) -> Service {
        match self {
            Self::ComputeDeviceKey(key) => key.service(),
            _ => Service::Needed,
        }
    }

    fn removes_all(&self) -> Option<bool> {
        match self {
            Self::Delete(delete) => delete.all(),
            Self::Registration(verb) => verb.removes_all(),
            _ => None,
        }
    }
}

/// Which group.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Id {
    /// The group's id.
    #[arg(long = "enrollment-id", visible_aliases = ["eid", "group-id", "gid"], value_name = "ID", required = true)]
    enrollment_group_id: Option<String>,
}
