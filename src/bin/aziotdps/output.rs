//! Records on stdout, each as soon as it comes.

use aziotdps::model::EnrollmentKind;
use aziotdps::operation::Call;
use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};
use std::io::{self, Write};
use std::process::ExitCode;

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
type Columns = &'static [(&'static str, &'static str)];

const ENROLLMENTS: Columns = &[
    ("RegistrationId", "/registrationId"),
    ("AttestationType", "/attestation/type"),
    ("ProvisioningStatus", "/provisioningStatus"),
    ("AllocationPolicy", "/allocationPolicy"),
    ("DeviceId", "/deviceId"),
    ("LastUpdated", "/lastUpdatedDateTimeUtc"),
];
const GROUPS: Columns = &[
    ("EnrollmentGroupId", "/enrollmentGroupId"),
    ("AttestationType", "/attestation/type"),
    ("ProvisioningStatus", "/provisioningStatus"),
    ("AllocationPolicy", "/allocationPolicy"),
    ("LastUpdated", "/lastUpdatedDateTimeUtc"),
];
const REGISTRATIONS: Columns = &[
    ("RegistrationId", "/registrationId"),
    ("Status", "/status"),
    ("AssignedHub", "/assignedHub"),
    ("DeviceId", "/deviceId"),
    ("Error", "/errorMessage"),
    ("LastUpdated", "/lastUpdatedDateTimeUtc"),
];
const SERVICES: Columns = &[
    ("Name", "/name"),
    ("ResourceGroup", "/resourcegroup"),
    ("Location", "/location"),
    ("State", "/properties/state"),
    ("IdScope", "/properties/idScope"),
    ("HostName", "/properties/serviceOperationsHostName"),
];
const CONNECTION_STRINGS: Columns = &[("Name", "/name"), ("ConnectionString", "/connectionString")];
const KEYS: Columns = &[("DeviceKey", "")];

fn columns(call: Call) -> Columns {
    match call {
        Call::Get(EnrollmentKind::Group)
        | Call::List(EnrollmentKind::Group)
        | Call::New(EnrollmentKind::Group)
        | Call::Set(EnrollmentKind::Group) => GROUPS,
        Call::RegistrationGet => REGISTRATIONS,
        Call::ServiceGet | Call::ServiceList => SERVICES,
        Call::ServiceConnectionString => CONNECTION_STRINGS,
        Call::DeviceKeyDerive => KEYS,
        _ => ENROLLMENTS,
    }
}

/// Prints a text that is no record.
pub fn text(text: &[u8]) -> ExitCode {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

/// No column is padded to more than this; longer cells stand out of it.
const WIDEST: usize = 100;

/// Prints what an operation gives.
pub struct Printer<W> {
    out: W,
    format: Format,
    /// Whether the records are a list, which is an array in JSON however many there are.
    list: bool,
    printed: usize,
    /// Of a table: as wide as the first records need.
    widths: Vec<usize>,
    columns: Columns,
}

impl<W: Write> Printer<W> {
    /// For the records of `call`.
    pub fn new(out: W, format: Format, call: Call, list: bool) -> Self {
        let columns = columns(call);
        let widths = columns.iter().map(|(heading, _)| heading.len()).collect();
        Self { out, format, list, printed: 0, widths, columns }
    }

    /// Prints `records`.
    pub fn records(&mut self, records: &[Value]) -> io::Result<()> {
        if self.format == Format::Table && self.printed == 0 {
            self.heading(records)?;
        }
        for record in records {
            match self.format {
                Format::Json => self.json(record)?,
                Format::Table => self.row(&self.cells(record), "  ", true)?,
                Format::Tsv => self.row(&self.cells(record), "\t", false)?,
                Format::None => {}
            }
            self.printed += 1;
        }
        self.out.flush()
    }

    /// Whether a record was printed.
    pub fn has_printed(&self) -> bool {
        self.printed > 0
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
            let cells = self.cells(record);
            for (width, cell) in self.widths.iter_mut().zip(cells) {
                *width = cell.chars().count().min(WIDEST).max(*width);
            }
        }
        let headings: Vec<String> = self.columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
        let lines: Vec<String> = self.widths.iter().map(|width| "-".repeat(*width)).collect();
        self.row(&headings, "  ", true)?;
        self.row(&lines, "  ", true)
    }

    fn row(&mut self, cells: &[String], gap: &str, pad: bool) -> io::Result<()> {
        let mut line = String::new();
        for (index, (cell, width)) in cells.iter().zip(&self.widths).enumerate() {
            if index > 0 {
                line.push_str(gap);
            }
            let width = if pad { *width } else { 0 };
            line.push_str(&format!("{cell:width$}"));
        }
        writeln!(self.out, "{}", if pad { line.trim_end() } else { &line })
    }

    fn cells(&self, record: &Value) -> Vec<String> {
        let cells = self.columns.iter().map(|(_, place)| match record.pointer(place) {
            None | Some(Value::Null) => String::new(),
            // One record is one line of simple columns, whatever is in it.
            Some(Value::String(text)) => text.replace(char::is_control, " "),
            Some(other) => other.to_string(),
        });
        cells.collect()
    }
}
