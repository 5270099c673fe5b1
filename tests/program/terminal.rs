//! What a person at a terminal sees: questions, progress, colours, the width.

use crate::common::{PROGRAM, Service};
use aziotdps::emulator::{Fault, Options};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Nothing takes longer that has not hung.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program on a terminal of its own.
struct Terminal {
    child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    shown: String,
}

impl Terminal {
    fn start(mut command: Command, columns: u16) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap().into_string().unwrap();
        tcsetwinsize(&controller, Winsize { ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let side = || OpenOptions::new().read(true).write(true).open(&name).unwrap();
        let child = command.stdin(side()).stdout(side()).stderr(side()).spawn().unwrap();
        // Or the terminal would stay open after the program.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let keyboard = File::from(controller);
        let mut from = keyboard.try_clone().unwrap();
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, keyboard, screen, shown: String::new() }
    }

    /// Waits until `text` is on the screen.
    #[track_caller]
    fn until(&mut self, text: &str) {
        let started = Instant::now();
        while !self.shown.contains(text) {
            assert!(started.elapsed() < PATIENCE, "{text:?} is not in: {}", self.shown);
            if let Ok(more) = self.screen.recv_timeout(Duration::from_millis(50)) {
                self.shown.push_str(&String::from_utf8_lossy(&more));
            }
        }
    }

    /// Waits until it has ended: its exit code, and all that was shown.
    #[track_caller]
    fn ended(mut self) -> (Option<i32>, String) {
        let started = Instant::now();
        let code = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status.code(),
                None => assert!(started.elapsed() < PATIENCE, "it does not end: {}", self.shown),
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        while let Ok(more) = self.screen.recv_timeout(Duration::from_millis(300)) {
            self.shown.push_str(&String::from_utf8_lossy(&more));
        }
        (code, std::mem::take(&mut self.shown))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    fn on_terminal(&self, arguments: &str, columns: u16, variables: &[(&str, &str)]) -> Terminal {
        let mut command = self.command(PROGRAM);
        command.args(arguments.split(' ')).arg(format!("--emulator={}", self.emulator.ready().endpoint));
        command.env("TERM", "xterm").env_remove("NO_COLOR").envs(variables.iter().copied());
        Terminal::start(command, columns)
    }

    fn count(&self) -> String {
        self.line("enrollment list --query length(@)").ok().out
    }
}

#[test]
fn removing_all_is_asked_about_and_no_is_the_answer_of_who_says_nothing() {
    let service = Service::with(Options { page_size: 2, ..Options::default() });
    for number in 0..3 {
        service.create(&format!("d{number}"));
    }
    for answer in ["\n", "n\n", "no\n", "yess\n"] {
        let mut terminal = service.on_terminal("enrollment delete --all", 80, &[]);
        terminal.until("Remove 3 enrollments of 'emulator'? This cannot be undone. [y/N] ");
        terminal.keyboard.write_all(answer.as_bytes()).unwrap();
        let (code, shown) = terminal.ended();
        assert!(code == Some(1) && shown.contains("nothing was removed"), "{code:?} {shown}");
        assert_eq!(service.count(), "3\n");
    }
    // Ctrl+C at the question.
    let mut terminal = service.on_terminal("enrollment delete --all", 80, &[]);
    terminal.until("[y/N] ");
    let interrupt = Command::new("kill").args(["-INT", &terminal.child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    assert_eq!(terminal.ended().0, Some(130));
    assert_eq!(service.count(), "3\n");

    let mut terminal = service.on_terminal("enrollment delete --all", 80, &[]);
    terminal.until("[y/N] ");
    terminal.keyboard.write_all(b"y\n").unwrap();
    let (code, shown) = terminal.ended();
    assert!(code == Some(0) && shown.contains("3 enrollments removed."), "{shown}");
    assert_eq!(service.count(), "0\n");
    let (code, shown) = service.on_terminal("enrollment delete --all", 80, &[]).ended();
    assert!(code == Some(0) && shown.contains("There is no enrollment to remove."), "{shown}");

    service.line("enrollment-group create --gid g -o none").ok();
    let (code, shown) = service.on_terminal("enrollment-group delete --all --yes", 80, &[]).ended();
    assert!(code == Some(0) && shown.contains("1 enrollment group removed."), "{shown}");
}

#[test]
fn long_work_shows_how_far_it_is() {
    let service = Service::start();
    for number in 0..4 {
        service.create(&format!("d{number}"));
    }
    service.emulator.faults().queue(Fault::delay(Duration::from_millis(300)).on("DELETE", "/enrollments").times(9));
    let mut terminal = service.on_terminal("enrollment delete --all --yes", 80, &[]);
    terminal.until("Removing enrollments");
    terminal.until("2/4");
    assert_eq!(terminal.ended().0, Some(0));
    // Nobody watches a file.
    service.create("d0");
    let ran = service.line("enrollment delete --all --yes").ok();
    assert_eq!(ran.out, "");
}

#[test]
fn waits_are_told_wherever_they_are() {
    let service = Service::start();
    let wait = || service.emulator.faults().queue(Fault::status(429).retry_after("1").on("POST", "/query"));
    wait();
    let ran = service.line("enrollment list");
    assert!(ran.code == Some(0) && ran.err.starts_with("info: waiting "), "{}", ran.err);
    wait();
    service.line("enrollment list --only-show-errors").ok();
    wait();
    let (_, shown) = service.on_terminal("enrollment list", 80, &[]).ended();
    assert!(shown.contains("waiting ") && shown.contains("[]"), "{shown}");
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let service = Service::start();
    let (code, shown) = service.on_terminal("enrollment show --eid d", 80, &[]).ended();
    assert!(code == Some(3) && shown.contains("\x1b[1m\x1b[31merror:\x1b[0m "), "{shown:?}");
    let (_, shown) = service.on_terminal("enrollment show --eid d", 80, &[("NO_COLOR", "1")]).ended();
    assert!(shown.contains("error: ") && !shown.contains('\x1b'), "{shown:?}");

    service.create("d");
    let show = |output: &str, variables: &[(&str, &str)]| {
        service.on_terminal(&format!("enrollment show --eid d -o {output}"), 80, variables).ended().1
    };
    assert!(show("jsonc", &[]).contains("\x1b[94m\"etag\"\x1b[0m: "));
    assert!(show("yamlc", &[]).contains("\x1b[94metag\x1b[0m: "));
    for (output, variables) in [("jsonc", &[("NO_COLOR", "1")][..]), ("json", &[]), ("yaml", &[])] {
        assert!(!show(output, variables).contains('\x1b'), "{output}");
    }
}

#[test]
fn a_table_is_as_wide_as_the_terminal() {
    let service = Service::start();
    let long = "x".repeat(100);
    service.enrollment(&["create", "--eid", "d", "--at", "tpm", "--ek", "QUJD", "-d", &long, "-o", "none"]).ok();
    service.create("a-device-with-a-name-of-its-own");
    let widest = |columns: u16| {
        let (_, shown) = service.on_terminal("enrollment list -o table", columns, &[]).ended();
        let heading = shown.lines().next().unwrap_or_default().trim_end().to_owned();
        (heading, shown.lines().nth(1).unwrap_or_default().trim_end().len())
    };
    let (heading, width) = widest(80);
    assert!(width <= 80 && heading.ends_with("LastUpdated") && !heading.contains("DeviceId"), "{heading}");
    let (heading, width) = widest(160);
    assert!(width <= 160 && heading.contains("DeviceId") && heading.contains("Created"), "{heading}");
    // Where there is no terminal.
    let table = service.line("enrollment list -o table").ok().out;
    assert!(table.lines().all(|line| line.len() <= 80), "{table}");
    for row in table.lines().skip(2) {
        let time = row.rsplit(' ').next().unwrap();
        assert!(time.len() == "2026-01-31T12:34Z".len() && time.ends_with('Z'), "{row}");
    }
}

/// A shell that gives the terminal to one program at a time, as a person's does.
#[test]
#[cfg(target_os = "linux")]
fn an_emulator_in_the_background_does_not_write_between_what_others_write() {
    let home = tempfile::tempdir().unwrap();
    let script = format!(
        "'{PROGRAM}' emulator start --port 0 > {0}/ready 2> /dev/tty & \
         until [ -s {0}/ready ]; do sleep 0.05; done; cat {0}/ready; \
         port=$(sed -n 's|.*https://localhost:\\([0-9]*\\) .*|\\1|p' {0}/ready); \
         '{PROGRAM}' enrollment list --emulator $port; kill %1; wait %1; echo over",
        home.path().display()
    );
    let mut command = Command::new("setsid");
    command.args(["--ctty", "--wait", "bash", "-m", "-c", &script]).env("AZIOTDPS_HOME", home.path());
    let (code, shown) = Terminal::start(command, 200).ended();
    assert!(code == Some(0) && shown.contains("[]") && shown.contains("over"), "{shown}");
    assert!(shown.contains(" until kill ") && shown.contains("--emulator "), "{shown}");
    assert!(!shown.contains("/enrollments/query"), "{shown}");
}

#[test]
fn a_script_for_a_shell_says_what_to_do_with_it() {
    for (shell, says) in [
        ("bash", "# To install it: aziotdps completion bash > "),
        ("zsh", "# To install it: aziotdps completion zsh > "),
        ("fish", "# To install it: aziotdps completion fish > "),
        ("pwsh", "Out-String | Invoke-Expression"),
    ] {
        let mut command = Command::new(PROGRAM);
        command.args(["completion", shell]);
        let script = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert!(script.lines().take(2).any(|line| line.starts_with('#') && line.contains(says)), "{shell}");
    }
    let mut command = Command::new(PROGRAM);
    command.args(["completion", "fish"]);
    let mut terminal = Terminal::start(command, 80);
    terminal.until("To install it: aziotdps completion fish > ");
    assert_eq!(terminal.ended().0, Some(0));
}
