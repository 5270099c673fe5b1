use std::path::Path;
fn show(n: tree_sitter::Node, s: &str, depth: usize) {
    if n.is_error() || n.is_missing() { println!("   {} {}:{} {:?}", n.kind(), n.start_position().row+1, n.start_position().column, &s[n.byte_range()].chars().take(80).collect::<String>()); }
    let mut c = n.walk();
    for k in n.children(&mut c) { show(k, s, depth+1); }
}
#[test]
fn parses() {
    for dir in ["powershell/AzIoTDps","powershell/AzIoTDps/Private","powershell/AzIoTDps/Public","tests/powershell","powershell","/work/shared/prototype/AzIoTDps"] {
        for f in std::fs::read_dir(dir).unwrap() {
            let p = f.unwrap().path();
            if !matches!(p.extension().and_then(|e| e.to_str()), Some("ps1"|"psm1"|"psd1")) { continue }
            let s = std::fs::read_to_string(&p).unwrap();
            let mut parser = tree_sitter::Parser::new();
            parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
            let t = parser.parse(&s, None).unwrap();
            println!("{} {}", p.display(), t.root_node().has_error());
            show(t.root_node(), &s, 0);
            if std::env::var("SEXP").map(|v| p.to_str().unwrap().contains(&v)).unwrap_or(false) { println!("{}", t.root_node().to_sexp()); }
        }
    }
    let _ = Path::new("");
}
