//! The project's own commands: `cargo xtask test` is what CI runs, `cargo xtask demo` is what to show.

mod bench;
mod demo;
mod emulator;
mod package;
mod powershell;
mod process;
mod test;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything and show it on a local service.
    Demo,
    /// Run every check and test that this machine can run.
    Test {
        /// Fail where PowerShell or Pester is missing.
        #[arg(long)]
        require_powershell: bool,
    },
    /// Write include/aziotdps.h anew.
    Header,
    /// Put the PowerShell module with library and program under target/package.
    Package,
    /// Measure start-up, one record and ten thousand.
    Bench,
}

fn main() -> ExitCode {
    match run(Xtask::parse().task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well.
fn run(task: Task) -> Result<bool> {
    match task {
        Task::Demo => demo::demo()?,
        Task::Test { require_powershell } => return test::test(require_powershell),
        Task::Header => header()?,
        Task::Package => println!("{}", package::package()?.module.display()),
        Task::Bench => bench::bench()?,
    }
    Ok(true)
}

/// The test knows how the header is made; told to write, it does.
fn header() -> Result<()> {
    process::run(process::cargo(&["test", "--quiet", "--test", "header"]).env("AZIOTDPS_WRITE_HEADER", "1"))
}
