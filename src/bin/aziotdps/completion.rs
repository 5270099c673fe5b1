//! The commands and their options, told to shells and tools.

use clap::{Args, Command};
use clap_complete::Shell;
use serde_json::{Value, json};

/// Whom to tell.
#[derive(Args)]
pub struct Completion {
    /// The shell.
    #[arg(value_enum, ignore_case = true)]
    shell: Shell,
}

impl Completion {
    /// The shell's script for `program`.
    pub fn script(&self, program: &mut Command) -> Vec<u8> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, program, program.get_name().to_owned(), &mut script);
        script
    }
}

/// `command` with all below it as JSON: names, and the options with every spelling.
pub fn tree(command: &Command) -> Value {
    let options = command.get_arguments().filter(|option| !option.is_positional()).map(|option| {
        let long = option.get_long_and_visible_aliases().unwrap_or_default();
        let hidden = option.get_aliases().unwrap_or_default();
        let names = long.into_iter().chain(hidden).map(|name| format!("--{name}"));
        json!({
            "names": names.chain(option.get_short().map(|name| format!("-{name}"))).collect::<Vec<_>>(),
            "hidden": option.is_hide_set(),
            "required": option.is_required_set(),
        })
    });
    json!({
        "name": command.get_name(),
        "hidden": command.is_hide_set(),
        "options": options.collect::<Vec<_>>(),
        "commands": command.get_subcommands().map(tree).collect::<Vec<_>>(),
    })
}
