//! Modules use only the modules below them. The list stands here and in `docs/architecture.md`.

#![allow(clippy::unwrap_used)]

use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};
use syn::{Item, UseTree};

/// Each module, top to bottom, with the modules that it uses. A module without an entry belongs to its parent; `bin` is
/// the program, which sees the library from outside.
const LAYERS: &[(&str, &[&str])] = &[
    ("bin", &["emulator", "error", "local", "model", "operation"]),
    ("emulator", &["error", "model"]),
    ("ffi", &["error", "model", "operation"]),
    ("operation", &["events", "names", "operation::call", "operation::session"]),
    (
        "operation::session",
        &["connection", "error", "events", "names", "operation::call", "operation::connect", "sync"],
    ),
    (
        "operation::call",
        &[
            "connection",
            "error",
            "model",
            "operation::connect",
            "operation::device",
            "operation::device_key",
            "operation::enrollment",
            "operation::registration",
            "operation::request",
            "operation::service",
            "sync",
        ],
    ),
    (
        "operation::connect",
        &["connection", "credential", "error", "file", "http", "local", "model", "operation::request", "target"],
    ),
    (
        "operation::device",
        &[
            "connection",
            "credential",
            "data_plane",
            "device_plane",
            "error",
            "file",
            "model",
            "operation::device_key",
            "operation::enrollment",
            "operation::request",
            "operation::service",
            "present",
            "target",
        ],
    ),
    (
        "operation::device_key",
        &["connection", "credential", "data_plane", "error", "model", "operation::enrollment", "operation::request"],
    ),
    (
        "operation::enrollment",
        &[
            "connection",
            "data_plane",
            "error",
            "model",
            "operation::enrollment::content",
            "operation::request",
            "present",
        ],
    ),
    ("operation::enrollment::content", &["credential", "error", "events", "file", "model", "operation::request"]),
    ("operation::registration", &["connection", "data_plane", "error", "model", "operation::request", "present"]),
    (
        "operation::service",
        &[
            "connection",
            "credential",
            "error",
            "events",
            "http",
            "model",
            "operation::request",
            "present",
            "resource_manager",
            "target",
        ],
    ),
    ("operation::request", &["connection", "data_plane", "error", "events", "model", "present", "target"]),
    ("present", &["model"]),
    ("data_plane", &["connection", "error", "http", "model", "target"]),
    ("device_plane", &["connection", "credential", "error", "events", "http", "model"]),
    ("connection", &["credential", "error", "events", "http", "model", "resource_manager", "sync", "target"]),
    ("resource_manager", &["credential", "error", "events", "http", "model"]),
    ("target", &["credential", "error", "model"]),
    ("credential", &["error", "events", "http", "sync"]),
    ("http", &["error", "events", "model"]),
    ("events", &["error", "names", "sync"]),
    ("local", &["error", "model"]),
    ("file", &[]),
    ("sync", &[]),
    ("model", &[]),
    ("error", &["names"]),
    ("names", &[]),
];

type ModulePath = Vec<String>;

/// A crate's modules: for each, the items of its file or block.
struct Tree {
    modules: BTreeMap<ModulePath, Vec<Item>>,
    files: BTreeSet<PathBuf>,
}

impl Tree {
    /// Reads the crate whose root is the file `root`. `name` comes before all its modules, if given.
    fn read(root: &Path, name: Option<&str>) -> Self {
        let mut tree = Self { modules: BTreeMap::new(), files: BTreeSet::new() };
        tree.file(root, root.parent().unwrap(), name.map(str::to_owned).into_iter().collect());
        tree
    }

    /// Reads the file of the module `path`, whose own modules are below `folder`.
    fn file(&mut self, file: &Path, folder: &Path, path: ModulePath) {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.files.insert(file.to_owned());
        let items = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display())).items;
        self.module(items, folder, path);
    }

    fn module(&mut self, items: Vec<Item>, folder: &Path, path: ModulePath) {
        let mut own = Vec::new();
        for item in items {
            let Item::Mod(module) = item else {
                own.push(item);
                continue;
            };
            assert!(!module.attrs.iter().any(|attribute| attribute.path().is_ident("path")), "{path:?}: #[path]");
            let name = module.ident.to_string();
            let below = folder.join(&name);
            let inner = [path.clone(), vec![name.clone()]].concat();
            match module.content {
                Some((_, items)) => self.module(items, &below, inner),
                None if below.join("mod.rs").exists() => self.file(&below.join("mod.rs"), &below, inner),
                None => self.file(&folder.join(format!("{name}.rs")), &below, inner),
            }
        }
        self.modules.insert(path, own);
    }
}

/// Collects the paths that a module names, as absolute module paths.
struct Names<'a> {
    tree: &'a Tree,
    /// Where `crate` is.
    root: ModulePath,
    module: &'a ModulePath,
    found: Vec<ModulePath>,
}

impl Names<'_> {
    /// `path` as an absolute one; `None` if it is not of this crate.
    fn resolve(&self, path: &[String]) -> Option<ModulePath> {
        let (first, mut rest) = path.split_first()?;
        let mut base = match first.as_str() {
            "crate" => self.root.clone(),
            // Only the program sees the library under its name.
            "aziotdps" if !self.root.is_empty() => Vec::new(),
            "self" => self.module.clone(),
            "super" => parent(self.module)?,
            child => {
                let child = [self.module.clone(), vec![child.to_owned()]].concat();
                self.tree.modules.contains_key(&child).then_some(child)?
            }
        };
        while let Some(("super", further)) = rest.split_first().map(|(first, rest)| (first.as_str(), rest)) {
            base = parent(&base)?;
            rest = further;
        }
        base.extend(rest.iter().cloned());
        Some(base)
    }

    fn note(&mut self, path: &[String]) {
        self.found.extend(self.resolve(path));
    }

    fn trees(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.trees(&path.tree, before);
                before.pop();
            }
            UseTree::Name(name) if name.ident == "self" => self.note(before),
            UseTree::Name(name) => self.note(&[before.as_slice(), &[name.ident.to_string()]].concat()),
            UseTree::Rename(rename) if rename.ident == "self" => self.note(before),
            UseTree::Rename(rename) => self.note(&[before.as_slice(), &[rename.ident.to_string()]].concat()),
            UseTree::Glob(_) => self.note(before),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.trees(tree, before)),
        }
    }

    /// The paths in a macro's tokens: names joined by `::`.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.note(&std::mem::take(&mut path));
                    }
                    colons = 0;
                    path.push(ident.to_string());
                }
                other => {
                    self.note(&std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.note(&path);
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.trees(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        // A name alone is a local one, except that `self` is a value.
        if names.len() > 1 {
            self.note(&names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }
}

fn parent(path: &ModulePath) -> Option<ModulePath> {
    Some(path.split_last()?.1.to_vec())
}

/// The entry of the list that `path` belongs to.
fn entry(path: &ModulePath) -> Option<&'static str> {
    (1..=path.len()).rev().find_map(|length| {
        let name = path[..length].join("::");
        LAYERS.iter().find(|(module, _)| *module == name).map(|(module, _)| *module)
    })
}

/// What is wrong with a crate, and which permissions it uses.
fn check(tree: &Tree, root: &ModulePath) -> (Vec<String>, BTreeSet<(&'static str, &'static str)>) {
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for (module, items) in &tree.modules {
        let place = if module.is_empty() { "the crate root".to_owned() } else { module.join("::") };
        let mut names = Names { tree, root: root.clone(), module, found: Vec::new() };
        items.iter().for_each(|item| names.visit_item(item));
        let Some(user) = entry(module) else {
            if !module.is_empty() {
                wrong.push(format!("{place} is not in the list"));
            } else if !names.found.is_empty() {
                wrong.push(format!("{place} names {:?}", names.found));
            }
            continue;
        };
        for path in names.found {
            match entry(&path) {
                Some(target) if target == user => {}
                Some(target) => {
                    let (_, allowed) = LAYERS.iter().find(|(module, _)| *module == user).unwrap();
                    if allowed.contains(&target) {
                        used.insert((user, target));
                    } else {
                        wrong.push(format!("{place} uses {}", path.join("::")));
                    }
                }
                // A glob of the crate root, or something that the crate root re-exports.
                None => wrong.push(format!("{place} uses '{}', which is no module of the list", path.join("::"))),
            }
        }
    }
    (wrong, used)
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn each_module_uses_only_what_the_list_allows() {
    let library = Tree::read(&source().join("lib.rs"), None);
    let program = Tree::read(&source().join("bin/aziotdps/main.rs"), Some("bin"));
    let (mut wrong, mut used) = check(&library, &Vec::new());
    let of_program = check(&program, &vec!["bin".to_owned()]);
    wrong.extend(of_program.0);
    used.extend(of_program.1);
    assert!(wrong.is_empty(), "{wrong:#?}");

    let all = LAYERS.iter().flat_map(|(module, uses)| uses.iter().map(move |used| (*module, *used)));
    let unused: Vec<_> = all.filter(|pair| !used.contains(pair)).collect();
    assert!(unused.is_empty(), "the list allows what nobody needs: {unused:?}");

    let read: BTreeSet<_> = library.files.union(&program.files).cloned().collect();
    assert_eq!(read, files(&source()), "a file that belongs to no module");
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { BTreeSet::from([path]) }).collect()
}

#[test]
fn every_form_of_a_forbidden_use_is_found() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("connection")).unwrap();
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
    write("lib.rs", "pub mod connection; pub mod operation; pub use operation::Call;");
    write("operation.rs", "pub enum Call {}");
    write("connection/mod.rs", "mod endpoint;");
    for (text, finding) in [
        ("use crate::operation::Call;", "connection::endpoint uses operation::Call"),
        ("use super::super::operation::Call;", "connection::endpoint uses operation::Call"),
        ("use crate::{error, operation as other};", "connection::endpoint uses operation"),
        ("pub use crate::operation::{self};", "connection::endpoint uses operation"),
        ("use crate::operation::*;", "connection::endpoint uses operation"),
        ("fn f(_: crate::operation::Call) {}", "connection::endpoint uses operation::Call"),
        ("fn f() { println!(\"{}\", [crate::operation::NAME]) }", "connection::endpoint uses operation::NAME"),
        ("mod inner { use super::super::super::operation; }", "connection::endpoint::inner uses operation"),
        ("use crate::Call;", "connection::endpoint uses 'Call', which is no module of the list"),
        ("use crate::*;", "connection::endpoint uses '', which is no module of the list"),
    ] {
        write("connection/endpoint.rs", text);
        let (wrong, _) = check(&Tree::read(&folder.path().join("lib.rs"), None), &Vec::new());
        assert!(wrong.contains(&finding.to_owned()), "{text}: {wrong:?}");
    }
    write("connection/endpoint.rs", "use super::Connection; use crate::error::Error; fn f() { self::g() } fn g() {}");
    write("lib.rs", "pub mod connection; pub mod novelty;");
    write("novelty.rs", "");
    let (wrong, _) = check(&Tree::read(&folder.path().join("lib.rs"), None), &Vec::new());
    assert_eq!(wrong, ["novelty is not in the list"]);
}

#[test]
fn the_list_leads_downwards() {
    let position = |name: &str| LAYERS.iter().position(|(module, _)| *module == name);
    for (index, (module, uses)) in LAYERS.iter().enumerate() {
        for used in *uses {
            assert!(position(used).is_some_and(|below| below > index), "{used} is not below {module}");
        }
    }
}

#[test]
fn the_documentation_has_the_same_list() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows = page.lines().skip_while(|line| !line.starts_with("| Module | Uses |")).skip(2);
    let names = |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let documented: Vec<(String, Vec<String>)> = rows
        .take_while(|line| line.starts_with('|'))
        .map(|row| {
            let cells: Vec<&str> = row.split('|').collect();
            (names(cells[1]).concat(), names(cells[2]))
        })
        .collect();
    let expected: Vec<(String, Vec<String>)> = LAYERS
        .iter()
        .map(|(module, uses)| ((*module).to_owned(), uses.iter().map(|used| (*used).to_owned()).collect()))
        .collect();
    assert_eq!(documented, expected);
}

#[test]
fn files_and_folders_stay_small() {
    fn check(folder: &Path) {
        let entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        let (folders, files): (Vec<_>, Vec<_>) = entries.iter().partition(|path| path.is_dir());
        assert!(files.len() <= 12, "{} has {} files", folder.display(), files.len());
        for file in files {
            let lines = std::fs::read_to_string(file).unwrap().lines().count();
            assert!(lines <= 500, "{} has {lines} lines", file.display());
        }
        folders.into_iter().for_each(|folder| check(folder));
    }
    check(&source());
}
