//! The shapes of output records.
//!
//! `az` is the service's JSON, unchanged. `powershell` has the names, the order and the enum values of the Az module's
//! output classes, so that the module only fills classes. Each class is one list of members.

mod powershell;

use crate::model::{EnrollmentKind, Record};
use serde::Deserialize;
use serde_json::Value;

/// The shape that a request asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// The service's own JSON.
    #[default]
    Az,
    /// The Az module's classes.
    PowerShell,
}

/// An enrollment or a group.
pub fn enrollment(kind: EnrollmentKind, shape: Shape, record: Record) -> Value {
    match shape {
        Shape::Az => Value::Object(record.0),
        Shape::PowerShell => powershell::enrollment(kind, &record),
    }
}

/// A registration record.
pub fn registration(shape: Shape, record: Record) -> Value {
    match shape {
        Shape::Az => Value::Object(record.0),
        Shape::PowerShell => powershell::registration(&record),
    }
}

/// The registration of a device by the device itself, which the Az module has no class for.
pub fn device(shape: Shape, mut record: Record) -> Value {
    match shape {
        Shape::Az => Value::Object(record.0),
        Shape::PowerShell => match record.remove(&["registrationState"]) {
            Some(Value::Object(state)) => powershell::registration(&Record(state)),
            _ => Value::Null,
        },
    }
}

/// An attestation mechanism on its own, with its keys.
pub fn attestation(shape: Shape, record: Record) -> Value {
    match shape {
        Shape::Az => Value::Object(record.0),
        Shape::PowerShell => powershell::attestation(&record),
    }
}

/// The connection string of a service's shared access policy, for PowerShell.
pub fn connection_string(service: &Record, policy: &str, text: &str) -> Value {
    powershell::connection_string(service, policy, text)
}

/// A provisioning service.
pub fn service(shape: Shape, record: Record) -> Value {
    match shape {
        Shape::Az => Value::Object(record.0),
        Shape::PowerShell => powershell::service(&record),
    }
}
