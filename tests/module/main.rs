//! Holds the PowerShell module to its contract on machines without PowerShell: the sources are read with a grammar.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod attributes;
mod binding;
mod class;
mod commands;
#[cfg(feature = "emulator")]
#[path = "../common/mod.rs"]
mod common;
mod help;
mod maml;
mod manifest;
mod native;
mod package;
mod parity;
mod question;
#[cfg(feature = "emulator")]
mod record;
mod request;
mod syntax;
mod views;

use aziotdps_module::source;

#[test]
fn every_script_parses() {
    let mut scripts = Vec::new();
    for folder in ["powershell", "tests/powershell"] {
        source::scripts(&source::root().join(folder), &mut scripts);
    }
    assert!(scripts.len() > 20, "only {} scripts found", scripts.len());
    for script in scripts {
        let script = source::Script::read(&script);
        let faults = syntax::faults(&script);
        assert!(faults.is_empty(), "{}: PowerShell refuses this: {faults:#?}", script.name);
    }
}
