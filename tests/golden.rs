//! Records that the real service sent pass through the model unchanged, and into the module's shape as written down.
//!
//! `AZIOTDPS_WRITE_GOLDEN=1` writes `tests/wire/powershell` anew; the difference is then for a person to read.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use aziotdps::model::{EnrollmentKind, Record};
use aziotdps::present::{self, Shape};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

fn wire() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/wire")
}

/// Every recorded body that is a JSON object, by its file's name.
fn samples() -> Vec<(String, String)> {
    let files = fs::read_dir(wire()).unwrap().map(|entry| entry.unwrap().path());
    let mut samples: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    samples.sort();
    assert!(samples.len() >= 18, "only {} samples", samples.len());
    samples
}

/// The text without white space between tokens, read without any JSON library.
fn dense(text: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let keep = |character: &char| {
        let was_inside = inside;
        match character {
            '"' if !escaped => inside = !inside,
            _ => {}
        }
        escaped = inside && *character == '\\' && !escaped;
        was_inside || !character.is_whitespace()
    };
    text.chars().filter(keep).collect()
}

#[test]
fn every_record_passes_the_model_byte_for_byte() {
    for (name, text) in samples() {
        let record: Record = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&record).unwrap(), dense(&text), "{name}");
        let shown = present::enrollment(EnrollmentKind::Individual, Shape::Az, record);
        assert_eq!(shown.to_string(), dense(&text), "{name}");
    }
}

#[test]
fn every_record_has_the_shape_of_the_az_module() {
    let mut compared = 0;
    for (name, text) in samples() {
        let record: Record = serde_json::from_str(&text).unwrap();
        let shaped = match name.split('-').next().unwrap() {
            "individual" if name.contains("attestationmechanism") => present::attestation(Shape::PowerShell, record),
            "individual" => present::enrollment(EnrollmentKind::Individual, Shape::PowerShell, record),
            "group" => present::enrollment(EnrollmentKind::Group, Shape::PowerShell, record),
            "registration" => present::registration(Shape::PowerShell, record),
            _ => continue,
        };
        let file = wire().join("powershell").join(format!("{name}.json"));
        let fresh = serde_json::to_string_pretty(&shaped).unwrap() + "\n";
        if std::env::var_os("AZIOTDPS_WRITE_GOLDEN").is_some() {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &fresh).unwrap();
        }
        assert_eq!(fresh, fs::read_to_string(&file).unwrap(), "{name}");
        compared += 1;
    }
    assert!(compared >= 9, "only {compared} records");
}

#[test]
fn a_word_that_this_version_does_not_know_is_left_out_of_the_module_s_shape() {
    let record: Record = serde_json::from_str(r#"{"registrationId":"a","allocationPolicy":"novelty"}"#).unwrap();
    let Value::Object(shaped) = present::enrollment(EnrollmentKind::Individual, Shape::PowerShell, record) else {
        panic!("not an object");
    };
    assert_eq!(shaped["AllocationPolicy"], "Hashed");
}
