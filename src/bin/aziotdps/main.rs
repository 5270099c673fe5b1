//! The program `aziotdps`: the library's operations with the grammar of `az iot dps`, and the local service.
//!
//! The map. A front and nothing more: options become the library's request, events become text.
//!
//! | room | what it holds |
//! |---|---|
//! | `enrollment` | the noun `enrollment`: its verbs and what each one may be given |
//! | `content` | what enrollments are made of, for the nouns to put together |
//! | `connection` | which service, and who signs in |
//! | `run` | an operation from its start to the exit code |
//! | `output` | records on stdout |
//! | `interrupt` | Ctrl+C |
//! | `emulator` | the local service |

mod connection;
mod content;
mod emulator;
mod enrollment;
mod interrupt;
mod output;
mod run;

use clap::{Args, Command, Parser, Subcommand};
use std::process::ExitCode;

/// Device enrollments of Azure IoT Hub Device Provisioning Service.
#[derive(Parser)]
#[command(name = "aziotdps", version, infer_long_args = true)]
struct Program {
    #[command(subcommand)]
    noun: Noun,
}

#[derive(Subcommand)]
enum Noun {
    Enrollment(Box<enrollment::Enrollment>),
    #[command(subcommand)]
    Emulator(emulator::Emulator),
}

fn main() -> ExitCode {
    match Program::parse().noun {
        Noun::Enrollment(noun) => {
            let command = enrollment::Enrollment::augment_args(Command::new("enrollment"));
            run::run(noun.verb.call(), &noun.verb, &noun.connection, &command)
        }
        Noun::Emulator(emulator::Emulator::Start(options)) => emulator::start(options),
    }
}
