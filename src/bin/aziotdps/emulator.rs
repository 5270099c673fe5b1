//! The local service: says on stdout how to use it, logs to stderr, ends on Ctrl+C.

use crate::console;
use crate::interrupt::{ignore_interrupts, on_interrupt};
use aziotdps::emulator::{self, Configuration, Options, Ready};
use aziotdps::error::Error;
use aziotdps::local;
use clap::{Args, Subcommand};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

/// The port that `--emulator` alone means.
const USUAL_PORT: &str = "8443";

/// A provisioning service on this machine, for tests and demos.
#[derive(Subcommand)]
pub enum Emulator {
    /// Start it; it ends on Ctrl+C.
    #[command(after_help = "Examples:
  aziotdps emulator start
  aziotdps emulator start --quiet
  aziotdps emulator start --port 0 --data-path records.db --json")]
    Start(Start),
}

#[derive(Args)]
pub struct Start {
    /// The port on the loopback addresses; 0 takes a free one.
    #[arg(long, default_value = USUAL_PORT)]
    port: u16,
    /// The port for devices that use MQTT; 0 takes a free one [default: 8883, or a free one where that is taken or --port
    /// is 0].
    #[arg(long, value_name = "PORT")]
    mqtt_port: Option<u16>,
    /// The port for devices that use AMQP; 0 takes a free one [default: 5671, or a free one in the same way].
    #[arg(long, value_name = "PORT")]
    amqp_port: Option<u16>,
    /// The file that keeps the records; without one they are gone when it ends.
    #[arg(long, value_name = "FILE")]
    data_path: Option<PathBuf>,
    /// A JSON file with services, the hubs that devices go to, tenants, applications and roles.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// End when standard input ends, and not on Ctrl+C: for a program that starts it and may be gone before it.
    #[arg(long)]
    until_eof: bool,
    /// Say how to use it as one line of JSON.
    #[arg(long)]
    json: bool,
    /// Do not log requests. They are logged to stderr, but not to a terminal that others use in the meantime.
    #[arg(long, short)]
    quiet: bool,
}

/// Runs the emulator until it is interrupted.
pub fn start(options: Start) -> ExitCode {
    match serve(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let causes = error.downcast_ref::<Error>().map(Error::causes).unwrap_or_default();
            let because: String = causes.iter().map(|cause| format!("\n  because: {cause}")).collect();
            console::fail(&format!("{error}{because}"));
            ExitCode::FAILURE
        }
    }
}

fn serve(options: Start) -> Result<(), Box<dyn std::error::Error>> {
    // Before it starts: whoever reads that it is ready may end it at once.
    let (interrupt, interrupted) = mpsc::channel::<()>();
    if options.until_eof {
        ignore_interrupts()?;
        thread::spawn(move || {
            // However it ends: nobody is there any more.
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            drop(interrupt);
        });
    } else {
        on_interrupt(move || drop(interrupt))?;
    }
    let configuration = options.config.as_deref().map(Configuration::read).transpose()?.unwrap_or_default();
    let emulator = emulator::Emulator::start(Options {
        port: options.port,
        mqtt_port: options.mqtt_port,
        amqp_port: options.amqp_port,
        data_path: options.data_path,
        home: local::home(),
        configuration,
        log: (!options.quiet).then_some(Box::new(log)),
        ..Options::default()
    })?;
    let text = if options.json { serde_json::to_string(emulator.ready())? } else { instructions(emulator.ready()) };
    let mut out = io::stdout();
    writeln!(out, "{text}")?;
    out.flush()?;
    // Nothing is ever sent; the other end goes with the interrupt.
    let _ = interrupted.recv();
    emulator.stop();
    Ok(())
}

fn instructions(ready: &Ready) -> String {
    let Ready { endpoint, connection_string, ca_certificate, id_scope, resource_group_name, dps_name, .. } = ready;
    let Ready { mqtt_port, amqp_port, .. } = ready;
    let authority = ca_certificate.display();
    let port = endpoint.rsplit(':').next().filter(|port| *port != USUAL_PORT);
    let emulator = port.map_or("--emulator".to_owned(), |port| format!("--emulator {port}"));
    let end = if in_background() { format!("kill {}", std::process::id()) } else { "Ctrl+C".to_owned() };
    format!(
        "A provisioning service is at {endpoint} until {end}.\n\n\
         Connection string: {connection_string}\n\
         Certificate authority: {authority}\n\
         Devices: ID scope {id_scope}, MQTT on port {mqtt_port}, AMQP on port {amqp_port}\n\
         Resource group and name: {resource_group_name}, {dps_name}\n\n\
         Try it:\n  \
         aziotdps enrollment create {emulator} --enrollment-id dev-01 --attestation-type symmetricKey\n  \
         aziotdps enrollment list {emulator} --output table\n\n\
         These values are published and open nothing but emulators. Devices need HTTPS and the authority above."
    )
}

fn log(line: &str) {
    if !in_background() {
        // One who has closed the terminal misses nothing.
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// Whether stderr is a terminal that a shell gives to other programs at the moment.
#[cfg(unix)]
fn in_background() -> bool {
    use rustix::{process::getpgrp, termios::tcgetpgrp};
    tcgetpgrp(io::stderr()).is_ok_and(|foreground| foreground != getpgrp())
}

#[cfg(not(unix))]
fn in_background() -> bool {
    false
}
