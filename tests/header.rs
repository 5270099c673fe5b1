//! The header is what cbindgen makes of the sources today.

#[test]
fn the_checked_in_header_is_fresh() {
    let root = env!("CARGO_MANIFEST_DIR");
    let config = cbindgen::Config::from_root_or_default(root);
    let bindings =
        cbindgen::Builder::new().with_config(config).with_src(format!("{root}/src/ffi/mod.rs")).generate().unwrap();
    let mut fresh = Vec::new();
    bindings.write(&mut fresh);
    let checked_in = std::fs::read_to_string(format!("{root}/include/aziotdps.h")).unwrap_or_default();
    if std::env::var_os("AZIOTDPS_WRITE_HEADER").is_some() {
        std::fs::write(format!("{root}/include/aziotdps.h"), &fresh).unwrap();
        return;
    }
    assert_eq!(checked_in, String::from_utf8(fresh).unwrap(), "include/aziotdps.h is stale: run `cargo xtask header`");
}
