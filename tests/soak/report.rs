//! What was reported, held against what happened.

use crate::common::Bench;
use crate::trial::{Claim, LASTING, Trial, lasting, passing};
use aziotdps::emulator::LoggedRequest;
use aziotdps::error::{Code, Error, Outcome};
use aziotdps::model::EnrollmentKind::{Group, Individual};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

/// What became of a write, as far as its sender can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The service carried it out and said so.
    Applied,
    /// The response did not come, or is not the service's.
    Lost,
    /// The service refused it.
    Refused,
}

/// The figures of a soak, and the outcomes that were not true.
#[derive(Default)]
pub struct Report {
    pub untruths: Vec<String>,
    operations: usize,
    requests: usize,
    /// The faults that requests met.
    pub faults: usize,
    succeeded: usize,
    errors: BTreeMap<String, usize>,
    outcomes: BTreeMap<String, usize>,
    /// Outcomes that are `unknown` although every write was refused.
    needless: usize,
    /// The tags of operations that reported that they changed nothing.
    denied: HashSet<String>,
    /// The tags that records that stay must have.
    promised: HashMap<String, HashSet<String>>,
    /// Each version of a record that was reported, by its etag.
    versions: HashMap<String, Value>,
    /// The tags of operations whose outcome is unknown.
    doubtful: HashSet<String>,
}

impl Report {
    /// Checks the operations of a round. `journal` has every request of theirs.
    pub fn check(&mut self, journal: &[LoggedRequest], trials: Vec<Trial>) {
        let mut sent: HashMap<&str, Vec<&LoggedRequest>> = HashMap::new();
        for request in journal {
            sent.entry(request.client_request_id.as_deref().unwrap_or_default()).or_default().push(request);
        }
        for trial in trials {
            self.operations += 1;
            let ids: HashSet<&str> = trial.requests.iter().map(String::as_str).collect();
            let requests: Vec<&LoggedRequest> = ids.iter().filter_map(|id| sent.get(id)).flatten().copied().collect();
            self.requests += requests.len();
            let writes: Vec<(&str, Fate)> = requests.iter().filter_map(|request| write_of(request)).collect();
            if let Err(why) = self.judge(&trial, &writes) {
                let shown = trial.shown();
                self.untruths.push(format!("{why}: {shown}; requests {requests:?}"));
            }
        }
    }

    fn judge(&mut self, trial: &Trial, writes: &[(&str, Fate)]) -> Result<(), String> {
        for error in &trial.outcome.errors {
            *self.errors.entry(format!("{:?}", error.code())).or_default() += 1;
            *self.outcomes.entry(format!("{:?}", error.outcome())).or_default() += 1;
        }
        let any = |fate| writes.iter().any(|(_, own)| *own == fate);
        match (trial.claim, trial.outcome.errors.last()) {
            (Claim::Read, Some(error)) => same(error.outcome(), Outcome::NotApplied, "a read changed something")?,
            (Claim::Read, None) => {}
            (Claim::Write, None) => self.judge_written(trial, &any)?,
            (Claim::Remove, None) => {
                if trial.outcome.items == [Value::Bool(true)] && !any(Fate::Applied) {
                    return Err("nothing was removed".to_owned());
                }
            }
            (Claim::Write | Claim::Remove, Some(error)) => self.judge_failed(trial, error, &any)?,
            (Claim::RemoveAll, _) => self.judge_removed_all(trial, writes)?,
        }
        if trial.outcome.errors.is_empty() {
            self.succeeded += 1;
        }
        Ok(())
    }

    fn judge_written(&mut self, trial: &Trial, any: &impl Fn(Fate) -> bool) -> Result<(), String> {
        let [record] = &trial.outcome.items[..] else { return Err("no record came".to_owned()) };
        // Nobody else puts this tag into a record.
        if record["initialTwin"]["tags"][trial.tag()].is_null() || !(any(Fate::Applied) || any(Fate::Lost)) {
            return Err("the change was not made".to_owned());
        }
        if let Some(id) = record["registrationId"].as_str().filter(|id| id.starts_with("lasting")) {
            self.promised.entry(id.to_owned()).or_default().insert(trial.tag());
        }
        self.versions.insert(record["etag"].as_str().unwrap_or_default().to_owned(), record.clone());
        Ok(())
    }

    fn judge_failed(&mut self, trial: &Trial, error: &Error, any: &impl Fn(Fate) -> bool) -> Result<(), String> {
        let all_refused = !any(Fate::Applied) && !any(Fate::Lost);
        match error.outcome() {
            Outcome::NotApplied => {
                self.denied.insert(trial.tag());
                if all_refused { Ok(()) } else { Err("it may have been applied".to_owned()) }
            }
            Outcome::Applied if any(Fate::Applied) => Ok(()),
            Outcome::Applied => Err("it was not applied".to_owned()),
            Outcome::Unknown => {
                self.doubtful.insert(trial.tag());
                // The request that a cancellation cut short is not among those that are known.
                self.needless += usize::from(all_refused && error.code() != Code::Cancelled);
                Ok(())
            }
        }
    }

    fn judge_removed_all(&mut self, trial: &Trial, writes: &[(&str, Fate)]) -> Result<(), String> {
        let removed = writes.iter().filter(|(_, fate)| *fate == Fate::Applied).count();
        if trial.outcome.items.len() > removed {
            return Err(format!("{removed} were removed"));
        }
        for error in &trial.outcome.errors {
            let is_own =
                |path: &str| error.target().is_some_and(|target| path.ends_with(target.rsplit('/').next().unwrap()));
            let ends = error.is_terminating();
            let own = writes.iter().filter(|(path, _)| ends || is_own(path));
            let fates: Vec<Fate> = own.map(|(_, fate)| *fate).collect();
            match error.outcome() {
                Outcome::NotApplied if fates.iter().any(|fate| *fate != Fate::Refused) => {
                    return Err(format!("{error} may have been applied"));
                }
                Outcome::Applied if !fates.contains(&Fate::Applied) => return Err(format!("{error} was not applied")),
                Outcome::Unknown if ends && fates.contains(&Fate::Applied) => {
                    return Err(format!("{error} was applied"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks each record against what was reported of it.
    pub fn check_records(&mut self, bench: &Bench) {
        let lasting_ids = || (0..LASTING).map(lasting);
        let kept = lasting_ids().chain(passing()).map(|id| (Individual, id)).chain(passing().map(|id| (Group, id)));
        for (kind, id) in kept {
            let Some(text) = bench.emulator.stored(kind, &id) else {
                if id.starts_with("lasting") {
                    self.untruths.push(format!("{id} is missing, and nobody removed it"));
                }
                continue;
            };
            let record: Value = serde_json::from_str(&text).unwrap();
            let tags = record["initialTwin"]["tags"].as_object().cloned().unwrap_or_default();
            if let Some(denied) = tags.keys().find(|tag| self.denied.contains(*tag)) {
                self.untruths.push(format!("{id} has {denied}, which was reported as not applied"));
            }
            let promised = self.promised.get(&id).into_iter().flatten();
            for lost in promised.filter(|tag| !tags.contains_key(*tag)) {
                self.untruths.push(format!("{id} does not have {lost}, which was reported as applied"));
            }
            match self.versions.get(record["etag"].as_str().unwrap()) {
                Some(reported) if *reported != record => {
                    self.untruths.push(format!("{id} differs from what was reported: {record} and {reported}"));
                }
                Some(_) => {}
                // The last change of a record that nobody reported must be one that nobody knows of.
                None if tags.keys().any(|tag| self.doubtful.contains(tag)) || tags.is_empty() => {}
                None => self.untruths.push(format!("{id} has a version that nobody reported: {record}")),
            }
        }
    }

    /// Whether enough of everything happened for the result to say something.
    pub fn is_varied(&self) -> bool {
        let has = |counts: &BTreeMap<String, usize>, name: &str| counts.get(name).is_some_and(|count| *count > 0);
        let codes = ["NotFound", "AlreadyExists", "PreconditionFailed", "UnexpectedResponse", "Cancelled"];
        self.faults * 40 > self.requests
            && self.succeeded * 3 > self.operations
            && codes.iter().all(|code| has(&self.errors, code))
            && ["NotApplied", "Unknown"].iter().all(|outcome| has(&self.outcomes, outcome))
    }
}

fn same(found: Outcome, wanted: Outcome, otherwise: &str) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(otherwise.to_owned()) }
}

/// Whether the emulator's own response was replaced by another one, or by none.
fn is_replaced(request: &LoggedRequest) -> bool {
    request.status.is_none() || request.error_code.as_deref() == Some("Fault")
}

/// The path of a write on a record, and what became of it.
fn write_of(request: &LoggedRequest) -> Option<(&str, Fate)> {
    let path = request.path.split('?').next()?;
    let is_record =
        ["/enrollments/", "/enrollmentGroups/", "/registrations/"].iter().any(|start| path.starts_with(start));
    if !is_record || !matches!(request.method.as_str(), "PUT" | "DELETE") {
        return None;
    }
    let fate = match request.status {
        Some(200..=299) if !is_replaced(request) => Fate::Applied,
        None | Some(200..=299 | 408 | 500..=599) => Fate::Lost,
        Some(_) => Fate::Refused,
    };
    Some((path, fate))
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "operations  {}, of which {} succeeded", self.operations, self.succeeded)?;
        writeln!(formatter, "requests    {}, of which {} met a fault", self.requests, self.faults)?;
        writeln!(formatter, "errors      {:?}", self.errors)?;
        writeln!(
            formatter,
            "outcomes    {:?}, {} unknown although every write was refused",
            self.outcomes, self.needless
        )?;
        writeln!(formatter, "untruths    {}", self.untruths.len())
    }
}
