//! Listing takes as much memory for a hundred thousand records as for ten thousand.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use aziotdps::emulator::{Emulator, Options};
use std::process::{Command, Stdio};
use std::time::Duration;

mod common;

/// The largest resident size, in KiB, that the program had while it listed all enrollments.
fn peak_of_a_listing(emulator: &Emulator) -> u64 {
    let ready = emulator.ready();
    let mut child = Command::new(env!("CARGO_BIN_EXE_aziotdps"))
        .args(["enrollment", "list", "--login", &ready.connection_string])
        .env("AZIOTDPS_HOME", ready.ca_certificate.parent().unwrap())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let exit = loop {
        let high_water = std::fs::read_to_string(&status).unwrap_or_default();
        let line = high_water.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(peak);
        if let Some(exit) = child.try_wait().unwrap() {
            break exit;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(exit.success());
    peak
}

#[test]
fn peak_memory_does_not_grow_with_the_number_of_records() {
    let bench = common::Bench::with(Options::default());
    bench.seed("enrollments", 0..10_000);
    let small = peak_of_a_listing(&bench.emulator);
    bench.seed("enrollments", 10_000..100_000);
    let large = peak_of_a_listing(&bench.emulator);
    // Were the other 90,000 records kept, each of over 600 bytes, they alone would be more than the whole program is; what a
    // busy machine adds is far less.
    assert!(small > 0 && large < 2 * small, "{small} KiB for 10,000 records, {large} KiB for 100,000");
}
