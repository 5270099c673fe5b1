//! The log: one line per request, and warnings. It never contains a key or a token.
//!
//! Lines wait in a bounded queue for a thread of their own: a sink that blocks, as a pipe that nobody reads does, delays no
//! request. Where the queue is full, lines are dropped and counted.

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Receives one line of the log.
pub type Log = Box<dyn Fn(&str) + Send + Sync>;

/// How many lines wait at most.
const LINES: usize = 10_000;

/// How long lines are collected before they are written, so that not each of them wakes the thread.
const COLLECTING: Duration = Duration::from_millis(10);

/// How long the end waits for the lines that are left.
const LAST_LINES: Duration = Duration::from_millis(500);

/// Writes to the host's [`Log`], if there is one. Clones write to the same one.
#[derive(Clone)]
pub(crate) struct Logger(Option<Arc<Queue>>);

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// Told of the first line that waits, of the end, and when all is written.
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<String>,
    dropped: u64,
    is_writing: bool,
    has_ended: bool,
}

impl Logger {
    /// Starts the thread that writes to `log`. It ends with [`Self::end`].
    pub(crate) fn new(log: Option<Log>) -> io::Result<Self> {
        let Some(log) = log else { return Ok(Self(None)) };
        let queue = Arc::new(Queue::default());
        let read = Arc::clone(&queue);
        std::thread::Builder::new().name("emulator-log".to_owned()).spawn(move || read.write_to(&log))?;
        Ok(Self(Some(queue)))
    }

    pub(crate) fn line(&self, line: impl FnOnce() -> String) {
        if let Some(queue) = &self.0 {
            queue.add(line());
        }
    }

    pub(crate) fn warning(&self, text: &str) {
        self.line(|| format!("warning: {text}"));
    }

    /// Ends the thread once it has written what waits, for which it has half a second.
    pub(crate) fn end(&self) {
        let Some(queue) = &self.0 else { return };
        let until = Instant::now() + LAST_LINES;
        let mut waiting = queue.locked();
        waiting.has_ended = true;
        queue.changed.notify_all();
        while waiting.is_writing || !waiting.lines.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            waiting = queue.changed.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Queue {
    fn locked(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, line: String) {
        let mut waiting = self.locked();
        if waiting.lines.len() >= LINES {
            waiting.dropped += 1;
            return;
        }
        waiting.lines.push_back(line);
        if waiting.lines.len() == 1 {
            self.changed.notify_all();
        }
    }

    fn write_to(&self, log: &Log) {
        let mut waiting = self.locked();
        loop {
            waiting = self
                .changed
                .wait_while(waiting, |waiting| waiting.lines.is_empty() && !waiting.has_ended)
                .unwrap_or_else(PoisonError::into_inner);
            if waiting.lines.is_empty() {
                return;
            }
            waiting = self
                .changed
                .wait_timeout_while(waiting, COLLECTING, |waiting| !waiting.has_ended)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            let (lines, dropped) = (mem::take(&mut waiting.lines), mem::take(&mut waiting.dropped));
            waiting.is_writing = true;
            drop(waiting);
            lines.iter().for_each(|line| log(line));
            if dropped > 0 {
                log(&format!(
                    "warning: {dropped} lines of the log are missing here: they came faster than they were read"
                ));
            }
            waiting = self.locked();
            waiting.is_writing = false;
            self.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    fn add(log: &Logger, numbers: std::ops::Range<usize>) {
        numbers.for_each(|number| log.line(|| number.to_string()));
    }

    #[test]
    fn the_end_waits_for_the_lines_that_are_left() {
        let (written, lines) = channel();
        let log = Logger::new(Some(Box::new(move |line| written.send(line.to_owned()).unwrap()))).unwrap();
        add(&log, 0..100);
        log.end();
        let lines: Vec<String> = lines.try_iter().collect();
        assert_eq!(lines, (0..100).map(|number| number.to_string()).collect::<Vec<_>>());
    }

    #[test]
    fn a_sink_that_blocks_costs_lines_and_no_time() {
        let (written, lines) = channel();
        let (open, gate) = channel::<()>();
        let gate = Mutex::new(gate);
        let log = Logger::new(Some(Box::new(move |line| {
            let _ = gate.lock().unwrap().recv();
            let _ = written.send(line.to_owned());
        })))
        .unwrap();
        add(&log, 0..1);
        std::thread::sleep(10 * COLLECTING);
        let started = Instant::now();
        add(&log, 1..LINES + 51);
        log.end();
        assert!(started.elapsed() < 4 * LAST_LINES, "{:?}", started.elapsed());
        drop(open);
        let lines: Vec<String> = lines.iter().collect();
        assert_eq!(lines.len(), LINES + 2);
        assert!(lines.last().unwrap().contains("50 lines of the log are missing"), "{:?}", lines.last());
    }
}
