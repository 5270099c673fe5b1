//! The documentation has what the code refers to.

#![allow(clippy::unwrap_used)]

use aziotdps::error::{Code, Error};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The anchors that a page's headings have where it is shown.
fn anchors(page: &str) -> HashSet<String> {
    let headings = page.lines().filter_map(|line| line.strip_prefix('#'));
    headings
        .map(|heading| {
            let words = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = words.chars().filter(|character| character.is_alphanumeric() || " -_".contains(*character));
            kept.collect::<String>().replace(' ', "-")
        })
        .collect()
}

#[test]
fn every_error_has_a_section_that_says_what_to_do() {
    let page = read("docs/troubleshooting.md");
    let sections: Vec<&str> = page.split("\n## ").skip(1).collect();
    let codes = Code::ALL.map(|code| format!("{code:?}"));
    let headings: Vec<&str> = sections.iter().map(|section| section.lines().next().unwrap()).collect();
    assert_eq!(headings, codes);
    for (section, code) in sections.iter().zip(Code::ALL) {
        assert!(section.contains("\n- "), "{code:?} says nothing to do");
        assert_eq!(Error::new(code, "").help(), format!("aziotdps help {code:?}"));
    }
}

#[test]
fn links_lead_somewhere() {
    let mut pages = vec![PathBuf::from("README.md"), PathBuf::from("CHANGELOG.md")];
    for folder in ["docs", "docs/cmdlets", "docs/decisions"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    for page in pages {
        let text = read(&page);
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let path = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(root().join(&path).exists(), "{}: {link}", page.display());
            assert!(anchor.is_empty() || anchors(&read(&path)).contains(anchor), "{}: {link}", page.display());
        }
    }
}

#[test]
fn every_function_is_in_the_list_of_changes() {
    let changes = read("CHANGELOG.md");
    for line in read("include/aziotdps.h").lines().filter(|line| !line.starts_with([' ', '/', '#', '}'])) {
        let Some((before, _)) = line.split_once('(') else { continue };
        let name = before.rsplit([' ', '*']).next().unwrap();
        assert!(changes.contains(&format!("`{name}`")), "{name}");
    }
}
