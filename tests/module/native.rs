//! The module binds what the header declares, and calls what it binds.

use crate::source::{Script, below, cmdlets, module, root};
use aziotdps::operation::Names;
use std::collections::BTreeMap;
use tree_sitter::{Node, Parser};

/// A function's return type and parameter types, in the binding table's words.
type Signature = (String, Vec<String>);

fn tables() -> Script {
    Script::read(&module().join("Private/Native.ps1"))
}

fn binding_table() -> BTreeMap<String, Signature> {
    let script = tables();
    let words = ["$NativeHandle", "$NativeRequest"].map(|word| (word, script.text(script.value(word))));
    let mut table = BTreeMap::new();
    for entry in below(script.value("$NativeFunctions"), &|node| node.kind() == "hash_entry") {
        let (name, value) = script.text(entry).split_once('=').unwrap();
        let value = words.iter().fold(value.trim().to_owned(), |value, (word, meaning)| value.replace(word, meaning));
        let (result, parameters) = value.split_once(',').unwrap();
        let parameters = parameters.trim().strip_prefix("@(").unwrap().strip_suffix(')').unwrap();
        let parameters = parameters.split(',').map(type_word).filter(|word| !word.is_empty()).collect();
        table.insert(name.trim().to_owned(), (type_word(result), parameters));
    }
    table
}

/// `[IntPtr].MakeByRefType()` as `ref IntPtr`, `[byte[]]` as `byte[]`.
fn type_word(text: &str) -> String {
    let text = text.trim();
    let (text, by_reference) = match text.strip_suffix(".MakeByRefType()") {
        Some(inner) => (inner, "ref "),
        None => (text, ""),
    };
    format!("{by_reference}{}", text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text))
}

/// The functions that the header declares.
fn prototypes(header: &str) -> BTreeMap<String, Signature> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_c::LANGUAGE.into()).unwrap();
    let tree = parser.parse(header, None).unwrap();
    let mut found = BTreeMap::new();
    for declaration in below(tree.root_node(), &|node| node.kind() == "declaration") {
        let Some(function) = below(declaration, &|node| node.kind() == "function_declarator").first().copied() else {
            continue;
        };
        let name = &header[function.child_by_field_name("declarator").unwrap().byte_range()];
        let list = function.child_by_field_name("parameters").unwrap();
        let parameters = below(list, &|node| node.kind() == "parameter_declaration");
        let parameters: Vec<_> =
            parameters.into_iter().map(|node| c_type(header, node, node)).filter(|word| word != "void").collect();
        found.insert(name.to_owned(), (c_type(header, declaration, function), parameters));
    }
    found
}

/// The type of a declaration in the table's words. `stars` are looked for outside of `inner`'s own parameters.
fn c_type(header: &str, declaration: Node, inner: Node) -> String {
    let base = &header[declaration.child_by_field_name("type").unwrap().byte_range()];
    let is_function = inner.kind() == "function_declarator";
    let end = if is_function { inner.start_byte() } else { declaration.end_byte() };
    let stars = header[declaration.start_byte()..end].matches('*').count();
    match (base, stars) {
        ("void", 0) => "void",
        ("uint8_t", 1) => "byte[]",
        (_, 1) => "IntPtr",
        (_, 2) => "ref IntPtr",
        ("uint32_t", 0) => "uint32",
        ("size_t" | "uintptr_t", 0) => "UIntPtr",
        ("int32_t" | "int" | "aziotdps_event" | "enum aziotdps_event", 0) => "int",
        _ => panic!("{} is not a type of this ABI", &header[declaration.byte_range()]),
    }
    .to_owned()
}

#[test]
fn prototypes_are_read_as_compilers_read_them() {
    let header = "
        #ifdef __cplusplus
        extern \"C\" {
        #endif
        typedef struct aziotdps_session aziotdps_session;
        /** A comment with aziotdps_fake(void); in it. */
        uint32_t aziotdps_abi_version(void);
        const char *aziotdps_version(void);
        struct aziotdps_operation *aziotdps_enrollment_get(const struct aziotdps_session *session,
                                                           const uint8_t *request,
                                                           size_t request_len);
        void aziotdps_session_free(aziotdps_session *);
        aziotdps_event aziotdps_operation_next(struct aziotdps_operation *operation, uint32_t timeout_ms, const char **json_out);
        #ifdef __cplusplus
        }
        #endif
    ";
    let wanted = |result: &str, parameters: &[&str]| {
        (result.to_owned(), parameters.iter().map(|word| (*word).to_owned()).collect())
    };
    let found = prototypes(header);
    assert_eq!(found.len(), 5, "{found:?}");
    assert_eq!(found["aziotdps_abi_version"], wanted("uint32", &[]));
    assert_eq!(found["aziotdps_version"], wanted("IntPtr", &[]));
    assert_eq!(found["aziotdps_enrollment_get"], wanted("IntPtr", &["IntPtr", "byte[]", "UIntPtr"]));
    assert_eq!(found["aziotdps_session_free"], wanted("void", &["IntPtr"]));
    assert_eq!(found["aziotdps_operation_next"], wanted("int", &["IntPtr", "uint32", "ref IntPtr"]));
}

fn header() -> String {
    let path = root().join("include/aziotdps.h");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_binding_table_is_the_header() {
    assert_eq!(binding_table(), prototypes(&header()));
}

/// The events by number; what is negative is a misuse of the function, and no event. Read by its lines: the enum's type
/// depends on the compiler, which is more than the grammar for C follows.
fn events(header: &str) -> BTreeMap<usize, String> {
    let constants = header.lines().filter_map(|line| line.trim().strip_prefix("AZIOTDPS_EVENT_")?.split_once(" = "));
    let numbered = constants.map(|(name, number)| (number.trim_end_matches(',').parse(), name.to_owned()));
    numbered.filter_map(|(number, name)| Some((number.ok()?, name))).collect()
}

#[test]
fn the_table_of_events_is_the_header() {
    let script = tables();
    let words = script.strings(script.value("$NativeEvents"));
    let table: BTreeMap<_, _> = words.iter().map(|word| word.to_uppercase()).enumerate().collect();
    assert!(table.len() > 1 && table == events(&header()), "{table:?}");

    // Every event is handled by its name, once, and no number is left.
    let pump = Script::read(&module().join("Private/Invoke-DpsOperation.ps1"));
    let mut handled: Vec<_> = pump.strings(pump.root());
    let clauses = pump.of_kind("switch_clause_condition").into_iter();
    handled.extend(clauses.map(|condition| pump.text(condition).trim_matches('\'').to_owned()));
    for word in words {
        assert!(handled.contains(&word), "{word} is not handled: {handled:?}");
    }
    let library = aziotdps::ffi::aziotdps_abi_version();
    let number = |part: &str| script.text(script.member(part)).parse::<u32>().unwrap();
    assert_eq!((number("Major"), number("Minor")), (library >> 16, library & 0xffff));
}

#[test]
fn texts_name_members_as_the_parameters_are_called() {
    let script = tables();
    let text = |name: &str| script.text(script.member(name)).trim_matches('\'').to_owned();
    let members = below(script.member("members"), &|node| node.kind() == "hash_entry").into_iter().map(|entry| {
        let (member, name) = script.text(entry).split_once('=').unwrap();
        (member.trim().to_owned(), name.trim().trim_matches('\'').to_owned())
    });
    let names =
        Names { prefix: text("prefix"), pascal_case: text("pascalCase") == "$true", members: members.collect() };
    assert_eq!(names.of("enrollmentGroupId"), "-Name");
    for cmdlet in cmdlets() {
        for parameter in &cmdlet.parameters {
            let name = parameter.name.as_str();
            let member = crate::request::member(name);
            assert_eq!(names.of(&member), format!("-{name}"), "{}", cmdlet.name);
        }
    }
}

#[test]
fn what_cmdlets_start_is_bound() {
    let table = binding_table();
    let mut calls = 0;
    for cmdlet in cmdlets() {
        for name in cmdlet.starts() {
            let starter = table.get(&format!("aziotdps_{name}"));
            assert!(starter.is_some_and(|(_, parameters)| parameters[1] == "byte[]"), "{} starts {name}", cmdlet.name);
            calls += 1;
        }
    }
    assert!(calls >= 8, "only {calls} starts found");
}
