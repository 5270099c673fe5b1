//! Which commands the module uses. Those of another module would have it loaded on the way of an import or of an
//! operation; .NET says the same without that.

use crate::source::module_scripts;
use std::collections::{BTreeMap, BTreeSet};

/// Commands of Microsoft.PowerShell.Core, which is there when a session begins.
const CORE: [&str; 5] = ["ForEach-Object", "Get-Command", "Get-Module", "Set-StrictMode", "Where-Object"];

/// Functions that use commands of Microsoft.PowerShell.Utility, whose first one takes 47 to 58 ms: its module is loaded.
const UTILITY: [(&str, &[&str], &str); 3] = [
    (
        "Add-DpsVariable",
        &["Get-Variable"],
        "runs when Tab is pressed, where Utility is loaded by PowerShell's own completion",
    ),
    ("Find-DpsName", &["Select-Object", "Sort-Object"], "runs when Tab is pressed"),
    ("Register-DpsEmulatorExit", &["Register-EngineEvent"], "runs when the first emulator starts, which takes longer"),
];

/// Every command is the module's own, or of Core, or stands in the list above: whatever else it may be, it is of a module
/// that has to be loaded, and it need not be known here by its name.
#[test]
fn no_command_of_another_module_is_used() {
    let sources = module_scripts();
    let functions =
        sources.iter().flat_map(|script| script.of_kind("function_name").into_iter().map(|n| script.text(n)));
    let own: BTreeSet<&str> = functions.collect();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut known = 0;
    for script in &sources {
        for command in script.of_kind("command") {
            match script.called(command) {
                None | Some("using") => {}
                Some(name) if own.contains(name) || CORE.contains(&name) => known += 1,
                Some(name) => {
                    found.entry(script.function_of(command).to_owned()).or_default().insert(name.to_owned());
                }
            }
        }
    }
    assert!(known > 100, "only {known} commands found");
    let listed = |(function, commands, reason): (&str, &[&str], &str)| {
        assert!(reason.starts_with("runs when "), "{function}");
        (function.to_owned(), commands.iter().map(|&name| name.to_owned()).collect())
    };
    assert_eq!(found, UTILITY.into_iter().map(listed).collect());
}
