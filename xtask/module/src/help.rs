//! The help of a cmdlet, from the comment in its function.

use crate::source::{Cmdlet, EVERY_SET, Parameter, Place};
use std::collections::BTreeMap;

/// What the comment says.
#[derive(Debug, Default)]
pub struct Help {
    /// One sentence.
    pub synopsis: String,
    /// Its paragraphs.
    pub description: Vec<String>,
    /// Each parameter's text.
    pub parameters: BTreeMap<String, String>,
    /// In the order in which they are shown.
    pub examples: Vec<Example>,
    /// What may be piped in; `None` alone where nothing may.
    pub inputs: Vec<Typed>,
    /// What comes out; `None` alone where nothing does.
    pub outputs: Vec<Typed>,
    /// Its paragraphs.
    pub notes: Vec<String>,
    /// Names of cmdlets and topics.
    pub links: Vec<String>,
}

/// An example.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    /// Its command.
    pub code: String,
    /// What it does.
    pub remarks: Vec<String>,
}

/// A type, and what its object is here.
#[derive(Debug, PartialEq, Eq)]
pub struct Typed {
    /// A class of the module, or a full name of .NET's.
    pub name: String,
    /// One sentence or more; nothing for `None`.
    pub text: String,
}

impl Help {
    /// Reads the comment of `cmdlet`.
    pub fn of(cmdlet: &Cmdlet) -> Self {
        let mut help = Self::default();
        for Section { keyword, argument, lines } in sections(&cmdlet.help) {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            match keyword {
                "SYNOPSIS" => help.synopsis = lines.join(" "),
                "DESCRIPTION" => help.description = lines,
                "PARAMETER" => drop(help.parameters.insert(argument.to_owned(), lines.join(" "))),
                "EXAMPLE" => help.examples.push(example(lines)),
                "INPUTS" => help.inputs.push(typed(lines)),
                "OUTPUTS" => help.outputs.push(typed(lines)),
                "NOTES" => help.notes = lines,
                "LINK" => help.links.extend(lines),
                other => panic!("{}: .{other} is not a section of the help here", cmdlet.name),
            }
        }
        help
    }

    /// The text of a parameter.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// What a parameter is when it is not given: the end of its text, `Default: VALUE.`
    pub fn default_of(&self, parameter: &Parameter) -> String {
        if parameter.type_name == "switch" {
            return "False".to_owned();
        }
        let stated =
            self.parameter(&parameter.name).rsplit_once("Default: ").map(|(_, value)| value.trim_end_matches('.'));
        match stated {
            None => "None".to_owned(),
            Some("$false") => "False".to_owned(),
            Some("$true") => "True".to_owned(),
            Some(value) => value.to_owned(),
        }
    }
}

/// A keyword with what stands beside it, and the lines below it that are not empty.
struct Section<'a> {
    keyword: &'a str,
    argument: &'a str,
    lines: Vec<&'a str>,
}

fn sections(comment: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section> = Vec::new();
    for line in comment.trim_start_matches("<#").trim_end_matches("#>").lines().map(str::trim) {
        let is_keyword = |rest: &&str| rest.starts_with(|first: char| first.is_ascii_uppercase());
        if let Some(heading) = line.strip_prefix('.').filter(is_keyword) {
            let (keyword, argument) = heading.split_once(' ').unwrap_or((heading, ""));
            sections.push(Section { keyword, argument: argument.trim(), lines: Vec::new() });
        } else if let Some(section) = sections.last_mut().filter(|_| !line.is_empty()) {
            section.lines.push(line);
        }
    }
    sections
}

/// The first line is the command: so does PowerShell read the comment.
fn example(mut lines: Vec<String>) -> Example {
    let remarks = lines.split_off(lines.len().min(1));
    Example { code: lines.concat(), remarks }
}

/// The first line is the type.
fn typed(mut lines: Vec<String>) -> Typed {
    let text = lines.split_off(lines.len().min(1)).join(" ");
    Typed { name: lines.concat(), text }
}

/// A parameter as it stands in one set.
pub struct Placed {
    /// The parameter.
    pub parameter: Parameter,
    /// How it stands there.
    pub place: Place,
}

/// A way to call a cmdlet.
pub struct Syntax {
    /// The name of the set, or [`EVERY_SET`] for a cmdlet that has no sets.
    pub set: String,
    /// Those with a position first, then those that must be given, then as declared.
    pub parameters: Vec<Placed>,
}

/// The ways to call `cmdlet`, the default one first.
pub fn syntaxes(cmdlet: &Cmdlet) -> Vec<Syntax> {
    let mut sets = cmdlet.sets();
    if sets.is_empty() {
        sets.push(EVERY_SET.to_owned());
    }
    let all = all_parameters(cmdlet);
    let in_set = |set: String| {
        let placed = all
            .iter()
            .filter_map(|parameter| parameter.place(&set).map(|place| Placed { parameter: parameter.clone(), place }));
        let mut parameters: Vec<Placed> = placed.collect();
        let order = |placed: &Placed| (placed.place.position.unwrap_or(i64::MAX), !placed.place.mandatory);
        parameters.sort_by_key(order);
        Syntax { set, parameters }
    };
    sets.into_iter().map(in_set).collect()
}

/// The declared parameters, and those that PowerShell adds to a cmdlet that changes something.
pub fn all_parameters(cmdlet: &Cmdlet) -> Vec<Parameter> {
    let mut all = cmdlet.parameters.clone();
    if cmdlet.should_process {
        all.extend([("WhatIf", "wi"), ("Confirm", "cf")].map(|(name, alias)| Parameter::switch(name, alias)));
    }
    all
}

/// The text of a parameter that PowerShell adds.
pub fn common_text(name: &str) -> Option<&'static str> {
    match name {
        "WhatIf" => Some("Shows what would be done, and does nothing."),
        "Confirm" => Some("Asks before anything is done."),
        _ => None,
    }
}

/// The name that help shows for a type as it is written.
pub fn shown_type(type_name: &str) -> String {
    let (single, array) = match type_name.strip_suffix("[]") {
        Some(single) => (single, "[]"),
        None => (type_name, ""),
    };
    let single = single.strip_prefix("Nullable[").map_or(single, |inner| inner.trim_end_matches(']'));
    let shown = match single {
        "string" => "String",
        "switch" => "SwitchParameter",
        "bool" => "Boolean",
        "int" => "Int32",
        "hashtable" => "Hashtable",
        "object" => "Object",
        "securestring" => "SecureString",
        class => class,
    };
    format!("{shown}{array}")
}
