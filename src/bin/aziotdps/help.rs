//! The first page of the help: commands in groups.

use clap::Command;
use std::fmt::Write;

/// The groups, and the commands that are in them.
const GROUPS: [(&str, &[&str]); 3] = [
    ("Devices", &["enrollment", "enrollment-group"]),
    ("Provisioning services", &["dps", "connection-string"]),
    ("This machine", &["emulator", "completion", "help"]),
];

const EXAMPLES: &str = "Examples:
  aziotdps emulator start
  aziotdps enrollment create --emulator --enrollment-id dev-01 --attestation-type symmetricKey
  aziotdps enrollment list --dps-name mydps --output table
  aziotdps enrollment-group compute-device-key --rid dev-01 --dps-name mydps --gid meters

Each command has its own --help.";

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
