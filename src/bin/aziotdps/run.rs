//! An operation from its start to the exit code: records to stdout, everything else to stderr.

use crate::command::content;
use crate::command::verb::{Service, Verb};
use crate::connection::Connection;
use crate::console::{Console, Exit};
use crate::interrupt::on_interrupt;
use crate::output::{Failure, Printer};
use aziotdps::error::{Code, Error, Outcome};
use aziotdps::model::Members;
use aziotdps::operation::{Call, Event, Operation, Session};
use clap::Command;
use serde_json::{Value, json};
use std::io::{self, BufWriter};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// Why an operation did not come to its end.
enum Stop {
    /// It failed, and that has been told.
    Failed(Exit),
    /// What came of it could not be printed.
    NotPrinted(Failure),
}

/// Carries out what was `given` on the service that `connection` names. `command` is the one whose options these are.
pub fn run(given: &impl Verb, connection: &Connection, command: &Command) -> ExitCode {
    let mut moved = Vec::new();
    let request = content::request(given.call(), given, &mut moved);
    let console = Console::new(connection.wanted(), command, &moved);
    let request = match request {
        Ok(request) => request,
        Err(error) => return console.error(&Error::new(Code::Internal, error.to_string())).into(),
    };
    let host = Host { connection, console, running: Arc::default() };
    let exit = match host.run(given, request) {
        Ok(()) => Exit::Done,
        Err(Stop::Failed(exit)) => exit,
        // What it printed is wanted no more.
        Err(Stop::NotPrinted(Failure::Io(error))) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(Stop::NotPrinted(Failure::Io(error))) => {
            host.console.fail(&format!("the output cannot be written: {error}"));
            Exit::Failed
        }
        Err(Stop::NotPrinted(Failure::Query(why))) => {
            let outcome = if is_change(given.call()) { Outcome::Applied } else { Outcome::NotApplied };
            host.console.error(&Error::argument("query", why).with_outcome(outcome))
        }
    };
    exit.into()
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

/// Whether records are printed of what was changed.
fn is_change(call: Call) -> bool {
    matches!(call, Call::New(_) | Call::Set(_))
}

/// The operation that an interrupt stops. Where there is none, it ends the program.
#[derive(Default)]
struct Running(Mutex<Option<Arc<Operation>>>);

impl Running {
    fn set(&self, operation: Option<&Arc<Operation>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = operation.cloned();
    }

    fn interrupt(&self) {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(operation) => operation.cancel(),
            None => std::process::exit(Exit::Interrupted as i32),
        }
    }
}

struct Host<'a> {
    connection: &'a Connection,
    console: Console,
    running: Arc<Running>,
}

impl Host<'_> {
    fn run(&self, given: &impl Verb, mut request: Members) -> Result<(), Stop> {
        let call = given.call();
        let asks = given.removes_all() == Some(false);
        if asks && !self.console.can_ask() {
            let message = "--all needs --yes beside it where nobody can be asked. Nothing was removed.";
            return Err(self.tell(&Error::argument("all", message)));
        }
        let session = Session::new().map_err(|error| self.fail(&error.to_string()))?;
        session.set_names(self.console.names().clone());
        let running = self.running.clone();
        on_interrupt(move || running.interrupt()).map_err(|error| self.fail(&error.to_string()))?;
        let mut service = Value::Null;
        let connects = match given.service() {
            Service::Needed => true,
            Service::Optional => self.connection.names_service(),
            Service::None => false,
        };
        if connects {
            let (connect, about) = self.connection.requests(call).map_err(|error| self.tell(&error))?;
            request.extend(about);
            self.carry_out(&session, Call::SessionConnect, &connect, |records| {
                service = records.into_iter().next().unwrap_or_default();
                Ok(())
            })?;
        }
        if given.removes_all().is_some() {
            let name = self
                .connection
                .name()
                .or(service["DpsName"].as_str())
                .or(service["HostName"].as_str())
                .unwrap_or_default();
            return self.remove_all(&session, call, request, asks.then_some(name));
        }
        let out = BufWriter::new(io::stdout().lock());
        let list = is_list(call, &request);
        let mut printer = Printer::new(out, self.connection.output, call, list, self.connection.query.as_ref());
        let done = self.carry_out(&session, call, &Value::Object(request), |records| printer.records(records));
        let printed = match done {
            Err(Stop::NotPrinted(_)) => Ok(()),
            _ => printer.end(done.is_err()).map_err(Stop::NotPrinted),
        };
        done.and(printed)
    }

    /// Removes all records that `call` is about; asks first where the name of the service to `ask` about is given.
    fn remove_all(&self, session: &Session, call: Call, mut request: Members, ask: Option<&str>) -> Result<(), Stop> {
        let (noun, list) = match call {
            Call::Remove(kind) => (kind.noun(), Call::List(kind)),
            _ => ("registration", Call::RegistrationGet),
        };
        let of = |count: usize| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        if let Some(service) = ask {
            let mut count = 0;
            let group = request.get("enrollmentId").and_then(Value::as_str);
            let place = group.map_or(format!("'{service}'"), |group| format!("group '{group}' in '{service}'"));
            let about: Members = ["target", "enrollmentId"]
                .into_iter()
                .filter_map(|member| Some((member.to_owned(), request.get(member)?.clone())))
                .collect();
            self.carry_out(session, list, &Value::Object(about), |records| {
                count += records.len();
                Ok(())
            })?;
            if count == 0 {
                self.console.summary(&format!("There is no {noun} to remove."));
                return Ok(());
            }
            let question = format!("Remove {} of {place}? This cannot be undone.", of(count));
            if !self.console.ask(&question).map_err(|error| self.fail(&error.to_string()))? {
                return Err(self.fail("not confirmed; nothing was removed"));
            }
        }
        // One `true` for each.
        request.insert("passThru".to_owned(), json!(true));
        let mut removed = 0;
        let done = self.carry_out(session, call, &Value::Object(request), |records| {
            removed += records.len();
            Ok(())
        });
        self.console.summary(&format!("{} removed.", of(removed)));
        done
    }

    fn carry_out(
        &self,
        session: &Session,
        call: Call,
        request: &Value,
        mut take: impl FnMut(Vec<Value>) -> std::result::Result<(), Failure>,
    ) -> Result<(), Stop> {
        let request = Zeroizing::new(request.to_string());
        let operation = Arc::new(session.start(call, request.as_bytes()));
        self.running.set(Some(&operation));
        let mut failed = None;
        loop {
            match operation.next(None) {
                Event::Items(records) => {
                    if let Err(failure) = take(records) {
                        failed = Some(Stop::NotPrinted(failure));
                        break;
                    }
                }
                Event::Message(message) => self.console.message(&message),
                Event::Error(error) => failed = Some(self.tell(&error)),
                Event::Progress(progress) => self.console.progress(&progress),
                Event::End => break,
                Event::Origin(_) | Event::Pending | Event::Busy => {}
            }
        }
        self.running.set(None);
        self.console.clear();
        failed.map_or(Ok(()), Err)
    }

    fn fail(&self, why: &str) -> Stop {
        self.console.fail(why);
        Stop::Failed(Exit::Failed)
    }

    fn tell(&self, error: &Error) -> Stop {
        Stop::Failed(self.console.error(error))
    }
}
