//! An operation from its start to the exit code: records to stdout, everything else to stderr.

use crate::connection::{Connection, ENVIRONMENT};
use crate::content;
use crate::interrupt::on_interrupt;
use crate::output::Printer;
use crate::verb::Verb;
use aziotdps::error::{Code, Error, Outcome};
use aziotdps::model::Members;
use aziotdps::operation::{Call, Event, Level, Message, Operation, Session};
use clap::Command;
use serde_json::Value;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

const FAILED: u8 = 1;
const NOT_FOUND: u8 = 3;

/// Why an operation did not come to its end.
enum Stop {
    /// It failed, and that has been told.
    Failed(u8),
    /// What it printed is wanted no more.
    NobodyReads,
}

/// Carries out what was `given` on the service that `connection` names. `command` is the one whose options these are.
pub fn run(given: &impl Verb, connection: &Connection, command: &Command) -> ExitCode {
    let host = Host { connection, command, running: Arc::default() };
    match host.run(given) {
        Ok(()) | Err(Stop::NobodyReads) => ExitCode::SUCCESS,
        Err(Stop::Failed(code)) => ExitCode::from(code),
    }
}

/// Whether the answer to `request` is a list, however many records are in it.
fn is_list(call: Call, request: &Members) -> bool {
    match call {
        Call::List(_) | Call::ServiceList => true,
        Call::RegistrationGet => request.contains_key("enrollmentId"),
        Call::ServiceConnectionString => !request.contains_key("target"),
        _ => false,
    }
}

/// The operation that an interrupt stops.
#[derive(Default)]
struct Running(Mutex<(bool, Option<Arc<Operation>>)>);

impl Running {
    fn begin(&self, operation: &Arc<Operation>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.0 {
            operation.cancel();
        }
        state.1 = Some(operation.clone());
    }

    fn cancel(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = true;
        if let Some(operation) = &state.1 {
            operation.cancel();
        }
    }
}

struct Host<'a> {
    connection: &'a Connection,
    command: &'a Command,
    running: Arc<Running>,
}

impl Host<'_> {
    fn run(&self, given: &impl Verb) -> Result<(), Stop> {
        let call = given.call();
        let mut request = content::request(call, given).map_err(|error| self.fail(&error))?;
        let session = Session::new().map_err(|error| self.fail(&error))?;
        let running = self.running.clone();
        on_interrupt(move || running.cancel()).map_err(|error| self.fail(&error))?;
        let format = self.connection.output;
        if !given.offline() {
            let (connect, about) = self.connection.requests(call).map_err(|error| self.tell(&error))?;
            request.extend(about);
            let mut nowhere = Printer::new(io::sink(), format, call, false);
            self.carry_out(&session, Call::SessionConnect, &connect, &mut nowhere)?;
        }
        let out = BufWriter::new(io::stdout().lock());
        let mut printer = Printer::new(out, format, call, is_list(call, &request));
        self.carry_out(&session, call, &Value::Object(request), &mut printer)
    }

    fn carry_out<W: Write>(
        &self,
        session: &Session,
        call: Call,
        request: &Value,
        printer: &mut Printer<W>,
    ) -> Result<(), Stop> {
        let request = Zeroizing::new(request.to_string());
        let operation = Arc::new(session.start(call, request.as_bytes()));
        self.running.begin(&operation);
        let mut failed = None;
        loop {
            match operation.next(None) {
                Event::Items(records) => printer.records(&records).map_err(|error| self.write_failed(&error))?,
                Event::Message(message) => self.message(&message),
                Event::Error(error) => failed = Some(self.tell(&error)),
                Event::End => break,
                Event::Progress(_) | Event::Pending | Event::Busy => {}
            }
        }
        // What was printed is whole JSON, also where something failed.
        let ended = match failed {
            Some(_) if !printer.has_printed() => Ok(()),
            _ => printer.end().map_err(|error| self.write_failed(&error)),
        };
        failed.map_or(ended, Err)
    }

    fn message(&self, message: &Message) {
        let Connection { verbose, debug, only_show_errors, .. } = *self.connection;
        let (name, wanted) = match message.level {
            Level::Warning => ("WARNING", !only_show_errors),
            Level::Verbose => ("INFO", verbose || debug),
            Level::Debug => ("DEBUG", debug),
        };
        if wanted {
            stderr(&format!("{name}: {}", message.text));
        }
    }

    fn write_failed(&self, error: &io::Error) -> Stop {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Stop::NobodyReads;
        }
        self.fail(error)
    }

    fn fail(&self, error: &impl std::fmt::Display) -> Stop {
        stderr(&format!("ERROR: {error}"));
        Stop::Failed(FAILED)
    }

    /// Tells of `error`: what, why, on what, and what to do next.
    fn tell(&self, error: &Error) -> Stop {
        let mut text = format!("ERROR: {}", error.message());
        let mut line = |name: &str, value: &str| text.push_str(&format!("\n  {name}: {value}"));
        for cause in error.causes() {
            line("because", cause);
        }
        if let Some(option) = error.parameter().and_then(|parameter| self.option(parameter)) {
            line("option", &option);
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
        stderr(&text);
        Stop::Failed(if error.code() == Code::NotFound { NOT_FOUND } else { FAILED })
    }

    /// Where the request's member `parameter` came from.
    fn option(&self, parameter: &str) -> Option<String> {
        if let Some((_, name)) = ENVIRONMENT.iter().find(|(member, _)| *member == parameter) {
            return Some(format!("environment variable {name}"));
        }
        // An option's id is its field's name, which is the member in the other spelling.
        let same = |id: &str| id.replace('_', "").eq_ignore_ascii_case(parameter);
        let option = self.command.get_arguments().find(|option| same(option.get_id().as_str()))?;
        Some(format!("--{}", option.get_long()?))
    }
}

/// A line for a person. One who has closed the terminal misses nothing.
fn stderr(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
