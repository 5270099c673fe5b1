//! Every check and test, counted.

use crate::package;
use crate::powershell;
use crate::process::{cargo, command, program, root};
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
    /// What was not run, and why.
    not_run: Vec<String>,
    /// What failed as a whole.
    broken: Vec<String>,
}

/// Runs everything; whether all of it passed.
pub fn test(require_powershell: bool) -> Result<bool> {
    let mut tally = Tally::default();
    tally.check("format", &mut cargo(&["fmt", "--all", "--check"]));
    let everything = ["clippy", "--quiet", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
    tally.check("clippy", &mut cargo(&everything));
    let library = ["clippy", "--quiet", "--lib", "--no-default-features", "--", "-D", "warnings"];
    tally.check("clippy of the library alone", &mut cargo(&library));

    let mut documentation = cargo(&["doc", "--quiet", "--no-deps", "--lib", "--package", "aziotdps"]);
    tally.check("documentation", documentation.env("RUSTDOCFLAGS", "-D warnings"));

    let shipped = match package::library() {
        Ok(library) => {
            tally.passed += 1;
            Some(library)
        }
        Err(error) => {
            tally.fail("the library that ships", &format!("{error:#}"));
            None
        }
    };
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast", "--features", "aziotdps/panic-injection"]);
    if let Some(library) = &shipped {
        tests.env("AZIOTDPS_LIBRARY", library);
    }
    tally.tests("cargo test", &mut tests, libtest)?;
    tally.pester(shipped.as_deref(), require_powershell)?;
    Ok(tally.sum())
}

impl Tally {
    /// A step that passes or fails as a whole.
    fn check(&mut self, name: &str, command: &mut Command) {
        println!("== {name}");
        match crate::process::run(command) {
            Ok(()) => self.passed += 1,
            Err(error) => self.fail(name, &format!("{error:#}")),
        }
    }

    fn fail(&mut self, name: &str, why: &str) {
        self.failed += 1;
        self.broken.push(format!("{name}: {why}"));
    }

    fn skip(&mut self, name: &str, why: &str) {
        self.skipped += 1;
        self.not_run.push(format!("{name}: {why}"));
    }

    /// A step of many tests, which `count` reads from its output.
    fn tests(&mut self, name: &str, command: &mut Command, count: fn(&str) -> Option<[u64; 3]>) -> Result<()> {
        println!("== {name}");
        let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("{command:?}"))?;
        let mut failures = 0;
        let mut counted = 0;
        if let Some(out) = child.stdout.take() {
            for line in BufReader::new(out).lines() {
                let line = line?;
                println!("{line}");
                if let Some([passed, failed, skipped]) = count(&line) {
                    self.passed += passed;
                    self.failed += failed;
                    self.skipped += skipped;
                    failures += failed;
                    counted += passed + failed;
                }
                if let Some((test, why)) = line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ignored, "))
                {
                    self.not_run.push(format!("{test}: {why}"));
                }
            }
        }
        let status = child.wait()?;
        if !status.success() && failures == 0 {
            self.fail(name, &status.to_string());
        }
        if status.success() && counted == 0 {
            self.fail(name, "it ran no test");
        }
        Ok(())
    }

    fn pester(&mut self, library: Option<&Path>, required: bool) -> Result<()> {
        const NAME: &str = "Pester";
        let missing = match powershell::find() {
            None => Err("PowerShell is neither on PATH nor named by AZIOTDPS_PWSH"),
            Some(pwsh) if !powershell::has_pester(&pwsh) => Err("PowerShell has no Pester 5 (Install-Module Pester)"),
            Some(pwsh) => Ok(pwsh),
        };
        match missing {
            Err(why) if required => self.fail(NAME, why),
            Err(why) => self.skip(NAME, why),
            Ok(pwsh) => {
                let source = root().join("powershell/AzIoTDps");
                for (name, module) in [("the source tree", source), ("the package", package::module("module", None)?)] {
                    let mut pester = command(&pwsh);
                    pester.args(["-NoProfile", "-NonInteractive", "-File"]);
                    pester.arg(root().join("tests/powershell/Run.ps1"));
                    pester.env("AZIOTDPS_MODULE", module.join("AzIoTDps.psd1"));
                    pester.env("AZIOTDPS_PROGRAM", program("debug"));
                    if let Some(library) = library {
                        pester.env("AZIOTDPS_LIBRARY", library);
                    }
                    self.tests(&format!("{NAME}, {name}"), &mut pester, sum_line)?;
                }
            }
        }
        Ok(())
    }

    fn sum(self) -> bool {
        println!();
        for (heading, lines) in [("Not run:", &self.not_run), ("Failed:", &self.broken)] {
            if !lines.is_empty() {
                println!("{heading}");
            }
            for line in lines {
                println!("  {line}");
            }
        }
        println!("{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped);
        self.failed == 0
    }
}

/// The counts of `test result: ok. 1 passed; 2 failed; 3 ignored; …`.
fn libtest(line: &str) -> Option<[u64; 3]> {
    let rest = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    counts(rest, "; ", ["passed", "failed", "ignored"])
}

/// The counts of `1 passed, 2 failed, 3 skipped`.
fn sum_line(line: &str) -> Option<[u64; 3]> {
    counts(line.trim(), ", ", ["passed", "failed", "skipped"])
}

fn counts(text: &str, separator: &str, names: [&str; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(separator);
    let mut count = |name: &str| parts.next()?.strip_suffix(name)?.trim().parse().ok();
    let [passed, failed, skipped] = names;
    Some([count(passed)?, count(failed)?, count(skipped)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read() {
        let line = "test result: FAILED. 11 passed; 2 failed; 3 ignored; 0 measured; 0 filtered out; finished in 0.61s";
        assert_eq!(libtest(line), Some([11, 2, 3]));
        assert_eq!(libtest("test a ... ok"), None);
        assert_eq!(sum_line("4 passed, 0 failed, 1 skipped"), Some([4, 0, 1]));
        assert_eq!(sum_line("4 passed, something else"), None);
    }
}
