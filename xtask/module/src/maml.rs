//! Help as PowerShell reads it from a file: MAML.
//!
//! `Get-Help` is silent about what it does not like: without `schema="maml"` it ignores the file, without syntax items
//! it shows no syntax, and white space in a paragraph is shown as it is. So each paragraph is one element on one line.

use crate::help::{Help, Placed, Typed, all_parameters, common_text, shown_type, syntaxes};
use crate::package::Project;
use crate::source::{Cmdlet, Parameter, Place};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::io;

const NAMESPACES: [(&str, &str); 3] = [
    ("xmlns:maml", "http://schemas.microsoft.com/maml/2004/10"),
    ("xmlns:command", "http://schemas.microsoft.com/maml/dev/command/2004/10"),
    ("xmlns:dev", "http://schemas.microsoft.com/maml/dev/2004/10"),
];

/// The help of all `cmdlets`; with a project, each names its page there.
///
/// # Errors
/// None that can happen: it is written to memory.
pub fn write(cmdlets: &[Cmdlet], project: Option<&Project>) -> io::Result<Vec<u8>> {
    let mut file = File(Writer::new_with_indent(Vec::new(), b' ', 2));
    file.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    file.element("helpItems", &[("schema", "maml"), ("xmlns", "http://msh")], |file| {
        cmdlets.iter().try_for_each(|cmdlet| file.command(cmdlet, project))
    })?;
    let mut text = file.0.into_inner();
    text.push(b'\n');
    Ok(text)
}

struct File(Writer<Vec<u8>>);

type Attributes<'a> = [(&'a str, &'a str)];

impl File {
    fn element(
        &mut self,
        name: &str,
        attributes: &Attributes,
        content: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        let element = self.0.create_element(name).with_attributes(attributes.iter().copied());
        // The writer lends itself to what is written inside; it is taken over and given back.
        element.write_inner_content(|writer| {
            let mut inner = Self(std::mem::replace(writer, Writer::new(Vec::new())));
            let written = content(&mut inner);
            *writer = inner.0;
            written
        })?;
        Ok(())
    }

    fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.attributed(name, &[], text)
    }

    fn attributed(&mut self, name: &str, attributes: &Attributes, text: &str) -> io::Result<()> {
        let element = self.0.create_element(name).with_attributes(attributes.iter().copied());
        element.write_text_content(BytesText::new(text))?;
        Ok(())
    }

    fn paragraphs<'a>(&mut self, name: &str, texts: impl IntoIterator<Item = &'a String>) -> io::Result<()> {
        self.element(name, &[], |file| texts.into_iter().try_for_each(|text| file.text("maml:para", text)))
    }

    fn command(&mut self, cmdlet: &Cmdlet, project: Option<&Project>) -> io::Result<()> {
        let help = Help::of(cmdlet);
        let name = &cmdlet.name;
        let (verb, noun) = name.split_once('-').unwrap_or((name, ""));
        self.element("command:command", &NAMESPACES, |file| {
            file.element("command:details", &[], |file| {
                file.text("command:name", name)?;
                file.text("command:verb", verb)?;
                file.text("command:noun", noun)?;
                file.paragraphs("maml:description", [&help.synopsis])
            })?;
            file.paragraphs("maml:description", &help.description)?;
            file.syntax(cmdlet)?;
            file.parameters(cmdlet, &help)?;
            file.types("command:inputTypes", "command:inputType", &help.inputs)?;
            file.types("command:returnValues", "command:returnValue", &help.outputs)?;
            if !help.notes.is_empty() {
                file.element("maml:alertSet", &[], |file| file.paragraphs("maml:alert", &help.notes))?;
            }
            file.examples(&help)?;
            file.links(cmdlet, &help, project)
        })
    }

    fn syntax(&mut self, cmdlet: &Cmdlet) -> io::Result<()> {
        self.element("command:syntax", &[], |file| {
            syntaxes(cmdlet).iter().try_for_each(|syntax| {
                file.element("command:syntaxItem", &[], |file| {
                    file.text("maml:name", &cmdlet.name)?;
                    syntax.parameters.iter().try_for_each(|placed| file.syntax_parameter(placed))
                })
            })
        })
    }

    fn syntax_parameter(&mut self, Placed { parameter, place }: &Placed) -> io::Result<()> {
        let kind = shown_type(&parameter.type_name);
        self.parameter(parameter, place, |file| match &parameter.accepted {
            Some(words) => file.element("command:parameterValueGroup", &[], |file| {
                words.iter().try_for_each(|word| file.value(word, false))
            }),
            None if parameter.type_name == "switch" => Ok(()),
            None => file.value(&kind, true),
        })
    }

    fn parameters(&mut self, cmdlet: &Cmdlet, help: &Help) -> io::Result<()> {
        self.element("command:parameters", &[], |file| {
            all_parameters(cmdlet).iter().try_for_each(|parameter| {
                let kind = shown_type(&parameter.type_name);
                let text = common_text(&parameter.name).unwrap_or_else(|| help.parameter(&parameter.name)).to_owned();
                file.parameter(parameter, &overall(cmdlet, parameter), |file| {
                    file.paragraphs("maml:description", [&text])?;
                    file.value(&kind, parameter.type_name != "switch")?;
                    file.element("dev:type", &[], |file| {
                        file.text("maml:name", &kind)?;
                        file.0.create_element("maml:uri").write_empty()?;
                        Ok(())
                    })?;
                    file.text("dev:defaultValue", &help.default_of(parameter))?;
                    let Some(words) = parameter.accepted.as_ref().or(parameter.offered.as_ref()) else { return Ok(()) };
                    file.element("dev:possibleValues", &[], |file| {
                        words.iter().try_for_each(|word| {
                            file.element("dev:possibleValue", &[], |file| file.text("dev:value", word))
                        })
                    })
                })
            })
        })
    }

    /// The parameter's element with its name; `content` is what follows.
    fn parameter(
        &mut self,
        parameter: &Parameter,
        place: &Place,
        content: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        let position = place.position.map_or_else(|| "named".to_owned(), |position| position.to_string());
        let aliases = if parameter.aliases.is_empty() { "none".to_owned() } else { parameter.aliases.join(", ") };
        let pipeline = match (place.by_value, place.by_property_name) {
            (false, false) => "False",
            (true, false) => "True (ByValue)",
            (false, true) => "True (ByPropertyName)",
            (true, true) => "True (ByValue, ByPropertyName)",
        };
        let attributes = [
            ("required", word(place.mandatory)),
            ("variableLength", word(parameter.type_name.ends_with("[]"))),
            ("globbing", "false"),
            ("pipelineInput", pipeline),
            ("position", &position),
            ("aliases", &aliases),
        ];
        self.element("command:parameter", &attributes, |file| {
            file.text("maml:name", &parameter.name)?;
            content(file)
        })
    }

    fn value(&mut self, text: &str, required: bool) -> io::Result<()> {
        let attributes = [("required", word(required)), ("variableLength", "false")];
        self.attributed("command:parameterValue", &attributes, text)
    }

    fn types(&mut self, list: &str, item: &str, types: &[Typed]) -> io::Result<()> {
        self.element(list, &[], |file| {
            types.iter().try_for_each(|Typed { name, text }| {
                file.element(item, &[], |file| {
                    file.element("dev:type", &[], |file| file.text("maml:name", name))?;
                    file.paragraphs("maml:description", [text])
                })
            })
        })
    }

    fn examples(&mut self, help: &Help) -> io::Result<()> {
        self.element("command:examples", &[], |file| {
            help.examples.iter().zip(1..).try_for_each(|(example, number)| {
                let dashes = "-".repeat(26);
                file.element("command:example", &[], |file| {
                    file.text("maml:title", &format!("{dashes} EXAMPLE {number} {dashes}"))?;
                    file.text("dev:code", &example.code)?;
                    // The last, empty one keeps the next title apart.
                    file.paragraphs("dev:remarks", example.remarks.iter().chain([&String::new()]))
                })
            })
        })
    }

    fn links(&mut self, cmdlet: &Cmdlet, help: &Help, project: Option<&Project>) -> io::Result<()> {
        let online = project.map(|project| ("Online Version:", project.page(&cmdlet.name)));
        let others = help.links.iter().map(|link| (link.as_str(), String::new()));
        self.element("command:relatedLinks", &[], |file| {
            online.into_iter().chain(others).try_for_each(|(text, address)| {
                file.element("maml:navigationLink", &[], |file| {
                    file.text("maml:linkText", text)?;
                    file.text("maml:uri", &address)
                })
            })
        })
    }
}

/// What is said of a parameter where all sets are spoken of: whether it must be given by its first set, the rest by any.
fn overall(cmdlet: &Cmdlet, parameter: &Parameter) -> Place {
    let places: Vec<Place> = syntaxes(cmdlet).iter().filter_map(|syntax| parameter.place(&syntax.set)).collect();
    Place {
        mandatory: places.first().is_some_and(|place| place.mandatory),
        position: places.iter().find_map(|place| place.position),
        by_value: places.iter().any(|place| place.by_value),
        by_property_name: places.iter().any(|place| place.by_property_name),
    }
}

fn word(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
