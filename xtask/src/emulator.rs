//! An emulator of a task's own, with a home of its own, which goes with the task.

use crate::process;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
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
        let home = tempfile::tempdir()?;
        let mut command = process::command(program);
        command.args(["emulator", "start", "--port", "0", "--json", "--until-eof"]).env("AZIOTDPS_HOME", home.path());
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
