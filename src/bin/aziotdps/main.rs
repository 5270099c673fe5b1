//! The program `aziotdps`: the library's operations with the grammar of `az iot dps`, and the local service.
//!
//! The map. A front and nothing more: options become the library's request, events become text.
//!
//! | part | what it holds |
//! |---|---|
//! | `arguments` | the command line before it is parsed, and what is said where it cannot be |
//! | `command` | the commands, and what each one may be given |
//! | `connection` | which service, and who signs in |
//! | `run` | an operation from its start to the exit code |
//! | `output` | records on stdout |
//! | `console` | everything else on stderr, and the exit codes |
//! | `interrupt` | Ctrl+C |
//! | `emulator` | the local service |
//! | `about` | what people and shells are told of all this |

mod about;
mod arguments;
mod command;
mod connection;
mod console;
mod emulator;
mod interrupt;
mod output;
mod run;

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser, Subcommand};
use command::verb::{Alone, On};
use command::{device, device_key, dps, enrollment, enrollment_group, registration};
use console::Exit;
use std::io::{IsTerminal, stdout};
use std::process::ExitCode;

/// Device enrollments of Azure IoT Hub Device Provisioning Service.
#[derive(Parser)]
#[command(name = "aziotdps", version, infer_long_args = true, disable_help_subcommand = true)]
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
    /// Devices that register themselves.
    Device(Box<On<device::Verb>>),
    /// List the provisioning services of the subscription, or of --resource-group.
    #[command(after_help = "Examples:
  aziotdps list --output table
  aziotdps list -g mygroup")]
    List(Box<Alone<dps::List>>),
    /// Show a provisioning service.
    #[command(after_help = "Examples:
  aziotdps show -n mydps")]
    Show(Box<Alone<dps::Show>>),
    /// Connection strings of provisioning services.
    ConnectionString(Box<On<dps::ConnectionString>>),
    /// Provisioning services: list and show, as above.
    Dps(Box<On<dps::Verb>>),
    #[command(subcommand)]
    Emulator(emulator::Emulator),
    /// A script that teaches a shell the commands and options.
    #[command(after_help = "Examples:
  aziotdps completion bash
  aziotdps completion powershell
What to do with the script is in its first lines.")]
    Completion(about::Completion),
    /// A manual page, for man and whatever reads roff.
    #[command(after_help = "Examples:
  aziotdps man
  aziotdps man enrollment create")]
    Man(about::Man),
    /// The version.
    #[command(after_help = "Examples:
  aziotdps version")]
    Version,
    /// Help on a command, or on an error by the code that it ends with.
    #[command(after_help = "Examples:
  aziotdps help enrollment create
  aziotdps help NotFound")]
    Help(about::Help),
    /// Deprecated: `enrollment registration` and `enrollment-group registration`.
    #[command(hide = true)]
    Registration(Box<On<registration::Verb>>),
    /// Deprecated: `enrollment-group compute-device-key`.
    #[command(hide = true)]
    ComputeDeviceKey(Box<Alone<device_key::DeviceKey>>),
    /// All commands and options as JSON, for tools.
    #[command(hide = true)]
    Commands,
}

fn main() -> ExitCode {
    let mut program = about::grouped(Program::command());
    let parsed = program.try_get_matches_from_mut(arguments::prepared(std::env::args_os()));
    let parsed = parsed.and_then(|matches| {
        let noun = Program::from_arg_matches(&matches).map_err(|error| error.format(&mut program))?.noun;
        Ok((matches, noun))
    });
    let (matches, noun) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => arguments::refused(error),
    };
    let asked = asked(&program, &matches);
    match noun {
        Noun::Enrollment(noun) => run::run(&noun.verb, &noun.connection, asked),
        Noun::EnrollmentGroup(noun) => run::run(&noun.verb, &noun.connection, asked),
        Noun::Device(noun) => run::run(&noun.verb, &noun.connection, asked),
        Noun::List(noun) => run::run(&noun.verb, &noun.connection, asked),
        Noun::Show(noun) => run::run(&noun.verb, &noun.connection, asked),
        Noun::ConnectionString(noun) => run::run(&noun.verb, &noun.connection, asked),
        Noun::Dps(noun) => run::run(&noun.verb, &noun.connection, asked),
        Noun::Registration(noun) => run::run(&noun.verb, &noun.connection, asked),
        Noun::ComputeDeviceKey(noun) => run::run(&noun.verb, &noun.connection, asked),
        Noun::Emulator(emulator::Emulator::Start(options)) => emulator::start(options),
        Noun::Completion(completion) => {
            if stdout().is_terminal() {
                anstream::eprintln!("{}", completion.hint());
            }
            output::text(&completion.script(shown(&Program::command())))
        }
        Noun::Man(man) => match man.page(shown(&Program::command())) {
            Some(page) => output::text(&page),
            None => {
                console::fail("there is no such command; 'aziotdps help' lists them");
                Exit::Usage.into()
            }
        },
        Noun::Version => output::text(program.render_version().as_bytes()),
        Noun::Help(help) => match help.text(&mut program) {
            Ok(text) => output::text(text.as_bytes()),
            // A page of help is one of these too.
            Err(error) => arguments::refused(error),
        },
        Noun::Commands => output::text(format!("{:#}\n", about::tree(&program)).as_bytes()),
    }
}

/// `command` without what nobody is to be shown.
fn shown(command: &Command) -> Command {
    let shown_options = command.get_arguments().filter(|option| !option.is_hide_set()).cloned();
    let shown_below = command.get_subcommands().filter(|below| !below.is_hide_set()).map(shown);
    let mut copy = Command::new(command.get_name().to_owned()).args(shown_options).subcommands(shown_below);
    copy = copy.about(command.get_about().cloned().unwrap_or_default());
    copy = copy.after_help(command.get_after_help().cloned().unwrap_or_default());
    copy = copy.disable_help_subcommand(command.is_disable_help_subcommand_set());
    match command.get_version() {
        Some(version) => copy.version(version.to_owned()),
        None => copy,
    }
}

/// The command of `program` that `matches` are of, whose options are the ones that errors are about.
fn asked<'a>(program: &'a Command, matches: &ArgMatches) -> &'a Command {
    match matches.subcommand() {
        Some((name, matches)) => program.find_subcommand(name).map_or(program, |command| asked(command, matches)),
        None => program,
    }
}
