//! What each function accepts is what the header and docs/abi.md say.

#![allow(clippy::unwrap_used)]

use aziotdps::error::Code;
use aziotdps::model::EnrollmentKind::{Group, Individual};
use aziotdps::operation::{Call, Event, Session};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The functions that start an operation.
const CALLS: [(&str, Call); 19] = [
    ("aziotdps_session_connect", Call::SessionConnect),
    ("aziotdps_enrollment_get", Call::Get(Individual)),
    ("aziotdps_enrollment_list", Call::List(Individual)),
    ("aziotdps_enrollment_new", Call::New(Individual)),
    ("aziotdps_enrollment_set", Call::Set(Individual)),
    ("aziotdps_enrollment_remove", Call::Remove(Individual)),
    ("aziotdps_enrollment_group_get", Call::Get(Group)),
    ("aziotdps_enrollment_group_list", Call::List(Group)),
    ("aziotdps_enrollment_group_new", Call::New(Group)),
    ("aziotdps_enrollment_group_set", Call::Set(Group)),
    ("aziotdps_enrollment_group_remove", Call::Remove(Group)),
    ("aziotdps_registration_get", Call::RegistrationGet),
    ("aziotdps_registration_remove", Call::RegistrationRemove),
    ("aziotdps_attestation_get", Call::AttestationGet),
    ("aziotdps_device_key_derive", Call::DeviceKeyDerive),
    ("aziotdps_device_register", Call::DeviceRegister),
    ("aziotdps_service_get", Call::ServiceGet),
    ("aziotdps_service_list", Call::ServiceList),
    ("aziotdps_service_connection_string", Call::ServiceConnectionString),
];

/// The members that every operation on a service accepts.
const COMMON: [&str; 5] = ["target", "shape", "workingDirectory", "deadlineSeconds", "maximumAttempts"];

type Members = BTreeSet<String>;

/// What each function accepts, by its own error for a member that it does not know.
fn accepted() -> BTreeMap<String, Members> {
    let session = Session::new().unwrap();
    let accepted = |call| {
        let operation = session.start(call, br#"{"unknown":true}"#);
        let Event::Error(error) = operation.next(None) else { panic!("{call:?} accepts anything") };
        assert_eq!((error.code(), error.parameter()), (Code::InvalidRequest, Some("unknown")), "{call:?}: {error}");
        let (_, names) = error.message().split_once("accepted are: ").unwrap();
        names.trim_end_matches('.').split(", ").map(str::to_owned).collect()
    };
    CALLS.iter().map(|(name, call)| ((*name).to_owned(), accepted(*call))).collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The comment and the name of each function of the header that starts an operation.
fn header() -> Vec<(String, String)> {
    let header = read("include/aziotdps.h");
    header
        .split("\n/*\n")
        .filter_map(|block| {
            let (comment, declaration) = block.split_once("\n */\n")?;
            let name = declaration.strip_prefix("aziotdps_operation *")?.split('(').next()?;
            let comment = comment.split_whitespace().collect::<Vec<_>>().join(" ");
            Some((name.to_owned(), comment))
        })
        .collect()
}

/// The members that the header names for `name`: `common`, the members of another function, names with notes in
/// parentheses.
fn declared(name: &str, header: &[(String, String)]) -> Members {
    let (_, comment) = header.iter().find(|(function, _)| function == name).unwrap_or_else(|| panic!("no {name}"));
    let members = comment.split_once(" Members").and_then(|(_, rest)| rest.split_once(" Records: "));
    let (members, _) = members.unwrap_or_else(|| panic!("{name} has no members: {comment}"));
    let (mut plain, mut depth) = (String::new(), 0);
    for character in members.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            other if depth == 0 => plain.push(other),
            _ => {}
        }
    }
    let mut all = Members::new();
    for part in plain.trim_start_matches([' ', ':']).trim_end_matches('.').split([';', ',']) {
        let words: Vec<&str> = part.split_whitespace().filter(|word| !["or", "and", ":"].contains(word)).collect();
        match words[..] {
            ["those", "of", other, "without", left_out] => {
                let mut others = declared(other, header);
                assert!(others.remove(left_out), "{name}: {other} has no {left_out}");
                all.extend(others);
            }
            _ => all.extend(
                words
                    .iter()
                    .flat_map(|word| match *word {
                        "common" => COMMON.to_vec(),
                        word => vec![word],
                    })
                    .map(str::to_owned),
            ),
        }
    }
    all
}

#[test]
fn the_header_names_the_members_that_each_function_accepts() {
    let header = header();
    let starters: BTreeSet<&str> = header.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(starters, CALLS.iter().map(|(name, _)| *name).collect(), "a function is missing here");
    for (name, accepted) in accepted() {
        assert_eq!(declared(&name, &header), accepted, "{name}");
    }
}

/// The names in backticks in a cell.
fn names(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The rows of the table of docs/abi.md that begins with `head`, as cells.
fn table(head: &str) -> Vec<Vec<String>> {
    let page = read("docs/abi.md");
    let rows = page.lines().skip_while(|line| !line.starts_with(head)).skip(2).take_while(|line| line.starts_with('|'));
    let rows: Vec<Vec<String>> =
        rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect();
    assert!(!rows.is_empty(), "docs/abi.md has no table {head}");
    rows
}

#[test]
fn the_page_names_the_members_that_each_function_accepts() {
    let accepted = accepted();
    let mut documented = BTreeMap::new();
    for row in table("| Function | Members |") {
        let mut members = Members::new();
        for name in names(&row[1]) {
            match name.as_str() {
                "common" => members.extend(COMMON.map(str::to_owned)),
                "content" => members.extend(table("| Content |").iter().flat_map(|row| names(&row[0]))),
                _ => drop(members.insert(name)),
            }
        }
        for function in names(&row[0]) {
            assert!(documented.insert(function, members.clone()).is_none(), "{row:?} says it twice");
        }
    }
    for (name, accepted) in &accepted {
        assert_eq!(documented.remove(name).as_ref(), Some(accepted), "{name}");
    }
    assert!(documented.is_empty(), "{documented:?}");
}

#[test]
fn the_page_explains_every_member() {
    let explained: Vec<String> = ["| Member |", "| Content |", "| Connecting |"]
        .iter()
        .flat_map(|head| table(head))
        .flat_map(|row| names(&row[0]))
        .collect();
    let all: BTreeSet<String> = accepted().into_values().flatten().collect();
    let set: BTreeSet<String> = explained.iter().cloned().collect();
    assert_eq!(set, all);
}
