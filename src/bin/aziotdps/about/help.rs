//! Help: the first page with the commands in groups, the page of a command, and what to do about an error.

use clap::{Args, Command, Error, error::ErrorKind};
use std::fmt::Write;

/// The groups, and the commands that are in them.
const GROUPS: [(&str, &[&str]); 3] = [
    ("Devices", &["enrollment", "enrollment-group", "device"]),
    ("Provisioning services", &["list", "show", "connection-string", "dps"]),
    ("This machine", &["emulator", "completion", "man", "version", "help"]),
];

const EXAMPLES: &str = "Examples:
  aziotdps emulator start
  aziotdps enrollment create --emulator --enrollment-id dev-01 --attestation-type symmetricKey
  aziotdps enrollment list --dps-name mydps --output table
  aziotdps enrollment show --dps-name mydps --enrollment-id dev-01 --query etag --output tsv
  aziotdps enrollment-group compute-device-key --rid dev-01 --dps-name mydps --gid meters

Each command has its own --help. Scripts for 'az iot dps' run after 'alias az=aziotdps'.";

/// The sections on errors, one for each code, under its name.
const TROUBLESHOOTING: &str = include_str!("../../../../docs/troubleshooting.md");

/// What help is asked for.
#[derive(Args)]
pub struct Help {
    /// A command, or the code that an error ends with.
    #[arg(value_name = "COMMAND or CODE")]
    about: Vec<String>,
}

impl Help {
    /// The text on an error.
    ///
    /// # Errors
    /// What clap shows instead: the page of a command, or that there is none and no such error.
    pub fn text(&self, program: &mut Command) -> Result<String, Error> {
        let asked = match &self.about[..] {
            [code] if let Some(section) = section(code) => return Ok(section),
            [other] if program.find_subcommand(other).is_none() => {
                let codes: Vec<&str> = sections().map(|(code, _)| code).collect();
                let message =
                    format!("there is no such command and no such error code; the codes are {}", codes.join(", "));
                return Err(program.error(ErrorKind::InvalidSubcommand, message));
            }
            words => words.iter().map(String::as_str),
        };
        let page =
            [program.get_name()].into_iter().chain(asked).chain(["--help"]).map(str::to_owned).collect::<Vec<_>>();
        Err(program.try_get_matches_from_mut(page).err().unwrap_or_else(|| program.error(ErrorKind::DisplayHelp, "")))
    }
}

/// The code of each section, and its text.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    TROUBLESHOOTING.split("\n## ").skip(1).filter_map(|section| section.split_once('\n'))
}

/// What to do about an error of this code, in any case.
fn section(code: &str) -> Option<String> {
    let (name, text) = sections().find(|(name, _)| name.eq_ignore_ascii_case(code))?;
    Some(format!("{name}\n\n{}\n", text.trim()))
}

/// Gives `program` a first page with its commands in groups.
pub fn grouped(mut program: Command) -> Command {
    program.build();
    let mut commands = String::new();
    for (heading, names) in GROUPS {
        let _ = writeln!(commands, "{heading}:");
        for command in names.iter().filter_map(|name| program.find_subcommand(name)) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(commands, "  {:18} {about}", command.get_name());
        }
        commands.push('\n');
    }
    program
        .help_template("{about}\n\n{usage-heading} {usage}\n\n{before-help}Options:\n{options}{after-help}")
        .before_help(commands)
        .after_help(EXAMPLES)
}
