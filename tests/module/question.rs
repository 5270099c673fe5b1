//! What changes something asks, and does nothing where the answer is not yes.

use crate::source::{Cmdlet, Script, around, child, children, cmdlets, module, module_scripts};
use tree_sitter::Node;

/// Whether the cmdlet asks for a change by the operation that it starts.
fn changes(cmdlet: &Cmdlet) -> bool {
    cmdlet.starts().iter().any(|name| ["_new", "_set", "_remove"].iter().any(|end| name.ends_with(end)))
}

#[test]
fn every_cmdlet_that_changes_something_asks() {
    let mut asking = 0;
    for cmdlet in cmdlets() {
        let script = Script::read(&module().join(format!("Public/{}.ps1", cmdlet.name)));
        let verb = cmdlet.name.split('-').next().unwrap();
        let by_operation = changes(&cmdlet);
        let by_itself = ["Start", "Stop"].contains(&verb);
        assert_eq!(cmdlet.should_process, by_operation || by_itself, "{}", cmdlet.name);
        if by_operation {
            // Invoke-DpsCmdlet asks where it is told what is done.
            let call = script.text(script.calls("Invoke-DpsCmdlet")[0]);
            assert!(call.contains(&format!(" -Action {verb}")), "{}: {call}", cmdlet.name);
        }
        if by_itself {
            let question = script.calls("Confirm-DpsAction")[0];
            let statement = around(question, "pipeline").and_then(|condition| condition.parent()).unwrap();
            assert_eq!(
                statement.kind(),
                "if_statement",
                "{}: what is done must stand in the question's if",
                cmdlet.name
            );
        }
        asking += usize::from(cmdlet.should_process);
        let begins = script
            .of_kind("named_block")
            .into_iter()
            .any(|node| script.text(node) == "begin { . Use-CallerPreference }");
        assert!(begins, "{}: the caller's $WhatIfPreference and $ConfirmPreference would not hold", cmdlet.name);
    }
    assert_eq!(asking, 9, "cmdlets that ask");
}

/// A question that nobody can answer is an exception of a .NET method. Outside of a try PowerShell reports that and runs
/// the next statement: the removal.
#[test]
fn a_question_that_nobody_answers_is_no_yes() {
    let mut asked = Vec::new();
    for script in module_scripts() {
        for member in script.of_kind("member_name") {
            let name = script.text(member);
            if !["ShouldProcess", "ShouldContinue"].contains(&name) {
                continue;
            }
            assert_eq!(script.function_of(member), "Confirm-DpsAction", "{}", script.name);
            let call = member.parent().unwrap();
            let statement = around(call, "try_statement").unwrap_or_else(|| panic!("{name} stands in no try"));
            assert!(child(statement, "catch_clauses").is_some(), "{name}");
            let arguments = child(call, "argument_list").map(|list| script.text(list).to_owned()).unwrap();
            // With the five arguments that default is No: Enter removes nothing.
            let wanted = if name == "ShouldContinue" { 5 } else { 2 };
            assert_eq!(top_level_commas(&arguments) + 1, wanted, "{name}{arguments}");
            asked.push(name.to_owned());
        }
    }
    assert_eq!(asked, ["ShouldProcess", "ShouldContinue"]);

    // What changes something is started on a yes alone. Under -WhatIf the same is started as a check.
    let cmdlet = Script::read(&module().join("Private/Invoke-DpsCmdlet.ps1"));
    let starts = cmdlet.calls("Invoke-DpsOperation");
    let [start, check] = starts[..] else { panic!("{} starts", starts.len()) };
    assert!(around(start, "elseif_clause").is_none());
    assert_eq!(condition(&cmdlet, around(start, "if_statement").unwrap()), "$go");
    let clause = around(check, "elseif_clause").unwrap();
    assert_eq!(condition(&cmdlet, clause), "$WhatIfPreference");
    let before = cmdlet.text(clause).split("Invoke-DpsOperation").next().unwrap();
    assert!(before.contains("$request['checkOnly'] = $true\n"), "{before}");
    let values: Vec<_> = cmdlet
        .of_kind("assignment_expression")
        .into_iter()
        .filter(|node| cmdlet.text(node.child(0).unwrap()) == "$go")
        .map(|node| cmdlet.text(node.child(2).unwrap()).split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(values, ["$true", "Confirm-DpsAction"]);
}

fn condition(script: &Script, statement: Node) -> String {
    children(statement)
        .into_iter()
        .find(|node| node.kind() == "pipeline")
        .map(|node| script.text(node).to_owned())
        .unwrap()
}

/// The commas of an argument list that separate its arguments.
fn top_level_commas(list: &str) -> usize {
    let mut depth = 0;
    let mut commas = 0;
    for character in list.chars() {
        match character {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            ',' if depth == 1 => commas += 1,
            _ => {}
        }
    }
    commas
}
