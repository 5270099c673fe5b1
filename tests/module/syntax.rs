//! What PowerShell's parser refuses and the grammar that these tests read with does not: each rule by the name that the
//! parser gives its error. A module with one of these is not imported at all.

use crate::class::{Types, is_static, names};
use crate::source::{Script, below, child, children, place, type_name};
use std::collections::BTreeSet;
use tree_sitter::Node;

/// Variables that PowerShell sets in a method.
const AUTOMATIC: [&str; 12] =
    ["_", "error", "false", "foreach", "lastexitcode", "matches", "null", "psitem", "pwd", "switch", "this", "true"];

/// What is wrong in `script`, each as place, rule and text.
pub fn faults(script: &Script) -> Vec<String> {
    let mut faults = Faults { script, found: Vec::new() };
    let types = Types::of(script);
    for class in script.of_kind("class_statement") {
        faults.class(&types, class);
    }
    faults.in_any_code();
    faults.found
}

struct Faults<'script> {
    script: &'script Script,
    found: Vec<String>,
}

impl Faults<'_> {
    fn add(&mut self, rule: &str, node: Node) {
        let line = self.script.text(node).lines().next().unwrap_or_default();
        self.found.push(format!("{} {rule}: {line}", place(node)));
    }

    fn class(&mut self, types: &Types, class: Node) {
        let name = names(self.script, class).remove(0);
        let properties = lowercase(types.property_names(&name));
        let mut members = BTreeSet::new();
        for member in children(class) {
            let key = match member.kind() {
                "class_property_definition" => self.script.text(child(member, "variable").unwrap()).to_owned(),
                "class_method_definition" => {
                    self.method(&name, &properties, member);
                    signature(self.script, member)
                }
                _ => continue,
            };
            if !members.insert(key.to_lowercase()) {
                self.add("MemberAlreadyDefined", member);
            }
        }
    }

    fn method(&mut self, class: &str, properties: &BTreeSet<String>, method: Node) {
        let script = self.script;
        for variable in variables(script, method) {
            if properties.contains(&variable.name) {
                self.add("MissingThis", variable.node);
            }
            if variable.name == "this" && is_static(script, method) {
                self.add("NonStaticMemberAccessInStaticMember", variable.node);
            }
        }
        let result = child(method, "type_literal").map(|literal| type_name(script, literal).to_lowercase());
        if result.is_some() && script.text(child(method, "simple_name").unwrap()).eq_ignore_ascii_case(class) {
            self.add("ConstructorCantHaveReturnType", method);
        }
        let is_void = result.is_none_or(|name| name == "void");
        let statements = child(method, "script_block").and_then(|block| {
            if child(block, "param_block").is_some() {
                self.add("ParamBlockNotAllowedInMethod", block);
            }
            let body = child(block, "script_block_body")?;
            if child(body, "named_block_list").is_some() {
                self.add("NamedBlockNotAllowedInMethod", body);
            }
            child(body, "statement_list")
        });
        for statement in statements.into_iter().flat_map(|node| own(node, "flow_control_statement")) {
            let has_value = child(statement, "pipeline").is_some();
            if !is_keyword(script, statement, "return") || has_value != is_void {
                continue;
            }
            self.add(if is_void { "VoidMethodHasReturn" } else { "NonVoidMethodMissingReturnValue" }, statement);
        }
        if !is_void && !statements.is_some_and(|statements| always_ends(script, statements)) {
            self.add("MethodHasCodePathNotReturn", method);
        }
        if let Some(statements) = statements {
            self.unassigned(method, statements);
        }
    }

    /// Variables that a method reads before it assigns them, wherever else they may be assigned.
    fn unassigned(&mut self, method: Node, statements: Node) {
        let script = self.script;
        let parameters = child(method, "class_method_parameter_list");
        let mut known: BTreeSet<String> = AUTOMATIC.map(str::to_owned).into();
        known.extend(parameters.into_iter().flat_map(|list| variables(script, list)).map(|variable| variable.name));
        // In the order in which they stand: an assignment's right side comes before its left side, a loop's list before
        // its variable.
        for variable in own(statements, "variable").into_iter().filter_map(|node| Variable::of(script, node)) {
            if assigns(variable.node) {
                known.insert(variable.name);
            } else if !known.contains(&variable.name) {
                self.add("VariableNotLocal", variable.node);
            }
        }
    }

    fn in_any_code(&mut self) {
        let script = self.script;
        for literal in script.of_kind("hash_literal_body") {
            let mut keys = BTreeSet::new();
            for entry in children(literal).into_iter().filter(|node| node.kind() == "hash_entry") {
                let key = script.text(entry.child(0).unwrap()).trim_matches(['\'', '"']).to_lowercase();
                if !key.starts_with(['$', '(', '[']) && !keys.insert(key) {
                    self.add("DuplicateKeyInHashLiteral", entry);
                }
            }
        }
        for list in script.all(|node| ["parameter_list", "class_method_parameter_list"].contains(&node.kind())) {
            let mut taken = BTreeSet::new();
            for parameter in children(list) {
                let Some(variable) = child(parameter, "variable") else { continue };
                if !taken.insert(script.text(variable).to_lowercase()) {
                    self.add("DuplicateFormalParameter", parameter);
                }
            }
        }
        for clause in script.of_kind("finally_clause") {
            for statement in own(clause, "flow_control_statement") {
                if !is_keyword(script, statement, "throw") {
                    self.add("ControlLeavingFinally", statement);
                }
            }
        }
        let top = child(script.root(), "statement_list").map(children).unwrap_or_default();
        let mut others = top.into_iter().filter(|node| node.is_named() && node.kind() != "comment");
        let is_using = |node: Node| is_keyword(script, node, "using");
        let first = others.find(|node| !is_using(*node) && node.kind() != "empty_statement");
        for command in script.of_kind("command").into_iter().filter(|node| is_using(*node)) {
            if first.is_some_and(|first| command.start_byte() > first.start_byte()) {
                self.add("UsingMustBeAtStartOfScript", command);
            }
        }
    }
}

fn lowercase(names: Vec<String>) -> BTreeSet<String> {
    names.into_iter().map(|name| name.to_lowercase()).collect()
}

fn signature(script: &Script, method: Node) -> String {
    let list = child(method, "class_method_parameter_list").map(children).unwrap_or_default();
    let parameters = list.into_iter().filter(|node| node.kind() == "class_method_parameter");
    let types = parameters
        .map(|node| child(node, "type_literal").map(|literal| type_name(script, literal)).unwrap_or_default());
    format!("{}({})", script.text(child(method, "simple_name").unwrap()), types.collect::<Vec<_>>().join(","))
}

/// A variable of the scope that it stands in.
struct Variable<'tree> {
    name: String,
    node: Node<'tree>,
}

impl<'tree> Variable<'tree> {
    /// `None` where another scope or a provider is named, as in `$script:Warned` and `$env:HOME`.
    fn of(script: &Script, node: Node<'tree>) -> Option<Self> {
        let name = script.text(node).trim_start_matches(['$', '@']).trim_start_matches('{').trim_end_matches('}');
        (!name.contains(':')).then(|| Self { name: name.to_lowercase(), node })
    }
}

fn variables<'tree>(script: &Script, node: Node<'tree>) -> Vec<Variable<'tree>> {
    let found = below(node, &|node| node.kind() == "variable");
    found.into_iter().filter_map(|node| Variable::of(script, node)).collect()
}

/// The nodes of `kind` below `node`, in the order in which they run, without those of script blocks in it, which have a
/// scope and a return of their own.
fn own<'tree>(node: Node<'tree>, kind: &str) -> Vec<Node<'tree>> {
    if node.kind() == kind {
        return vec![node];
    }
    let mut parts: Vec<_> =
        children(node).into_iter().filter(|part| part.kind() != "script_block_expression").collect();
    match node.kind() {
        "assignment_expression" => parts.reverse(),
        "foreach_statement" => {
            // The variable after the list.
            let (Some(variable), Some(list)) = (
                parts.iter().position(|part| part.kind() == "variable"),
                parts.iter().position(|part| part.kind() == "pipeline"),
            ) else {
                return Vec::new();
            };
            parts.swap(variable, list);
        }
        _ => {}
    }
    parts.into_iter().flat_map(|part| own(part, kind)).collect()
}

/// Whether the variable is what an assignment or a loop sets, not a part of it as in `$a.b = 1`.
fn assigns(variable: Node) -> bool {
    let mut node = variable;
    while let Some(parent) = node.parent() {
        match parent.kind() {
            "left_assignment_expression" => return true,
            "foreach_statement" => return node.kind() == "variable",
            "member_access" | "element_access" | "pipeline" | "statement_list" => return false,
            _ => node = parent,
        }
    }
    false
}

fn is_keyword(script: &Script, node: Node, word: &str) -> bool {
    script
        .text(node)
        .split(|c: char| !c.is_ascii_alphabetic())
        .next()
        .is_some_and(|first| first.eq_ignore_ascii_case(word))
}

/// Whether the end of these statements is never reached.
fn always_ends(script: &Script, statements: Node) -> bool {
    let last = children(statements)
        .into_iter()
        .rfind(|node| node.is_named() && !["comment", "empty_statement"].contains(&node.kind()));
    let Some(last) = last else { return false };
    let block_ends = |owner: Node| {
        child(owner, "statement_block")
            .and_then(|block| child(block, "statement_list"))
            .is_some_and(|list| always_ends(script, list))
    };
    match last.kind() {
        "flow_control_statement" => is_keyword(script, last, "return") || is_keyword(script, last, "throw"),
        "if_statement" => {
            let others = child(last, "elseif_clauses").map(children).unwrap_or_default();
            block_ends(last) && others.into_iter().all(block_ends) && child(last, "else_clause").is_some_and(block_ends)
        }
        "try_statement" => {
            let catches = child(last, "catch_clauses").map(children).unwrap_or_default();
            child(last, "finally_clause").is_some_and(block_ends)
                || block_ends(last) && catches.into_iter().all(block_ends)
        }
        _ => false,
    }
}

#[test]
fn each_rule_is_known() {
    for (rule, code) in [
        ("MissingThis", "class A { [string] $Id\n A() { $id = 1 } }"),
        ("MissingThis", "class A { [string] $Id\n A([string] $ID) { $this.Id = '' } }"),
        ("MissingThis", "class A { [string] $Id\n [void] F() { foreach ($id in 1, 2) { } } }"),
        ("MissingThis", "class A { [string] $Id\n }\nclass B : A { [void] F() { [int] $id = 1 } }"),
        ("MissingThis", "class A { static [string] $Id\n [void] F() { ${id} = 1 } }"),
        ("VariableNotLocal", "class A { [int] F() { return $other } }"),
        ("VariableNotLocal", "class A { [void] F() { $a = $a } }"),
        ("VariableNotLocal", "class A { [void] F() { foreach ($a in $a) { } } }"),
        ("VariableNotLocal", "class A { [string] F() { return \"is $other\" } }"),
        ("MethodHasCodePathNotReturn", "class A { [int] F() { } }"),
        ("MethodHasCodePathNotReturn", "class A { [int] F([bool] $a) { if ($a) { return 1 } } }"),
        ("MethodHasCodePathNotReturn", "class A { [int] F() { try { return 1 } catch { } } }"),
        ("VoidMethodHasReturn", "class A { F() { return 1 } }"),
        ("NonVoidMethodMissingReturnValue", "class A { [int] F() { return } }"),
        ("ConstructorCantHaveReturnType", "class A { [A] A() { return $null } }"),
        ("MemberAlreadyDefined", "class A { [int] $X\n [string] $x\n }"),
        ("MemberAlreadyDefined", "class A { F([int] $a) { }\n F([int] $b) { } }"),
        ("NonStaticMemberAccessInStaticMember", "class A { static [object] F() { return $this } }"),
        ("ParamBlockNotAllowedInMethod", "class A { F() { param($a) } }"),
        ("NamedBlockNotAllowedInMethod", "class A { F() { begin { } } }"),
        ("ControlLeavingFinally", "try { 1 } finally { return }"),
        ("DuplicateKeyInHashLiteral", "@{ Name = 1; name = 2 }"),
        ("DuplicateFormalParameter", "function F($A, $a) { }"),
        ("UsingMustBeAtStartOfScript", "$a = 1\nusing namespace System"),
    ] {
        let found = faults(&Script::parse(&format!("{code}\n")).unwrap_or_else(|at| panic!("{at}: {code}")));
        let rules: Vec<_> = found.iter().map(|fault| fault.split([' ', ':']).nth(2).unwrap()).collect();
        assert_eq!(rules, [rule], "{code}: {found:?}");
    }
}

#[test]
fn what_powershell_takes_is_no_fault() {
    for code in [
        "# A comment\nusing namespace System\nusing namespace System.IO\n$a = 1",
        "class A { [string] $Id\n A([string] $text) { $this.Id = $text; $kept = $this.Id; $null = $kept } }",
        "class A { [int] F([int] $a) { if ($a) { return 1 } elseif ($a -gt 2) { throw 'no' } else { return 2 } } }",
        "class A { [int] F() { try { return 1 } catch { throw } } }",
        "class A { F() { return }\n F([int] $a) { }\n F([string] $a) { } }",
        "class A { [object] F() { $x = $null; $null = [int]::TryParse('1', [ref] $x); return $x } }",
        "class A { [object] F($list) { return $list.Where({ $_ -ne $other }) } }",
        "class A { [void] F() { $script:Kept = $env:HOME } }",
        "class A { [string] $Id\n }\nclass B { [void] F() { $id = 1 } }",
    ] {
        let found = faults(&Script::parse(&format!("{code}\n")).unwrap_or_else(|at| panic!("{at}: {code}")));
        assert!(found.is_empty(), "{code}: {found:?}");
    }
}
