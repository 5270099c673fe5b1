//! What the README tells a reader to type works.
//!
//! Its sh blocks are run in order, in one shell, as a person would: the built program on PATH, an emulator running.
//! A block is left out only where a comment below it says why.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use common::{PROGRAM, Ran, Service};
use std::fmt::Write;
use std::path::Path;

/// A fenced block: its language, its text, and why it is left out of the tests.
struct Block {
    language: String,
    text: String,
    left_out: Option<String>,
}

fn blocks() -> Vec<Block> {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let mut parts = readme.split("\n```");
    parts.next();
    let mut blocks = Vec::new();
    while let (Some(block), Some(after)) = (parts.next(), parts.next()) {
        let (language, text) = block.split_once('\n').unwrap();
        let left_out = after.trim_start().strip_prefix("<!-- readme test: left out, ");
        let left_out = left_out.map(|why| why.split("-->").next().unwrap().trim().to_owned());
        blocks.push(Block { language: language.to_owned(), text: text.to_owned(), left_out });
    }
    blocks
}

#[test]
fn the_shell_commands_work() {
    let service = Service::start();
    let port = service.emulator.ready().endpoint.rsplit(':').next().unwrap().to_owned();
    let mut script = String::from("set -eu\n");
    let mut left_out = 0;
    for Block { text, left_out: why, .. } in blocks().iter().filter(|block| block.language == "sh") {
        if why.is_some() {
            left_out += 1;
            continue;
        }
        // The usual port may be taken on this machine, so the emulator that the README starts gets a free one, and the
        // commands go to the one that the test knows.
        let text = text
            .replace("emulator start &", "emulator start --port 0 & started=$!")
            .replace(" --emulator", &format!(" --emulator=https://localhost:{port}"));
        for line in text.lines() {
            writeln!(script, "{line}").unwrap();
        }
    }
    assert_eq!(left_out, 2, "blocks that are not run");
    script.push_str("kill -TERM $started\nwait $started\n");

    let folder = Path::new(PROGRAM).parent().unwrap().display().to_string();
    let library = std::env::current_exe().unwrap().with_file_name("libaziotdps.so");
    let mut shell = service.command("sh");
    shell
        .args(["-c", &script])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PATH", format!("{folder}:{}", std::env::var("PATH").unwrap()))
        .env("AZIOTDPS_CONNECTION_STRING", service.connection_string())
        .env("AZIOTDPS_LIBRARY", library);
    let ran = Ran::of(&mut shell);
    assert_eq!(ran.code, Some(0), "{script}\n{}\n{}", ran.out, ran.err);
    for shown in ["\"dev-01\"", "\"primaryKey\"", "disabled", "RegistrationId", "remove: True"] {
        assert!(ran.out.contains(shown), "{shown} is not in: {}", ran.out);
    }
}

#[test]
fn the_powershell_commands_are_powershell() {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
    let blocks: Vec<Block> = blocks().into_iter().filter(|block| block.language == "powershell").collect();
    assert_eq!(blocks.len(), 4);
    for Block { text, .. } in blocks {
        let tree = parser.parse(&text, None).unwrap();
        assert!(!tree.root_node().has_error(), "{text}");
    }
}
