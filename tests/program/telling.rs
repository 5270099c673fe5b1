//! What people, shells and tools are told: help with examples, completions, the tree of commands.

use crate::common::{PROGRAM, Ran};
use aziotdps::error::Code;
use serde_json::Value;
use std::process::Command;

fn run(arguments: &[&str]) -> Ran {
    Ran::of(Command::new(PROGRAM).args(arguments))
}

/// Every command with its path, the hidden ones too.
fn commands() -> Vec<(Vec<String>, Value)> {
    fn walk(path: &[String], command: &Value, found: &mut Vec<(Vec<String>, Value)>) {
        for below in command["commands"].as_array().unwrap() {
            let name = below["name"].as_str().unwrap();
            if name == "help" {
                continue;
            }
            let path = [path, &[name.to_owned()]].concat();
            walk(&path, below, found);
            found.push((path, below.clone()));
        }
    }
    let mut found = Vec::new();
    walk(&[], &run(&["commands"]).ok().json(), &mut found);
    found
}

#[cfg(unix)]
fn leaves() -> impl Iterator<Item = (Vec<String>, Value)> {
    let has_verbs =
        |command: &Value| command["commands"].as_array().unwrap().iter().any(|below| below["name"] != "help");
    commands().into_iter().filter(move |(_, command)| !has_verbs(command))
}

#[test]
fn completions_know_every_command_in_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish", "pwsh"] {
        let script = run(&["completion", shell]).ok().out;
        for (path, command) in commands() {
            let name = path.last().unwrap();
            assert!(command["hidden"] == true || script.contains(name.as_str()), "{shell} does not know {path:?}");
        }
        for option in ["regenerate-key", "remove-certificate", "policy-name", "data-path"] {
            assert!(script.contains(option), "{shell} does not know --{option}");
        }
    }
    run(&["completion", "cmd"]).fails(2, &["bash", "powershell"]);
    run(&["completion"]).fails(2, &["<SHELL>"]);
}

#[test]
fn what_is_hidden_is_not_completed() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["completion", shell]).ok().out;
        for hidden in ["--iot-hub-host-name", "All commands and options as JSON", "Deprecated"] {
            assert!(!script.contains(hidden), "{shell} completes {hidden}");
        }
    }
}

#[test]
fn every_error_has_its_help_in_the_program() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/troubleshooting.md")).unwrap();
    for code in Code::ALL {
        let name = format!("{code:?}");
        let text = run(&["help", &name]).ok().out;
        let (heading, text) = text.split_once("\n\n").unwrap();
        assert!(heading == name && text.contains("\n- "), "{name}: {text}");
        // The very text of the page.
        assert!(page.contains(&format!("\n## {name}\n\n{}\n", text.trim_end())), "{name}: {text}");
        assert_eq!(run(&["help", &name.to_lowercase()]).ok().out, format!("{heading}\n\n{text}"));
    }
    run(&["help", "nothing"]).fails(2, &["no such command and no such error code", "NotFound, AlreadyExists"]);
    assert_eq!(run(&["help", "enrollment", "list"]).ok().out, run(&["enrollment", "list", "--help"]).ok().out);
    run(&["help", "enrollment", "nothing"]).fails(2, &["nothing"]);
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let page = run(&["man"]).ok().out;
    assert!(page.contains(".TH AZIOTDPS 1") && page.contains("aziotdps\\-enrollment"), "{page}");
    assert!(!page.contains("compute\\-device\\-key"), "{page}");
    for (path, command) in commands() {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let hidden = command["hidden"] == true || path[0] == "registration";
        let ran = run(&[&["man"], &words[..]].concat());
        if hidden {
            ran.fails(2, &["no such command"]);
        } else {
            let name = path.join("-").replace('-', "\\-");
            assert!(ran.ok().out.contains(&format!("aziotdps\\-{name} \\- ")), "{path:?}");
        }
    }
    assert_eq!(run(&["version"]).ok().out, run(&["--version"]).ok().out);
}

#[test]
#[cfg(unix)]
fn the_script_for_bash_is_bash() {
    let script = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(script.path(), run(&["completion", "bash"]).ok().out).unwrap();
    let asked = "COMP_WORDS=(aziotdps enrollment-group up) COMP_CWORD=2; \
        _aziotdps aziotdps up enrollment-group 2>/dev/null; echo \"${COMPREPLY[@]}\"";
    let script = format!(". {}; {asked}", script.path().display());
    let ran = Ran::of(Command::new("bash").args(["-c", &script]));
    assert_eq!(ran.ok().out, "update\n");
}

#[test]
#[cfg(unix)]
fn every_command_is_explained_with_examples_that_are_understood() {
    let mut examples = 0;
    for (path, command) in leaves() {
        let help = run(&[&path.iter().map(String::as_str).collect::<Vec<_>>()[..], &["--help"]].concat()).ok().out;
        if command["hidden"] == true || path[0] == "registration" {
            continue;
        }
        assert!(help.contains("Examples:\n  aziotdps "), "{path:?} has no example");
        for example in help.lines().filter_map(|line| line.strip_prefix("  aziotdps ")) {
            assert!(example.starts_with(&path.join(" ")), "{path:?}: {example}");
            // Help that comes after them is given only where the options before it are understood.
            let asked = Ran::of(Command::new("sh").args(["-c", &format!("'{PROGRAM}' {example} --help")]));
            assert_eq!(asked.ok().out, help, "{example}");
            examples += 1;
        }
    }
    assert!(examples > 30, "{examples}");
}

#[test]
fn the_first_page_has_every_command_in_a_group() {
    let page = run(&["--help"]).ok().out;
    assert_eq!(run(&["help"]).ok().out, page);
    let groups = page.split("Options:").next().unwrap();
    for (path, command) in commands() {
        let named = groups.contains(&format!("\n  {} ", path[0]));
        let hidden = command["hidden"] == true || path[0] == "registration";
        assert_eq!(named, !hidden, "{path:?}: {page}");
    }
    assert!(groups.contains("Provisioning services:\n") && page.contains("Examples:\n  aziotdps "), "{page}");
    for line in page.lines() {
        assert!(line.len() <= 100, "{line}");
    }
}
