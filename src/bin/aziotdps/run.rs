//! An operation from its start to the exit code: records to stdout, everything else to stderr.

use crate::connection::{Connection, ENVIRONMENT};
use crate::content;
use crate::interrupt::on_interrupt;
use crate::output::Printer;
use aziotdps::error::{Code, Error, Outcome};
use aziotdps::operation::{Call, Event, Level, Message, Operation, Session};
use clap::Command;
use serde::Serialize;
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

/// Carries out `call` with what was `given` on the service that `connection` names. `noun` is the command whose options
/// these are.
pub fn run(call: Call, given: &impl Serialize, connection: &Connection, noun: &Command) -> ExitCode {
    let host = Host { connection, noun, running: Arc::default() };
    let done = connection.requests().map_err(|error| host.tell(&error)).and_then(|(connect, target)| {
        let request = content::request(given, target).map_err(|error| host.fail(&error))?;
        let session = Session::new().map_err(|error| host.fail(&error))?;
        let running = host.running.clone();
        on_interrupt(move || running.cancel()).map_err(|error| host.fail(&error))?;
        let mut nowhere = Printer::new(io::sink(), connection.output, false);
        host.carry_out(&session, Call::SessionConnect, &connect, &mut nowhere)?;
        let out = BufWriter::new(io::stdout().lock());
        let mut printer = Printer::new(out, connection.output, call == Call::EnrollmentList);
        host.carry_out(&session, call, &request, &mut printer)
    });
    match done {
        Ok(()) | Err(Stop::NobodyReads) => ExitCode::SUCCESS,
        Err(Stop::Failed(code)) => ExitCode::from(code),
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
    noun: &'a Command,
    running: Arc<Running>,
}

impl Host<'_> {
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
        match failed {
            Some(stop) => Err(stop),
            None => printer.end().map_err(|error| self.write_failed(&error)),
        }
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
        let mut options =
            std::iter::once(self.noun).chain(self.noun.get_subcommands()).flat_map(Command::get_arguments);
        let option = options.find(|option| same(option.get_id().as_str()))?;
        Some(format!("--{}", option.get_long()?))
    }
}

/// A line for a person. One who has closed the terminal misses nothing.
fn stderr(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
