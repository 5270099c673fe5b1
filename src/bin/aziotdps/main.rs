//! The program `aziotdps`: the library's operations with the grammar of `az iot dps`, and the local service.
//!
//! The map. A front and nothing more: options become the library's request, events become text.
//!
//! | room | what it holds |
//! |---|---|
//! | `enrollment`, `enrollment_group`, `registration`, `device_key`, `dps` | the nouns: their verbs, and what each one may be given |
//! | `verb` | what verbs of several nouns have in common |
//! | `content` | what enrollments are made of, for the nouns to put together |
//! | `connection` | which service, and who signs in |
//! | `run` | an operation from its start to the exit code |
//! | `output` | records on stdout |
//! | `interrupt` | Ctrl+C |
//! | `emulator` | the local service |
//! | `help`, `completion` | what people and shells are told of all this |

mod completion;
mod connection;
mod content;
mod device_key;
mod dps;
mod emulator;
mod enrollment;
mod enrollment_group;
mod help;
mod interrupt;
mod output;
mod registration;
mod run;
mod verb;

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::process::ExitCode;
use verb::{Alone, On};

/// Device enrollments of Azure IoT Hub Device Provisioning Service.
#[derive(Parser)]
#[command(name = "aziotdps", version, infer_long_args = true)]
struct Program {
    #[command(subcommand)]
    noun: Noun,
}

#[derive(Subcommand)]
enum Noun {
    /// Individual enrollments: one device each.
    Enrollment(Box<On<enrollment::Verb>>),
    /// Enrollment groups: devices with a common key or certificate authority.
    EnrollmentGroup(Box<On<enrollment_group::Verb>>),
    /// Provisioning services.
    Dps(Box<On<dps::Verb>>),
    /// Connection strings of provisioning services.
    ConnectionString(Box<On<dps::ConnectionString>>),
    /// Deprecated: `enrollment registration` and `enrollment-group registration`.
    #[command(hide = true)]
    Registration(Box<On<registration::Verb>>),
    /// Deprecated: `enrollment-group compute-device-key`.
    #[command(hide = true)]
    ComputeDeviceKey(Box<Alone<device_key::DeviceKey>>),
    #[command(subcommand)]
    Emulator(emulator::Emulator),
    /// A script that teaches a shell the commands and options.
    #[command(after_help = "Examples:
  aziotdps completion bash
  aziotdps completion powershell")]
    Completion(completion::Completion),
    /// All commands and options as JSON, for tools.
    #[command(hide = true)]
    Commands,
}

fn main() -> ExitCode {
    let mut program = help::grouped(Program::command());
    let matches = program.get_matches_mut();
    let noun = match Program::from_arg_matches(&matches) {
        Ok(Program { noun }) => noun,
        Err(error) => error.format(&mut program).exit(),
    };
    let command = asked(&program, &matches);
    match noun {
        Noun::Enrollment(noun) => run::run(&noun.verb, &noun.connection, command),
        Noun::EnrollmentGroup(noun) => run::run(&noun.verb, &noun.connection, command),
        Noun::Dps(noun) => run::run(&noun.verb, &noun.connection, command),
        Noun::ConnectionString(noun) => run::run(&noun.verb, &noun.connection, command),
        Noun::Registration(noun) => run::run(&noun.verb, &noun.connection, command),
        Noun::ComputeDeviceKey(noun) => run::run(&noun.verb, &noun.connection, command),
        Noun::Emulator(emulator::Emulator::Start(options)) => emulator::start(options),
        Noun::Completion(completion) => output::text(&completion.script(&mut program)),
        Noun::Commands => output::text(format!("{:#}\n", completion::tree(&program)).as_bytes()),
    }
}

/// The command of `program` that `matches` are of, whose options are the ones that errors are about.
fn asked<'a>(program: &'a Command, matches: &ArgMatches) -> &'a Command {
    match matches.subcommand() {
        Some((name, matches)) => program.find_subcommand(name).map_or(program, |command| asked(command, matches)),
        None => program,
    }
}
