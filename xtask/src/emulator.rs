//! An emulator of a task's own, with a home of its own, which goes with the task.

use crate::process;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A running emulator.
pub struct Emulator {
    child: Child,
    home: TempDir,
    ready: Value,
}

impl Emulator {
    /// Starts the emulator of `program` on a free port.
    pub fn start(program: &Path) -> Result<Self> {
        Self::start_with(program, &[])
    }

    /// The same, with further `arguments`.
    pub fn start_with(program: &Path, arguments: &[&OsStr]) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let mut command = process::command(program);
        command
            .args(["emulator", "start", "--port", "0", "--json", "--until-eof"])
            .args(arguments)
            .env("AZIOTDPS_HOME", home.path());
        // Its input ends with this program, however that ends.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = command.spawn().with_context(|| format!("{command:?} cannot be started"))?;
        let mut emulator = Self { child, home, ready: Value::Null };
        let mut line = String::new();
        if let Some(out) = emulator.child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        emulator.ready = serde_json::from_str(&line).context("the emulator does not start")?;
        Ok(emulator)
    }

    /// A member of what the emulator said when it was ready.
    pub fn ready(&self, member: &str) -> Result<&str> {
        match self.ready[member].as_str() {
            Some(text) => Ok(text),
            None => bail!("the emulator's ready record has no {member}"),
        }
    }

    /// Kills it, so that it can tidy nothing up.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end, and returns how long that took.
    pub fn end(mut self) -> Result<Duration> {
        let started = Instant::now();
        drop(self.child.stdin.take());
        self.child.wait()?;
        Ok(started.elapsed())
    }

    /// How long its process has computed on all cores, where the system says so.
    pub fn cpu(&self) -> Option<Duration> {
        const TICKS_PER_SECOND: f64 = 100.0;
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // The name, which comes before, may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
        Some(Duration::from_secs_f64(ticks / TICKS_PER_SECOND))
    }

    /// How much memory its process has, in bytes, where the system says so.
    pub fn memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
    }

    /// A command that trusts the emulator.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = process::command(program);
        command.env("AZIOTDPS_HOME", self.home.path());
        command
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
