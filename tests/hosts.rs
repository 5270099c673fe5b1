//! The library as its hosts see it: the C tests under each compiler and checker that the machine has, and the Python
//! example.
//!
//! Has no libtest harness, since a test that the machine cannot run has to be counted as such; it prints what libtest
//! would, and takes a part of a name.
//!
//! The library is the one that this test was built with, and with `AZIOTDPS_LIBRARY` another one too: the one that
//! ships.

#![allow(clippy::unwrap_used)]

mod common;

use aziotdps::emulator::Fault;
use common::Service;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];
const SANITIZED: [&str; 5] =
    ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];
const VALGRIND: [&str; 7] = [
    "valgrind",
    "--quiet",
    "--error-exitcode=99",
    "--leak-check=full",
    "--errors-for-leak-kinds=definite",
    "--show-leak-kinds=definite",
    concat!("--suppressions=", env!("CARGO_MANIFEST_DIR"), "/tests/c/valgrind.supp"),
];

#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Count {
    fn test(&mut self, name: &str, failure: Option<String>) {
        match failure {
            None => {
                self.passed += 1;
                println!("test {name} ... ok");
            }
            Some(why) => {
                self.failed += 1;
                println!("test {name} ... FAILED\n{why}");
            }
        }
    }

    fn skip(&mut self, name: &str, why: &str) {
        self.skipped += 1;
        println!("test {name} ... ignored, {why}");
    }

    fn sum(&self) -> ExitCode {
        let Self { passed, failed, skipped } = self;
        let result = if *failed == 0 { "ok" } else { "FAILED" };
        println!(
            "\ntest result: {result}. {passed} passed; {failed} failed; {skipped} ignored; 0 measured; 0 filtered out\n"
        );
        if *failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn main() -> ExitCode {
    let filters: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| filters.is_empty() || filters.iter().any(|filter| name.contains(filter));
    let mut count = Count::default();
    if env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let built = built_library();
    let shipped = env::var_os("AZIOTDPS_LIBRARY").filter(|path| !path.is_empty()).map(PathBuf::from);
    let shipped = shipped.as_deref();
    for (name, library, compiler, flags, runner) in [
        ("c/gcc", Some(built.as_path()), "gcc", &[][..], &[][..]),
        ("c/gcc, shipped library", shipped, "gcc", &["-O2"], &[]),
        ("c/gcc, address and undefined behaviour sanitizers", Some(&built), "gcc", &SANITIZED, &[]),
        ("c/clang", Some(&built), "clang", &[], &[]),
        ("c/gcc, valgrind", Some(&built), "gcc", &["-g"], &VALGRIND),
    ] {
        if !wanted(name) {
            continue;
        }
        let missing = [Some(&compiler), runner.first()].into_iter().flatten().find(|program| !is_there(program));
        match (library, missing) {
            _ if !cfg!(unix) => count.skip(name, "the C tests use POSIX threads and sockets"),
            (None, _) => count.skip(name, "AZIOTDPS_LIBRARY names none"),
            (_, Some(program)) => count.skip(name, &format!("{program} is not there")),
            (Some(library), None) => c(&mut count, name, library, compiler, flags, runner),
        }
    }
    for (name, library) in [("python", Some(built.as_path())), ("python, shipped library", shipped)] {
        if !wanted(name) {
            continue;
        }
        match library {
            None => count.skip(name, "AZIOTDPS_LIBRARY names none"),
            Some(_) if !is_there("python3") => count.skip(name, "python3 is not there"),
            Some(library) => count.test(name, python(library)),
        }
    }
    count.sum()
}

/// Builds the C tests, runs them, and counts each.
fn c(count: &mut Count, name: &str, library: &Path, compiler: &str, flags: &[&str], runner: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let sanitized = flags.iter().any(|flag| flag.starts_with("-fsanitize"));
    let program = match build(&folder, library, compiler, flags) {
        Ok(program) => program,
        Err(why) => return count.test(name, Some(why)),
    };
    if sanitized {
        let symbols = Command::new("nm").arg(&program).output().unwrap().stdout;
        let on = String::from_utf8_lossy(&symbols).contains("__asan_init");
        count.test(&format!("{name}: are on"), (!on).then(|| "no __asan_init in the program".to_owned()));
    }

    let service = Service::start();
    // The first one makes the record.
    let late = Fault::delay(Duration::from_secs(8)).on("PUT", "/enrollments/late-change").skip(1);
    service.emulator.faults().queue(late);
    let program = program.to_str().unwrap();
    let line = [runner, &[program]].concat();
    let mut command = service.command(line[0]);
    command.args(&line[1..]);
    command
        .env("AZIOTDPS_CONNECTION_STRING", service.connection_string())
        .env("AZIOTDPS_ENDPOINT", &service.emulator.ready().endpoint)
        .env("AZIOTDPS_EXPECTED_VERSION", env!("CARGO_PKG_VERSION"));
    if cfg!(feature = "panic-injection") && library == built_library() {
        command.env("AZIOTDPS_PANIC_INJECTION", "1");
    }
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let out = String::from_utf8_lossy(&output.stdout);
    for line in out.lines() {
        let Some((test, result)) = line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ")) else {
            continue;
        };
        let test = format!("{name}: {test}");
        match result.strip_prefix("skipped: ") {
            Some(why) => count.skip(&test, why),
            None => count.test(&test, (result != "ok").then(|| told.to_string())),
        }
    }
    // Leaks and the like show at the end, when every test has been counted.
    let finished = out.lines().last().is_some_and(|line| line.ends_with(" skipped"));
    let clean = output.status.success() && finished;
    count.test(&format!("{name}: ends well"), (!clean).then(|| format!("{}\n{told}", output.status)));
}

fn build(folder: &TempDir, library: &Path, compiler: &str, flags: &[&str]) -> Result<PathBuf, String> {
    let sources = Path::new(ROOT).join("tests/c");
    let mut units = Vec::new();
    for name in ["harness.c", "lifecycle.c", "session.c", "misuse.c", "cancel.c", "panic.c", "cpp.cpp"] {
        let unit = folder.path().join(name).with_extension("o");
        let (compiler, standard) = match name.ends_with(".cpp") {
            true => (cpp(compiler), "-std=c++11"),
            false => (compiler, "-std=c11"),
        };
        let mut command = Command::new(compiler);
        command.arg(standard).args(STRICT).args(flags).arg("-I").arg(Path::new(ROOT).join("include"));
        succeed(command.arg("-c").arg(sources.join(name)).arg("-o").arg(&unit))?;
        units.push(unit);
    }
    let program = folder.path().join("tests");
    let mut command = Command::new(cpp(compiler));
    command.args(flags).args(units).arg("-o").arg(&program).arg(library).arg("-lpthread");
    command.arg(format!("-Wl,-rpath,{}", library.parent().unwrap().display()));
    succeed(&mut command)?;
    Ok(program)
}

fn cpp(compiler: &str) -> &'static str {
    if compiler == "gcc" { "g++" } else { "clang++" }
}

/// What went wrong with the Python example.
fn python(library: &Path) -> Option<String> {
    let service = Service::start();
    let mut command = service.command("python3");
    command.arg(Path::new(ROOT).join("examples/python/enroll.py")).arg(library).arg(service.connection_string());
    let expected = "new: python-01 enabled\nget: symmetricKey {'floor': 3}\nset: disabled {'floor': 3}\n\
                    remove: True\nget: NotFound\n";
    match succeed(&mut command) {
        Ok(out) if out == expected => None,
        Ok(out) => Some(format!("it printed: {out}")),
        Err(why) => Some(why),
    }
}

/// What `command` prints, or why it failed.
fn succeed(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The library that Cargo has built beside this test.
fn built_library() -> PathBuf {
    let name = format!("{}aziotdps{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    env::current_exe().unwrap().with_file_name(name)
}
