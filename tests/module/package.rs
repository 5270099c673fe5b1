//! The module as it ships, put together without what is built for a platform, and what is written from its sources.

use crate::source::{Script, below, child, cmdlets, module, root, scripts};
use crate::syntax::faults;
use aziotdps::error::Code;
use aziotdps_module::package::{Project, manifest, script, write};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn project() -> Project {
    Project::new("https://example.org/us/it").unwrap()
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

fn parse(text: &str) -> Script {
    Script::parse(text).unwrap_or_else(|place| panic!("{place}: the grammar does not know this"))
}

/// The names of the functions and classes of a script, in its order.
fn definitions(script: &Script) -> Vec<String> {
    let functions = script.of_kind("function_statement").into_iter().map(|node| child(node, "function_name").unwrap());
    let classes = script.of_kind("class_statement").into_iter().map(|node| child(node, "simple_name").unwrap());
    functions.chain(classes).map(|name| script.text(name).to_owned()).collect()
}

#[test]
fn the_script_has_each_function_and_class_once() {
    let merged = definitions(&parse(&script(&cmdlets(), None)));
    let unique: BTreeSet<_> = merged.iter().collect();
    assert_eq!(unique.len(), merged.len(), "{merged:?}");
    let mut sources = vec![module().join("AzIoTDps.psm1")];
    for folder in ["Private", "Public"] {
        scripts(&module().join(folder), &mut sources);
    }
    let declared: BTreeSet<_> = sources.iter().flat_map(|path| definitions(&Script::read(path))).collect();
    assert!(declared.len() > 50, "{declared:?}");
    assert_eq!(unique, declared.iter().collect());
}

#[test]
fn the_script_loads_no_file() {
    let text = script(&cmdlets(), None);
    let merged = parse(&text);
    assert_eq!(faults(&merged), Vec::<String>::new(), "PowerShell refuses this");
    assert!(!text.contains("#region files") && !text.contains("GetFiles"));
    let loads = merged.all(|node| node.kind() == "command" && merged.text(node).starts_with(". "));
    let loaded: BTreeSet<_> = loads.into_iter().map(|node| merged.text(node)).collect();
    assert_eq!(loaded, BTreeSet::from([". Use-CallerPreference"]));
}

/// A comment with a section of help would win over the file.
#[test]
fn the_script_has_no_help() {
    let text = script(&cmdlets(), Some(&project()));
    let merged = parse(&text);
    let sections = ["SYNOPSIS", "DESCRIPTION", "PARAMETER", "EXAMPLE", "NOTES", "LINK", "EXTERNALHELP"];
    for comment in merged.of_kind("comment") {
        let comment = merged.text(comment);
        let is_section = |line: &str| {
            sections.iter().any(|name| line.trim_start_matches(['#', ' ']).starts_with(&format!(".{name}")))
        };
        assert!(!comment.lines().any(is_section), "{comment}");
    }
}

/// All else of a cmdlet's file is there as it is.
#[test]
fn the_script_keeps_what_is_not_help() {
    let text = script(&cmdlets(), None);
    for cmdlet in cmdlets() {
        let source = read(module().join("Public").join(format!("{}.ps1", cmdlet.name)));
        let (before, after) = source.trim_end().split_once(&cmdlet.help).unwrap();
        let whole = format!("{}{}", before.trim_end_matches(' '), after.trim_start_matches('\n'));
        assert!(text.contains(&whole), "{}", cmdlet.name);
    }
}

#[test]
fn cmdlets_and_no_others_have_an_address_where_the_project_has_one() {
    let merged = parse(&script(&cmdlets(), Some(&project())));
    for function in merged.of_kind("function_statement") {
        let name = merged.text(child(function, "function_name").unwrap());
        let bindings =
            below(function, &|node| node.kind() == "attribute" && merged.text(node).starts_with("[CmdletBinding("));
        let page = format!("[CmdletBinding(HelpUri = 'https://example.org/us/it/blob/HEAD/docs/cmdlets/{name}.md'");
        let has_page = bindings.iter().any(|node| merged.text(*node).starts_with(&page));
        assert_eq!(has_page, cmdlets().iter().any(|cmdlet| cmdlet.name == name), "{name}");
    }
    assert!(!script(&cmdlets(), None).contains("HelpUri"));
}

#[test]
fn an_address_is_one_that_can_be_written_into_a_script() {
    for wrong in
        ["", "https://", "http://example.org", "https://example.org/'", "https://example.org/a b", "example.org"]
    {
        assert_eq!(Project::new(wrong), None, "{wrong}");
    }
}

#[test]
fn the_manifest_is_complete() {
    let with = parse(&manifest(Some(&project())));
    let said = |member: &str| with.strings(with.member(member));
    let identity = ["RootModule", "ModuleVersion", "GUID", "Author", "CompanyName", "Copyright", "Description"];
    let needs = ["PowerShellVersion", "CompatiblePSEditions", "FormatsToProcess", "TypesToProcess"];
    let gives = ["FunctionsToExport", "AliasesToExport", "Tags", "ReleaseNotes"];
    for member in identity.into_iter().chain(needs).chain(gives) {
        let said = said(member);
        assert!(!said.is_empty() && said.iter().all(|word| !word.trim().is_empty()), "{member}");
    }
    assert_eq!(said("ProjectUri"), ["https://example.org/us/it"]);
    assert_eq!(said("LicenseUri"), ["https://example.org/us/it/blob/HEAD/LICENSE"]);
    let without = manifest(None);
    parse(&without);
    assert!(!without.contains("Uri"), "{without}");
    for member in ["FunctionsToExport", "AliasesToExport"] {
        let source = Script::read(&module().join("AzIoTDps.psd1"));
        assert_eq!(said(member), source.strings(source.member(member)));
    }
}

#[test]
fn the_folder_has_all_that_the_module_needs() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), None).unwrap();
    let list = |path: &Path| -> BTreeSet<String> {
        let entries = fs::read_dir(path).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let files = ["Format.ps1xml", "Types.ps1xml", "psd1", "psm1"].map(|kind| format!("AzIoTDps.{kind}"));
    assert_eq!(list(folder.path()), files.into_iter().chain(["LICENSE", "en-US"].map(str::to_owned)).collect());
    // The names are exact where case matters.
    let topics = ["", "_Az", "_Errors"].map(|topic| format!("about_AzIoTDps{topic}.help.txt"));
    let help = folder.path().join("en-US");
    assert_eq!(list(&help), topics.iter().cloned().chain(["AzIoTDps-Help.xml".to_owned()]).collect());
    for topic in topics {
        let text = fs::read_to_string(help.join(&topic)).unwrap();
        let name = topic.trim_end_matches(".help.txt");
        assert!(
            text.starts_with(&format!("TOPIC\n    {name}\n\nSHORT DESCRIPTION\n")),
            "Get-Help finds {name} by this"
        );
        // A command is not broken.
        let mut prose = text.lines().filter(|line| !line.starts_with("        "));
        assert!(prose.all(|line| line.len() <= 80), "{name} has long lines");
    }
    assert_eq!(fs::read_to_string(folder.path().join("LICENSE")).unwrap(), read("LICENSE"));
    let manifest = Script::read(&folder.path().join("AzIoTDps.psd1"));
    for member in ["RootModule", "FormatsToProcess", "TypesToProcess"] {
        for file in manifest.strings(manifest.member(member)) {
            assert!(folder.path().join(&file).is_file(), "{file}");
        }
    }
}

#[test]
fn the_overview_names_every_cmdlet() {
    let text = read("powershell/AzIoTDps/en-US/about_AzIoTDps.help.txt");
    let words: BTreeSet<_> = text.split(|c: char| !c.is_alphanumeric() && c != '-').collect();
    for cmdlet in cmdlets() {
        assert!(words.contains(cmdlet.name.as_str()), "{}", cmdlet.name);
    }
}

/// The library's codes, and those that the module itself gives.
#[test]
fn the_topic_about_errors_says_of_each_why_and_what_to_do() {
    let text = read("powershell/AzIoTDps/en-US/about_AzIoTDps_Errors.help.txt");
    let mut codes: BTreeSet<String> = Code::ALL.iter().map(|code| format!("{code:?}")).collect();
    let mut sources = Vec::new();
    scripts(&module(), &mut sources);
    for path in sources {
        let source = read(path);
        let given = source.split("Stop-DpsCmdlet $").skip(1).filter_map(|call| call.split_whitespace().nth(1));
        codes.extend(given.filter(|code| code.chars().all(char::is_alphanumeric)).map(str::to_owned));
    }
    assert!(codes.contains("NotConfirmed"), "{codes:?}");
    let sections: Vec<_> = text.split("\n\n  ").skip(1).filter_map(|section| section.split_once('\n')).collect();
    let headings: BTreeSet<_> = sections.iter().map(|(code, _)| (*code).to_owned()).collect();
    assert_eq!(headings.len(), sections.len(), "a code has two sections");
    assert_eq!(headings, codes);
    for (code, section) in sections {
        let advice: Vec<_> = section.lines().filter(|line| line.starts_with("    - ")).collect();
        assert!(!section.starts_with("    - ") && !advice.is_empty(), "{code}: {section}");
    }
}

#[test]
fn what_is_written_from_the_sources_is_current() {
    let mut pages = BTreeSet::new();
    for (path, text) in aziotdps_module::generated() {
        let found = fs::read_to_string(root().join(&path)).unwrap_or_default();
        assert!(found == text, "{} is stale: cargo xtask pages writes it anew", path.display());
        pages.insert(path);
    }
    for entry in fs::read_dir(root().join("docs/cmdlets")).unwrap() {
        let path = Path::new("docs/cmdlets").join(entry.unwrap().file_name());
        assert!(pages.contains(&path), "{} is of no cmdlet", path.display());
    }
}

#[test]
fn a_page_shows_what_there_is_to_know() {
    for cmdlet in cmdlets() {
        let page = read(format!("docs/cmdlets/{}.md", cmdlet.name));
        for set in cmdlet.sets() {
            assert!(page.contains(&format!("\n{set}")), "{} {set}", cmdlet.name);
        }
        for parameter in &cmdlet.parameters {
            let row = format!("\n| `-{}` ", parameter.name);
            let row = page.split_once(&row).unwrap_or_else(|| panic!("{} -{}", cmdlet.name, parameter.name)).1;
            let row = row.lines().next().unwrap();
            for word in parameter.accepted.iter().flatten().chain(&parameter.aliases) {
                assert!(row.contains(&format!("`{word}`")), "{} -{}: {word}", cmdlet.name, parameter.name);
            }
        }
    }
}
