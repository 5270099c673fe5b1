//! Provisioning services and their connection strings.

use crate::common::{PROGRAM, Ran, Service};
use serde_json::{Value, json};

#[test]
fn services_are_listed_and_shown() {
    let service = Service::start();
    let shown = service.line("dps show").ok().json();
    assert_eq!((&shown["name"], &shown["properties"]["state"]), (&json!("emulator"), &json!("Active")));
    for named in
        ["-n emulator", "-n EMULATOR -g emulator", "-n emulator.azure-devices-provisioning.net --auth-type login"]
    {
        assert_eq!(service.line(&format!("dps show {named}")).ok().json(), shown, "{named}");
    }
    assert_eq!(service.line("dps list").ok().json(), json!([shown]));
    assert_eq!(service.line("dps list -g emulator").ok().json(), json!([shown]));
    let table = service.line("dps list -o table").ok().out;
    assert!(table.starts_with("Name      ") && table.contains("localhost:"), "{table}");
    // As az has them.
    assert_eq!(service.line("list").ok().json(), json!([shown]));
    assert_eq!(service.line("show -n emulator").ok().json(), shown);
    assert_eq!(service.line("show --query properties.state -o tsv").ok().out, "Active\n");

    service.line("dps show -n nowhere").fails(3, &["nowhere"]);
    service.line("dps list -n emulator").fails(2, &["option: --dps-name", "dps show"]);
    let direct = |arguments: &[&str]| Ran::of(service.command(PROGRAM).args(arguments));
    direct(&["dps", "show"]).fails(2, &["--dps-name, --login or --emulator"]);
    direct(&["dps", "list"]).fails(2, &["AZURE_TENANT_ID"]);
    // A connection string is no account: resource manager does not take it.
    direct(&["dps", "list", "--login", service.connection_string()]).fails(2, &["help: aziotdps help NotConnected"]);
    let variable = ("AZIOTDPS_CONNECTION_STRING", service.connection_string());
    Ran::of(service.command(PROGRAM).args(["dps", "show"]).envs([variable])).fails(2, &["--dps-name"]);
}

#[test]
fn connection_strings_are_shown_for_one_service_or_all() {
    let service = Service::start();
    let show = |rest: &str| service.line(format!("connection-string show {rest}").trim_end());
    let owner = service.connection_string();
    assert_eq!(show("-n emulator").ok().json(), json!({"connectionString": owner}));
    assert_eq!(show("-n emulator -o tsv").ok().out, format!("{owner}\n"));
    assert_eq!(show("").ok().json(), json!([{"name": "emulator", "connectionString": owner}]));
    assert_eq!(show("-g emulator").ok().json(), json!([{"name": "emulator", "connectionString": owner}]));

    let text = |value: &Value| value["connectionString"].as_str().unwrap().to_owned();
    let reader = text(&show("-n emulator --policy-name enrollmentread").ok().json());
    assert!(reader.contains(";SharedAccessKeyName=enrollmentread;"), "{reader}");
    let secondary = text(&show("-n emulator --pn enrollmentread --key-type SECONDARY").ok().json());
    assert_ne!(secondary, reader);
    assert_eq!(text(&show("-n emulator --pn enrollmentread --kt primary").ok().json()), reader);
    let all = show("-n emulator --show-all").ok().json();
    assert!(all["connectionString"].as_array().unwrap().contains(&json!(reader)), "{all}");
    assert_eq!(show("--all").ok().json()[0]["connectionString"], all["connectionString"]);

    // What is shown signs in.
    let list = ["enrollment", "list", "--login", &reader];
    assert_eq!(Ran::of(service.command(PROGRAM).args(list)).ok().out, "[]\n");

    show("-n emulator --pn none").fails(3, &["no shared access policy 'none'"]);
    show("-n emulator --pn none --all").fails(2, &["option: --show-all"]);
    show("-n emulator --kt third").fails(2, &["primary, secondary"]);
    // A service that has no such policy is left out of a list, and that is told.
    let skipped = show("--pn none");
    assert_eq!((skipped.code, skipped.out.as_str()), (Some(0), "[]\n"));
    assert!(skipped.err.starts_with("warning: emulator is omitted: "), "{}", skipped.err);
    assert_eq!(show("--pn none --only-show-errors").ok().out, "[]\n");
}
