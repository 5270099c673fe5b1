//! Every cmdlet explains itself truly, and its examples call what is there.

use crate::class::Types;
use crate::source::{Cmdlet, Script, below, cmdlets, root};
use aziotdps_module::help::{Example, Help, Typed, shown_type};
use std::collections::{BTreeMap, BTreeSet};

/// The topics that links may lead to.
const TOPICS: [&str; 3] = ["about_AzIoTDps", "about_AzIoTDps_Az", "about_AzIoTDps_Errors"];

/// What is piped in where only its properties count.
const ANY_OBJECT: &str = "System.Management.Automation.PSObject";

fn helps() -> Vec<(Cmdlet, Help)> {
    cmdlets().into_iter().map(|cmdlet| (Help::of(&cmdlet), cmdlet)).map(|(help, cmdlet)| (cmdlet, help)).collect()
}

fn names(types: &[Typed]) -> Vec<&str> {
    types.iter().map(|typed| typed.name.as_str()).collect()
}

/// Only `None` needs no words.
fn assert_explained(cmdlet: &Cmdlet, types: &[Typed]) {
    for typed in types {
        assert_eq!(typed.text.is_empty(), typed.name == "None", "{}: {}", cmdlet.name, typed.name);
    }
}

#[test]
fn every_cmdlet_has_the_sections_that_help_shows() {
    for (cmdlet, help) in helps() {
        assert!(help.synopsis.ends_with('.') && !help.description.is_empty(), "{}", cmdlet.name);
        assert!(!help.examples.is_empty(), "{} lacks an example", cmdlet.name);
        assert!(help.examples.iter().all(|example| !example.remarks.is_empty()), "{}", cmdlet.name);
        assert!(help.links.iter().any(|link| link == TOPICS[0]), "{}", cmdlet.name);
    }
}

#[test]
fn every_parameter_is_documented_and_nothing_else() {
    for (cmdlet, help) in helps() {
        assert!(help.parameters.values().all(|text| text.ends_with(['.', ')'])), "{}: {help:#?}", cmdlet.name);
        let declared: BTreeSet<_> = cmdlet.parameters.iter().map(|parameter| &parameter.name).collect();
        assert_eq!(help.parameters.keys().collect::<BTreeSet<_>>(), declared, "{}", cmdlet.name);
        assert_eq!(cmdlet.help.matches(".PARAMETER ").count(), declared.len(), "{} says one twice", cmdlet.name);
    }
}

#[test]
fn what_a_parameter_takes_is_in_its_text() {
    for (cmdlet, help) in helps() {
        for parameter in &cmdlet.parameters {
            let text = help.parameter(&parameter.name);
            for word in parameter.accepted.iter().chain(&parameter.offered).flatten() {
                assert!(text.contains(word.as_str()), "{} -{}: {word}", cmdlet.name, parameter.name);
            }
        }
    }
}

/// A default that the sources declare, or that the library has, is the one that help says.
#[test]
fn defaults_are_true() {
    let mut known = BTreeMap::new();
    let library = aziotdps::http::Settings::default();
    for (name, value) in [
        ("ConnectTimeoutSeconds", library.connect_timeout.as_secs().to_string()),
        ("TimeoutSeconds", library.timeout.as_secs().to_string()),
        ("MaximumAttempts", library.maximum_attempts.to_string()),
    ] {
        known.insert(("Connect-AzIoTDps".to_owned(), name.to_owned()), value);
    }
    for cmdlet in cmdlets() {
        for parameter in &cmdlet.parameters {
            let Some(default) = &parameter.default else { continue };
            let key = (cmdlet.name.clone(), parameter.name.clone());
            assert!(known.insert(key, default.clone()).is_none());
        }
    }
    assert!(known.len() > 3, "the sources declare no default");
    for (cmdlet, help) in helps() {
        for parameter in &cmdlet.parameters {
            let said = help.default_of(parameter);
            if let Some(value) = known.remove(&(cmdlet.name.clone(), parameter.name.clone())) {
                assert_eq!(said, value, "{} -{}", cmdlet.name, parameter.name);
            }
            // Of several words it describes a value.
            let word = parameter.accepted.as_ref().filter(|_| said != "None" && !said.contains(' '));
            assert!(word.is_none_or(|words| words.contains(&said)), "{} -{}: {said}", cmdlet.name, parameter.name);
        }
    }
    assert!(known.is_empty(), "{known:?}");
}

#[test]
fn inputs_are_what_binds_from_the_pipeline() {
    for (cmdlet, help) in helps() {
        assert_explained(&cmdlet, &help.inputs);
        let mut types = Vec::new();
        let mut properties = Vec::new();
        for parameter in &cmdlet.parameters {
            if parameter.places().any(|(_, place)| place.by_value) {
                let shown = shown_type(parameter.type_name.trim_end_matches("[]"));
                types.push(if shown == "String" { "System.String".to_owned() } else { shown });
            }
            if parameter.places().any(|(_, place)| place.by_property_name) {
                properties.extend([&parameter.name].into_iter().chain(&parameter.aliases));
            }
        }
        if !properties.is_empty() {
            types.push(ANY_OBJECT.to_owned());
            let text = &help.inputs.iter().find(|input| input.name == ANY_OBJECT).unwrap().text;
            let words: BTreeSet<_> = text.split(|c: char| !c.is_alphanumeric()).collect();
            assert!(properties.iter().all(|name| words.contains(name.as_str())), "{}: {properties:?}", cmdlet.name);
        }
        if types.is_empty() {
            types.push("None".to_owned());
        }
        assert_eq!(names(&help.inputs), types, "{}", cmdlet.name);
    }
}

/// What `OutputType` says, and of a list the class of its rows.
#[test]
fn outputs_are_what_the_cmdlet_writes() {
    let classes = Types::read();
    let mut lists = 0;
    for (cmdlet, help) in helps() {
        assert_explained(&cmdlet, &help.outputs);
        let records = cmdlet.named_types.iter().filter(|name| name.starts_with("PS") && classes.class(name).is_some());
        let written: BTreeSet<_> = cmdlet.output_types.iter().chain(records).map(String::as_str).collect();
        lists += usize::from(written.len() > 1);
        assert_eq!(BTreeSet::from_iter(names(&help.outputs)), written, "{}", cmdlet.name);
        // PowerShell shows local times as they are, and compares them as if they were UTC.
        let is_time = |name: &str| classes.properties(name).iter().any(|(_, kind)| kind == "datetime");
        if written.iter().any(|name| is_time(name)) {
            assert!(help.notes.iter().any(|note| note.contains("UTC")), "{}", cmdlet.name);
        }
    }
    assert_eq!(lists, 4, "cmdlets whose list has rows of another class");
}

/// PowerShell gives positions by itself only where nothing says otherwise: then help could not say them.
#[test]
fn positions_are_declared() {
    for cmdlet in cmdlets() {
        let says_places = !cmdlet.sets().is_empty() || !cmdlet.positional_binding || cmdlet.parameters.is_empty();
        assert!(says_places, "{}", cmdlet.name);
    }
}

#[test]
fn links_lead_somewhere() {
    let all = cmdlets();
    for (cmdlet, help) in helps() {
        for link in help.links {
            let is_known = TOPICS.contains(&link.as_str()) || all.iter().any(|other| other.name == link);
            assert!(is_known, "{}: {link}", cmdlet.name);
        }
    }
}

/// Checks that the cmdlets of ours that `code` calls are there and have the parameters that it gives, and names them.
fn called<'a>(all: &'a [Cmdlet], code: &str) -> Vec<&'a str> {
    let mut names = Vec::new();
    let script = Script::parse(&format!("{code}\n")).unwrap_or_else(|place| panic!("{place}: {code}"));
    for command in script.of_kind("command") {
        let name = script.text(command.child(0).unwrap()).to_lowercase();
        let is_it =
            |cmdlet: &&Cmdlet| cmdlet.aliases.iter().chain([&cmdlet.name]).any(|one| one.to_lowercase() == name);
        let Some(cmdlet) = all.iter().find(is_it) else {
            assert!(!name.contains("aziotd"), "{name} does not exist: {code}");
            continue;
        };
        names.push(cmdlet.name.as_str());
        let nested = below(command, &|node| node.kind() == "parenthesized_expression");
        for given in below(command, &|node| node.kind() == "command_parameter") {
            if nested.iter().any(|inner| inner.byte_range().contains(&given.start_byte())) {
                continue; // another command's
            }
            let name = script.text(given).trim_start_matches('-');
            assert!(cmdlet.parameter(name).is_some(), "{} has no -{name}: {code}", cmdlet.name);
        }
    }
    names
}

#[test]
fn examples_call_cmdlets_with_parameters_that_exist() {
    let all = cmdlets();
    for (cmdlet, help) in helps() {
        for Example { code, .. } in &help.examples {
            // Get-Help takes everything up to a '>' in the first line for a prompt.
            assert!(!code.contains('>'), "{}: {code}", cmdlet.name);
        }
        let calls: Vec<_> = help.examples.iter().flat_map(|example| called(&all, &example.code)).collect();
        assert!(calls.contains(&cmdlet.name.as_str()), "no example of {} calls it", cmdlet.name);
    }
}

#[test]
fn the_readme_calls_cmdlets_with_parameters_that_exist() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let blocks = readme.split("\n```powershell\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
    let all = cmdlets();
    let calls: BTreeSet<_> = blocks.flat_map(|block| called(&all, block)).collect();
    assert!(calls.len() > 4, "{calls:?}");
}

/// The ways to use the cmdlets that people look for.
#[test]
fn examples_show_each_attestation_a_webhook_and_an_etag() {
    let examples: Vec<String> = helps().iter().flat_map(|(_, help)| &help.examples).map(|e| e.code.clone()).collect();
    for wanted in ["Tpm -EndorsementKey", "X509 -PrimaryCertificate ./", "-PrimaryCAName", "-WebhookUrl", "-ETag"] {
        assert!(examples.iter().any(|code| code.contains(wanted)), "no example of {wanted}");
    }
}
