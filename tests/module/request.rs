//! The library knows every member that a cmdlet can send.

use crate::source::{Cmdlet, cmdlets};
use aziotdps::error::Code;
use aziotdps::operation::{Call, Event, Session};
use serde_json::{Value, json};
use std::time::Duration;

/// Parameters that say which service is meant; they become the members of `target`.
const TARGETS: [&str; 5] = ["ResourceGroupName", "DpsName", "ResourceId", "ConnectionString", "HostName"];

/// Parameters that stay in PowerShell, or that the module turns into others.
const NOT_SENT: [&str; 4] = ["DefaultProfile", "DpsObject", "Enrollment", "Endpoint"];

fn call(name: &str) -> Call {
    match name {
        "session_connect" => Call::SessionConnect,
        "enrollment_get" => Call::EnrollmentGet,
        "enrollment_list" => Call::EnrollmentList,
        "enrollment_new" => Call::EnrollmentNew,
        "enrollment_set" => Call::EnrollmentSet,
        "enrollment_remove" => Call::EnrollmentRemove,
        "service_get" => Call::ServiceGet,
        "service_list" => Call::ServiceList,
        other => panic!("{other} is not known here"),
    }
}

/// Parameters that a cmdlet does not send with this one of its operations.
fn not_with(operation: &str) -> &'static [&'static str] {
    match operation {
        "enrollment_get" => &["Top"],
        "enrollment_list" => &["RegistrationId", "ShowKey"],
        "enrollment_remove" => &["Force"],
        "service_get" => &["Name", "ResourceGroupName"],
        "service_list" => &["Name"],
        _ => &[],
    }
}

fn member(parameter: &str) -> String {
    match parameter {
        "ETag" => "etag".to_owned(),
        _ => parameter[..1].to_lowercase() + &parameter[1..],
    }
}

/// The members that the cmdlet can send with `operation`, each in a request of its own.
fn requests(cmdlet: &Cmdlet, operation: &str) -> Vec<Value> {
    let names_target = !["session_connect", "service_list"].contains(&operation);
    let mut requests = vec![json!({"shape": "powershell"})];
    if operation != "service_list" && operation != "service_get" {
        requests.push(json!({"shape": "powershell", "workingDirectory": "/"}));
    }
    for parameter in &cmdlet.parameters {
        let name = parameter.name.as_str();
        if NOT_SENT.contains(&name) || not_with(operation).contains(&name) {
            continue;
        }
        // What is not known is refused whatever its value; no value is right, so nothing is ever sent to a service.
        requests.push(if names_target && TARGETS.contains(&name) {
            json!({"target": {member(name): []}})
        } else {
            json!({member(name): {"not": "a value"}})
        });
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
