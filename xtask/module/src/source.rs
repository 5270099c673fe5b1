//! Reads PowerShell sources: scripts, and cmdlets with their parameters.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use tree_sitter::{Node, Parser, Tree};

/// The set of a parameter that names none.
pub const EVERY_SET: &str = "__AllParameterSets";

/// The project's folder.
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap().to_owned()
}

/// The module's source tree.
pub fn module() -> PathBuf {
    root().join("powershell/AzIoTDps")
}

/// Adds every PowerShell file below `folder` to `found`.
pub fn scripts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            scripts(&path, found);
        } else if matches!(path.extension().and_then(|name| name.to_str()), Some("ps1" | "psm1" | "psd1")) {
            found.push(path);
        }
    }
    found.sort();
}

/// A parsed source.
pub struct Script {
    /// The path of its file; nothing for a text.
    pub name: String,
    text: String,
    tree: Tree,
}

impl Script {
    /// Reads the file at `path`, which must parse.
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let script = Self::parse(&text);
        let script = script.unwrap_or_else(|at| panic!("{}:{at}: the grammar does not know this", path.display()));
        Self { name: path.display().to_string(), ..script }
    }

    /// Parses `text`.
    ///
    /// # Errors
    /// The first place that does not parse, as [`place`] writes it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
        let tree = parser.parse(without_class_attributes(text), None).unwrap();
        let script = Self { name: String::new(), text: text.to_owned(), tree };
        match script.all(|node| node.is_error() || node.is_missing()).first() {
            Some(node) => Err(place(*node)),
            None => Ok(script),
        }
    }

    /// The text of `node`.
    pub fn text(&self, node: Node) -> &str {
        &self.text[node.byte_range()]
    }

    /// The nodes of a kind of the grammar.
    pub fn of_kind(&self, kind: &str) -> Vec<Node<'_>> {
        self.all(|node| node.kind() == kind)
    }

    /// The line up to `node`: of a class its attributes, which the grammar does not know.
    pub fn before(&self, node: Node) -> &str {
        let start = self.text[..node.start_byte()].rfind('\n').map_or(0, |end| end + 1);
        self.text[start..node.start_byte()].trim()
    }

    /// The whole.
    pub fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    /// The nodes that are wanted, in the source's order.
    pub fn all(&self, wanted: impl Fn(Node) -> bool) -> Vec<Node<'_>> {
        below(self.root(), &wanted)
    }

    /// The texts of the quoted strings below `node`.
    pub fn strings(&self, node: Node) -> Vec<String> {
        let quoted = below(node, &|node| node.kind() == "verbatim_string_characters");
        quoted.into_iter().map(|node| self.text(node).trim_matches('\'').to_owned()).collect()
    }

    /// The name of the function that `node` stands in; that of the file for what runs when it is loaded.
    pub fn function_of(&self, node: Node) -> &str {
        let function = around(node, "function_statement");
        function.map_or(&self.name, |function| self.text(child(function, "function_name").unwrap()))
    }

    /// What a command calls; `None` where that is a script block or a file, as in `. $file`.
    pub fn called(&self, command: Node) -> Option<&str> {
        let name = child(command, "command_name").or_else(|| child(command, "command_name_expr"))?;
        let name = self.text(name);
        (!name.starts_with(['$', '{', '('])).then_some(name)
    }

    /// The commands that call `name`.
    pub fn calls(&self, name: &str) -> Vec<Node<'_>> {
        self.all(|node| node.kind() == "command" && self.called(node) == Some(name))
    }

    /// The value that the source gives to a variable, such as `$NativeEvents`.
    pub fn value(&self, variable: &str) -> Node<'_> {
        let is_it =
            |node: Node| node.kind() == "assignment_expression" && self.text(node.child(0).unwrap()) == variable;
        let found = self.all(is_it);
        assert_eq!(found.len(), 1, "{variable} is set {} times", found.len());
        found[0].child(2).unwrap()
    }

    /// The value of a hashtable's member, wherever in the source the hashtable stands.
    pub fn member(&self, key: &str) -> Node<'_> {
        let is_it = |node: Node| node.kind() == "hash_entry" && self.text(node.child(0).unwrap()) == key;
        let found = self.all(is_it);
        assert_eq!(found.len(), 1, "{key} stands {} times", found.len());
        found[0].child(2).unwrap()
    }
}

/// The text with blanks in the place of attributes that stand before a class, in its line: the grammar has none there.
fn without_class_attributes(text: &str) -> String {
    let line = |line: &str| match line.split_once("] class ") {
        Some((attributes, rest)) if attributes.starts_with('[') => {
            format!("{}class {rest}", " ".repeat(attributes.len() + "] ".len()))
        }
        _ => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}

/// Where `node` stands, as `line:column`.
pub fn place(node: Node) -> String {
    format!("{}:{}", node.start_position().row + 1, node.start_position().column + 1)
}

/// `node` and all below it that are wanted, in the source's order.
pub fn below<'tree>(node: Node<'tree>, wanted: &impl Fn(Node) -> bool) -> Vec<Node<'tree>> {
    let mut found = if wanted(node) { vec![node] } else { Vec::new() };
    for child in children(node) {
        found.extend(below(child, wanted));
    }
    found
}

/// What stands directly below `node`.
pub fn children(node: Node) -> Vec<Node> {
    (0..node.child_count()).filter_map(|index| node.child(index.try_into().unwrap())).collect()
}

/// The first node of a kind directly below `node`.
pub fn child<'tree>(node: Node<'tree>, kind: &str) -> Option<Node<'tree>> {
    children(node).into_iter().find(|child| child.kind() == kind)
}

/// The nearest node of `kind` around `node`.
pub fn around<'tree>(node: Node<'tree>, kind: &str) -> Option<Node<'tree>> {
    std::iter::successors(node.parent(), Node::parent).find(|node| node.kind() == kind)
}

/// The module's scripts: the psm1, and what it loads.
pub fn module_scripts() -> Vec<Script> {
    let mut files = Vec::new();
    scripts(&module(), &mut files);
    let scripts = files.iter().filter(|file| file.extension().is_some_and(|name| name != "psd1"));
    scripts.map(|file| Script::read(file)).collect()
}

/// How a parameter stands in one set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// It must be given.
    pub mandatory: bool,
    /// Its place among what is given without a name.
    pub position: Option<i64>,
    /// An object of its type may be piped.
    pub by_value: bool,
    /// An object with a property of its name may be piped.
    pub by_property_name: bool,
}

/// A parameter of a cmdlet.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name, without the dollar.
    pub name: String,
    /// Its type as written, such as `string[]` or `PSEnrollmentGroup`.
    pub type_name: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// The value that it has when it is not given, as written.
    pub default: Option<String>,
    /// The only values that the parameter takes.
    pub accepted: Option<Vec<String>>,
    /// Values that Tab offers, besides which others are taken.
    pub offered: Option<Vec<String>>,
    /// The names of the attributes nearer to the variable than its type: these see a value before it is converted.
    pub transformations: Vec<String>,
    places: BTreeMap<String, Place>,
}

impl Parameter {
    /// A switch of every set.
    pub(crate) fn switch(name: &str, alias: &str) -> Self {
        Self {
            name: name.to_owned(),
            type_name: "switch".to_owned(),
            aliases: vec![alias.to_owned()],
            default: None,
            accepted: None,
            offered: None,
            transformations: Vec::new(),
            places: BTreeMap::from([(EVERY_SET.to_owned(), Place::default())]),
        }
    }

    /// How the parameter stands in `set`, or `None` where it is not in it.
    pub fn place(&self, set: &str) -> Option<Place> {
        self.places.get(set).or_else(|| self.places.get(EVERY_SET)).cloned()
    }

    /// Every place with its set, as declared.
    pub fn places(&self) -> impl Iterator<Item = (&String, &Place)> {
        self.places.iter()
    }
}

/// A cmdlet, from its file.
#[derive(Debug)]
pub struct Cmdlet {
    /// Its name, which is the file's.
    pub name: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// The set that is meant where what is given fits several.
    pub default_set: Option<String>,
    /// It has -WhatIf and -Confirm.
    pub should_process: bool,
    /// Parameters without a position may get one by their order.
    pub positional_binding: bool,
    /// The types of OutputType, as help names them.
    pub output_types: Vec<String>,
    /// The types that its blocks name, beside those of its parameters.
    pub named_types: Vec<String>,
    /// Its parameters, as declared.
    pub parameters: Vec<Parameter>,
    /// The comment of its help.
    pub help: String,
    source: String,
    /// Where the comment stands in the source.
    help_range: Range<usize>,
    /// Where what `CmdletBinding` is given begins.
    binding: usize,
}

impl Cmdlet {
    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// The operations that the cmdlet starts, such as `enrollment_get`.
    pub fn starts(&self) -> Vec<String> {
        let words: Vec<_> = self.source.split_whitespace().collect();
        let is_start = |pair: &&[&str]| pair[0] == "-Operation" || (pair[0] == "-Name" && pair[1].contains('_'));
        words.windows(2).filter(is_start).map(|pair| pair[1].to_owned()).collect()
    }

    /// The names of the sets that any parameter stands in: the default one, then as the parameters name them.
    pub fn sets(&self) -> Vec<String> {
        let mut sets: Vec<String> = self.default_set.iter().cloned().collect();
        for set in self.parameters.iter().flat_map(|parameter| parameter.places.keys()) {
            if set != EVERY_SET && !sets.contains(set) {
                sets.push(set.clone());
            }
        }
        sets
    }

    /// The file's text without the comment of its help; with an address, `Get-Help -Online` opens that.
    pub fn without_help(&self, address: Option<&str>) -> String {
        let before = self.source[..self.help_range.start].trim_end_matches(' ');
        let between = self.source[self.help_range.end..self.binding].trim_start_matches(['\r', '\n']);
        let after = &self.source[self.binding..];
        let uri = match address {
            Some(address) if after.starts_with(')') => format!("HelpUri = '{address}'"),
            Some(address) => format!("HelpUri = '{address}', "),
            None => String::new(),
        };
        format!("{before}{between}{uri}{after}")
    }
}

/// The cmdlets of the module: one per file of Public, named as the file.
pub fn cmdlets() -> Vec<Cmdlet> {
    let mut files = Vec::new();
    scripts(&module().join("Public"), &mut files);
    files.iter().map(|file| cmdlet(file)).collect()
}

fn cmdlet(file: &Path) -> Cmdlet {
    let script = Script::read(file);
    let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
    let functions = script.of_kind("function_statement");
    let names: Vec<_> = functions.iter().map(|node| script.text(child(*node, "function_name").unwrap())).collect();
    assert_eq!(names, [name.as_str()], "{name} holds one function of its own name");
    let function = functions[0];
    let body = child(function, "script_block").unwrap();
    let block = child(body, "param_block").unwrap();
    let help = child(function, "comment");
    let blocks = children(body).into_iter().filter(|node| node.kind() != "param_block");
    let named_types = blocks.flat_map(|node| below(node, &|node| node.kind() == "type_literal"));

    let mut cmdlet = Cmdlet {
        name,
        aliases: Vec::new(),
        default_set: None,
        should_process: false,
        positional_binding: true,
        output_types: Vec::new(),
        named_types: named_types.map(|literal| type_name(&script, literal)).collect(),
        parameters: Vec::new(),
        help: help.map(|node| script.text(node).to_owned()).unwrap_or_default(),
        source: script.text.clone(),
        help_range: help.map(|node| node.byte_range()).unwrap_or_default(),
        binding: 0,
    };
    for attribute in attributes(&script, block) {
        match attribute.name.as_str() {
            "CmdletBinding" => {
                cmdlet.binding = attribute.start + "[CmdletBinding(".len();
                cmdlet.positional_binding = attribute.text("PositionalBinding").as_deref() != Some("$false");
                cmdlet.default_set = attribute.text("DefaultParameterSetName");
                cmdlet.should_process = attribute.flag("SupportsShouldProcess");
            }
            "OutputType" => cmdlet.output_types = attribute.types.iter().map(|name| output_type(name)).collect(),
            "Alias" => cmdlet.aliases = attribute.strings,
            other => panic!("{}: the attribute {other} is not expected on a cmdlet", cmdlet.name),
        }
    }
    let list = child(block, "parameter_list").map(children).unwrap_or_default();
    cmdlet.parameters = list
        .into_iter()
        .filter(|node| node.kind() == "script_parameter")
        .map(|node| parameter(&script, node))
        .collect();
    cmdlet
}

/// A type of `[OutputType()]` as help names it.
fn output_type(name: &str) -> String {
    match name {
        "bool" => "System.Boolean",
        "string" => "System.String",
        "void" => "None",
        class => class,
    }
    .to_owned()
}

fn parameter(script: &Script, node: Node) -> Parameter {
    let mut parameter = Parameter {
        name: script.text(child(node, "variable").unwrap()).trim_start_matches('$').to_owned(),
        type_name: String::new(),
        aliases: Vec::new(),
        default: child(node, "script_parameter_default")
            .map(|node| script.text(node).trim_start_matches('=').trim().to_owned()),
        accepted: None,
        offered: None,
        transformations: Vec::new(),
        places: BTreeMap::new(),
    };
    for attribute in attributes(script, node) {
        match attribute.name.as_str() {
            "Parameter" => {
                let place = Place {
                    mandatory: attribute.flag("Mandatory"),
                    position: attribute.text("Position").map(|position| position.parse().unwrap()),
                    by_value: attribute.flag("ValueFromPipeline"),
                    by_property_name: attribute.flag("ValueFromPipelineByPropertyName"),
                };
                let set = attribute.text("ParameterSetName").unwrap_or_else(|| EVERY_SET.to_owned());
                assert!(parameter.places.insert(set, place).is_none(), "{} stands twice in a set", parameter.name);
            }
            "Alias" => parameter.aliases = attribute.strings,
            "ValidateSet" => parameter.accepted = Some(attribute.strings),
            "ArgumentCompletions" => parameter.offered = Some(attribute.strings),
            "ValidateNotNullOrEmpty" | "ValidateNotNull" | "ValidateRange" => {}
            type_name if attribute.is_type => parameter.type_name = type_name.to_owned(),
            ours if ours.starts_with("Dps") => {
                assert!(!parameter.type_name.is_empty(), "-{}: [{ours}()] stands before the type", parameter.name);
                parameter.transformations.push(ours.to_owned());
            }
            other => panic!("{}: the attribute {other} is not expected on a parameter", parameter.name),
        }
    }
    if parameter.places.is_empty() {
        parameter.places.insert(EVERY_SET.to_owned(), Place::default());
    }
    parameter
}

struct Attribute {
    name: String,
    is_type: bool,
    named: BTreeMap<String, Option<String>>,
    strings: Vec<String>,
    types: Vec<String>,
    /// Where it begins in the source.
    start: usize,
}

impl Attribute {
    fn flag(&self, name: &str) -> bool {
        match self.named.get(name) {
            None => false,
            Some(None) => true,
            Some(Some(value)) => value.eq_ignore_ascii_case("$true"),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        self.named.get(name)?.as_ref().map(|value| value.trim_matches('\'').to_owned())
    }
}

fn attributes(script: &Script, owner: Node) -> Vec<Attribute> {
    let Some(list) = child(owner, "attribute_list") else { return Vec::new() };
    children(list).into_iter().map(|node| attribute(script, node)).collect()
}

fn attribute(script: &Script, node: Node) -> Attribute {
    let start = node.start_byte();
    let (mut named, mut strings, mut types) = (BTreeMap::new(), Vec::new(), Vec::new());
    if let Some(literal) = child(node, "type_literal") {
        return Attribute { name: type_name(script, literal), is_type: true, named, strings, types, start };
    }
    if let Some(arguments) = child(node, "attribute_arguments") {
        for argument in children(arguments).into_iter().filter(|node| node.kind() == "attribute_argument") {
            match child(argument, "simple_name") {
                Some(name) => {
                    let value = argument.child(2).map(|value| script.text(value).to_owned());
                    named.insert(script.text(name).to_owned(), value);
                }
                None => {
                    strings.extend(script.strings(argument));
                    let literals = below(argument, &|node| node.kind() == "type_literal");
                    types.extend(literals.into_iter().map(|literal| type_name(script, literal)));
                }
            }
        }
    }
    let name = script.text(child(node, "attribute_name").unwrap()).to_owned();
    Attribute { name, is_type: false, named, strings, types, start }
}

/// The name in a type literal.
pub fn type_name(script: &Script, literal: Node) -> String {
    script.text(child(literal, "type_spec").unwrap()).to_owned()
}
