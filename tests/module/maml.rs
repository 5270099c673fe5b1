//! The help that ships says what the sources say. PowerShell is silent about what it does not like in the file, so what
//! it needs is asked for here.

use crate::source::{Cmdlet, EVERY_SET, Parameter, Place, cmdlets};
use aziotdps_module::help::{Help, Typed, shown_type};
use aziotdps_module::maml;
use aziotdps_module::package::Project;
use roxmltree::{Document, Node};
use std::collections::BTreeSet;

fn text(project: Option<&Project>) -> String {
    String::from_utf8(maml::write(&cmdlets(), project).unwrap()).unwrap()
}

/// Calls `check` with each cmdlet, its help and its element.
fn for_each(check: impl Fn(&Cmdlet, &Help, Node)) {
    let text = text(None);
    let document = Document::parse(&text).unwrap();
    let commands = all(document.root_element(), "command");
    let cmdlets = cmdlets();
    assert_eq!(commands.len(), cmdlets.len());
    for (cmdlet, command) in cmdlets.iter().zip(commands) {
        assert_eq!(value(one(command, "details"), "name"), cmdlet.name);
        check(cmdlet, &Help::of(cmdlet), command);
    }
}

fn all<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Vec<Node<'a, 'input>> {
    node.children().filter(|child| child.tag_name().name() == name).collect()
}

fn one<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Node<'a, 'input> {
    let found = all(node, name);
    assert_eq!(found.len(), 1, "{name} stands {} times in {:?}", found.len(), node.tag_name());
    found[0]
}

fn value<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    one(node, name).text().unwrap_or_default()
}

fn values<'a>(node: Node<'a, '_>, name: &str) -> Vec<&'a str> {
    all(node, name).into_iter().map(|node| node.text().unwrap_or_default()).collect()
}

/// The paragraphs of an element of `node`.
fn paragraphs<'a>(node: Node<'a, '_>, name: &str) -> Vec<&'a str> {
    values(one(node, name), "para")
}

/// The words of a parameter that the element of one of its ways to be called has.
fn place(node: Node) -> Place {
    let pipeline = node.attribute("pipelineInput").unwrap();
    let by = |way: &str| {
        pipeline.strip_prefix("True (").is_some_and(|ways| ways.trim_end_matches(')').split(", ").any(|one| one == way))
    };
    assert!(pipeline == "False" || by("ByValue") || by("ByPropertyName"), "{pipeline}");
    Place {
        mandatory: node.attribute("required").unwrap() == "true",
        position: node.attribute("position").filter(|position| *position != "named").map(|p| p.parse().unwrap()),
        by_value: by("ByValue"),
        by_property_name: by("ByPropertyName"),
    }
}

fn names(parameters: &[Parameter]) -> Vec<&str> {
    parameters.iter().map(|parameter| parameter.name.as_str()).collect()
}

#[test]
fn it_is_what_powershell_reads() {
    let text = text(None);
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"));
    let document = Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!((root.tag_name().name(), root.tag_name().namespace()), ("helpItems", Some("http://msh")));
    assert_eq!(root.attribute("schema"), Some("maml"));
    let schemas: BTreeSet<_> = root.descendants().filter_map(|node| node.tag_name().namespace()).collect();
    let known = ["http://msh", "http://schemas.microsoft.com/maml/2004/10"];
    let development =
        ["http://schemas.microsoft.com/maml/dev/command/2004/10", "http://schemas.microsoft.com/maml/dev/2004/10"];
    assert_eq!(schemas, known.into_iter().chain(development).collect());
    for node in root.descendants().filter(|node| node.is_element()) {
        let own = node.text().unwrap_or_default();
        // A cmdlet may have no parameter.
        let is_text = !node.children().any(|child| child.is_element()) && node.tag_name().name() != "parameters";
        // All white space is shown.
        assert!(!is_text || own == own.trim(), "{:?}: {own:?}", node.tag_name());
        assert!(!is_text || !own.contains('\n'), "{:?}: {own:?}", node.tag_name());
        assert!(is_text || own.trim().is_empty(), "{:?} has text beside elements", node.tag_name());
    }
}

#[test]
fn the_texts_are_those_of_the_comment() {
    for_each(|cmdlet, help, command| {
        let details = one(command, "details");
        assert_eq!(format!("{}-{}", value(details, "verb"), value(details, "noun")), cmdlet.name);
        assert_eq!(paragraphs(details, "description"), [help.synopsis.as_str()]);
        assert_eq!(paragraphs(command, "description"), help.description);
        let notes = all(command, "alertSet").first().map(|notes| paragraphs(*notes, "alert")).unwrap_or_default();
        assert_eq!(notes, help.notes);
        for (list, item, types) in
            [("inputTypes", "inputType", &help.inputs), ("returnValues", "returnValue", &help.outputs)]
        {
            let said = all(one(command, list), item).into_iter();
            let said = said.map(|item| Typed {
                name: value(one(item, "type"), "name").to_owned(),
                text: paragraphs(item, "description").concat(),
            });
            assert_eq!(&said.collect::<Vec<_>>(), types, "{}", cmdlet.name);
        }
        let links: Vec<_> = all(one(command, "relatedLinks"), "navigationLink");
        let links: Vec<_> = links.into_iter().map(|link| (value(link, "linkText"), value(link, "uri"))).collect();
        assert_eq!(links, help.links.iter().map(|link| (link.as_str(), "")).collect::<Vec<_>>());
    });
}

#[test]
fn the_examples_are_those_of_the_comment() {
    for_each(|cmdlet, help, command| {
        let examples = all(one(command, "examples"), "example");
        assert_eq!(examples.len(), help.examples.len(), "{}", cmdlet.name);
        for (number, (node, example)) in (1..).zip(examples.into_iter().zip(&help.examples)) {
            let dashes = "-".repeat(26);
            assert_eq!(value(node, "title"), format!("{dashes} EXAMPLE {number} {dashes}"));
            assert_eq!(value(node, "code"), example.code);
            let (last, remarks) = paragraphs(node, "remarks").split_last().map(|(l, r)| (*l, r.to_vec())).unwrap();
            assert_eq!((remarks, last), (example.remarks.iter().map(String::as_str).collect(), ""));
        }
    });
}

#[test]
fn each_set_is_a_syntax_with_its_parameters() {
    for_each(|cmdlet, _, command| {
        let items = all(one(command, "syntax"), "syntaxItem");
        let mut sets = cmdlet.sets();
        assert_eq!(sets.first(), cmdlet.default_set.as_ref(), "{}: the default set comes first", cmdlet.name);
        if sets.is_empty() {
            sets.push(EVERY_SET.to_owned());
        }
        assert_eq!(items.len(), sets.len(), "{}", cmdlet.name);
        for (set, item) in sets.iter().zip(items) {
            assert_eq!(value(item, "name"), cmdlet.name);
            let nodes = all(item, "parameter");
            let said: BTreeSet<_> = nodes.iter().map(|node| value(*node, "name")).collect();
            assert_eq!(said.len(), nodes.len(), "{} {set}: one stands twice", cmdlet.name);
            let declared = cmdlet.parameters.iter().filter(|parameter| parameter.place(set).is_some());
            let added = ["WhatIf", "Confirm"].into_iter().filter(|_| cmdlet.should_process);
            assert_eq!(said, declared.map(|parameter| parameter.name.as_str()).chain(added).collect());
            for node in &nodes {
                let Some(parameter) = cmdlet.parameter(value(*node, "name")) else { continue };
                assert_eq!(Some(place(*node)), parameter.place(set), "{} {set} -{}", cmdlet.name, parameter.name);
                let words = all(*node, "parameterValueGroup").first().map(|group| values(*group, "parameterValue"));
                let shown = values(*node, "parameterValue");
                match &parameter.accepted {
                    Some(accepted) => {
                        assert_eq!((words.unwrap(), shown), (accepted.iter().map(String::as_str).collect(), vec![]))
                    }
                    None if parameter.type_name == "switch" => assert!(words.is_none() && shown.is_empty()),
                    None => assert!(words.is_none() && shown == [shown_type(&parameter.type_name)]),
                }
            }
            let positions: Vec<_> = nodes.iter().map(|node| place(*node).position.unwrap_or(i64::MAX)).collect();
            assert!(positions.is_sorted(), "{} {set}: {positions:?}", cmdlet.name);
        }
    });
}

#[test]
fn each_parameter_is_explained_once() {
    for_each(|cmdlet, help, command| {
        let nodes = all(one(command, "parameters"), "parameter");
        let mut said: Vec<_> = nodes.iter().map(|node| value(*node, "name")).collect();
        if cmdlet.should_process {
            assert_eq!(said.split_off(said.len() - 2), ["WhatIf", "Confirm"]);
        }
        assert_eq!(said, names(&cmdlet.parameters), "{}", cmdlet.name);
        for node in nodes {
            let name = value(node, "name");
            let kind = value(one(node, "type"), "name");
            let aliases = node.attribute("aliases").unwrap();
            assert!(!paragraphs(node, "description").concat().is_empty(), "{name}");
            assert_eq!(value(node, "parameterValue"), kind);
            let is_required = one(node, "parameterValue").attribute("required") == Some("true");
            assert_eq!(is_required, kind != "SwitchParameter", "{name}");
            let Some(parameter) = cmdlet.parameter(name) else { continue };
            assert_eq!(paragraphs(node, "description"), [help.parameter(name)]);
            assert_eq!(kind, shown_type(&parameter.type_name));
            assert_eq!(value(node, "defaultValue"), help.default_of(parameter));
            let words: Vec<_> = all(node, "possibleValues")
                .into_iter()
                .flat_map(|list| all(list, "possibleValue"))
                .map(|one| value(one, "value"))
                .collect();
            let known = parameter.accepted.iter().chain(&parameter.offered).flatten().collect::<Vec<_>>();
            assert_eq!(words, known, "{} -{name}", cmdlet.name);
            let declared = if parameter.aliases.is_empty() { "none".to_owned() } else { parameter.aliases.join(", ") };
            assert_eq!(aliases, declared);
            let said = place(node);
            let any = |has: fn(&Place) -> bool| parameter.places().any(|(_, place)| has(place));
            assert_eq!(said.by_value, any(|place| place.by_value), "{} -{name}", cmdlet.name);
            assert_eq!(said.by_property_name, any(|place| place.by_property_name), "{} -{name}", cmdlet.name);
            assert_eq!(said.position.is_some(), any(|place| place.position.is_some()), "{} -{name}", cmdlet.name);
            assert!(!said.mandatory || any(|place| place.mandatory), "{} -{name}", cmdlet.name);
        }
    });
}

#[test]
fn with_a_project_each_cmdlet_leads_to_its_page() {
    let project = Project::new("https://example.org/us/it/").unwrap();
    let text = text(Some(&project));
    let document = Document::parse(&text).unwrap();
    for command in all(document.root_element(), "command") {
        let first = all(one(command, "relatedLinks"), "navigationLink")[0];
        let name = value(one(command, "details"), "name");
        let page = format!("https://example.org/us/it/blob/HEAD/docs/cmdlets/{name}.md");
        assert_eq!((value(first, "linkText"), value(first, "uri")), ("Online Version:", page.as_str()));
    }
}
