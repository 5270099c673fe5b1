//! Records that the real service sent pass through the model unchanged, and into the module's shape as written down.
//!
//! `AZIOTDPS_WRITE_GOLDEN=1` writes `tests/wire/powershell` anew; the difference is then for a person to read.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use aziotdps::model::{EnrollmentKind, Record};
use aziotdps::present::{self, Shape};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

fn wire() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/wire")
}

/// Every recorded body and every example of the specification, by its file's name.
fn samples() -> Vec<(String, String)> {
    let files = [wire(), wire().join("examples")].into_iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let files = files.map(|entry| entry.unwrap().path());
    let mut samples: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    samples.sort();
    assert!(samples.len() >= 33, "only {} samples", samples.len());
    samples
}

/// The records of a file: a recorded body itself, or what an example's successful answer holds.
fn records(sample: Value) -> Vec<Value> {
    let Some(answers) = sample.get("responses") else { return vec![sample] };
    let bodies = answers.as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'));
    let bodies = bodies.filter_map(|(_, answer)| answer.get("body").cloned());
    bodies.flat_map(|body| body.as_array().cloned().unwrap_or_else(|| vec![body])).collect()
}

/// A record in the shape of the module, where its file's name says that it is one.
fn shaped(name: &str, record: Value) -> Option<Value> {
    let record: Record = serde_json::from_value(record).unwrap();
    let name = name.to_lowercase();
    Some(match name.split(['-', '_']).next().unwrap() {
        _ if name.contains("bulk") => return None,
        _ if name.contains("attestationmechanism") => present::attestation(Shape::PowerShell, record),
        "individual" | "individualenrollment" => {
            present::enrollment(EnrollmentKind::Individual, Shape::PowerShell, record)
        }
        "group" | "enrollmentgroup" => present::enrollment(EnrollmentKind::Group, Shape::PowerShell, record),
        "registration" | "deviceregistrationstate" => present::registration(Shape::PowerShell, record),
        _ => return None,
    })
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
        let records = records(serde_json::from_str(&text).unwrap());
        let shaped: Vec<Value> = records.into_iter().filter_map(|record| shaped(&name, record)).collect();
        if shaped.is_empty() {
            continue;
        }
        let file = wire().join("powershell").join(format!("{name}.json"));
        let fresh = serde_json::to_string_pretty(&shaped).unwrap() + "\n";
        if std::env::var_os("AZIOTDPS_WRITE_GOLDEN").is_some() {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &fresh).unwrap();
        }
        assert_eq!(fresh, fs::read_to_string(&file).unwrap(), "{name}");
        compared += 1;
    }
    assert!(compared >= 20, "only {compared} records");
}

#[test]
fn a_word_that_is_not_known_is_left_out_and_no_word_is_the_default() {
    let record: Record = serde_json::from_str(r#"{"registrationId":"a","allocationPolicy":"novelty"}"#).unwrap();
    let shaped = present::enrollment(EnrollmentKind::Individual, Shape::PowerShell, record);
    assert_eq!(shaped, json!({"RegistrationId": "a", "ProvisioningStatus": "Enabled"}));
}
