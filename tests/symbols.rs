//! What the library exports is what the header declares.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn declared() -> BTreeSet<String> {
    let header = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/include/aziotdps.h")).unwrap();
    let declarations = header.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
    let names: Vec<String> = declarations
        .filter_map(|line| {
            let before = line.split_once('(')?.0;
            Some(before.rsplit([' ', '*']).next()?.to_owned())
        })
        .collect();
    let set: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!(set.len(), names.len(), "the header declares a function twice");
    set
}

fn exported(library: &Path) -> BTreeSet<String> {
    let output = Command::new("nm").args(["-D", "--defined-only"]).arg(library).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let symbols = String::from_utf8(output.stdout).unwrap();
    symbols.lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn the_library_exports_what_the_header_declares_and_nothing_else() {
    let declared = declared();
    assert!(declared.contains("aziotdps_operation_next"), "{declared:?}");
    let built = std::env::current_exe().unwrap().with_file_name("libaziotdps.so");
    let shipped = std::env::var_os("AZIOTDPS_LIBRARY").filter(|path| !path.is_empty()).map(PathBuf::from);
    for library in [Some(built), shipped].into_iter().flatten() {
        assert_eq!(exported(&library), declared, "{}", library.display());
    }
}
