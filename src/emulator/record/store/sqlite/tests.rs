//! What only a file can do: belong to somebody, be shared, have had another layout, and grow.

use super::*;
use crate::emulator::record::store::Store;
use crate::model::{EnrollmentKind, Record};
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const INDIVIDUAL: Collection = Collection::Enrollments(EnrollmentKind::Individual);

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rec ords%20#1?.db");
    (folder, file)
}

fn record(id: &str) -> Record {
    serde_json::from_value(json!({ "registrationId": id, "etag": "1" })).unwrap()
}

fn entry(id: &str) -> Entry {
    Entry::new(INDIVIDUAL, id, None, &record(id)).unwrap()
}

fn execute(file: &Path, statements: &str) {
    Connection::open(file).unwrap().execute_batch(statements).unwrap();
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_the_records() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, file) = place();
    let store = Store::open(Some(&file)).unwrap();
    store.put(entry("a")).unwrap();
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap()).collect();
    assert!(files.len() > 1, "the log lies beside the file: {files:?}");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn a_foreign_file_is_refused_and_left_as_it_is() {
    let (folder, file) = place();
    for content in [
        "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine');",
        "CREATE TABLE notes (text TEXT); PRAGMA user_version = 1;",
        "CREATE TABLE record (text TEXT); PRAGMA user_version = 7;",
        "CREATE TABLE record (text TEXT); PRAGMA application_id = 7; PRAGMA user_version = 2;",
        "PRAGMA application_id = 7; VACUUM;",
        "PRAGMA journal_mode = WAL; CREATE TABLE notes (text TEXT);",
    ] {
        execute(&file, content);
        let before = fs::read(&file).unwrap();
        let refused = Store::open(Some(&file)).err().unwrap();
        assert!(refused.message().contains("not a data file"), "{content}: {refused}");
        assert_eq!(refused.parameter(), Some("dataPath"));
        assert_eq!(fs::read(&file).unwrap(), before, "{content}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{content}");
        fs::remove_file(&file).unwrap();
    }
    fs::write(&file, "This is a letter.".repeat(100)).unwrap();
    let refused = Store::open(Some(&file)).err().unwrap();
    assert!(refused.message().contains("not a data file"), "{refused}");
    assert_eq!(fs::read(&file).unwrap(), "This is a letter.".repeat(100).into_bytes());
}

#[test]
fn an_empty_file_is_a_new_one() {
    let (_folder, file) = place();
    fs::write(&file, "").unwrap();
    Store::open(Some(&file)).unwrap().put(entry("a")).unwrap();
    assert!(Store::open(Some(&file)).unwrap().get(INDIVIDUAL, "a").unwrap().is_some());
}

#[test]
fn a_later_layout_is_refused() {
    let (_folder, file) = place();
    drop(Store::open(Some(&file)).unwrap());
    execute(&file, "PRAGMA user_version = 9");
    let before = fs::read(&file).unwrap();
    let refused = Store::open(Some(&file)).err().unwrap();
    assert!(refused.message().contains("layout 9"), "{refused}");
    assert_eq!(fs::read(&file).unwrap(), before);
}

/// The tables that the first version of the emulator made, and some records of it.
const LAYOUT_1: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE record (
        collection TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, owner TEXT, body TEXT NOT NULL,
        PRIMARY KEY (collection, position, id)
    ) WITHOUT ROWID;
    CREATE INDEX record_of_owner ON record (collection, owner, position, id) WHERE owner IS NOT NULL;
    PRAGMA user_version = 1;
";

#[test]
fn the_layout_before_is_brought_to_this_one() {
    let (_folder, file) = place();
    execute(&file, LAYOUT_1);
    let connection = Connection::open(&file).unwrap();
    let mut expected = Vec::new();
    for collection in Collection::ALL {
        for (id, owner) in [("a", None), ("b", Some("group-1"))] {
            let position = Position::of(id);
            let body = json!({ "registrationId": id, "etag": "1", "in": collection.name() }).to_string();
            connection
                .execute(
                    "INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![collection.name(), position.hash, position.id, owner, body],
                )
                .unwrap();
            expected.push((collection, id, body));
        }
    }
    drop(connection);
    for _ in 0..2 {
        let store = Store::open(Some(&file)).unwrap();
        for (collection, id, body) in &expected {
            assert_eq!(store.text(*collection, id).unwrap().unwrap().as_ref(), body);
            assert_eq!(store.count(*collection).unwrap(), 2);
        }
        let of_group = store.page(Collection::Registrations, Some("Group-1"), &Position::START, 10).unwrap();
        assert_eq!(of_group.texts.len(), 1);
    }
    let connection = Connection::open(&file).unwrap();
    let value = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!((value("user_version"), value("page_size"), value("application_id")), (2, 8192, 0x415A_4450));
}

/// After a kill the file may be shorter than its head says, or hold nothing yet: the rest is in the log.
#[test]
fn what_only_the_log_holds_is_found() {
    let (folder, file) = place();
    for layout in [1, 2] {
        match layout {
            1 => execute(&file, LAYOUT_1),
            _ => drop(Store::open(Some(&file)).unwrap()),
        }
        let connection = Connection::open(&file).unwrap();
        connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        let collection = if layout == 1 { "'enrollments'" } else { "0" };
        let Position { hash, id } = Position::of("a");
        let body = json!({ "etag": "1", "text": "x".repeat(100_000) });
        let columns = "INSERT INTO record (collection, position, id, body)";
        connection.execute_batch(&format!("{columns} VALUES ({collection}, {hash}, '{id}', '{body}')")).unwrap();
        // A copy is what a kill leaves behind.
        let copy = folder.path().join(format!("copy-{layout}.db"));
        let log = |file: &Path| PathBuf::from(format!("{}-wal", file.display()));
        fs::copy(&file, &copy).unwrap();
        fs::copy(log(&file), log(&copy)).unwrap();
        assert!(Store::open(Some(&copy)).unwrap().get(INDIVIDUAL, "a").unwrap().is_some(), "layout {layout}");
        drop(connection);
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn first_starts_at_once_agree_on_one_file() {
    let (_folder, file) = place();
    std::thread::scope(|threads| {
        for number in 0..6 {
            let file = &file;
            threads.spawn(move || {
                let store = Store::open(Some(file)).unwrap();
                store.put(entry(&format!("dev-{number}"))).unwrap();
            });
        }
    });
    assert_eq!(Store::open(Some(&file)).unwrap().count(INDIVIDUAL).unwrap(), 6);
}

#[test]
fn two_stores_on_one_file_see_each_other_s_writes() {
    let (_folder, file) = place();
    let stores = [(); 2].map(|()| Store::open(Some(&file)).unwrap());
    let group = Collection::Enrollments(EnrollmentKind::Group);
    std::thread::scope(|threads| {
        for (number, store) in stores.iter().enumerate() {
            threads.spawn(move || {
                for count in 0..200 {
                    store.put(entry(&format!("{number}-{count}"))).unwrap();
                }
            });
        }
    });
    assert_eq!(stores[0].all(group).unwrap().len(), 0);
    stores[1].put(Entry::new(group, "g", None, &record("g")).unwrap()).unwrap();
    assert_eq!(stores[0].all(group).unwrap().len(), 1);
    assert_eq!(stores[0].count(INDIVIDUAL).unwrap(), 400);
}

#[test]
fn a_write_waits_for_another_process_and_then_says_who_is_in_the_way() {
    let (_folder, file) = place();
    let store = Store::open(Some(&file)).unwrap();
    store.put(entry("a")).unwrap();
    let other = Connection::open(&file).unwrap();
    std::thread::scope(|threads| {
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let waiting = threads.spawn(|| store.put(entry("b")));
        std::thread::sleep(Duration::from_millis(300));
        assert!(!waiting.is_finished());
        assert!(store.get(INDIVIDUAL, "a").unwrap().is_some(), "a reader waits for nobody");
        other.execute_batch("COMMIT").unwrap();
        waiting.join().unwrap().unwrap();
    });
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.put(entry("c")).unwrap_err();
    assert_eq!((refused.status, refused.message.contains("Another process")), (503, true), "{refused:?}");
    other.execute_batch("COMMIT").unwrap();
    store.put(entry("c")).unwrap();
}

#[test]
fn the_log_stays_short_and_is_emptied() {
    let (_folder, file) = place();
    let store = Store::open(Some(&file)).unwrap();
    let log = file.with_file_name("rec ords%20#1?.db-wal");
    let length = || fs::metadata(&log).map_or(0, |found| found.len());
    let body = json!({ "etag": "1", "text": "x".repeat(4000) });
    let mut longest = 0;
    for batch in 0..60 {
        let record: Record = serde_json::from_value(body.clone()).unwrap();
        let entry = |number: i32| Entry::new(INDIVIDUAL, &format!("{batch}-{number}"), None, &record).unwrap();
        store.put_all((0..500).map(entry).collect()).unwrap();
        longest = longest.max(length());
    }
    assert!(longest > 1 << 20, "{longest} bytes: is this the log?");
    assert!(
        longest < 128 << 20,
        "{longest} bytes, where 60 batches wrote {} to it",
        fs::metadata(&file).unwrap().len()
    );
    let started = Instant::now();
    while length() > 0 {
        assert!(started.elapsed() < Duration::from_secs(20), "{} bytes are left", length());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_is_removed_is_given_back() {
    let (_folder, file) = place();
    let store = Store::open(Some(&file)).unwrap();
    store.put_all((0..20_000).map(|number| entry(&format!("dev-{number}"))).collect()).unwrap();
    store.clear().unwrap();
    let started = Instant::now();
    while fs::metadata(&file).unwrap().len() > 1 << 20 {
        assert!(started.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(50));
    }
    store.put(entry("a")).unwrap();
    assert_eq!(store.count(INDIVIDUAL).unwrap(), 1);
}
