//! Records on stdout. What scripts read (JSON, YAML, tsv, whatever a query made) is as `az` prints it; the table of
//! whole records is for people and made to fit.

mod json;
mod nulls;
mod query;
mod table;
mod tsv;
mod yaml;

pub use query::Query;

use anstream::{AutoStream, ColorChoice};
use aziotdps::operation::Call;
use clap::ValueEnum;
use serde_json::Value;
use std::io::{self, Write};
use std::process::ExitCode;

/// How records are printed.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// JSON, members by name.
    #[default]
    Json,
    /// JSON, coloured on a terminal.
    Jsonc,
    /// YAML, members by name.
    Yaml,
    /// YAML, coloured on a terminal.
    Yamlc,
    /// Columns for people.
    Table,
    /// Values with tabs between them, by the names of their members.
    Tsv,
    /// Nothing.
    None,
}

impl Format {
    /// Whether it is coloured where it is printed.
    fn colored(self) -> bool {
        matches!(self, Self::Jsonc | Self::Yamlc) && AutoStream::choice(&io::stdout()) != ColorChoice::Never
    }
}

/// Prints a text that is no record.
pub fn text(text: &[u8]) -> ExitCode {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

/// Why nothing more is printed.
#[derive(Debug)]
pub enum Failure {
    /// It cannot be written.
    Io(io::Error),
    /// The query does not go with the records, or its result not with the format.
    Query(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A result of printing.
pub type Result = std::result::Result<(), Failure>;

/// Prints what an operation gives.
pub struct Printer<'a, W> {
    out: W,
    format: Format,
    colored: bool,
    call: Call,
    /// Whether the records are a list, which is an array in JSON however many there are.
    list: bool,
    query: Option<&'a Query>,
    /// What waits for all of the list.
    waiting: Vec<Value>,
    table: Option<table::Layout>,
    printed: usize,
}

impl<'a, W: Write> Printer<'a, W> {
    /// For the records of `call`, or what `query` makes of them.
    pub fn new(out: W, format: Format, call: Call, list: bool, query: Option<&'a Query>) -> Self {
        let colored = format.colored();
        Self { out, format, colored, call, list, query, waiting: Vec::new(), table: None, printed: 0 }
    }

    /// Prints `records`, or keeps them where they cannot be printed before the rest is known.
    pub fn records(&mut self, records: Vec<Value>) -> Result {
        for mut record in records {
            nulls::fill(self.call, &mut record);
            record.sort_all_objects();
            match (&self.query, self.format) {
                (_, Format::None) => {}
                (Some(_), _) => self.waiting.push(record),
                (None, Format::Table) => self.row(record)?,
                (None, _) if self.list => self.element(&record)?,
                (None, _) => self.value(&record)?,
            }
            self.printed += 1;
        }
        Ok(self.out.flush()?)
    }

    /// Prints what was kept, and what comes after the last record. After a failure what was printed is made whole, and
    /// a query that was for all of it prints nothing.
    pub fn end(&mut self, failed: bool) -> Result {
        let kept = std::mem::take(&mut self.waiting);
        match (self.query, self.format) {
            (_, Format::None) => {}
            (Some(_), _) if failed => {}
            (Some(query), _) => self.found(query, kept)?,
            (None, Format::Table) => self.lay_out(kept, !failed)?,
            (None, _) if failed && self.printed == 0 => {}
            (None, Format::Json | Format::Jsonc) if self.list => {
                self.out.write_all(if self.printed == 0 { b"[]\n" } else { b"\n]\n" })?;
            }
            (None, Format::Yaml | Format::Yamlc) if self.list && self.printed == 0 => self.out.write_all(b"[]\n")?,
            (None, _) => {}
        }
        Ok(self.out.flush()?)
    }

    /// Prints what `query` makes of all `records`. As with `az`, nothing found prints nothing.
    fn found(&mut self, query: &Query, mut records: Vec<Value>) -> Result {
        let whole = if self.list { Value::Array(records) } else { records.pop().unwrap_or_default() };
        let mut found = query.search(&whole).map_err(Failure::Query)?;
        if found.is_null() {
            return Ok(());
        }
        match self.format {
            Format::Table => {
                let text = table::of_query(&found).ok_or_else(|| Failure::Query(NO_TABLE.to_owned()))?;
                return Ok(self.out.write_all(text.as_bytes())?);
            }
            // In the query's own order.
            Format::Tsv => {}
            _ => found.sort_all_objects(),
        }
        self.value(&found)
    }

    fn value(&mut self, value: &Value) -> Result {
        let text = match self.format {
            Format::Json | Format::Jsonc => json::text(value, self.colored)? + "\n",
            Format::Yaml | Format::Yamlc => yaml::text(value, self.colored)?,
            _ => tsv::text(value),
        };
        Ok(self.out.write_all(text.as_bytes())?)
    }

    /// Prints one of a list.
    fn element(&mut self, record: &Value) -> Result {
        match self.format {
            Format::Json | Format::Jsonc => {
                self.out.write_all(if self.printed == 0 { b"[" } else { b"," })?;
                for line in json::text(record, self.colored)?.lines() {
                    write!(self.out, "\n  {line}")?;
                }
                Ok(())
            }
            Format::Yaml | Format::Yamlc => {
                let text = yaml::text(&Value::Array(vec![record.clone()]), self.colored)?;
                Ok(self.out.write_all(text.as_bytes())?)
            }
            _ => Ok(self.out.write_all(tsv::row(record).as_bytes())?),
        }
    }

    fn row(&mut self, record: Value) -> Result {
        if let Some(table) = &self.table {
            return Ok(self.out.write_all(table.row(&record).as_bytes())?);
        }
        self.waiting.push(record);
        if self.waiting.len() == table::SAMPLE {
            let sample = std::mem::take(&mut self.waiting);
            self.lay_out(sample, false)?;
        }
        Ok(())
    }

    /// Prints the table's first rows; `all` of them, where there are no more to come.
    fn lay_out(&mut self, sample: Vec<Value>, all: bool) -> Result {
        if sample.is_empty() {
            return Ok(());
        }
        let table = table::Layout::new(self.call, &sample, all);
        self.out.write_all(table.heading().as_bytes())?;
        for record in &sample {
            self.out.write_all(table.row(record).as_bytes())?;
        }
        self.table = Some(table);
        Ok(())
    }
}

const NO_TABLE: &str = "A table has no place for what the query found: objects and lists. Ask for single members, such as \
    --query '{id: registrationId, type: attestation.type}', or for another --output.";
