//! Texts that name a member of a request mark it, so that each front shows its own name for it.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use syn::visit::Visit;

/// Texts of the Az module, which scripts match, and the one text that is about the request itself.
const AS_THEY_ARE: [&str; 1] = ["The request's member '"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The members that docs/abi.md explains.
fn members() -> BTreeSet<String> {
    let page = std::fs::read_to_string(root().join("docs/abi.md")).unwrap();
    let heads = ["| Member |", "| Content |", "| Connecting |"];
    let rows = heads.iter().flat_map(|head| {
        page.lines().skip_while(move |line| !line.starts_with(head)).skip(2).take_while(|line| line.starts_with('|'))
    });
    let names = rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2));
    names.map(str::to_owned).collect()
}

/// The literals of a file's code; attributes and tests have others.
struct Texts(Vec<String>);

impl<'ast> Visit<'ast> for Texts {
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.0.push(literal.value());
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        fn literals(tokens: proc_macro2::TokenStream, texts: &mut Vec<String>) {
            let mut is_attribute = false;
            for token in tokens {
                let was_attribute = std::mem::replace(
                    &mut is_attribute,
                    matches!(&token, proc_macro2::TokenTree::Punct(punct) if punct.as_char() == '#'),
                );
                match token {
                    proc_macro2::TokenTree::Group(_) if was_attribute => {}
                    proc_macro2::TokenTree::Group(group) => literals(group.stream(), texts),
                    proc_macro2::TokenTree::Literal(literal) => {
                        texts.extend(syn::parse_str::<syn::LitStr>(&literal.to_string()).map(|text| text.value()));
                    }
                    _ => {}
                }
            }
        }
        literals(call.tokens.clone(), &mut self.0);
    }
}

/// The members that `text` names without a mark. A member of one small word is a word of the language too, and is looked
/// for only where the text shows a variable of it.
fn unmarked(text: &str, members: &BTreeSet<String>) -> Vec<String> {
    let is_text = text.contains(' ') && !AS_THEY_ARE.iter().any(|start| text.starts_with(start));
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('⟨') {
        plain.push_str(before);
        rest = after.split_once('⟩').map_or("", |(_, following)| following);
    }
    plain.push_str(rest);
    let words = plain.split(|character: char| !character.is_ascii_alphanumeric());
    let camel = words.filter(|word| word.contains(|c: char| c.is_ascii_uppercase()) && members.contains(*word));
    let variables = ["{parameter}", "{missing}", "{member}"].into_iter().filter(|variable| plain.contains(variable));
    camel.chain(variables).filter(|_| is_text).map(str::to_owned).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn every_text_marks_the_members_that_it_names() {
    let members = members();
    let (mut wrong, mut marked) = (Vec::new(), 0);
    for file in files(&root().join("src")) {
        // The emulator speaks as the service does, the program by its own options.
        let own = ["emulator", "bin", "ffi"].iter().any(|folder| file.starts_with(root().join("src").join(folder)));
        if own {
            continue;
        }
        let mut texts = Texts(Vec::new());
        texts.visit_file(&syn::parse_file(&std::fs::read_to_string(&file).unwrap()).unwrap());
        for text in texts.0 {
            marked += text.matches('⟨').count();
            let found = unmarked(&text, &members);
            if !found.is_empty() {
                wrong.push(format!("{}: {found:?} in {text:?}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(marked > 40, "only {marked} marks");
}

#[test]
fn a_text_without_its_mark_is_found() {
    let members = members();
    for (text, found) in [
        ("registrationId is required.", vec!["registrationId"]),
        ("⟨registrationId⟩ is required, or enrollmentGroupId.", vec!["enrollmentGroupId"]),
        ("{parameter} is at least 1.", vec!["{parameter}"]),
        ("⟨{parameter}⟩ is at least 1.", vec![]),
        ("registrationId", vec![]),
        ("The top of the list.", vec![]),
    ] {
        assert_eq!(unmarked(text, &members), found, "{text}");
    }
}
