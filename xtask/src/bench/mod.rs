//! Times of one run on one machine: take the ratios, not the numbers.

mod client;
mod emulator;
mod load;

pub use client::client;
pub use emulator::{EmulatorBench, emulator};

use std::time::Duration;

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
