//! What a person is told on stderr: errors, warnings, progress, questions. A line that is told is never mixed with the
//! progress that is shown, and colours are for terminals only.

use crate::connection::ENVIRONMENT;
use anstream::{eprint, eprintln};
use aziotdps::error::{Code, Error, Outcome};
use aziotdps::operation::{Level, Message, Names, Progress};
use clap::Command;
use clap::builder::styling::{AnsiColor, Effects, Style};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
const WARNING: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
const PLAIN: Style = Style::new();

/// How the program ended. One code for one kind of mistake, whoever found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It was done.
    Done = 0,
    /// It was tried and failed.
    Failed = 1,
    /// What was given cannot be right or is not enough: options, values, the environment. Nothing was changed.
    Usage = 2,
    /// What it is about does not exist.
    NotFound = 3,
    /// Ctrl+C, or a request to end: 128 and the number of the signal, as shells have it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<Code> for Exit {
    fn from(code: Code) -> Self {
        match code {
            Code::InvalidRequest | Code::InvalidArgument | Code::NothingToChange | Code::NotConnected => Self::Usage,
            Code::NotFound => Self::NotFound,
            Code::Cancelled => Self::Interrupted,
            _ => Self::Failed,
        }
    }
}

/// What is told, and what is not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    pub verbose: bool,
    pub debug: bool,
    pub only_errors: bool,
}

/// The way to a person.
pub struct Console {
    wanted: Wanted,
    progress: ProgressBar,
    /// The option that stands for a member of the request.
    names: Names,
}

impl Console {
    /// Tells what is `wanted` of a `command`, whose options are the ones that errors are about. Of what was `moved`, the
    /// option is the one that was given.
    pub fn new(wanted: Wanted, command: &Command, moved: &[(&str, &str)]) -> Self {
        let progress = if wanted.only_errors { ProgressBar::hidden() } else { ProgressBar::no_length() };
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
            progress.set_style(style);
        }
        let mut names = Names { members: names(command), ..Names::default() };
        for (from, to) in moved {
            if let Some(name) = names.members.get(*from).cloned() {
                names.members.insert((*to).to_owned(), name);
            }
        }
        Self { wanted, progress, names }
    }

    /// How texts name the members of the request.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Whether a person is there to answer.
    pub fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks, and whether the answer is yes.
    pub fn ask(&self, question: &str) -> io::Result<bool> {
        eprint!("{question} [y/N] ");
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Says how it went, to a person who watches.
    pub fn summary(&self, text: &str) {
        if io::stderr().is_terminal() && !self.wanted.only_errors {
            self.line(text);
        }
    }

    /// Shows how far it is.
    pub fn progress(&self, progress: &Progress) {
        if self.progress.is_finished() {
            self.progress.reset();
        }
        if let Some(total) = progress.total_items {
            self.progress.set_length(total);
        }
        self.progress.set_message(progress.activity.clone());
        self.progress.set_position(progress.completed_items);
    }

    /// Takes the progress off the screen.
    pub fn clear(&self) {
        self.progress.finish_and_clear();
    }

    /// Tells a message of the operation.
    pub fn message(&self, message: &Message) {
        let Wanted { verbose, debug, only_errors } = self.wanted;
        let (name, style, wanted) = match message.level {
            Level::Warning => ("warning", WARNING, !only_errors),
            Level::Notice => ("info", PLAIN, !only_errors),
            Level::Verbose => ("info", PLAIN, verbose || debug),
            Level::Debug => ("debug", PLAIN, debug),
        };
        if wanted {
            self.line(&format!("{style}{name}:{style:#} {}", message.text));
        }
    }

    /// Tells of a failure that has no code.
    pub fn fail(&self, message: &str) {
        self.progress.suspend(|| fail(message));
    }

    /// Tells of `error`: what, why, on what, and what to do next.
    pub fn error(&self, error: &Error) -> Exit {
        let mut text = format!("{ERROR}error:{ERROR:#} {}", error.message());
        let mut line = |name: &str, value: &str| text.push_str(&format!("\n  {name}: {value}"));
        for cause in error.causes() {
            line("because", cause);
        }
        if let Some(name) = error.parameter().and_then(|parameter| self.names.members.get(parameter)) {
            line("option", name);
        }
        if let Some(target) = error.target() {
            line("on", target);
        }
        if let Some(http) = error.http() {
            line("HTTP status", &http.status.to_string());
            if let Some(id) = &http.tracking_id {
                line("tracking id", id);
            }
        }
        match error.outcome() {
            Outcome::NotApplied => {}
            Outcome::Unknown => line("outcome", "unknown: the change may have been made"),
            Outcome::Applied => line("outcome", "the change was made"),
        }
        line("help", &error.help());
        self.line(&text);
        error.code().into()
    }

    /// One who has closed the terminal misses nothing.
    fn line(&self, text: &str) {
        self.progress.suspend(|| eprintln!("{text}"));
    }
}

/// Tells of a failure that has no code.
pub fn fail(message: &str) {
    eprintln!("{ERROR}error:{ERROR:#} {message}");
}

/// How a person spells the members of the request that `command` makes: options, and the environment.
fn names(command: &Command) -> BTreeMap<String, String> {
    let options = command.get_arguments().filter_map(|option| {
        let name = option.get_long()?;
        Some((member(option.get_id().as_str()), format!("--{name}")))
    });
    let environment =
        ENVIRONMENT.iter().map(|(member, name)| ((*member).to_owned(), format!("environment variable {name}")));
    // What no option gives alone.
    let force = [("force".to_owned(), "--etag '*'".to_owned())];
    environment.chain(force).chain(options).collect()
}

/// An option's id is its field's name, which is the member in the other spelling.
fn member(id: &str) -> String {
    let mut words = id.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |member, word| match word {
        "ca" if !member.is_empty() => member + "CA",
        word => member + &word[..1].to_ascii_uppercase() + &word[1..],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_spelled_as_the_request_has_them() {
        for (id, expected) in [
            ("top", "top"),
            ("registration_id", "registrationId"),
            ("primary_ca_name", "primaryCAName"),
            ("ca_certificate", "caCertificate"),
        ] {
            assert_eq!(member(id), expected);
        }
    }

    #[test]
    fn each_kind_of_mistake_has_one_exit_code() {
        for code in Code::ALL {
            let expected = match code {
                Code::InvalidRequest | Code::InvalidArgument | Code::NothingToChange | Code::NotConnected => 2,
                Code::NotFound => 3,
                Code::Cancelled => 130,
                _ => 1,
            };
            assert_eq!(Exit::from(code) as u8, expected, "{code:?}");
        }
    }
}
