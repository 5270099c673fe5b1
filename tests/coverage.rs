//! `docs/coverage.md` says of everything that the peers and the service have where it is here. Held to what they have,
//! as `tests/parity` keeps it, and to what is here.

#![allow(clippy::unwrap_used)]

mod common;

use common::{PROGRAM, Ran};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One line of a table.
#[derive(Debug)]
struct Row {
    section: String,
    /// What it is about: parameters, spellings of one option, calls or members.
    subjects: Vec<String>,
    /// Whose.
    of: String,
    /// `file` or `file#name`.
    places: Vec<String>,
    tests: Vec<String>,
    /// Why there is no place.
    left_out: Option<String>,
}

fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn parity(name: &str) -> Value {
    serde_json::from_str(&read(&format!("tests/parity/{name}.json"))).unwrap()
}

fn code(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn rows() -> Vec<Row> {
    let page = read("docs/coverage.md");
    let (mut section, mut rows) = (String::new(), Vec::new());
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading.to_owned();
        }
        let heads_a_table = lines.peek().is_some_and(|next| next.starts_with("|---"));
        if !line.starts_with("| ") || heads_a_table {
            continue;
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [subjects, of, places, tests] = cells[..] else { panic!("four cells: {line}") };
        rows.push(Row {
            section: section.clone(),
            subjects: code(subjects),
            of: of.trim_matches('`').to_owned(),
            places: code(places).into_iter().filter(|place| place.contains('/')).collect(),
            tests: code(tests),
            left_out: places.strip_prefix("— ").map(str::to_owned),
        });
    }
    rows
}

fn section<'a>(rows: &'a [Row], name: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter().filter(move |row| row.section == name)
}

/// `a b, c; d e` is `a b`, `a c`, `d e`.
fn listed(text: &str) -> Vec<(String, String)> {
    let parts = text.split("; ").flat_map(|part| {
        let first = part.split(", ").next().unwrap();
        let before = first.rsplit_once(' ').map_or("", |(before, _)| before);
        part.split(", ").map(move |word| (before.to_owned(), word.trim_start_matches(before).trim().to_owned()))
    });
    parts.collect()
}

#[track_caller]
fn same<T: Ord + std::fmt::Debug>(what: &str, in_table: &BTreeSet<T>, wanted: &BTreeSet<T>) {
    let missing: Vec<_> = wanted.difference(in_table).collect();
    let unknown: Vec<_> = in_table.difference(wanted).collect();
    assert!(missing.is_empty(), "{what} that docs/coverage.md does not have: {missing:#?}");
    assert!(unknown.is_empty(), "{what} that only docs/coverage.md has: {unknown:#?}");
}

/// `registrationId` as the wire, Rust and PowerShell spell it.
fn spellings(member: &str) -> [String; 3] {
    let spelt = |c: char| if c.is_ascii_uppercase() { format!("_{}", c.to_ascii_lowercase()) } else { c.to_string() };
    let pascal = format!("{}{}", member[..1].to_ascii_uppercase(), &member[1..]);
    [member.to_owned(), member.chars().map(spelt).collect(), pascal]
}

/// Whether `text` has `name` as a word of its own.
fn has_word(text: &str, name: &str) -> bool {
    let inside = |character: Option<char>| character.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let whole = |(at, _): (usize, &str)| {
        !inside(text[..at].chars().next_back()) && !inside(text[at + name.len()..].chars().next())
    };
    text.match_indices(name).any(whole)
}

#[test]
fn every_row_says_where_and_what_tests_it_or_why_not() {
    let mut texts = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in rows() {
        let named = format!("{} {:?}", row.section, row.subjects);
        assert!(!row.subjects.is_empty() && !row.of.is_empty(), "{row:#?}");
        if let Some(reason) = &row.left_out {
            assert!(reason.len() > 20 && row.tests.is_empty(), "{named}: no reason");
            continue;
        }
        assert!(!row.places.is_empty() && !row.tests.is_empty(), "{named}: an empty cell");
        assert!(row.tests.iter().all(|test| test.starts_with("tests/")), "{named}: {:?}", row.tests);
        for place in row.places.iter().chain(&row.tests) {
            let (file, name) = place.split_once('#').unwrap_or((place, ""));
            let text = texts.entry(file.to_owned()).or_insert_with(|| fs::read_to_string(root().join(file)).ok());
            match text {
                None => wrong.push(format!("{named}: there is no {file}")),
                Some(text) if !has_word(text, name) => wrong.push(format!("{named}: {file} has no {name}")),
                Some(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_parameter_of_every_cmdlet_is_here() {
    const NOUN: &str = "AzIoTDeviceProvisioningService";
    let theirs = parity("cmdlets");
    let mut wanted = BTreeSet::new();
    for (cmdlet, record) in theirs.as_object().unwrap() {
        // The Az module has no New: its Add is our New, and its name our alias.
        let cmdlet = cmdlet.replace("Add-", "New-");
        wanted
            .extend(record["parameters"].as_object().unwrap().keys().map(|name| (cmdlet.clone(), format!("-{name}"))));
    }
    let cmdlets: BTreeSet<String> = wanted.iter().map(|(cmdlet, _)| cmdlet.clone()).collect();
    let rows = rows();
    let mut in_table = BTreeSet::new();
    for row in section(&rows, "Cmdlets of the Az module") {
        let of: Vec<String> = match row.of.as_str() {
            "all" => cmdlets.iter().cloned().collect(),
            // The noun comes last: "Get, Set Enrollment".
            some => some
                .split("; ")
                .flat_map(|part| {
                    let (verbs, noun) = part.rsplit_once(' ').unwrap();
                    verbs.split(", ").map(move |verb| format!("{verb}-{NOUN}{noun}"))
                })
                .collect(),
        };
        in_table.extend(of.iter().flat_map(|cmdlet| row.subjects.iter().map(|name| (cmdlet.clone(), name.clone()))));
    }
    same("parameters", &in_table, &wanted);
    let mut missing = Vec::new();
    for cmdlet in cmdlets {
        let file = format!("powershell/AzIoTDps/Public/{cmdlet}.ps1");
        let Ok(script) = fs::read_to_string(root().join(&file)) else {
            missing.push(file);
            continue;
        };
        for (_, parameter) in wanted.iter().filter(|(of, _)| *of == cmdlet) {
            let name = parameter.trim_start_matches('-');
            let declared = match name {
                "Confirm" | "WhatIf" => has_word(&script, "SupportsShouldProcess"),
                _ => has_word(&script, &format!("${name}")),
            };
            assert!(declared, "{file} does not take {parameter}");
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The options of each command of the program, each with all of its spellings.
fn program() -> BTreeMap<String, Vec<BTreeSet<String>>> {
    fn walk(path: &str, command: &Value, found: &mut BTreeMap<String, Vec<BTreeSet<String>>>) {
        let names = |option: &Value| {
            option["names"].as_array().unwrap().iter().map(|n| n.as_str().unwrap().to_owned()).collect()
        };
        found.insert(path.to_owned(), command["options"].as_array().unwrap().iter().map(names).collect());
        for below in command["commands"].as_array().unwrap() {
            walk(format!("{path} {}", below["name"].as_str().unwrap()).trim(), below, found);
        }
    }
    let tree = Ran::of(Command::new(PROGRAM).arg("commands")).ok().json();
    let mut found = BTreeMap::new();
    walk("", &tree, &mut found);
    found
}

#[test]
fn every_option_of_az_is_here() {
    let mut wanted = BTreeSet::new();
    for (command, options) in parity("az-options").as_object().unwrap() {
        let names = |option: &Value| option.as_str().unwrap().split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
        wanted.extend(options.as_array().unwrap().iter().map(|option| (command.clone(), names(option))));
    }
    let rows = rows();
    let program = program();
    let mut in_table = BTreeSet::new();
    let mut missing = Vec::new();
    for row in section(&rows, "Options of az") {
        let names: BTreeSet<String> = row.subjects.iter().cloned().collect();
        for (before, verb) in listed(&row.of) {
            let command = format!("{before} {verb}").trim().to_owned();
            let here = program.get(&command).is_some_and(|options| options.iter().any(|own| own.is_superset(&names)));
            if here == row.left_out.is_some() {
                missing.push(format!("{command} {names:?}: it is {}there", if here { "" } else { "not " }));
            }
            assert!(in_table.insert((command, names.clone())), "twice: {row:#?}");
        }
    }
    same("options", &in_table, &wanted);
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_call_and_member_of_the_service_is_here() {
    let rows = rows();
    let mut unnamed = Vec::new();
    for (plane, document) in parity("openapi").as_object().unwrap() {
        let calls =
            document["calls"].as_array().unwrap().iter().map(|call| call.as_str().unwrap().to_owned()).collect();
        let heading = format!("Calls of {}{plane}", if plane == "resource manager" { "" } else { "the " });
        let in_table = section(&rows, &heading).flat_map(|row| row.subjects.clone()).collect();
        same("calls", &in_table, &calls);

        let mut wanted = BTreeSet::new();
        for (record, members) in document["records"].as_object().unwrap() {
            let member = |member: &Value| (record.clone(), member.as_str().unwrap().to_owned());
            wanted.extend(members.as_array().unwrap().iter().map(member));
        }
        let mut in_table = BTreeSet::new();
        for row in section(&rows, &heading.replace("Calls", "Records")) {
            let files = row.places.iter().map(|place| place.split('#').next().unwrap());
            let texts: Vec<String> = files.filter_map(|file| fs::read_to_string(root().join(file)).ok()).collect();
            let kept_as_it_comes = row.places.iter().any(|place| Path::new(place).ends_with("record.rs"));
            for member in &row.subjects {
                assert!(in_table.insert((row.of.clone(), member.clone())), "twice: {} {member}", row.of);
                let named = spellings(member).iter().any(|name| texts.iter().any(|text| has_word(text, name)));
                if row.left_out.is_none() && !kept_as_it_comes && !named {
                    unnamed.push(format!("{}.{member}: none of {:?} names it", row.of, row.places));
                }
            }
        }
        same("members", &in_table, &wanted);
    }
    assert!(unnamed.is_empty(), "{unnamed:#?}");
}
