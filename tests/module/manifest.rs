//! The manifest says what the sources say.

use crate::source::{Script, cmdlets, module};
use std::collections::BTreeSet;

fn manifest() -> Script {
    Script::read(&module().join("AzIoTDps.psd1"))
}

fn listed(member: &str) -> BTreeSet<String> {
    let script = manifest();
    script.strings(script.member(member)).into_iter().collect()
}

#[test]
fn functions_are_exported_by_name() {
    let names: BTreeSet<_> = cmdlets().into_iter().map(|cmdlet| cmdlet.name).collect();
    assert_eq!(listed("FunctionsToExport"), names);
}

#[test]
fn aliases_are_exported_by_name() {
    let aliases: BTreeSet<_> = cmdlets().into_iter().flat_map(|cmdlet| cmdlet.aliases).collect();
    assert_eq!(listed("AliasesToExport"), aliases);
    assert_eq!(listed("CmdletsToExport"), BTreeSet::new());
    assert_eq!(listed("VariablesToExport"), BTreeSet::new());
}

#[test]
fn the_module_has_the_packages_version() {
    assert_eq!(listed("ModuleVersion"), BTreeSet::from([env!("CARGO_PKG_VERSION").to_owned()]));
}

#[test]
fn every_file_it_names_is_there() {
    for file in listed("FormatsToProcess").into_iter().chain(listed("RootModule")) {
        assert!(module().join(&file).is_file(), "{file} is missing");
    }
    let about = std::fs::read_to_string(module().join("en-US/about_AzIoTDps.help.txt")).unwrap();
    assert!(about.starts_with("TOPIC\n    about_AzIoTDps\n"), "Get-Help finds a topic by its first lines");
}
