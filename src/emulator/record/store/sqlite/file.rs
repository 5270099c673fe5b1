//! The file: whose it is, its layout, and the layouts before.

use crate::error::{Code, Error, Result};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

/// Marks a file as one of the emulator: `AZDP` in the header field that SQLite has for this.
const APPLICATION: i64 = 0x415A_4450;

/// The layout that this version writes.
pub(super) const LAYOUT: i64 = 2;

/// How long a connection waits for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// Rows lie in the order of their insertion and are found by narrow indexes, so an insert touches few pages, and bodies
/// of up to 8 kB need no overflow pages.
const PAGE_BYTES: u32 = 8192;

/// `collection` is 0 for enrollments, 1 for enrollment groups, 2 for registrations, 3 for certificates.
const TABLES: &str = "
    CREATE TABLE record (
        number     INTEGER PRIMARY KEY,
        collection INTEGER NOT NULL,
        position   INTEGER NOT NULL, -- the hash of the id
        id         TEXT    NOT NULL, -- in lower case
        owner      TEXT,             -- the enrollment group of a registration, in lower case
        body       TEXT    NOT NULL
    );
    CREATE UNIQUE INDEX record_by_position ON record (collection, position, id);
    CREATE INDEX record_by_owner ON record (collection, owner, position, id) WHERE owner IS NOT NULL;
    CREATE TABLE tally (
        collection INTEGER PRIMARY KEY,
        records    INTEGER NOT NULL, -- how many there are
        changes    INTEGER NOT NULL  -- grows with every write
    );
    INSERT INTO tally VALUES (0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0);
";

/// Layout 1 named the collections, and had one table without row ids and no mark of the application.
const FROM_LAYOUT_1: &str = "
    INSERT INTO record (collection, position, id, owner, body)
        SELECT CASE collection WHEN 'enrollments' THEN 0 WHEN 'enrollmentGroups' THEN 1 WHEN 'registrations' THEN 2
            ELSE 3 END, position, id, owner, body
        FROM layout_1;
    DROP TABLE layout_1;
    UPDATE tally SET records = (SELECT count(*) FROM record WHERE record.collection = tally.collection);
";

/// What a database holds.
enum Content {
    Nothing,
    Layout(i64),
    Foreign,
}

impl Content {
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        let (application, layout) = (number("application_id")?, number("user_version")?);
        let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
        let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok(match (application, layout) {
            (APPLICATION, layout) => Self::Layout(layout),
            (0, 0) if tables.is_empty() => Self::Nothing,
            (0, 1) if tables == ["record"] => Self::Layout(1),
            _ => Self::Foreign,
        })
    }
}

/// What the head of a database file says; what its log adds is not looked at.
struct Head {
    application: i64,
    layout: i64,
    /// Whether the schema has entries.
    has_schema: bool,
}

impl Head {
    /// `None` where it is not the head of a database.
    fn read(file: &Path) -> std::io::Result<Option<Self>> {
        const BYTES: usize = 108;
        let mut head = Vec::with_capacity(BYTES);
        std::fs::File::open(file)?.take(BYTES as u64).read_to_end(&mut head)?;
        if head.len() < BYTES || !head.starts_with(b"SQLite format 3\0") {
            return Ok(None);
        }
        // The places are those of SQLite's file format.
        let number = |place: usize| head[place..].iter().take(4).fold(0, |sum, byte| (sum << 8) | i64::from(*byte));
        let has_schema = head[100] != 0x0D || head[103..105] != [0, 0];
        Ok(Some(Self { application: number(68), layout: number(60), has_schema }))
    }
}

/// A connection to the database in `file`, which is created where it is missing and brought to the latest layout. A file
/// that is not the emulator's is refused before anything is written.
pub(super) fn open(file: &Path) -> Result<Connection> {
    let failed = |error: &dyn std::error::Error| {
        let message = format!("The emulator's data file {} can't be opened.", file.display());
        Error::argument("dataPath", message).caused_by(error)
    };
    if std::fs::metadata(file).map_or(0, |found| found.len()) > 0 {
        let content = peek(file).map_err(|error| failed(error.as_ref()))?;
        check(file, &content)?;
    } else {
        create(file).map_err(|error| failed(&error))?;
    }
    let mut connection = connect(file).map_err(|error| failed(&error))?;
    prepare(file, &mut connection, &failed)?;
    Ok(connection)
}

/// What `file` holds, as far as that can be known without changing it.
fn peek(file: &Path) -> std::result::Result<Content, Box<dyn std::error::Error>> {
    Ok(match Head::read(file)? {
        None => Content::Foreign,
        Some(Head { application: APPLICATION, layout, .. }) => Content::Layout(layout),
        Some(Head { application: 0, layout: 0, has_schema: false }) => Content::Nothing,
        Some(Head { application: 0, layout: 1, .. }) => {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            Content::of(&Connection::open_with_flags(file, flags)?)?
        }
        Some(_) => Content::Foreign,
    })
}

/// A further connection, to a file that is open already.
pub(super) fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

fn prepare(file: &Path, connection: &mut Connection, failed: &dyn Fn(&dyn std::error::Error) -> Error) -> Result<()> {
    // Has no effect once the file has pages.
    connection.pragma_update(None, "page_size", PAGE_BYTES).map_err(|error| failed(&error))?;
    // A second emulator on the same file waits here and then finds the tables.
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|error| failed(&error))?;
    let content = Content::of(&transaction).map_err(|error| failed(&error))?;
    check(file, &content)?;
    let change = match content {
        Content::Nothing => Some(TABLES.to_owned()),
        Content::Layout(1) => {
            Some(format!("DROP INDEX record_of_owner; ALTER TABLE record RENAME TO layout_1; {TABLES} {FROM_LAYOUT_1}"))
        }
        Content::Layout(_) | Content::Foreign => None,
    };
    let is_migration = matches!(content, Content::Layout(1));
    if let Some(change) = change {
        let mark = format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {LAYOUT};");
        transaction.execute_batch(&format!("{change} {mark}")).map_err(|error| failed(&error))?;
    }
    transaction.commit().map_err(|error| failed(&error))?;
    if is_migration {
        // For the size of the pages and of the file only. It fails where another emulator uses the file.
        let _ = connection
            .execute_batch(&format!("PRAGMA journal_mode = DELETE; PRAGMA page_size = {PAGE_BYTES}; VACUUM;"));
    }
    log_ahead(connection).map_err(|error| failed(&error))
}

/// Switches to WAL. The busy time-out does not cover this switch.
fn log_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let started = Instant::now();
    loop {
        let switched = connection.execute_batch("PRAGMA journal_mode = WAL;");
        match switched {
            Err(error) if super::is_busy(&error) && started.elapsed() < BUSY => {
                std::thread::sleep(Duration::from_millis(10));
            }
            other => return other,
        }
    }
}

fn check(file: &Path, content: &Content) -> Result<()> {
    let refused = |message: String| Err(Error::new(Code::InvalidArgument, message).with_parameter("dataPath"));
    match content {
        Content::Nothing => Ok(()),
        Content::Layout(layout) if (1..=LAYOUT).contains(layout) => Ok(()),
        Content::Layout(layout) => refused(format!(
            "The emulator's data file {} has layout {layout}; this version reads layouts up to {LAYOUT}.",
            file.display()
        )),
        Content::Foreign => {
            refused(format!("{} is not a data file of the emulator. Name another file.", file.display()))
        }
    }
}

/// Makes an empty file that only its owner can read, since it will hold keys. The files that SQLite puts beside it get
/// the same permissions.
fn create(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    match options.open(file) {
        // An empty file is taken over as it is.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map(|_| ()),
    }
}
