//! What the program costs: start-up, one record, ten thousand.

use super::milliseconds;
use crate::emulator::Emulator;
use crate::package::package;
use crate::process::{command, run};
use anyhow::Result;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ENROLLMENTS: u32 = 10_000;
const ROUNDS: usize = 11;

/// Measures and prints.
pub fn client() -> Result<()> {
    let package = package(None)?;
    let starting = Instant::now();
    let emulator = Emulator::start(&package.program)?;
    let ready = starting.elapsed();
    seed(&emulator)?;
    let endpoint = format!("--emulator={}", emulator.ready("endpoint")?);
    let login = emulator.ready("connectionString")?;

    let base = median(|| quietly(emulator.command(&package.program).arg("--version")))?;
    let ask = |arguments: &[&str]| {
        median(|| {
            let mut command = emulator.command(&package.program);
            quietly(command.arg("enrollment").args(arguments).args(["--output", "json"]))
        })
    };
    println!("median of {ROUNDS} runs; {ENROLLMENTS} enrollments; each run is a process of its own\n");
    show("aziotdps --version", base, base);
    show("curl, one request to the emulator", median(|| quietly(&mut health(&emulator)?))?, base);
    show("show, by connection string", ask(&["show", "--eid", "dev-0", "--login", login])?, base);
    show("show, by resource manager", ask(&["show", "--eid", "dev-0", &endpoint])?, base);
    show("list --top 1000", ask(&["list", "--top", "1000", "--login", login])?, base);
    show("list", ask(&["list", "--login", login])?, base);
    println!("\nemulator ready after its first start in a new home: {:.1} ms", milliseconds(ready));
    Ok(())
}

fn seed(emulator: &Emulator) -> Result<()> {
    let mut curl = curl(emulator)?;
    curl.args(["--data", &format!("{{\"count\":{ENROLLMENTS}}}")]);
    run(curl.arg(format!("{}/_emulator/seed", emulator.ready("endpoint")?)).stdout(Stdio::null()))
}

fn health(emulator: &Emulator) -> Result<Command> {
    let mut curl = curl(emulator)?;
    curl.arg(format!("{}/_emulator/health", emulator.ready("endpoint")?));
    Ok(curl)
}

fn curl(emulator: &Emulator) -> Result<Command> {
    let mut curl = command(Path::new("curl"));
    curl.args(["--fail", "--silent", "--show-error", "--cacert", emulator.ready("caCertificate")?]);
    Ok(curl)
}

fn quietly(command: &mut Command) -> Result<()> {
    run(command.stdout(Stdio::null()))
}

fn median(mut work: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut times = [Duration::ZERO; ROUNDS];
    for time in &mut times {
        let started = Instant::now();
        work()?;
        *time = started.elapsed();
    }
    times.sort();
    Ok(times[ROUNDS / 2])
}

fn show(what: &str, time: Duration, base: Duration) {
    println!("{what:36} {:8.1} ms {:8.1} x", milliseconds(time), time.as_secs_f64() / base.as_secs_f64());
}
