//! The commands and their options, told to shells and tools.

use clap::{Args, Command, ValueEnum};
use clap_complete::Shell as Generator;
use serde_json::{Value, json};

/// Whom to tell.
#[derive(Args)]
pub struct Completion {
    /// The shell.
    #[arg(value_enum, ignore_case = true)]
    shell: Shell,
}

#[derive(Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    #[value(name = "powershell", alias = "pwsh")]
    Pwsh,
    Zsh,
}

impl Shell {
    fn generator(self) -> Generator {
        match self {
            Self::Bash => Generator::Bash,
            Self::Elvish => Generator::Elvish,
            Self::Fish => Generator::Fish,
            Self::Pwsh => Generator::PowerShell,
            Self::Zsh => Generator::Zsh,
        }
    }

    /// What to do with the script.
    fn installed_by(self) -> &'static str {
        match self {
            Self::Bash => "aziotdps completion bash > ~/.local/share/bash-completion/completions/aziotdps",
            Self::Elvish => "aziotdps completion elvish >> ~/.config/elvish/rc.elv",
            Self::Fish => "aziotdps completion fish > ~/.config/fish/completions/aziotdps.fish",
            Self::Pwsh => "add 'aziotdps completion powershell | Out-String | Invoke-Expression' to $PROFILE",
            Self::Zsh => {
                "aziotdps completion zsh > ~/.zfunc/_aziotdps, with 'fpath+=~/.zfunc' before compinit in ~/.zshrc"
            }
        }
    }
}

impl Completion {
    /// The shell's script for `program`.
    pub fn script(&self, mut program: Command) -> Vec<u8> {
        let mut script = Vec::new();
        let name = program.get_name().to_owned();
        clap_complete::generate(self.shell.generator(), &mut program, name, &mut script);
        let hint = format!("# To install it: {}\n", self.shell.installed_by());
        // The first line tells zsh what the file is.
        let at = if script.starts_with(b"#compdef") {
            script.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1)
        } else {
            0
        };
        script.splice(at..at, hint.into_bytes());
        script
    }

    /// What to do with the script.
    pub fn hint(&self) -> String {
        format!("To install it: {}", self.shell.installed_by())
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
