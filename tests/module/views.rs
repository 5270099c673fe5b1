//! The views and the serialization name types and members that exist, and show no secret.

use crate::class::Types;
use crate::source::{Script, module};
use roxmltree::{Document, Node};
use std::collections::{BTreeMap, BTreeSet};

/// Members that nobody sees who did not ask for them, each with the one way in which a view may show it.
const SECRETS: [(&str, &str, Option<&str>); 5] = [
    ("PSSymmetricKeyAttestation", "PrimaryKey", Some("if ($_.PrimaryKey) { '****' }")),
    ("PSSymmetricKeyAttestation", "SecondaryKey", Some("if ($_.SecondaryKey) { '****' }")),
    // A function's URL has its key in the query.
    ("PSCustomAllocationDefinition", "WebhookUrl", Some("([string] $_.WebhookUrl).Split('?')[0]")),
    ("PSDpsEmulator", "ConnectionString", None),
    ("PSDpsEmulator", "ClientSecret", None),
];

fn secret(class: &str, member: &str) -> Option<Option<&'static str>> {
    SECRETS.iter().find(|(of, name, _)| (*of, *name) == (class, member)).map(|(.., shown)| *shown)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(module().join(name)).unwrap()
}

fn texts<'a>(node: Node<'a, 'a>, tag: &'a str) -> impl Iterator<Item = &'a str> {
    node.descendants().filter(move |node| node.has_tag_name(tag)).map(|node| node.text().unwrap())
}

/// The members of `$_` that a script reads, each as its path.
fn paths(script: &str) -> Vec<Vec<String>> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for piece in script.split("$_.").skip(1) {
        let mut path = Vec::new();
        let mut rest = piece;
        loop {
            let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            if rest[end..].starts_with('(') {
                break; // a method
            }
            path.push(rest[..end].to_owned());
            match rest[end..].strip_prefix('.') {
                Some(next) if next.starts_with(is_name) => rest = next,
                _ => break,
            }
        }
        found.push(path);
    }
    found
}

/// Fails unless `script` reads members of `class` that exist, and no secret but in its way.
fn check_script(types: &Types, class: &str, script: &str) {
    Script::parse(&format!("{script}\n")).unwrap_or_else(|place| panic!("{class}: {place}: {script}"));
    for path in paths(script) {
        let mut owner = class.to_owned();
        for step in &path {
            if types.class(&owner).is_none() {
                break; // .NET's own
            }
            let shown = secret(&owner, step).is_none_or(|way| way == Some(script));
            assert!(shown, "a view of {class} shows {owner}.{step}: {script}");
            let member = types.properties(&owner).into_iter().find(|(name, _)| name == step);
            owner = member.unwrap_or_else(|| panic!("{owner} has no {step}: {script}")).1;
        }
    }
}

#[test]
fn views_show_members_that_exist_and_no_secret() {
    let types = Types::read();
    let text = read("AzIoTDps.Format.ps1xml");
    let document = Document::parse(&text).unwrap();
    let mut names = BTreeSet::new();
    for view in document.descendants().filter(|node| node.has_tag_name("View")) {
        assert!(names.insert(texts(view, "Name").next().unwrap().to_owned()), "two views of one name");
        let class = texts(view, "TypeName").next().unwrap();
        assert!(types.class(class).is_some(), "{class} is no class of the module");
        let properties = types.properties(class);
        for name in texts(view, "PropertyName") {
            assert!(properties.iter().any(|(property, _)| property == name), "{class} has no {name}");
            assert!(secret(class, name).is_none(), "a view of {class} shows {name}");
        }
        for script in texts(view, "ScriptBlock") {
            check_script(&types, class, script);
        }
    }
    assert!(names.len() > 25, "{names:?}");
}

/// Where a class has no view of a kind PowerShell makes one of all properties.
#[test]
fn a_class_with_a_secret_has_a_view_of_each_kind() {
    let text = read("AzIoTDps.Format.ps1xml");
    let document = Document::parse(&text).unwrap();
    let mut kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for view in document.descendants().filter(|node| node.has_tag_name("View")) {
        let kind = view.children().map(|node| node.tag_name().name()).find(|name| name.ends_with("Control")).unwrap();
        kinds.entry(texts(view, "TypeName").next().unwrap()).or_default().insert(kind);
    }
    for (class, ..) in SECRETS {
        assert_eq!(
            kinds[class],
            BTreeSet::from(["CustomControl", "ListControl", "TableControl", "WideControl"]),
            "{class}"
        );
    }
}

/// One column without a width takes what it likes of the others.
#[test]
fn tables_fit_80_columns() {
    let text = read("AzIoTDps.Format.ps1xml");
    let document = Document::parse(&text).unwrap();
    let mut tables = 0;
    for table in document.descendants().filter(|node| node.has_tag_name("TableControl")) {
        let name = texts(table.parent().unwrap(), "Name").next().unwrap();
        let headers: Vec<_> = table.descendants().filter(|node| node.has_tag_name("TableColumnHeader")).collect();
        let items = table.descendants().filter(|node| node.has_tag_name("TableColumnItem")).count();
        assert_eq!(headers.len(), items, "{name}");
        let widths: Vec<usize> =
            headers.iter().flat_map(|header| texts(*header, "Width")).map(|width| width.parse().unwrap()).collect();
        assert!(widths.is_empty() || widths.len() == headers.len(), "{name}: a column has no width");
        assert!(widths.iter().sum::<usize>() + headers.len() - 1 <= 80, "{name}: {widths:?}");
        tables += 1;
    }
    assert!(tables >= 7, "only {tables} tables found");
}

/// `Start-Job` and `Export-Clixml` write every property of a class that is not told otherwise.
#[test]
fn no_secret_is_serialized() {
    let types = Types::read();
    let text = read("AzIoTDps.Types.ps1xml");
    let document = Document::parse(&text).unwrap();
    let mut methods = BTreeMap::new();
    for entry in document.descendants().filter(|node| node.has_tag_name("Type")) {
        let class = texts(entry, "Name").next().unwrap();
        let properties = types.properties(class);
        for list in entry.descendants().filter(|node| node.has_tag_name("ReferencedProperties")) {
            for name in texts(list, "Name") {
                assert!(properties.iter().any(|(property, _)| property == name), "{class} has no {name}");
                assert!(secret(class, name).is_none(), "{class}.{name} is serialized");
            }
        }
        let method = entry.descendants().filter(|node| node.has_tag_name("NoteProperty"));
        let method = method.filter(|note| texts(*note, "Name").next() == Some("SerializationMethod"));
        methods.extend(method.map(|note| (class.to_owned(), texts(note, "Value").next().unwrap().to_owned())));
    }
    for (class, ..) in SECRETS {
        let method = methods.get(class).map(String::as_str);
        assert!(matches!(method, Some("String" | "SpecificProperties")), "{class}: {method:?}");
    }
}
