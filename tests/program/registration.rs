//! Registrations, below each noun and at the top for scripts of old.

use crate::common::Service;
use crate::common::http;
use aziotdps::emulator::{Fault, Options};
use reqwest::Method;
use serde_json::json;

impl Service {
    fn register(&self, id: &str, body: serde_json::Value) {
        http(&self.emulator, Method::PUT, &format!("/_emulator/registrations/{id}"), body.to_string());
    }
}

#[test]
fn an_enrollments_registration_is_shown_and_removed() {
    let service = Service::start();
    service.create("dev-01");
    let registration = |rest: &str| service.line(&format!("enrollment registration {rest}"));
    registration("show --eid dev-01").fails(3, &["registration/dev-01", "help: aziotdps help NotFound"]);
    service.register("dev-01", json!({"assignedHub": "h.azure-devices.net", "deviceId": "dev-01"}));
    let shown = registration("show --enrollment-id dev-01").ok().json();
    assert_eq!((&shown["registrationId"], &shown["assignedHub"]), (&json!("dev-01"), &json!("h.azure-devices.net")));
    let table = registration("show --eid dev-01 -o table").ok().out;
    assert!(table.contains("\ndev-01          assigned"), "{table}");

    let stale = "IjAwMDAwMDAwLTAwMDAtMDgwMC0wMDAwLTY0NjgwMWY1MDAwMCI=";
    registration(&format!("delete --eid dev-01 --etag {stale}")).fails(1, &["help: aziotdps help PreconditionFailed"]);
    let etag = shown["etag"].as_str().unwrap();
    assert_eq!(registration(&format!("delete --eid dev-01 -e {etag}")).ok().out, "");
    registration("delete --eid dev-01").fails(3, &["help: aziotdps help NotFound"]);
    registration("show").fails(2, &["--enrollment-id"]);
    registration("list --eid dev-01").fails(2, &["list"]);
    registration("show --eid a/b").fails(2, &["option: --enrollment-id"]);
}

#[test]
fn a_groups_registrations_are_listed_over_all_pages_shown_and_removed() {
    let service = Service::with(Options { page_size: 3, ..Options::default() });
    for number in 0..7 {
        service.register(&format!("r{number}"), json!({"enrollmentGroupId": "g", "assignedHub": "h"}));
    }
    service.register("other", json!({"enrollmentGroupId": "o", "assignedHub": "h"}));
    for noun in ["enrollment-group registration", "registration"] {
        let run = |rest: &str| service.line(&format!("{noun} {rest}"));
        assert_eq!(run("list --gid g").ok().json().as_array().unwrap().len(), 7);
        assert_eq!(run("list --enrollment-id g --top 5 -o tsv").ok().out.lines().count(), 5);
        assert_eq!(run("list --group-id nobody").ok().out, "[]\n");
        assert!(run("list --eid o -o table").ok().out.starts_with("RegistrationId  Status    AssignedHub"));
        run("list --gid a/b").fails(2, &["option: --enrollment-id"]);
        run("list --gid g --top 0").fails(2, &["--top"]);
        run("list").fails(2, &["--enrollment-id"]);
        run("show").fails(2, &["--registration-id"]);
    }
    assert_eq!(service.line("enrollment-group registration show --rid r1").ok().json()["registrationId"], "r1");
    assert_eq!(service.line("registration show --registration-id r1").ok().json()["registrationId"], "r1");
    assert_eq!(service.line("enrollment-group registration delete --rid r1").ok().out, "");
    assert_eq!(service.line("registration delete --rid r2 -e *").ok().out, "");
    service.line("registration show --rid r1").fails(3, &["registration/r1"]);
    assert_eq!(service.line("registration list --gid g").ok().json().as_array().unwrap().len(), 5);
}

#[test]
fn the_registrations_of_a_group_go_at_once_when_it_is_said_twice() {
    let service = Service::with(Options { page_size: 2, ..Options::default() });
    for number in 0..5 {
        service.register(&format!("r{number}"), json!({"enrollmentGroupId": "g", "assignedHub": "h"}));
    }
    service.register("other", json!({"enrollmentGroupId": "o", "assignedHub": "h"}));
    let count = |group: &str| service.line(&format!("registration list --gid {group} --query length(@)")).ok().out;
    for (wrong, says) in [
        ("--only-show-errors", "--registration-id"),
        ("--all", "--enrollment-id"),
        ("--all --yes", "--enrollment-id"),
        ("--gid g", "--all"),
        ("--gid g --all", "--yes"),
        ("--gid g --rid r1", "--registration-id"),
        ("--gid g --rid r1 --all --yes", "--registration-id"),
        ("--gid g --all --yes --etag IjBhMDA=", "--etag"),
        ("--gid a/b --all --yes", "option: --enrollment-id"),
    ] {
        service.line(&format!("enrollment-group registration delete {wrong}")).fails(2, &[says]);
    }
    assert_eq!(count("g"), "5\n");
    assert_eq!(service.line("enrollment-group registration delete --gid g --all --yes").ok().out, "");
    assert_eq!((count("g"), count("o")), ("0\n".to_owned(), "1\n".to_owned()));
    service.line("registration delete --gid nobody --all --yes").ok();
}

#[test]
fn a_group_that_is_removed_says_that_registrations_stay() {
    let service = Service::start();
    for group in ["g", "empty", "again"] {
        service.line(&format!("enrollment-group create --gid {group} -o none")).ok();
    }
    service.register("r", json!({"enrollmentGroupId": "g", "assignedHub": "h"}));
    service.register("s", json!({"enrollmentGroupId": "again", "assignedHub": "h"}));
    let removed = service.line("enrollment-group delete --gid g");
    assert_eq!((removed.code, removed.out.as_str()), (Some(0), ""));
    assert!(
        removed.err.starts_with("warning: Group 'g' is removed. Registrations of its devices stay"),
        "{}",
        removed.err
    );
    service.line("enrollment-group delete --gid empty").ok();
    // Who may not read them is not told, and the removal is none the worse.
    service.emulator.faults().queue(Fault::status(403).on("POST", "/registrations/").times(2));
    service.line("enrollment-group delete --gid again").ok();
    service.line("enrollment-group show --gid again").fails(3, &[]);
}
