//! The project's own commands: `cargo xtask test` is what CI runs, `cargo xtask demo` is what to show.

mod bench;
mod demo;
mod emulator;
mod package;
mod powershell;
mod process;
mod test;

use anyhow::Result;
use aziotdps_module::package::Project;
use clap::{Parser, Subcommand};
use std::fs;
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
    /// Write the pages and the topic that are made from the PowerShell module's sources anew.
    Pages,
    /// Put the PowerShell module with library and program under target/package.
    Package {
        /// Only the module, to target/module: the library and the program take minutes to build.
        #[arg(long)]
        module_only: bool,
        /// The address of the project, to whose pages help leads, such as `https://github.com/OWNER/NAME`.
        #[arg(long, env = "AZIOTDPS_PROJECT_URI", value_name = "URI", value_parser = project)]
        project_uri: Option<Project>,
    },
    /// Change records by three writers under faults, and hold every reported outcome against what happened.
    Soak {
        /// How many operations.
        #[arg(long, default_value_t = 50_000)]
        operations: u64,
        /// The seed of the random numbers; a random one if it is not given.
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Measure; the program where nothing else is named.
    Bench {
        #[command(subcommand)]
        what: Option<Bench>,
    },
}

#[derive(Subcommand)]
enum Bench {
    /// The program: start-up, one record and ten thousand.
    Client,
    /// The emulator: requests, memory, start-up, what is left after a kill.
    Emulator(bench::EmulatorBench),
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
        Task::Pages => pages()?,
        Task::Package { module_only, project_uri } => {
            let project = project_uri.as_ref();
            let module =
                if module_only { package::module("module", project)? } else { package::package(project)?.module };
            println!("{}", module.display());
        }
        Task::Soak { operations, seed } => soak(operations, seed)?,
        Task::Bench { what: None | Some(Bench::Client) } => bench::client()?,
        Task::Bench { what: Some(Bench::Emulator(options)) } => bench::emulator(options)?,
    }
    Ok(true)
}

/// The test has the soak; it runs a shorter one by itself.
fn soak(operations: u64, seed: Option<u64>) -> Result<()> {
    let mut soak = process::cargo(&["test", "--quiet", "--test", "soak", "--", "--nocapture"]);
    soak.env("AZIOTDPS_SOAK_OPERATIONS", operations.to_string());
    soak.envs(seed.map(|seed| ("AZIOTDPS_SOAK_SEED", seed.to_string())));
    process::run(&mut soak)
}

fn project(address: &str) -> Result<Project, &'static str> {
    Project::new(address).ok_or("an address that begins with https:// and has no query")
}

fn pages() -> Result<()> {
    let files = aziotdps_module::generated();
    let folder = process::root().join("docs/cmdlets");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for (path, text) in files {
        fs::write(process::root().join(path), text)?;
    }
    Ok(())
}

/// The test knows how the header is made; told to write, it does.
fn header() -> Result<()> {
    process::run(process::cargo(&["test", "--quiet", "--test", "header"]).env("AZIOTDPS_WRITE_HEADER", "1"))
}
