//! The PowerShell module as data: what its sources say, for the tests that hold it to its contract, for its package,
//! and for the pages of its cmdlets.
//!
//! The comment of each cmdlet is the one source of its help: [`help`] reads it, [`maml`] writes it for `Get-Help`, and
//! [`pages`] for the documentation.
//!
//! What is not as expected is a fault in a checked-in source: it ends the program with its place.

#![allow(clippy::expect_used, clippy::unwrap_used)]

pub mod help;
pub mod maml;
pub mod package;
pub mod pages;
pub mod source;
pub mod topics;

use std::path::PathBuf;

/// What is written from the sources and checked in: each file, and what belongs in it.
///
/// # Panics
/// When a source cannot be read, or is not as expected.
pub fn generated() -> Vec<(PathBuf, String)> {
    let read = |path: &str| {
        let path = source::root().join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let pages = pages::pages(&source::cmdlets());
    let mut files: Vec<_> =
        pages.into_iter().map(|(name, text)| (PathBuf::from("docs/cmdlets").join(name), text)).collect();
    let topic = "powershell/AzIoTDps/en-US/about_AzIoTDps_Errors.help.txt";
    files.push((topic.into(), topics::errors(&read(topic), &read("docs/troubleshooting.md"))));
    files
}
