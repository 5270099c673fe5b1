//! A soak: three writers change the same records at the same time, through a service that fails in every way that the
//! emulator has, and are cancelled now and then. Afterwards each outcome that was reported is held against the requests
//! that the emulator got, and each record against the outcomes.
//!
//! `cargo xtask soak` runs it at full length. `AZIOTDPS_SOAK_OPERATIONS` and `AZIOTDPS_SOAK_SEED` set its length and its
//! random numbers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/mod.rs"]
mod common;
mod report;
mod trial;

use common::Bench;
use fastrand::Rng;
use report::Report;
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use trial::{Trial, Writer, fault};

/// What runs in the tests.
const OPERATIONS: u64 = 1_500;

/// How many operations a writer has under way at the same time.
const LANES: u64 = 8;

/// How many operations there are between two looks at the emulator's journal, which keeps the latest requests only.
const ROUND: u64 = 500;

/// One request of so many meets a fault.
const FAULT_EVERY: u32 = 20;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

#[test]
fn no_outcome_is_untrue_and_no_record_differs_from_what_they_say() {
    let operations = setting("AZIOTDPS_SOAK_OPERATIONS").unwrap_or(OPERATIONS);
    let seed = setting("AZIOTDPS_SOAK_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("{operations} operations, seed {seed}");
    let bench = Bench::connected();
    let writers = [
        Writer::new(&bench, json!({})),
        Writer::new(&bench, json!({"authType": "login"})),
        Writer::new(&bench, json!({"connectionString": bench.connection_string()})),
    ];
    let mut rng = Rng::with_seed(seed);
    let mut report = Report::default();
    let started = Instant::now();
    trial::create_lasting_records(&bench);
    let mut done = 0;
    while done < operations {
        let round = ROUND.min(operations - done);
        for _ in 0..round {
            let skip = rng.u32(0..2 * FAULT_EVERY - 1);
            bench.fault(fault(&mut rng).skip(skip));
        }
        trial::create_registrations(&bench);
        let next = AtomicU64::new(done);
        let trials: Vec<Trial> = std::thread::scope(|scope| {
            let lanes = writers.iter().flat_map(|writer| (0..LANES).map(move |_| writer)).map(|writer| {
                let (next, mut rng) = (&next, rng.fork());
                scope.spawn(move || {
                    let number = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < done + round);
                    std::iter::from_fn(number).map(|number| writer.run(number, &mut rng)).collect::<Vec<_>>()
                })
            });
            let lanes: Vec<_> = lanes.collect();
            lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect()
        });
        report.faults += usize::try_from(round).unwrap() - bench.emulator.faults().pending().len();
        bench.emulator.faults().clear();
        // What a cancelled operation had sent is carried out nevertheless.
        std::thread::sleep(Duration::from_millis(200));
        report.check(&bench.emulator.requests(), trials);
        done += round;
    }
    report.check_records(&bench);
    println!("{report}{:.1} s", started.elapsed().as_secs_f64());
    assert!(report.untruths.is_empty(), "seed {seed}: {:#?}", report.untruths);
    assert!(operations < OPERATIONS || report.is_varied(), "{report}");
}
