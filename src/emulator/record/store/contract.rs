//! What every backend must do: the same tests over each of them.

use super::*;
use crate::model::EnrollmentKind;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tempfile::TempDir;

const INDIVIDUAL: Collection = Collection::Enrollments(EnrollmentKind::Individual);
const GROUP: Collection = Collection::Enrollments(EnrollmentKind::Group);

/// Runs `test` with a new store of each kind, which holds records named `ids`.
fn each(ids: &[&str], test: impl Fn(&Store)) {
    let folder: TempDir = tempfile::tempdir().unwrap();
    for file in [None, Some(folder.path().join("records.db"))] {
        let store = Store::open(file.as_deref()).unwrap();
        store.put_all(ids.iter().map(|id| entry(id, "1")).collect()).unwrap();
        test(&store);
    }
}

fn record(id: &str, etag: &str) -> Record {
    serde_json::from_value(json!({ "registrationId": id, "etag": etag })).unwrap()
}

fn entry(id: &str, etag: &str) -> Entry {
    Entry::new(INDIVIDUAL, id, None, &record(id, etag)).unwrap()
}

fn registration(id: &str, group: Option<&str>) -> Entry {
    Entry::new(Collection::Registrations, id, group, &record(id, "1")).unwrap()
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("dev-{number}")).collect()
}

fn ids(page: &Page) -> Vec<String> {
    let id = |text: &Arc<str>| parse(text).unwrap().text(&["registrationId"]).unwrap().to_owned();
    page.texts.iter().map(id).collect()
}

/// All records of `owner`, in pages of `limit`.
fn listed(store: &Store, collection: Collection, owner: Option<&str>, limit: usize) -> Vec<String> {
    let mut seen = Vec::new();
    let mut after = Some(Position::START);
    while let Some(position) = after {
        let page = store.page(collection, owner, &position, limit).unwrap();
        assert!(page.texts.len() <= limit);
        seen.extend(ids(&page));
        after = page.more;
    }
    seen
}

#[test]
fn an_id_has_no_case_and_a_collection_its_own_ids() {
    each(&["a"], |store| {
        assert_eq!(store.get(INDIVIDUAL, "A").unwrap(), Some(record("a", "1")));
        assert_eq!(store.get(GROUP, "a").unwrap(), None);
        store.put(entry("A", "2")).unwrap();
        assert_eq!(store.get(INDIVIDUAL, "a").unwrap(), Some(record("A", "2")));
        assert_eq!(store.count(INDIVIDUAL).unwrap(), 1);
    });
}

#[test]
fn a_backend_writes_only_over_the_text_that_is_expected() {
    each(&["a"], |store| {
        let replace = |id, etag, expected| store.backend.replace(entry(id, etag), expected).unwrap();
        let text = |id| store.text(INDIVIDUAL, id).unwrap();
        assert!(!replace("A", "2", None), "there is one");
        assert!(!replace("a", "2", Some("{}".into())), "there is another one");
        assert!(!replace("b", "2", text("a")), "there is none");
        assert_eq!(store.get(INDIVIDUAL, "a").unwrap(), Some(record("a", "1")));
        assert!(replace("a", "2", text("a")) && replace("b", "1", None));
        assert_eq!(store.get(INDIVIDUAL, "A").unwrap(), Some(record("a", "2")));
        let remove = |expected| store.backend.remove(INDIVIDUAL, &Position::of("a"), expected).unwrap();
        assert!(!remove("{}".into()) && remove(text("a").unwrap()) && !remove("{}".into()));
        assert_eq!(store.count(INDIVIDUAL).unwrap(), 1);
    });
}

#[test]
fn a_removal_is_done_only_where_the_etag_fits() {
    each(&["a", "b"], |store| {
        assert_eq!(store.remove(INDIVIDUAL, "a", Some("2")).unwrap(), Outcome::Conflict);
        assert_eq!(store.remove(INDIVIDUAL, "c", None).unwrap(), Outcome::Missing);
        assert_eq!(store.remove(INDIVIDUAL, "A", Some("1")).unwrap(), Outcome::Done);
        assert_eq!(store.remove(INDIVIDUAL, "b", None).unwrap(), Outcome::Done);
        assert_eq!(store.get(INDIVIDUAL, "a").unwrap(), None);
    });
}

#[test]
fn an_update_begins_again_where_another_writer_was_faster() {
    each(&["a"], |store| {
        let seen = std::cell::RefCell::new(Vec::new());
        let written = store.update(INDIVIDUAL, "a", None, |stored| {
            let etag = stored.unwrap().text(&["etag"]).unwrap().to_owned();
            seen.borrow_mut().push(etag.clone());
            if etag == "1" {
                store.put(entry("a", "2"))?;
            }
            Ok(record("a", &format!("{etag}+")))
        });
        assert_eq!(parse(&written.unwrap()).unwrap(), record("a", "2+"));
        assert_eq!(seen.into_inner(), ["1", "2"]);
        assert_eq!(store.get(INDIVIDUAL, "a").unwrap(), Some(record("a", "2+")));
    });
}

#[test]
fn no_update_of_many_at_once_is_lost() {
    each(&[], |store| {
        let add = |stored: Option<&Record>| {
            let count: u32 = stored.map_or(0, |stored| stored.text(&["etag"]).unwrap().parse().unwrap());
            Ok(record("a", &(count + 1).to_string()))
        };
        std::thread::scope(|threads| {
            for _ in 0..8 {
                threads.spawn(|| (0..25).for_each(|_| drop(store.update(INDIVIDUAL, "a", None, add).unwrap())));
            }
        });
        assert_eq!(store.get(INDIVIDUAL, "a").unwrap(), Some(record("a", "200")));
        assert_eq!(store.count(INDIVIDUAL).unwrap(), 1);
    });
}

#[test]
fn an_update_that_is_refused_changes_nothing() {
    each(&["a"], |store| {
        let refused = store.update(INDIVIDUAL, "a", None, |_| Err(errors::precondition_failed()));
        assert_eq!(refused.unwrap_err().status, 412);
        assert_eq!(store.get(INDIVIDUAL, "A").unwrap(), Some(record("a", "1")));
    });
}

#[test]
fn a_record_without_an_etag_can_be_updated() {
    each(&[], |store| {
        store.put(Entry::new(INDIVIDUAL, "a", None, &Record::default()).unwrap()).unwrap();
        store.update(INDIVIDUAL, "a", None, |_| Ok(record("a", "1"))).unwrap();
        assert_eq!(store.get(INDIVIDUAL, "a").unwrap(), Some(record("a", "1")));
    });
}

#[test]
fn a_listing_has_every_record_once_in_an_order_of_its_own() {
    let names = names(300);
    each(&names.iter().map(String::as_str).collect::<Vec<_>>(), |store| {
        let seen = listed(store, INDIVIDUAL, None, 300);
        for limit in [1, 7, 150, 299, 1000] {
            assert_eq!(listed(store, INDIVIDUAL, None, limit), seen, "{limit}");
        }
        assert_ne!(seen, names, "the order of insertion");
        let sorted: BTreeSet<&String> = seen.iter().collect();
        assert!(sorted.iter().copied().ne(&seen), "the order of names");
        assert_eq!(sorted, names.iter().collect());
        assert_eq!(listed(store, GROUP, None, 10), [""; 0]);
    });
}

#[test]
fn pages_are_ranges_that_other_changes_do_not_move() {
    let names = names(100);
    each(&names.iter().map(String::as_str).collect::<Vec<_>>(), |store| {
        let first = store.page(INDIVIDUAL, None, &Position::START, 30).unwrap();
        let mut seen = ids(&first);
        for id in &seen {
            store.remove(INDIVIDUAL, id, None).unwrap();
        }
        store.put_all((0..50).map(|number| entry(&format!("new-{number}"), "1")).collect()).unwrap();
        let mut more = first.more;
        while let Some(after) = more {
            let page = store.page(INDIVIDUAL, None, &after, 30).unwrap();
            seen.extend(ids(&page));
            more = page.more;
        }
        seen.retain(|id| id.starts_with("dev-"));
        seen.sort();
        let mut expected = names.clone();
        expected.sort();
        assert_eq!(seen, expected);
    });
}

#[test]
fn a_page_that_ends_with_the_last_record_says_so() {
    each(&["a", "b"], |store| {
        assert_eq!(store.page(INDIVIDUAL, None, &Position::START, 2).unwrap().more, None);
        assert!(store.page(INDIVIDUAL, None, &Position::START, 1).unwrap().more.is_some());
        assert_eq!(store.page(Collection::Registrations, None, &Position::START, 2).unwrap().texts, []);
    });
}

#[test]
fn registrations_are_found_by_their_group_in_any_case() {
    each(&[], |store| {
        let names = names(60);
        for (number, name) in names.iter().enumerate() {
            store.put(registration(name, [Some("Group-1"), Some("group-10"), None][number % 3])).unwrap();
        }
        let of = |group| listed(store, Collection::Registrations, Some(group), 3).into_iter().collect::<BTreeSet<_>>();
        assert_eq!(of("GROUP-1"), names.iter().step_by(3).cloned().collect());
        assert_eq!(of("group-10").len(), 20);
        // A device can come to another group, leave its group, and go.
        store.put(registration("dev-0", Some("group-2"))).unwrap();
        store.put(registration("dev-3", None)).unwrap();
        store.remove(Collection::Registrations, "dev-6", None).unwrap();
        assert_eq!((of("group-1").len(), of("group-2").len()), (17, 1));
        store.clear().unwrap();
        assert_eq!(of("group-1"), BTreeSet::new());
    });
}

#[test]
fn counts_follow_every_write() {
    each(&["a", "b"], |store| {
        let counts = || [INDIVIDUAL, GROUP, Collection::Registrations].map(|known| store.count(known).unwrap());
        store.put_all(vec![entry("a", "2"), entry("c", "1"), registration("r", None)]).unwrap();
        store.update(INDIVIDUAL, "d", None, |_| Ok(record("d", "1"))).unwrap();
        store.update(INDIVIDUAL, "d", None, |_| Ok(record("d", "2"))).unwrap();
        assert_eq!(counts(), [4, 0, 1]);
        store.remove(INDIVIDUAL, "a", None).unwrap();
        store.remove(INDIVIDUAL, "a", None).unwrap();
        assert_eq!(counts(), [3, 0, 1]);
        store.clear().unwrap();
        assert_eq!(counts(), [0, 0, 0]);
        store.put(entry("a", "1")).unwrap();
        assert_eq!(counts(), [1, 0, 0]);
    });
}

#[test]
fn all_records_are_read_again_only_after_a_change() {
    each(&[], |store| {
        let group = |id: &str, etag: &str| Entry::new(GROUP, id, None, &record(id, etag)).unwrap();
        store.put_all(vec![group("a", "1"), group("b", "1")]).unwrap();
        let first = store.all(GROUP).unwrap();
        store.put(entry("a", "1")).unwrap();
        assert!(Arc::ptr_eq(&first, &store.all(GROUP).unwrap()), "another collection changed");
        store.put(group("a", "2")).unwrap();
        assert!(store.all(GROUP).unwrap().contains(&record("a", "2")));
        store.remove(GROUP, "a", None).unwrap();
        assert_eq!(store.all(GROUP).unwrap().as_ref(), [record("b", "1")]);
        store.clear().unwrap();
        assert_eq!(store.all(GROUP).unwrap().as_ref(), []);
    });
}

#[test]
fn reads_and_writes_go_on_during_a_large_write() {
    each(&["a"], |store| {
        let done = AtomicBool::new(false);
        let between = AtomicU32::new(0);
        std::thread::scope(|threads| {
            threads.spawn(|| {
                for batch in 0..20 {
                    let entries = (0..500).map(|number| entry(&format!("{batch}-{number}"), "1")).collect();
                    store.put_all(entries).unwrap();
                }
                done.store(true, Ordering::SeqCst);
            });
            while !done.load(Ordering::SeqCst) {
                assert!(store.get(INDIVIDUAL, "a").unwrap().is_some());
                store.put(entry("a", "2")).unwrap();
                between.fetch_add(1, Ordering::SeqCst);
            }
        });
        assert!(between.into_inner() > 5);
        assert_eq!(store.count(INDIVIDUAL).unwrap(), 10_001);
    });
}

#[test]
fn a_large_text_is_one_like_others() {
    each(&[], |store| {
        let large = |etag: &str| {
            let text = format!("{}é{}", "x".repeat(3000), etag.repeat(500));
            serde_json::from_value::<Record>(json!({ "etag": etag, "text": text })).unwrap()
        };
        let update = |etag: &'static str| store.update(INDIVIDUAL, "a", None, move |_| Ok(large(etag))).unwrap();
        update("1");
        update("2");
        assert_eq!(store.get(INDIVIDUAL, "a").unwrap(), Some(large("2")));
        assert_eq!(store.page(INDIVIDUAL, None, &Position::START, 1).unwrap().texts, [update("2")]);
        assert_eq!(store.remove(INDIVIDUAL, "a", Some("1")).unwrap(), Outcome::Conflict);
        assert_eq!(store.remove(INDIVIDUAL, "a", Some("2")).unwrap(), Outcome::Done);
    });
}
