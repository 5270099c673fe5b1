//! The pages of the cmdlets, in Markdown: where `Get-Help -Online` leads, and what a search finds.

use crate::help::{Help, Placed, Syntax, Typed, all_parameters, common_text, shown_type, syntaxes};
use crate::source::{Cmdlet, EVERY_SET, Parameter};
use std::fmt::Write;

const WIDTH: usize = 110;

/// The name of each page's file with its text, the index first.
pub fn pages(cmdlets: &[Cmdlet]) -> Vec<(String, String)> {
    let index = ("README.md".to_owned(), index(cmdlets));
    let pages = cmdlets.iter().map(|cmdlet| (format!("{}.md", cmdlet.name), page(cmdlet)));
    std::iter::once(index).chain(pages).collect()
}

fn index(cmdlets: &[Cmdlet]) -> String {
    let mut text = "# The cmdlets\n\n\
        What `Get-Help` shows, one page for each. `cargo xtask pages` writes these pages from the comments in the sources.\n\n\
        | Cmdlet | Aliases | |\n|---|---|---|\n"
        .to_owned();
    for cmdlet in cmdlets {
        let name = &cmdlet.name;
        put(
            &mut text,
            format_args!("| [{name}]({name}.md) | {} | {} |", codes(&cmdlet.aliases), cell(&Help::of(cmdlet).synopsis)),
        );
    }
    text
}

fn page(cmdlet: &Cmdlet) -> String {
    let help = Help::of(cmdlet);
    let mut text = format!("# {}\n\n{}\n", cmdlet.name, help.synopsis);
    if !cmdlet.aliases.is_empty() {
        put(&mut text, format_args!("\nAliases: {}", codes(&cmdlet.aliases)));
    }

    text.push_str("\n## Syntax\n");
    for syntax in syntaxes(cmdlet) {
        if syntax.set != EVERY_SET {
            let is_default = cmdlet.default_set.as_ref() == Some(&syntax.set);
            put(&mut text, format_args!("\n{}{}:", syntax.set, if is_default { " (default)" } else { "" }));
        }
        put(&mut text, format_args!("\n```text\n{}\n```", call(&cmdlet.name, &syntax)));
    }

    text.push_str("\n## Description\n");
    paragraphs(&mut text, &help.description);

    let parameters = all_parameters(cmdlet);
    if !parameters.is_empty() {
        text.push_str("\n## Parameters\n\n| Parameter | Type | Default | Pipeline | |\n|---|---|---|---|---|\n");
    }
    for parameter in parameters {
        put(&mut text, format_args!("{}", row(&help, &parameter)));
    }

    text.push_str("\n## Examples\n");
    for (example, number) in help.examples.iter().zip(1..) {
        put(&mut text, format_args!("\n### Example {number}\n\n```powershell\n{}\n```", example.code));
        paragraphs(&mut text, &example.remarks);
    }

    for (heading, types) in [("Inputs", &help.inputs), ("Outputs", &help.outputs)] {
        put(&mut text, format_args!("\n## {heading}\n"));
        for Typed { name, text: what } in types {
            match name.as_str() {
                "None" => text.push_str("None.\n"),
                name => put(&mut text, format_args!("- `{name}`: {what}")),
            }
        }
    }
    if !help.notes.is_empty() {
        text.push_str("\n## Notes\n");
        paragraphs(&mut text, &help.notes);
    }
    text.push_str("\n## Related\n\n");
    for link in &help.links {
        let target = match link.strip_prefix("about_") {
            Some(_) => format!("../../powershell/AzIoTDps/en-US/{link}.help.txt"),
            None => format!("{link}.md"),
        };
        put(&mut text, format_args!("- [{link}]({target})"));
    }
    text
}

/// A call as `Get-Help` shows it, in lines that a page can hold. The words that a parameter takes are in the table.
fn call(name: &str, syntax: &Syntax) -> String {
    let mut lines = vec![name.to_owned()];
    let common = std::iter::once("[<CommonParameters>]".to_owned());
    for part in syntax.parameters.iter().map(part).chain(common) {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + part.len() <= WIDTH => {
                line.push(' ');
                line.push_str(&part);
            }
            _ => lines.push(format!("    {part}")),
        }
    }
    lines.join("\n")
}

fn part(Placed { parameter, place }: &Placed) -> String {
    let name = format!("-{}", parameter.name);
    let name = if place.position.is_some() { format!("[{name}]") } else { name };
    let whole =
        if parameter.type_name == "switch" { name } else { format!("{name} <{}>", shown_type(&parameter.type_name)) };
    if place.mandatory { whole } else { format!("[{whole}]") }
}

fn row(help: &Help, parameter: &Parameter) -> String {
    let mut name = format!("`-{}`", parameter.name);
    if !parameter.aliases.is_empty() {
        name = format!("{name} ({})", codes(&parameter.aliases));
    }
    let mut kind = format!("`{}`", shown_type(&parameter.type_name));
    if let Some(words) = parameter.accepted.as_ref().or(parameter.offered.as_ref()) {
        kind = format!("{kind}: {}", codes(words));
    }
    let default = match help.default_of(parameter).as_str() {
        "None" => String::new(),
        value => cell(value),
    };
    let mut pipeline = Vec::new();
    if parameter.places().any(|(_, place)| place.by_value) {
        pipeline.push("value");
    }
    if parameter.places().any(|(_, place)| place.by_property_name) {
        pipeline.push("property");
    }
    let text = common_text(&parameter.name).unwrap_or_else(|| help.parameter(&parameter.name));
    format!("| {name} | {kind} | {default} | {} | {} |", pipeline.join(", "), cell(text))
}

fn paragraphs(text: &mut String, paragraphs: &[String]) {
    for paragraph in paragraphs {
        put(text, format_args!("\n{paragraph}"));
    }
}

fn codes(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn put(text: &mut String, line: std::fmt::Arguments) {
    // A String takes all that is written to it.
    let _ = writeln!(text, "{line}");
}
