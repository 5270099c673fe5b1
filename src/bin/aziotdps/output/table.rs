//! Tables. Whole records have columns that people look for, as many as fit; what a query found has the columns of `az`.

use aziotdps::model::EnrollmentKind;
use aziotdps::operation::Call;
use serde_json::Value;
use std::io;
use terminal_size::{Width, terminal_size_of};

/// So many records are looked at before the columns are laid out.
pub const SAMPLE: usize = 1000;

/// A column is made no wider than this for the sake of a few long cells, which then stand out of it.
const WIDEST: usize = 40;

/// The width where no terminal has another.
const USUAL_WIDTH: usize = 80;

/// A column: its heading, where its value is, and how soon it is left out where there is no room; 0 is never.
#[derive(Debug)]
struct Column(&'static str, &'static str, u8);

const ENROLLMENTS: &[Column] = &[
    Column("RegistrationId", "/registrationId", 0),
    Column("Attestation", "/attestation/type", 1),
    Column("Status", "/provisioningStatus", 2),
    Column("Allocation", "/allocationPolicy", 4),
    Column("DeviceId", "/deviceId", 5),
    Column("Registration", "/registrationState/status", 7),
    Column("Created", "/createdDateTimeUtc", 6),
    Column("LastUpdated", "/lastUpdatedDateTimeUtc", 3),
];
const GROUPS: &[Column] = &[
    Column("EnrollmentGroupId", "/enrollmentGroupId", 0),
    Column("Attestation", "/attestation/type", 1),
    Column("Status", "/provisioningStatus", 2),
    Column("Allocation", "/allocationPolicy", 4),
    Column("Created", "/createdDateTimeUtc", 5),
    Column("LastUpdated", "/lastUpdatedDateTimeUtc", 3),
];
const REGISTRATIONS: &[Column] = &[
    Column("RegistrationId", "/registrationId", 0),
    Column("Status", "/status", 1),
    Column("Substatus", "/substatus", 6),
    Column("AssignedHub", "/assignedHub", 2),
    Column("DeviceId", "/deviceId", 5),
    Column("Error", "/errorMessage", 3),
    Column("LastUpdated", "/lastUpdatedDateTimeUtc", 4),
];
const DEVICE_REGISTRATIONS: &[Column] = &[
    Column("RegistrationId", "/registrationState/registrationId", 0),
    Column("Status", "/status", 1),
    Column("AssignedHub", "/registrationState/assignedHub", 2),
    Column("DeviceId", "/registrationState/deviceId", 3),
];
const SERVICES: &[Column] = &[
    Column("Name", "/name", 0),
    Column("ResourceGroup", "/resourcegroup", 1),
    Column("Location", "/location", 4),
    Column("State", "/properties/state", 3),
    Column("IdScope", "/properties/idScope", 2),
    Column("HostName", "/properties/serviceOperationsHostName", 5),
];
const CONNECTION_STRINGS: &[Column] = &[Column("Name", "/name", 0), Column("ConnectionString", "/connectionString", 0)];
const RESULTS: &[Column] = &[Column("Result", "", 0)];

fn columns(call: Call) -> &'static [Column] {
    match call {
        Call::Get(EnrollmentKind::Individual)
        | Call::List(EnrollmentKind::Individual)
        | Call::New(EnrollmentKind::Individual)
        | Call::Set(EnrollmentKind::Individual) => ENROLLMENTS,
        Call::Get(EnrollmentKind::Group)
        | Call::List(EnrollmentKind::Group)
        | Call::New(EnrollmentKind::Group)
        | Call::Set(EnrollmentKind::Group) => GROUPS,
        Call::RegistrationGet => REGISTRATIONS,
        Call::DeviceRegister => DEVICE_REGISTRATIONS,
        Call::ServiceGet | Call::ServiceList => SERVICES,
        Call::ServiceConnectionString => CONNECTION_STRINGS,
        _ => RESULTS,
    }
}

/// The columns of a table, and how wide they are.
#[derive(Debug)]
pub struct Layout(Vec<(&'static Column, usize)>);

impl Layout {
    /// For the records of `call`, of which `sample` is the beginning, or `all`.
    pub fn new(call: Call, sample: &[Value], all: bool) -> Self {
        Self::within(width(), columns(call), sample, all)
    }

    fn within(room: usize, columns: &'static [Column], sample: &[Value], all: bool) -> Self {
        let mut layout: Vec<(&Column, usize)> = Vec::new();
        for column in columns {
            let widest = sample.iter().map(|record| cell(record, column).chars().count()).max().unwrap_or_default();
            // What comes later may have what these have not.
            if widest > 0 || !all || column.2 == 0 {
                layout.push((column, widest.min(WIDEST).max(column.0.len())));
            }
        }
        let taken = |layout: &[(&Column, usize)]| layout.iter().map(|(_, width)| width + 2).sum::<usize>() - 2;
        while taken(&layout) > room
            && let Some(last) = (0..layout.len()).max_by_key(|at| layout[*at].0.2)
            && layout[last].0.2 > 0
        {
            layout.remove(last);
        }
        Self(layout)
    }

    /// The first two lines.
    pub fn heading(&self) -> String {
        let names = self.0.iter().map(|(column, width)| (column.0.to_owned(), *width));
        let lines = self.0.iter().map(|(_, width)| ("-".repeat(*width), *width));
        line(names) + &line(lines)
    }

    /// The line of `record`.
    pub fn row(&self, record: &Value) -> String {
        line(self.0.iter().map(|(column, width)| (cell(record, column), *width)))
    }
}

/// The width of the terminal that stdout is, or what `COLUMNS` says.
fn width() -> usize {
    let terminal = terminal_size_of(io::stdout()).map(|(Width(width), _)| usize::from(width));
    let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal.or_else(columns).filter(|width| *width > 0).unwrap_or(USUAL_WIDTH)
}

fn cell(record: &Value, column: &Column) -> String {
    let text = record.pointer(column.1).and_then(plain).unwrap_or_default();
    to_the_minute(&text).unwrap_or(text)
}

/// `2026-01-31T12:34Z` of the service's `2026-01-31T12:34:56.1234567Z`.
fn to_the_minute(text: &str) -> Option<String> {
    let minute = text.get(..16)?;
    let shape = minute.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    let rest = text[16..].strip_suffix('Z')?;
    let is_time =
        shape.eq(*b"0000-00-00T00:00") && rest.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
    is_time.then(|| format!("{minute}Z"))
}

/// A value that fits into a cell.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.replace(char::is_control, " ")),
    }
}

fn line(cells: impl Iterator<Item = (String, usize)>) -> String {
    let padded: Vec<String> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
    format!("{}\n", padded.join("  ").trim_end())
}

/// What a query found, as `az` makes a table of it; `None` where it has nothing that fits into one.
pub fn of_query(found: &Value) -> Option<String> {
    let rows: Vec<Vec<(String, String)>> = match found {
        Value::Array(values) => values.iter().map(row_of_query).collect(),
        value => vec![row_of_query(value)],
    };
    if rows.is_empty() {
        return Some("\n".to_owned());
    }
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in rows.iter().flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let value = |row: &[(String, String)], name: &str| {
        row.iter().find(|(own, _)| own == name).map_or_else(String::new, |(_, text)| text.clone())
    };
    let width = |name: &str| {
        let widest = rows.iter().map(|row| value(row, name).chars().count()).max();
        widest.unwrap_or_default().max(name.chars().count() + 2)
    };
    let widths: Vec<usize> = names.iter().map(|name| width(name)).collect();
    let with_width = |texts: Vec<String>| line(texts.into_iter().zip(widths.iter().copied()));
    let mut text = with_width(names.iter().map(|name| (*name).clone()).collect());
    text += &with_width(widths.iter().map(|width| "-".repeat(*width)).collect());
    for row in &rows {
        text += &with_width(names.iter().map(|name| value(row, name)).collect());
    }
    (!names.is_empty()).then_some(text)
}

/// The cells of one row, by their headings.
fn row_of_query(value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(members) => {
            // `az` never shows these in a table.
            let shown = members.iter().filter(|(name, _)| !matches!(name.as_str(), "id" | "type" | "etag"));
            shown.filter_map(|(name, value)| Some((capitalised(name), plain(value)?))).collect()
        }
        Value::Array(values) => {
            let cell = |value: &Value| if value.is_null() { String::new() } else { value.to_string() };
            let cells = values.iter().map(|value| plain(value).unwrap_or_else(|| cell(value)));
            (1..).zip(cells).map(|(number, cell)| (format!("Column{number}"), cell)).collect()
        }
        value => vec![("Result".to_owned(), plain(value).unwrap_or_default())],
    }
}

fn capitalised(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(id: &str) -> Value {
        json!({
            "registrationId": id, "attestation": {"type": "symmetricKey"}, "provisioningStatus": "enabled",
            "allocationPolicy": "hashed", "createdDateTimeUtc": "2026-01-31T12:34:56.1234567Z",
            "lastUpdatedDateTimeUtc": "2026-01-31T12:34:56.1234567Z"
        })
    }

    #[test]
    fn columns_are_as_many_as_fit() {
        let records = [record("device-1"), record(&"x".repeat(128))];
        let narrow = Layout::within(80, ENROLLMENTS, &records[..1], true);
        let row = "device-1        symmetricKey  enabled  hashed      2026-01-31T12:34Z\n";
        assert_eq!(narrow.row(&records[0]), row);
        assert!(narrow.heading().starts_with("RegistrationId  Attestation   Status   Allocation  LastUpdated\n"));
        let wide = Layout::within(120, ENROLLMENTS, &records[..1], true);
        assert!(wide.heading().contains("Created") && !wide.heading().contains("DeviceId"));
        // One long id does not widen all rows, and is not cut.
        let long = Layout::within(80, ENROLLMENTS, &records, true);
        assert!(long.row(&records[0]).len() <= 81 && long.row(&records[1]).starts_with(&"x".repeat(128)));
        // A list that goes on may have what its beginning has not.
        assert!(Layout::within(200, ENROLLMENTS, &records[..1], false).heading().contains("DeviceId"));
    }

    #[test]
    fn only_times_are_shortened() {
        assert_eq!(to_the_minute("2026-01-31T12:34:56.1234567Z").as_deref(), Some("2026-01-31T12:34Z"));
        for text in ["2026-01-31T12:34:56+02:00", "2026-01-31", "a device that is named at lengthZ", ""] {
            assert_eq!(to_the_minute(text), None, "{text}");
        }
    }

    #[test]
    fn a_query_has_the_table_of_az() {
        let found =
            json!([{"Id": "a", "type": "x", "on": true, "n": null}, {"Id": "long-name", "other": 1.5, "o": {}}]);
        let text = "Id         On    Other\n---------  ----  -------\na          True\nlong-name        1.5\n";
        assert_eq!(of_query(&found).unwrap(), text);
        assert_eq!(of_query(&json!("x")).unwrap(), "Result\n--------\nx\n");
        assert_eq!(of_query(&json!([["a", null, [1]]])).unwrap().lines().next(), Some("Column1    Column2    Column3"));
        assert_eq!(of_query(&json!([])).unwrap(), "\n");
        assert_eq!(of_query(&json!([{"id": 1, "o": {}}])), None);
    }
}
