//! The views name types and members that exist, and show no secret.

use crate::source::{Script, Types, module};

const SECRETS: [&str; 4] = ["PrimaryKey", "SecondaryKey", "ConnectionString", "ClientSecret"];

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

#[test]
fn views_show_members_that_exist() {
    let types = Types::read();
    let text = std::fs::read_to_string(module().join("AzIoTDps.Format.ps1xml")).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let views: Vec<_> = document.descendants().filter(|node| node.has_tag_name("View")).collect();
    assert!(views.len() >= 6);
    for view in views {
        let texts = |tag: &'static str| {
            view.descendants().filter(move |node| node.has_tag_name(tag)).map(|node| node.text().unwrap())
        };
        let type_name = texts("TypeName").next().unwrap();
        assert!(types.class(type_name).is_some(), "{type_name} is no class of the module");
        let count = |tag: &'static str| view.descendants().filter(|node| node.has_tag_name(tag)).count();
        assert_eq!(count("TableColumnItem"), count("TableColumnHeader"), "{type_name}");
        let properties = types.properties(type_name);
        for name in texts("PropertyName") {
            assert!(properties.iter().any(|(property, _)| property == name), "{type_name} has no {name}");
            assert!(!SECRETS.contains(&name), "the view of {type_name} shows {name}");
        }
        for script in texts("ScriptBlock") {
            Script::parse(&format!("{script}\n")).unwrap_or_else(|place| panic!("{type_name}: {place}: {script}"));
            for path in paths(script) {
                let mut class = type_name.to_owned();
                for step in &path {
                    if !types.knows(&class) {
                        break; // .NET's own
                    }
                    let member = types.properties(&class).into_iter().find(|(name, _)| name == step);
                    class = member.unwrap_or_else(|| panic!("{class} has no {step}: {script}")).1;
                }
                let last = path.last().unwrap();
                let masked = format!("if ($_.{last}) {{ '****' }}");
                assert!(!SECRETS.contains(&last.as_str()) || script == masked, "the view of {type_name} shows {last}");
            }
        }
    }
}
