//! An emulator of the test's own, and the built program run against it.

use aziotdps::emulator::{Emulator, Options};
use serde_json::Value;
use std::process::{Command, Stdio};
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_aziotdps");

/// An emulator with a home of its own, gone when the test is over.
pub struct Service {
    pub emulator: Emulator,
    pub home: TempDir,
}

impl Service {
    pub fn start() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let home = tempfile::tempdir().unwrap();
        let options = Options { port: 0, home: Some(home.path().to_owned()), ..options };
        Self { emulator: Emulator::start(options).unwrap(), home }
    }

    /// A command that sees the emulator's authority and none of the developer's own account.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for name in ["TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "SUBSCRIPTION_ID"] {
            command.env_remove(format!("AZURE_{name}"));
        }
        command.env_remove("AZIOTDPS_CONNECTION_STRING").env("AZIOTDPS_HOME", self.home.path());
        command.stdin(Stdio::null());
        command
    }

    /// Runs `aziotdps` on the emulator.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let emulator = format!("--emulator={}", self.emulator.ready().endpoint);
        Ran::of(self.command(PROGRAM).args(arguments).arg(emulator))
    }

    /// Runs `aziotdps enrollment` on the emulator.
    pub fn enrollment(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["enrollment"], arguments].concat())
    }

    pub fn connection_string(&self) -> &str {
        &self.emulator.ready().connection_string
    }
}

/// What a program left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Nothing but success.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.out);
        self
    }

    /// Failure with nothing on stdout, and `says` on stderr.
    #[track_caller]
    pub fn fails(self, code: i32, says: &[&str]) -> Self {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{}", self.err);
        for part in says {
            assert!(self.err.contains(part), "{part:?} is not in: {}", self.err);
        }
        self
    }

    /// The output as JSON, which has the layout of az.
    #[track_caller]
    pub fn json(&self) -> Value {
        let value: Value = serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out));
        assert_eq!(self.out, format!("{}\n", serde_json::to_string_pretty(&value).unwrap()));
        value
    }
}
