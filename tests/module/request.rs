//! The library knows every member that a cmdlet can send.

use crate::source::{Cmdlet, cmdlets};
use aziotdps::error::Code;
use aziotdps::model::EnrollmentKind::{Group, Individual};
use aziotdps::operation::{Call, Event, Session};
use serde_json::{Value, json};
use std::time::Duration;

/// Parameters that say which service is meant; they become the members of `target`.
const TARGETS: [&str; 5] = ["ResourceGroupName", "DpsName", "ResourceId", "ConnectionString", "HostName"];

/// Parameters that stay in PowerShell, or that the module turns into others.
const NOT_SENT: [&str; 6] =
    ["DefaultProfile", "DpsObject", "Enrollment", "EnrollmentGroup", "Registration", "Endpoint"];

/// The call of the function `aziotdps_{name}`.
pub fn call(name: &str) -> Call {
    match name {
        "session_connect" => Call::SessionConnect,
        "enrollment_get" => Call::Get(Individual),
        "enrollment_list" => Call::List(Individual),
        "enrollment_new" => Call::New(Individual),
        "enrollment_set" => Call::Set(Individual),
        "enrollment_remove" => Call::Remove(Individual),
        "enrollment_group_get" => Call::Get(Group),
        "enrollment_group_list" => Call::List(Group),
        "enrollment_group_new" => Call::New(Group),
        "enrollment_group_set" => Call::Set(Group),
        "enrollment_group_remove" => Call::Remove(Group),
        "registration_get" => Call::RegistrationGet,
        "registration_remove" => Call::RegistrationRemove,
        "device_key_derive" => Call::DeviceKeyDerive,
        "service_get" => Call::ServiceGet,
        "service_list" => Call::ServiceList,
        "service_connection_string" => Call::ServiceConnectionString,
        other => panic!("{other} is not known here"),
    }
}

/// Parameters that a cmdlet does not send with this one of its operations.
fn not_with(operation: &str) -> &'static [&'static str] {
    match operation {
        "enrollment_list" => &["RegistrationId"],
        "enrollment_group_list" => &["Name"],
        "enrollment_remove" | "enrollment_group_remove" | "registration_remove" => &["Force"],
        "service_get" => &["Name", "ResourceGroupName"],
        "service_list" => &["Name"],
        _ => &[],
    }
}

/// The member that a parameter is sent as.
pub fn member(parameter: &str) -> String {
    match parameter {
        "ETag" => "etag".to_owned(),
        _ => parameter[..1].to_lowercase() + &parameter[1..],
    }
}

/// Whether the module sends `checkOnly` with `operation`: under -WhatIf.
fn is_checked(operation: &str) -> bool {
    ["_new", "_set", "_remove"].iter().any(|end| operation.ends_with(end))
}

/// The members that the cmdlet can send with `operation`, each in a request of its own.
fn requests(cmdlet: &Cmdlet, operation: &str) -> Vec<Value> {
    let names_target = !["session_connect", "service_list"].contains(&operation);
    let mut requests = vec![json!({"shape": "powershell"})];
    if operation != "service_list" && operation != "service_get" {
        requests.push(json!({"shape": "powershell", "workingDirectory": "/"}));
    }
    if is_checked(operation) {
        requests.push(json!({"checkOnly": {"not": "a value"}}));
    }
    for parameter in &cmdlet.parameters {
        let name = parameter.name.as_str();
        if NOT_SENT.contains(&name) || not_with(operation).contains(&name) {
            continue;
        }
        // What is not known is refused whatever its value; no request is complete, so nothing is ever sent to a service.
        let is_target = names_target && TARGETS.contains(&name);
        if is_target {
            requests.push(json!({"target": {member(name): []}}));
        }
        // In a set without a service it is a member of its own.
        if !is_target || parameter.place("ListSet").is_some() {
            requests.push(json!({member(name): {"not": "a value"}}));
        }
    }
    requests
}

#[test]
fn every_member_that_is_sent_is_known() {
    let session = Session::new().unwrap();
    for cmdlet in cmdlets() {
        for operation in cmdlet.starts() {
            for request in requests(&cmdlet, &operation) {
                let running = session.start(call(&operation), request.to_string().as_bytes());
                loop {
                    match running.next(Some(Duration::from_secs(10))) {
                        Event::End => break,
                        Event::Error(error) => {
                            let known = error.code() != Code::InvalidRequest;
                            assert!(known, "{} sends {operation} {request}: {error}", cmdlet.name);
                        }
                        Event::Pending => panic!("{operation} {request} hangs"),
                        _ => {}
                    }
                }
            }
        }
    }
}
