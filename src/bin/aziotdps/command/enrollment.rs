//! The noun `enrollment`.

use super::content::{Content, Device, Tpm};
use super::registration;
use super::verb::{self, Create, Delete, DeleteOne, List, Show, Update};
use aziotdps::model::EnrollmentKind;
use aziotdps::operation::Call;
use clap::{Args, Subcommand};
use serde::Serialize;

/// What can be done with individual enrollments.
#[derive(Subcommand, Serialize)]
#[serde(untagged)]
pub enum Verb {
    /// Create an enrollment. One that exists is left alone.
    #[command(after_help = "Examples:
  aziotdps enrollment create -n mydps --eid dev-01 --at symmetricKey
  aziotdps enrollment create -n mydps --eid dev-01 --at x509 --certificate-path dev-01.pem
  aziotdps enrollment create -n mydps --eid dev-01 --at tpm --ek AToAAQ== --tags '{\"floor\":3}'")]
    Create(Box<Create<Id, Own>>),
    /// Show an enrollment.
    #[command(after_help = "Examples:
  aziotdps enrollment show -n mydps --eid dev-01
  aziotdps enrollment show -n mydps --eid dev-01 --show-keys")]
    Show(Show<Id>),
    /// List all enrollments.
    #[command(after_help = "Examples:
  aziotdps enrollment list -n mydps --output table
  aziotdps enrollment list -n mydps --query 'sort_by(@, &registrationId)[].registrationId' -o tsv
The order is the service's, which is not by id.")]
    List(List),
    /// Change an enrollment: what is given, and nothing else.
    #[command(after_help = "Examples:
  aziotdps enrollment update -n mydps --eid dev-01 --provisioning-status disabled
  aziotdps enrollment update -n mydps --eid dev-01 --tags-merge '{\"floor\":4,\"old\":null}'
  aziotdps enrollment update -n mydps --eid dev-01 --clear device-id props
  aziotdps enrollment update -n mydps --eid dev-01 --regenerate-key secondary --etag IjBhMDA=")]
    Update(Box<Update<Id, Own>>),
    /// Remove an enrollment, or all.
    #[command(after_help = "Examples:
  aziotdps enrollment delete -n mydps --eid dev-01
  aziotdps enrollment delete -n mydps --all --yes",
        mut_arg("registration_id", |id| id.required(false).required_unless_present("all").conflicts_with("all")))]
    Delete(Delete<Id>),
    /// What came of a device that provisioned.
    #[command(subcommand)]
    Registration(Registration),
}

/// The registration of an enrollment's device, which has the enrollment's id.
#[derive(Subcommand, Serialize)]
#[serde(untagged)]
pub enum Registration {
    /// Show the registration of an enrollment's device.
    #[command(after_help = "Examples:
  aziotdps enrollment registration show -n mydps --eid dev-01")]
    Show(registration::Show<Id>),
    /// Remove the registration: the device stays in its hub and may provision again.
    #[command(after_help = "Examples:
  aziotdps enrollment registration delete -n mydps --eid dev-01")]
    Delete(DeleteOne<Id>),
}

impl verb::Verb for Verb {
    fn call(&self) -> Call {
        match self {
            Self::Create(_) => Call::New(EnrollmentKind::Individual),
            Self::Show(_) => Call::Get(EnrollmentKind::Individual),
            Self::List(_) => Call::List(EnrollmentKind::Individual),
            Self::Update(_) => Call::Set(EnrollmentKind::Individual),
            Self::Delete(_) => Call::Remove(EnrollmentKind::Individual),
            Self::Registration(Registration::Show(_)) => Call::RegistrationGet,
            Self::Registration(Registration::Delete(_)) => Call::RegistrationRemove,
        }
    }

    fn removes_all(&self) -> Option<bool> {
        match self {
            Self::Delete(delete) => delete.all(),
            _ => None,
        }
    }
}

/// Which enrollment.
#[derive(Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Id {
    /// The enrollment's id, which is the registration id of its device.
    #[arg(long = "enrollment-id", visible_alias = "eid", value_name = "ID", required = true)]
    registration_id: Option<String>,
}

/// What an individual enrollment is made of.
#[derive(Args, Serialize)]
pub struct Own {
    #[command(flatten)]
    #[serde(flatten)]
    tpm: Tpm,
    #[command(flatten)]
    #[serde(flatten)]
    device: Device,
    #[command(flatten)]
    #[serde(flatten)]
    content: Content,
}
