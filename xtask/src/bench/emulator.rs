//! What the emulator holds and how fast it is.

use super::load::{self, Measured, Target};
use super::milliseconds;
use crate::emulator::Emulator;
use crate::process::{self, cargo, root};
use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const MILLION: u64 = 1_000_000;

#[derive(Args)]
pub struct EmulatorBench {
    /// What to measure; everything where nothing is named.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// The program to measure, instead of a release build.
    #[arg(long)]
    program: Option<PathBuf>,
    /// How many connections send requests.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// How many requests each load has.
    #[arg(long, default_value_t = 200_000)]
    requests: u64,
    /// How often the emulator is killed.
    #[arg(long, default_value_t = 100)]
    rounds: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// GET at 10,000 and at 1,000,000 records.
    Get,
    /// Creates and updates in memory, from nothing and at 1,000,000 records.
    Put,
    /// Creates in a file, from nothing and at 1,000,000 records.
    File,
    /// GET while others create records in a file.
    Beside,
    /// A listing of 100,000 records, in memory and from a file.
    List,
    /// 1,000,000 records in memory, and what a reset gives back.
    Memory,
    /// The same with an X.509 certificate in each.
    X509,
    /// A start with 1,000,000 records in a file, before and after a kill.
    Start,
    /// Health, and the end, during a seed of 1,000,000.
    Seed,
    /// What is left of acknowledged writes after many kills.
    Kill,
}

struct Bench {
    program: PathBuf,
    options: EmulatorBench,
}

/// Measures and prints.
pub fn emulator(options: EmulatorBench) -> Result<()> {
    let program = match &options.program {
        Some(program) => program.clone(),
        None => {
            process::run(cargo(&["build", "--quiet", "--release", "--bin", "aziotdps"]).current_dir(root()))?;
            process::program("release")
        }
    };
    let parts = match options.parts.as_slice() {
        [] => Part::value_variants().to_vec(),
        named => named.to_vec(),
    };
    let cores = thread::available_parallelism()?;
    println!("{cores} cores, the load generator beside the emulator; {} connections\n", options.connections);
    let bench = Bench { program, options };
    for part in parts {
        match part {
            Part::Get => bench.get()?,
            Part::Put => bench.put()?,
            Part::File => bench.file()?,
            Part::Beside => bench.beside()?,
            Part::List => bench.list()?,
            Part::Memory => bench.memory()?,
            Part::X509 => bench.x509()?,
            Part::Start => bench.start_up()?,
            Part::Seed => bench.seed()?,
            Part::Kill => bench.kill()?,
        }
    }
    Ok(())
}

impl Bench {
    fn in_memory(&self) -> Result<Emulator> {
        Emulator::start(&self.program)
    }

    fn in_file(&self, file: &Path) -> Result<Emulator> {
        Emulator::start_with(&self.program, &[OsStr::new("--data-path"), file.as_os_str()])
    }

    /// Sends as many requests as the options say.
    fn load(&self, emulator: &Emulator, request: impl Fn(&Target, u64) -> Vec<u8> + Sync) -> Result<Measured> {
        load::run(emulator, self.options.connections, self.options.requests, request, || false)
    }

    fn get(&self) -> Result<()> {
        for records in [10_000, MILLION] {
            let emulator = self.in_memory()?;
            seed(&emulator, "dev-", records)?;
            let measured = self.load(&emulator, |target, _| get(target, fastrand::u64(..records)))?;
            show(&format!("GET at {records} records"), &measured);
        }
        Ok(())
    }

    fn put(&self) -> Result<()> {
        for records in [0, MILLION] {
            let emulator = self.in_memory()?;
            if records > 0 {
                seed(&emulator, "dev-", records)?;
            }
            let created = self.load(&emulator, |target, number| create(target, "new", number))?;
            show(&format!("PUT create in memory at {records} records"), &created);
            let requests = self.options.requests;
            let updated = self.load(&emulator, |target, _| update(target, "new", fastrand::u64(..requests)))?;
            show(&format!("PUT update in memory at {records} records"), &updated);
        }
        Ok(())
    }

    fn file(&self) -> Result<()> {
        for records in [0, MILLION] {
            let folder = tempfile::tempdir()?;
            let emulator = self.in_file(&folder.path().join("records.db"))?;
            if records > 0 {
                seed(&emulator, "dev-", records)?;
            }
            let created = self.load(&emulator, |target, number| create(target, "new", number))?;
            show(&format!("PUT create in a file at {records} records"), &created);
            let requests = self.options.requests;
            let read = self.load(&emulator, |target, _| {
                target.request("GET", &format!("/enrollments/new-{}", fastrand::u64(..requests)), "", "")
            })?;
            show(&format!("GET from a file at {} records", records + requests), &read);
        }
        Ok(())
    }

    fn beside(&self) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let emulator = self.in_file(&folder.path().join("records.db"))?;
        seed(&emulator, "dev-", 100_000)?;
        let done = AtomicBool::new(false);
        let stop = &|| done.load(Ordering::Relaxed);
        let new = &|target: &Target, number| create(target, "new", number);
        let [written, read] = thread::scope(|threads| {
            let writers = threads.spawn(|| load::run(&emulator, 8, u64::MAX, new, stop));
            let read = load::run(&emulator, 8, 50_000, |target, _| get(target, fastrand::u64(..100_000)), || false);
            done.store(true, Ordering::Relaxed);
            let written = writers.join().map_err(|_| anyhow!("the writers panicked"))?;
            Ok::<_, anyhow::Error>([written?, read?])
        })?;
        show("GET from a file, 8 connections, while 8 others create", &read);
        show("PUT create in a file, by those 8", &written);
        Ok(())
    }

    fn list(&self) -> Result<()> {
        let folder = tempfile::tempdir()?;
        for emulator in [self.in_memory()?, self.in_file(&folder.path().join("records.db"))?] {
            seed(&emulator, "dev-", 100_000)?;
            let target = Target::new(&emulator)?;
            let mut connection = target.connect()?;
            let mut times = Vec::new();
            for _ in 0..5 {
                let started = Instant::now();
                let (mut bytes, mut more) = (0, Some(String::new()));
                while let Some(token) = more {
                    let header = if token.is_empty() { token } else { format!("x-ms-continuation: {token}\r\n") };
                    let request = target.request("POST", "/enrollments/query", &header, r#"{"query":"SELECT *"}"#);
                    let page = connection.succeed(&request)?;
                    bytes += page.body.len();
                    more = page.continuation;
                }
                if bytes < 100_000 * 100 {
                    bail!("a listing of 100,000 records has only {bytes} bytes");
                }
                times.push(started.elapsed());
            }
            times.sort();
            println!("list of 100,000 in pages of 1,000: {:.0} ms (median of 5)", milliseconds(times[2]));
        }
        Ok(())
    }

    fn memory(&self) -> Result<()> {
        let at_once = self.in_memory()?;
        println!("memory of an empty emulator: {}", mebibytes(&at_once)?);
        seed(&at_once, "dev-", MILLION)?;
        println!("memory with 1,000,000 records by one seed: {}", mebibytes(&at_once)?);
        admin(&at_once, "reset", "")?;
        thread::sleep(Duration::from_secs(2));
        println!("memory after a reset: {}", mebibytes(&at_once)?);
        drop(at_once);
        let by_ten = self.in_memory()?;
        for part in 0..10 {
            seed(&by_ten, &format!("part-{part}-"), MILLION / 10)?;
        }
        println!("memory with 1,000,000 records by ten seeds: {}", mebibytes(&by_ten)?);
        let by_puts = self.in_memory()?;
        load::run(&by_puts, 32, MILLION, |target, number| create(target, "dev", number), || false)?;
        println!("memory with 1,000,000 records by PUT: {}", mebibytes(&by_puts)?);
        Ok(())
    }

    fn x509(&self) -> Result<()> {
        let certificate = std::fs::read_to_string(root().join("tests/data/device.pem"))?;
        let emulator = self.in_memory()?;
        let request = |target: &Target, number: u64| {
            let id = format!("dev-{number}");
            let slots = json!({"primary": {"certificate": certificate}, "secondary": {"certificate": certificate}});
            let attestation = json!({"type": "x509", "x509": {"clientCertificates": slots}});
            let body = json!({"registrationId": id, "attestation": attestation});
            target.request("PUT", &format!("/enrollments/{id}"), "", &body.to_string())
        };
        let measured = load::run(&emulator, self.options.connections, MILLION, request, || false)?;
        show("PUT create in memory, X.509, 1,000,000 of them", &measured);
        let target = Target::new(&emulator)?;
        let stored = target.connect()?.succeed(&target.request("GET", &record("dev-1"), "", ""))?;
        println!("a stored X.509 record has {} bytes", stored.body.len());
        println!("memory with 1,000,000 X.509 records: {}", mebibytes(&emulator)?);
        admin(&emulator, "reset", "")?;
        thread::sleep(Duration::from_secs(2));
        println!("memory after a reset: {}", mebibytes(&emulator)?);
        Ok(())
    }

    fn start_up(&self) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("records.db");
        let emulator = self.in_file(&file)?;
        seed(&emulator, "dev-", MILLION)?;
        println!("end with 1,000,000 records in a file: {:.0} ms", milliseconds(emulator.end()?));
        let starting = Instant::now();
        let emulator = self.in_file(&file)?;
        println!("start with 1,000,000 records in a file: {:.0} ms", milliseconds(starting.elapsed()));
        println!("memory then: {}", mebibytes(&emulator)?);
        load::run(&emulator, 32, 20_000, |target, number| create(target, "new", number), || false)?;
        emulator.kill()?;
        let starting = Instant::now();
        let emulator = self.in_file(&file)?;
        println!("start after 20,000 creates and a kill: {:.0} ms", milliseconds(starting.elapsed()));
        let resetting = Instant::now();
        admin(&emulator, "reset", "")?;
        println!("reset of 1,020,000 records in a file: {:.0} ms", milliseconds(resetting.elapsed()));
        Ok(())
    }

    fn seed(&self) -> Result<()> {
        let folder = tempfile::tempdir()?;
        for file in [None, Some(folder.path().join("records.db"))] {
            let start = || file.as_deref().map_or_else(|| self.in_memory(), |file| self.in_file(file));
            let emulator = start()?;
            let seeding = Instant::now();
            let mut times: Vec<Duration> = thread::scope(|threads| {
                let seeding = threads.spawn(|| seed(&emulator, "dev-", MILLION));
                let mut connection = Target::new(&emulator)?.connect()?;
                let health = Target::new(&emulator)?.request("GET", "/_emulator/health", "", "");
                let mut times = Vec::new();
                while !seeding.is_finished() {
                    let sent = Instant::now();
                    connection.succeed(&health)?;
                    times.push(sent.elapsed());
                    thread::sleep(Duration::from_millis(5));
                }
                seeding.join().map_err(|_| anyhow!("the seed panicked"))??;
                Ok::<_, anyhow::Error>(times)
            })?;
            let seeded = seeding.elapsed();
            times.sort();
            let place = if file.is_some() { "in a file" } else { "in memory" };
            println!(
                "health during a seed of 1,000,000 {place} ({:.1} s): median {:.1} ms, longest {:.1} ms",
                seeded.as_secs_f64(),
                milliseconds(times[times.len() / 2]),
                milliseconds(times.last().copied().unwrap_or_default())
            );
            let target = Target::new(&emulator)?;
            let seeding = thread::spawn(move || {
                let body = json!({"count": MILLION, "prefix": "more-"}).to_string();
                let request = target.request("POST", "/_emulator/seed", "", &body);
                target.connect().and_then(|mut connection| connection.succeed(&request)).is_ok()
            });
            thread::sleep(Duration::from_secs(2));
            let ended = emulator.end()?;
            if seeding.join().unwrap_or(true) {
                bail!("the seed was over before the end");
            }
            println!("end during a seed {place}: {:.0} ms", milliseconds(ended));
        }
        Ok(())
    }

    /// Creates records until the process is killed, and then looks for all that were acknowledged.
    fn kill(&self) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("records.db");
        let (mut acknowledged, mut lost) = (0_usize, 0_usize);
        for round in 0..self.options.rounds {
            let emulator = self.in_file(&file)?;
            let answers: Mutex<HashMap<String, Vec<u8>>> = Mutex::default();
            let target = Target::new(&emulator)?;
            thread::scope(|threads| {
                for thread in 0..16 {
                    let (target, answers) = (&target, &answers);
                    threads.spawn(move || {
                        let Ok(mut connection) = target.connect() else { return };
                        for number in 0.. {
                            let id = format!("dev-{round}-{thread}-{number}");
                            let request = target.request("PUT", &format!("/enrollments/{id}"), "", &symmetric(&id));
                            let Ok(answer) = connection.succeed(&request) else { return };
                            if let Ok(mut answers) = answers.lock() {
                                answers.insert(id, answer.body);
                            }
                        }
                    });
                }
                thread::sleep(Duration::from_millis(100 + fastrand::u64(..300)));
                emulator.kill()
            })?;
            let emulator = self.in_file(&file)?;
            let target = Target::new(&emulator)?;
            let mut connection = target.connect()?;
            for (id, body) in answers.into_inner().unwrap_or_default() {
                acknowledged += 1;
                let kept = connection.send(&target.request("GET", &record(&id), "", ""))?;
                if kept.body != body {
                    lost += 1;
                }
            }
        }
        println!("{} kills: {acknowledged} creates acknowledged, {lost} lost", self.options.rounds);
        Ok(())
    }
}

fn symmetric(id: &str) -> String {
    format!(r#"{{"registrationId":"{id}","attestation":{{"type":"symmetricKey"}}}}"#)
}

fn get(target: &Target, number: u64) -> Vec<u8> {
    target.request("GET", &format!("/enrollments/dev-{number}"), "", "")
}

fn create(target: &Target, prefix: &str, number: u64) -> Vec<u8> {
    let id = format!("{prefix}-{number}");
    target.request("PUT", &format!("/enrollments/{id}"), "", &symmetric(&id))
}

fn update(target: &Target, prefix: &str, number: u64) -> Vec<u8> {
    let id = format!("{prefix}-{number}");
    target.request("PUT", &format!("/enrollments/{id}"), "If-Match: *\r\n", &symmetric(&id))
}

/// Where the emulator shows a record as it is stored.
fn record(id: &str) -> String {
    format!("/_emulator/records/enrollments/{id}")
}

fn seed(emulator: &Emulator, prefix: &str, count: u64) -> Result<()> {
    admin(emulator, "seed", &json!({"count": count, "prefix": prefix}).to_string())
}

fn admin(emulator: &Emulator, call: &str, body: &str) -> Result<()> {
    let target = Target::new(emulator)?;
    target.connect()?.succeed(&target.request("POST", &format!("/_emulator/{call}"), "", body))?;
    Ok(())
}

fn mebibytes(emulator: &Emulator) -> Result<String> {
    let bytes = emulator.memory().context("this system does not say how much memory a process has")?;
    Ok(format!("{} MiB", bytes >> 20))
}

fn show(what: &str, measured: &Measured) {
    let cpu = measured
        .cpu
        .map_or("-".to_owned(), |cpu| format!("{:.0} µs", cpu.as_secs_f64() * 1e6 / measured.requests as f64));
    println!(
        "{what:52} {:8.0}/s   CPU {cpu:>7}   p50 {:6.2} ms   p99 {:6.2} ms",
        measured.per_second(),
        milliseconds(measured.quantile(0.5)),
        milliseconds(measured.quantile(0.99))
    );
}
