//! Every cmdlet explains itself, and its examples call what is there.

use crate::source::{Cmdlet, Script, below, cmdlets};
use std::collections::{BTreeMap, BTreeSet};

/// The comment's sections: the keyword with what stands beside it, and the text below it.
fn sections(help: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in help.trim_start_matches("<#").trim_end_matches("#>").lines().map(str::trim) {
        let is_keyword = line.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
        if is_keyword {
            sections.push((line[1..].to_owned(), String::new()));
        } else if let Some((_, text)) = sections.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    for (_, text) in &mut sections {
        *text = text.trim().to_owned();
    }
    sections
}

fn texts_of(cmdlet: &Cmdlet, keyword: &str) -> Vec<String> {
    sections(&cmdlet.help).into_iter().filter(|(name, _)| name == keyword).map(|(_, text)| text).collect()
}

#[test]
fn every_cmdlet_has_the_sections_that_help_shows() {
    for cmdlet in cmdlets() {
        for keyword in ["SYNOPSIS", "DESCRIPTION"] {
            let found = texts_of(&cmdlet, keyword);
            assert!(found.len() == 1 && !found[0].is_empty(), "{} lacks .{keyword}", cmdlet.name);
        }
        assert!(!texts_of(&cmdlet, "EXAMPLE").is_empty(), "{} lacks an example", cmdlet.name);
        assert!(texts_of(&cmdlet, "LINK").contains(&"about_AzIoTDps".to_owned()), "{}", cmdlet.name);
        assert_eq!(texts_of(&cmdlet, "OUTPUTS"), cmdlet.output_types, "{}", cmdlet.name);
    }
}

#[test]
fn every_parameter_is_documented_and_nothing_else() {
    for cmdlet in cmdlets() {
        let mut documented = Vec::new();
        for (keyword, text) in sections(&cmdlet.help) {
            if let Some(name) = keyword.strip_prefix("PARAMETER ") {
                assert!(!text.is_empty(), "{} -{name} has no text", cmdlet.name);
                documented.push(name.to_owned());
            }
        }
        let declared: Vec<_> = cmdlet.parameters.iter().map(|parameter| parameter.name.clone()).collect();
        assert_eq!(BTreeSet::from_iter(&documented), BTreeSet::from_iter(&declared), "{}", cmdlet.name);
        assert_eq!(documented.len(), declared.len(), "{} documents a parameter twice", cmdlet.name);
    }
}

#[test]
fn links_lead_somewhere() {
    let all = cmdlets();
    for cmdlet in &all {
        for link in texts_of(cmdlet, "LINK") {
            assert!(link == "about_AzIoTDps" || all.iter().any(|other| other.name == link), "{}: {link}", cmdlet.name);
        }
    }
}

#[test]
fn examples_call_cmdlets_with_parameters_that_exist() {
    let all = cmdlets();
    let mut known = BTreeMap::new();
    for cmdlet in &all {
        for name in cmdlet.aliases.iter().chain([&cmdlet.name]) {
            known.insert(name.to_lowercase(), cmdlet);
        }
    }
    for cmdlet in &all {
        let mut calls = 0;
        for example in texts_of(cmdlet, "EXAMPLE") {
            let code = example.split("\n\n").next().unwrap();
            // Get-Help takes everything up to a '>' in the first line for a prompt.
            assert!(!code.contains('>'), "{}: {code}", cmdlet.name);
            let script = Script::parse(&format!("{code}\n")).unwrap_or_else(|place| panic!("{place}: {code}"));
            for command in script.of_kind("command") {
                let name = script.text(command.child(0).unwrap()).to_lowercase();
                let Some(called) = known.get(&name) else {
                    assert!(!name.contains("aziotd"), "{}: {name} does not exist", cmdlet.name);
                    continue;
                };
                calls += usize::from(called.name == cmdlet.name);
                let nested = below(command, &|node| node.kind() == "parenthesized_expression");
                for given in below(command, &|node| node.kind() == "command_parameter") {
                    if nested.iter().any(|inner| inner.byte_range().contains(&given.start_byte())) {
                        continue; // another command's
                    }
                    let name = script.text(given).trim_start_matches('-');
                    assert!(called.parameter(name).is_some(), "{}: {} has no -{name}", cmdlet.name, called.name);
                }
            }
        }
        assert!(calls > 0, "no example of {} calls it", cmdlet.name);
    }
}
