//! Records on stdout, each as soon as it comes.

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};
use std::io::{self, Write};

/// How records are printed.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The service's JSON.
    #[default]
    Json,
    /// Columns for people.
    Table,
    /// The same columns, tabs between them, no heading.
    Tsv,
    /// Nothing.
    None,
}

/// The columns of tables, and where their values are.
const COLUMNS: [(&str, &str); 6] = [
    ("RegistrationId", "/registrationId"),
    ("AttestationType", "/attestation/type"),
    ("ProvisioningStatus", "/provisioningStatus"),
    ("AllocationPolicy", "/allocationPolicy"),
    ("DeviceId", "/deviceId"),
    ("LastUpdated", "/lastUpdatedDateTimeUtc"),
];

/// Prints what an operation gives.
pub struct Printer<W> {
    out: W,
    format: Format,
    /// Whether the records are a list, which is an array in JSON however many there are.
    list: bool,
    printed: usize,
    /// Of a table: as wide as the first records need.
    widths: [usize; COLUMNS.len()],
}

impl<W: Write> Printer<W> {
    pub fn new(out: W, format: Format, list: bool) -> Self {
        Self { out, format, list, printed: 0, widths: COLUMNS.map(|(heading, _)| heading.len()) }
    }

    /// Prints `records`.
    pub fn records(&mut self, records: &[Value]) -> io::Result<()> {
        if self.format == Format::Table && self.printed == 0 {
            self.heading(records)?;
        }
        for record in records {
            match self.format {
                Format::Json => self.json(record)?,
                Format::Table => self.row(&cells(record), "  ", true)?,
                Format::Tsv => self.row(&cells(record), "\t", false)?,
                Format::None => {}
            }
            self.printed += 1;
        }
        self.out.flush()
    }

    /// Prints what comes after the last record.
    pub fn end(&mut self) -> io::Result<()> {
        if self.list && self.format == Format::Json {
            self.out.write_all(if self.printed == 0 { b"[]\n" } else { b"\n]\n" })?;
        }
        self.out.flush()
    }

    fn json(&mut self, record: &Value) -> io::Result<()> {
        let mut text = Vec::new();
        record.serialize(&mut Serializer::with_formatter(&mut text, PrettyFormatter::new()))?;
        if !self.list {
            self.out.write_all(&text)?;
            return self.out.write_all(b"\n");
        }
        self.out.write_all(if self.printed == 0 { b"[" } else { b"," })?;
        for line in text.split(|byte| *byte == b'\n') {
            self.out.write_all(b"\n  ")?;
            self.out.write_all(line)?;
        }
        Ok(())
    }

    fn heading(&mut self, records: &[Value]) -> io::Result<()> {
        for record in records {
            for (width, cell) in self.widths.iter_mut().zip(cells(record)) {
                *width = cell.chars().count().max(*width);
            }
        }
        self.row(&COLUMNS.map(|(heading, _)| heading.to_owned()), "  ", true)?;
        self.row(&self.widths.map(|width| "-".repeat(width)), "  ", true)
    }

    fn row(&mut self, cells: &[String; COLUMNS.len()], gap: &str, pad: bool) -> io::Result<()> {
        let mut line = String::new();
        for (index, (cell, width)) in cells.iter().zip(self.widths).enumerate() {
            if index > 0 {
                line.push_str(gap);
            }
            let width = if pad { width } else { 0 };
            line.push_str(&format!("{cell:width$}"));
        }
        writeln!(self.out, "{}", if pad { line.trim_end() } else { &line })
    }
}

fn cells(record: &Value) -> [String; COLUMNS.len()] {
    COLUMNS.map(|(_, place)| match record.pointer(place) {
        None | Some(Value::Null) => String::new(),
        // One record is one line of simple columns, whatever is in it.
        Some(Value::String(text)) => text.replace(char::is_control, " "),
        Some(other) => other.to_string(),
    })
}
