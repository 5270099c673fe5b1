//! What is said of mistakes: what was wrong, what is accepted, by the option's name; and the exit code.

use crate::common::{KEY, PROGRAM, Ran, Service};
use aziotdps::emulator::Fault;

#[test]
fn one_kind_of_mistake_has_one_exit_code() {
    let service = Service::start();
    service.create("d");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/device.pem");
    // Whoever finds it: the grammar, a value's parser, the library.
    for wrong in [
        "enrollment list --top 0",
        "enrollment list --top -5",
        "enrollment list --top x",
        "enrollment show",
        "enrollment show --eid a/b",
        "enrollment create --eid x --at x509",
        "enrollment create --eid x --at x509 --cp /no/such/file",
        "enrollment create --eid x --at symmetricKey --tags @/no/such/file",
        "enrollment create --eid x --at symmetricKey --tags {",
        "enrollment create --eid x --at symmetricKey --pk no",
        "enrollment create --eid x --at symmetricKey --ap static",
        "enrollment update --eid d --at tpm",
        "enrollment delete --all",
        "enrollment delete --all --eid d",
        "enrollment list --query [",
        "enrollment list --nonsense",
        "nonsense",
    ] {
        let ran = service.line(wrong);
        assert!(ran.code == Some(2) && ran.err.starts_with("error: ") && ran.out.is_empty(), "{wrong}: {}", ran.err);
        let last = ran.err.trim_end().lines().last().unwrap_or_default();
        assert!(last.contains("aziotdps help ") || last.contains("'--help'"), "{wrong}: {}", ran.err);
    }
    for (missing, code) in
        [("show --eid nobody", 3), ("delete --eid nobody", 3), ("create --eid d --at symmetricKey", 1)]
    {
        assert_eq!(service.line(&format!("enrollment {missing}")).code, Some(code), "{missing}");
    }
    let update = ["update", "--eid", "d", "--cp", file, "--only-show-errors"];
    service.enrollment(&update).fails(1, &["option: --certificate-path", "help: aziotdps help InvalidChange"]);
    service.emulator.faults().queue(Fault::status(403).on("GET", "/enrollments").times(2));
    service.line("enrollment show --eid d").fails(1, &["help: aziotdps help Forbidden"]);
}

#[test]
fn a_key_in_the_wrong_place_is_not_shown() {
    let service = Service::start();
    let login = service.connection_string().to_owned();
    for (arguments, secret) in [
        (&["enrollment", "create", "--eid", "d", "--at", KEY][..], KEY),
        (&["enrollment", "create", "--eid", "d", "--at", "tpm", KEY], KEY),
        (&["enrollment", "create", "--eid", "d", "--at", "tpm", "--ps", KEY], KEY),
        (&["enrollment", "list", "--top", KEY], KEY),
        (&["enrollment", "list", &login], &login),
        (&["enrollment", "list", "-o", &login], &login),
        (&["enrollment", "update", "--eid", "d", "--tags", KEY], KEY),
        (&["enrollment", "update", "--eid", "d", "--tags", &format!("{{'key':'{KEY}'")], KEY),
        (&["enrollment", "list", "--query", &format!("{KEY}[")], KEY),
        (&["enrollment", "list", &format!("--primary={KEY}")], KEY),
        (&[KEY], KEY),
        (&["help", KEY], KEY),
        (&["man", KEY], KEY),
    ] {
        let ran = Ran::of(service.command(PROGRAM).args(arguments));
        assert_eq!(ran.code, Some(2), "{}", ran.err);
        for shown in [&ran.out, &ran.err] {
            assert!(!shown.contains(secret) && !shown.contains(&secret[..20]), "{shown}");
        }
    }
}

#[test]
fn the_type_of_an_enrollment_is_said_to_stay() {
    let service = Service::start();
    for noun in ["enrollment", "enrollment-group"] {
        for option in ["--at", "--attestation-type"] {
            let ran = service.line(&format!("{noun} update --enrollment-id d {option} x509"));
            assert!(ran.code == Some(2) && ran.err.contains("cannot be changed") && !ran.err.contains("--auth-type"));
        }
    }
}

#[test]
fn a_group_that_is_looked_for_among_enrollments_is_shown_the_way() {
    let service = Service::start();
    for option in ["--gid", "--group-id"] {
        let ran = service.line(&format!("enrollment show {option} g"));
        assert!(!ran.err.contains("--eid"), "{}", ran.err);
        ran.fails(2, &["aziotdps enrollment-group"]);
    }
    let help = Ran::of(service.command(PROGRAM).args(["help", "NotFound"])).ok().out;
    assert!(help.contains("enrollment-group show"), "{help}");
}
