//! The classes of the psm1: what the output is made of, and what the module holds.

use crate::source::{Script, child, children, cmdlets, module, module_scripts, type_name};
use std::collections::BTreeMap;
use tree_sitter::Node;

/// A class with its members as declared.
#[derive(Debug)]
pub struct Class {
    bases: Vec<String>,
    own: Vec<Property>,
    attributes: String,
}

#[derive(Clone, Debug)]
struct Property {
    name: String,
    type_name: String,
    is_static: bool,
}

/// The classes of a script, by their names.
pub struct Types {
    classes: BTreeMap<String, Class>,
}

impl Types {
    /// Those of the module.
    pub fn read() -> Self {
        Self::of(&Script::read(&module().join("AzIoTDps.psm1")))
    }

    pub fn of(script: &Script) -> Self {
        let statements = script.of_kind("class_statement");
        Self { classes: statements.into_iter().map(|node| class(script, node)).collect() }
    }

    pub fn class(&self, name: &str) -> Option<&Class> {
        self.classes.get(name)
    }

    /// What an object of the class shows, with types: its own properties first, then the base's.
    pub fn properties(&self, name: &str) -> Vec<(String, String)> {
        let shown = |property: Property| (!property.is_static).then_some((property.name, property.type_name));
        self.all_properties(name).into_iter().filter_map(shown).collect()
    }

    /// The names of all properties, static ones too.
    pub fn property_names(&self, name: &str) -> Vec<String> {
        self.all_properties(name).into_iter().map(|property| property.name).collect()
    }

    fn all_properties(&self, name: &str) -> Vec<Property> {
        let Some(class) = self.class(name) else { return Vec::new() };
        let bases = class.bases.iter().flat_map(|base| self.all_properties(base));
        class.own.iter().cloned().chain(bases).collect()
    }
}

fn class(script: &Script, node: Node) -> (String, Class) {
    let mut names = names(script, node);
    let name = names.remove(0);
    let properties = children(node).into_iter().filter(|child| child.kind() == "class_property_definition");
    let own = properties.map(|property| Property {
        name: script.text(child(property, "variable").unwrap()).trim_start_matches('$').to_owned(),
        type_name: child(property, "type_literal").map(|literal| type_name(script, literal)).unwrap_or_default(),
        is_static: is_static(script, property),
    });
    let own = own.collect();
    (name, Class { bases: names, own, attributes: script.before(node).to_owned() })
}

/// The name of a class, and those of its bases.
pub fn names(script: &Script, class: Node) -> Vec<String> {
    let names = children(class).into_iter().filter(|child| child.kind() == "simple_name");
    names.map(|name| script.text(name).to_owned()).collect()
}

/// Whether a member of a class is static.
pub fn is_static(script: &Script, member: Node) -> bool {
    let words = children(member).into_iter().filter(|child| child.kind() == "class_attribute");
    words.into_iter().any(|word| script.text(word).eq_ignore_ascii_case("static"))
}

/// An object of a class without it belongs to the runspace that made the object: elsewhere its methods fail or wait.
#[test]
fn every_class_may_be_used_in_any_runspace() {
    let types = Types::read();
    assert!(types.classes.len() > 30, "{:?}", types.classes.keys());
    for (name, class) in &types.classes {
        assert_eq!(class.attributes, "[NoRunspaceAffinity()]", "{name}");
    }
}

/// PowerShell looks for classes when it parses the file that names one, so a name that is wrong ends the import.
#[test]
fn every_class_that_is_named_is_there() {
    let types = Types::read();
    let mut named = 0;
    for script in module_scripts() {
        for node in script.all(|node| ["type_spec", "attribute_name"].contains(&node.kind())) {
            let name = script.text(node).trim_end_matches("[]");
            if !(name.starts_with("PS") || name.starts_with("Dps")) {
                continue; // .NET's, by its namespace or its accelerator
            }
            assert!(types.class(name).is_some(), "{}: there is no class {name}", script.name);
            named += 1;
        }
    }
    assert!(named > 100, "only {named} names found");
}

/// With the suffix PowerShell would look for an attribute's class in the scope of whoever calls the cmdlet.
#[test]
fn attributes_are_named_without_the_suffix() {
    let types = Types::read();
    let used: Vec<String> =
        cmdlets().into_iter().flat_map(|cmdlet| cmdlet.parameters).flat_map(|p| p.transformations).collect();
    assert!(used.len() > 50, "{used:?}");
    for name in used {
        assert!(types.class(&name).is_some() && !name.ends_with("Attribute"), "{name}");
    }
}

/// The first enum of a file takes 40 ms of an import, and 110 of the first record: words are texts.
#[test]
fn no_enum_is_declared() {
    for script in module_scripts() {
        let found = script.of_kind("enum_statement");
        assert!(found.is_empty(), "{}: {}", script.name, script.text(found[0]));
    }
}
