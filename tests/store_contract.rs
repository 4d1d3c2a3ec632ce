//! The contract of [`Store`], for the blocking stores of the core.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use koa_session_rs::record::{Changes, Limit, MaxAge, NewRecord, Overflow, Record, SubjectChange};
use koa_session_rs::store::{Clock, IdHash, Store, StoreError, Which, Written};

const NOW_MS: u64 = 1_700_000_000_000;
const LIFE_MS: u64 = 60_000;

fn id(name: &str) -> IdHash {
    IdHash::of(name)
}

/// A time after the start, with the TTL of a session without a `maxAge`.
fn after(ms: u64) -> Clock {
    Clock {
        now_ms: NOW_MS + ms,
        ttl_ms: 2 * LIFE_MS,
    }
}

fn new(data: &str) -> NewRecord<&str> {
    NewRecord {
        data,
        max_age: MaxAge::Timed(LIFE_MS),
        subject: None,
        label: None,
        limit: None,
    }
}

fn of(subject: &str, limit: Option<Limit>) -> NewRecord<&str> {
    NewRecord {
        subject: Some(subject),
        limit,
        ..new("{}")
    }
}

fn set(base: u64, set: &str) -> Changes<&str> {
    Changes {
        base,
        set,
        delete: "",
        max_age: None,
        subject: SubjectChange::Unchanged,
        label: None,
        limit: None,
    }
}

fn login(subject: &str, limit: Limit) -> Changes<&str> {
    Changes {
        subject: SubjectChange::Is(subject),
        limit: Some(limit),
        ..set(1, r#"{"user":1}"#)
    }
}

const fn limit(max: u32, overflow: Overflow) -> Limit {
    Limit { max, overflow }
}

fn done(rev: u64) -> Written {
    Written::Done {
        rev,
        conflicts: None,
        max_age: MaxAge::Timed(LIFE_MS),
    }
}

fn conflict(rev: u64, keys: &str) -> Written {
    Written::Done {
        rev,
        conflicts: Some(keys.to_owned()),
        max_age: MaxAge::Timed(LIFE_MS),
    }
}

fn loaded<S: Store>(store: &S, name: &str, clock: Clock) -> Option<Record> {
    let record = store.load(id(name), clock.now_ms).unwrap();
    record.filter(|record| !record.is_expired(clock.now_ms))
}

fn data<S: Store>(store: &S, name: &str) -> Option<String> {
    loaded(store, name, after(0)).map(|record| record.data)
}

fn hashes<S: Store>(store: &S, subject: &str, clock: Clock) -> Vec<IdHash> {
    let list = store.list(subject, clock.now_ms).unwrap();
    list.into_iter().map(|listed| listed.hash).collect()
}

fn creates_and_destroys<S: Store>(store: &S) {
    assert_eq!(
        store
            .create(id("a"), &new(r#"{"a":1e400}"#), after(0))
            .unwrap(),
        done(1)
    );
    assert_eq!(
        store.create(id("a"), &new("{}"), after(0)).unwrap(),
        Written::Taken
    );
    let record = loaded(store, "a", after(0)).unwrap();
    assert_eq!((record.data.as_str(), record.rev), (r#"{"a":1e400}"#, 1));
    assert_eq!(
        (record.expire_ms, record.max_age),
        (NOW_MS + LIFE_MS, MaxAge::Timed(LIFE_MS))
    );
    assert_eq!((record.created_ms, record.seen_ms), (NOW_MS, NOW_MS));
    assert!(store.destroy(id("a"), NOW_MS).unwrap());
    assert!(!store.destroy(id("a"), NOW_MS).unwrap());
    assert_eq!(data(store, "a"), None);
    assert_eq!(
        store
            .merge(id("a"), &set(1, r#"{"a":2}"#), after(0))
            .unwrap(),
        Written::Missing
    );
    assert_eq!(store.touch(id("a"), after(0)).unwrap(), None);
    assert_eq!(data(store, "a"), None);
}

fn merges<S: Store>(store: &S) {
    store
        .create(id("a"), &new(r#"{"a":1,"b":1}"#), after(0))
        .unwrap();
    assert_eq!(
        store
            .merge(id("a"), &set(1, r#"{"a":2}"#), after(1))
            .unwrap(),
        done(2)
    );
    assert_eq!(
        store
            .merge(id("a"), &set(1, r#"{"b":2}"#), after(2))
            .unwrap(),
        done(3)
    );
    let both = store
        .merge(id("a"), &set(1, r#"{"a":3,"b":3}"#), after(3))
        .unwrap();
    assert_eq!(both, conflict(4, r#"["a","b"]"#));
    let removal = Changes {
        delete: r#"["a"]"#,
        ..set(4, "")
    };
    assert_eq!(store.merge(id("a"), &removal, after(4)).unwrap(), done(5));
    assert_eq!(
        store.merge(id("a"), &set(5, ""), after(5)).unwrap(),
        done(5)
    );
    let record = loaded(store, "a", after(5)).unwrap();
    assert_eq!((record.data.as_str(), record.rev), (r#"{"b":3}"#, 5));
    assert_eq!(
        (record.expire_ms, record.seen_ms),
        (NOW_MS + 5 + LIFE_MS, NOW_MS + 5)
    );
}

fn refuses_what_is_no_json<S: Store>(store: &S) {
    let refused = store.create(id("a"), &new("[]"), after(0));
    assert!(matches!(refused, Err(StoreError::Input(_))));
    store.create(id("a"), &new(r#"{"a":1}"#), after(0)).unwrap();
    for changes in [
        set(1, "{"),
        Changes {
            delete: "{}",
            ..set(1, r#"{"a":2}"#)
        },
    ] {
        let refused = store.merge(id("a"), &changes, after(0));
        assert!(matches!(refused, Err(StoreError::Input(_))));
    }
    assert_eq!(data(store, "a").as_deref(), Some(r#"{"a":1}"#));
}

fn expires<S: Store>(store: &S) {
    for (ms, is_live) in [(LIFE_MS - 1, true), (LIFE_MS, true), (LIFE_MS + 1, false)] {
        store.clear().unwrap();
        for name in ["load", "merge", "touch", "move", "destroy", "create"] {
            store.create(id(name), &new("{}"), after(0)).unwrap();
        }
        let clock = after(ms);
        assert_eq!(loaded(store, "load", clock).is_some(), is_live);
        let merged = store
            .merge(id("merge"), &set(1, r#"{"a":1}"#), clock)
            .unwrap();
        assert_eq!(merged != Written::Missing, is_live);
        let touched = store.touch(id("touch"), clock).unwrap();
        assert_eq!(touched, is_live.then_some(MaxAge::Timed(LIFE_MS)));
        let moved = store
            .regenerate(id("move"), id("moved"), &set(1, ""), clock)
            .unwrap();
        assert_eq!(moved != Written::Missing, is_live);
        assert_eq!(store.destroy(id("destroy"), clock.now_ms).unwrap(), is_live);
        let created = store.create(id("create"), &new("{}"), clock).unwrap();
        assert_eq!(created, if is_live { Written::Taken } else { done(1) });
        assert_eq!(
            loaded(store, "touch", after(2 * LIFE_MS - 1)).is_some(),
            is_live
        );
    }
}

fn takes_the_callers_time<S: Store>(store: &S) {
    let browser = NewRecord {
        max_age: MaxAge::Browser,
        ..new("{}")
    };
    store.create(id("a"), &browser, after(0)).unwrap();
    let expire = |store: &S| loaded(store, "a", after(0)).unwrap().expire_ms - NOW_MS;
    assert_eq!(expire(store), 2 * LIFE_MS);
    store.touch(id("a"), after(10)).unwrap();
    assert_eq!(expire(store), 2 * LIFE_MS + 10);
    let timed = Changes {
        max_age: Some(MaxAge::Timed(5)),
        ..set(1, "")
    };
    store.merge(id("a"), &timed, after(20)).unwrap();
    assert_eq!(expire(store), 25);
    store.touch(id("a"), after(21)).unwrap();
    assert_eq!(expire(store), 26);
}

fn tells_the_max_age_that_another_gave<S: Store>(store: &S) {
    store.create(id("a"), &new("{}"), after(0)).unwrap();
    for max_age in [
        MaxAge::Timed(5 * LIFE_MS),
        MaxAge::Browser,
        MaxAge::Timed(7),
    ] {
        let given = Changes {
            max_age: Some(max_age),
            ..set(1, "")
        };
        let told = |rev| Written::Done {
            rev,
            conflicts: None,
            max_age,
        };
        assert_eq!(store.merge(id("a"), &given, after(0)).unwrap(), told(1));
        assert_eq!(
            store.merge(id("a"), &set(1, ""), after(0)).unwrap(),
            told(1)
        );
        assert_eq!(store.touch(id("a"), after(0)).unwrap(), Some(max_age));
        for (from, to) in [("a", "b"), ("b", "a")] {
            let moved = store.regenerate(id(from), id(to), &set(1, ""), after(0));
            assert_eq!(moved.unwrap(), told(1));
        }
    }
}

fn moves<S: Store>(store: &S) {
    store
        .create(
            id("a"),
            &NewRecord {
                label: Some("here"),
                ..of("ann", None)
            },
            after(0),
        )
        .unwrap();
    store.create(id("taken"), &new("{}"), after(0)).unwrap();
    store
        .merge(id("a"), &set(1, r#"{"x":1}"#), after(1))
        .unwrap();
    for to in ["taken", "a"] {
        let moved = store
            .regenerate(id("a"), id(to), &set(1, r#"{"x":9}"#), after(2))
            .unwrap();
        assert_eq!(moved, Written::Taken);
    }
    let moved = store
        .regenerate(id("a"), id("b"), &set(1, r#"{"x":2}"#), after(3))
        .unwrap();
    assert_eq!(moved, conflict(3, r#"["x"]"#));
    assert_eq!(data(store, "a"), None);
    assert_eq!(
        store
            .merge(id("a"), &set(1, r#"{"x":3}"#), after(4))
            .unwrap(),
        Written::Missing
    );
    let late = store
        .regenerate(id("a"), id("c"), &set(1, ""), after(4))
        .unwrap();
    assert_eq!(late, Written::Missing);
    assert_eq!(
        store
            .merge(id("b"), &set(1, r#"{"x":4}"#), after(5))
            .unwrap(),
        conflict(4, r#"["x"]"#)
    );
    let list = store.list("ann", NOW_MS).unwrap();
    let [listed] = list.as_slice() else {
        panic!("one session, not {list:?}");
    };
    assert_eq!(
        (listed.hash, listed.created_ms, listed.seen_ms),
        (id("b"), NOW_MS, NOW_MS + 5)
    );
    assert_eq!(listed.label.as_deref(), Some("here"));
}

fn lists_and_destroys_by_subject<S: Store>(store: &S) {
    for (name, ms) in [("c", 3), ("a", 1), ("b", 2)] {
        store.create(id(name), &of("ann", None), after(ms)).unwrap();
    }
    store.create(id("bob"), &of("bob", None), after(0)).unwrap();
    assert_eq!(hashes(store, "ann", after(3)), [id("a"), id("b"), id("c")]);
    assert_eq!(hashes(store, "ann", after(LIFE_MS + 2)), [id("b"), id("c")]);
    let destroy = |which| store.destroy_all("ann", which, NOW_MS).unwrap();
    assert_eq!(destroy(Which::Only(id("bob"))), 0);
    assert_eq!(destroy(Which::Only(id("b"))), 1);
    assert_eq!(destroy(Which::Except(id("c"))), 1);
    assert_eq!(hashes(store, "ann", after(3)), [id("c")]);
    let leave = Changes {
        subject: SubjectChange::None,
        ..set(1, "")
    };
    assert_eq!(store.merge(id("c"), &leave, after(4)).unwrap(), done(1));
    assert_eq!(destroy(Which::All), 0);
    assert!(data(store, "c").is_some());
    let join = Changes {
        subject: SubjectChange::Is("bob"),
        ..set(1, "")
    };
    store.merge(id("c"), &join, after(5)).unwrap();
    assert_eq!(hashes(store, "bob", after(5)), [id("bob"), id("c")]);
    assert_eq!(
        store
            .destroy_all("bob", Which::All, NOW_MS + LIFE_MS + 1)
            .unwrap(),
        1
    );
    assert_eq!(hashes(store, "bob", after(0)), []);
}

fn limits_subjects<S: Store>(store: &S) {
    let (refuse, oldest) = (limit(2, Overflow::Refuse), limit(2, Overflow::Oldest));
    for (name, ms) in [("a", 1), ("b", 2), ("guest", 0)] {
        let record = if name == "guest" {
            new("{}")
        } else {
            of("ann", Some(refuse))
        };
        assert_eq!(store.create(id(name), &record, after(ms)).unwrap(), done(1));
    }
    let third = store
        .create(id("c"), &of("ann", Some(refuse)), after(3))
        .unwrap();
    assert_eq!(third, Written::Refused);
    let merged = store
        .merge(id("guest"), &login("ann", refuse), after(3))
        .unwrap();
    assert_eq!(merged, Written::Refused);
    let moved = store
        .regenerate(id("guest"), id("g"), &login("ann", refuse), after(3))
        .unwrap();
    assert_eq!(moved, Written::Refused);
    assert_eq!(data(store, "guest").as_deref(), Some("{}"));
    // The session itself does not count, and the limit is not applied to it again.
    assert_eq!(
        store
            .merge(id("a"), &login("ann", limit(1, Overflow::Refuse)), after(3))
            .unwrap(),
        done(2)
    );
    assert_eq!(
        store
            .merge(id("guest"), &login("ann", oldest), after(3))
            .unwrap(),
        done(2)
    );
    assert_eq!(hashes(store, "ann", after(3)), [id("guest"), id("b")]);
    store
        .create(
            id("c"),
            &of("ann", Some(limit(1, Overflow::Oldest))),
            after(3),
        )
        .unwrap();
    assert_eq!(hashes(store, "ann", after(3)), [id("c")]);
    let expired = store.create(
        id("d"),
        &of("ann", Some(limit(1, Overflow::Refuse))),
        after(LIFE_MS + 4),
    );
    assert_eq!(expired.unwrap(), done(1));
}

fn clears<S: Store>(store: &S) {
    store.create(id("a"), &of("ann", None), after(0)).unwrap();
    store.clear().unwrap();
    assert_eq!(data(store, "a"), None);
    assert_eq!(hashes(store, "ann", after(0)), []);
    assert_eq!(
        store.create(id("a"), &of("ann", None), after(0)).unwrap(),
        done(1)
    );
}

/// Makes a test of each clause, for a store that an expression makes.
macro_rules! contract {
    ($make:expr => $($clause:ident),*) => {
        $(
            #[test]
            fn $clause() {
                let (store, _kept) = $make;
                super::$clause(&store);
            }
        )*
    };
    ($make:expr) => {
        contract!($make => creates_and_destroys, merges, refuses_what_is_no_json, expires, takes_the_callers_time,
            tells_the_max_age_that_another_gave, moves,
            lists_and_destroys_by_subject, limits_subjects, clears);
    };
}

mod memory {
    use koa_session_rs::store::memory::{Capacity, MemoryStore};

    contract!((
        MemoryStore::new(Capacity {
            max_entries: 100,
            max_bytes: 100_000
        }),
        ()
    ));
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::{Duration, Instant};
    use std::{env, fs, process, thread};

    use koa_session_rs::record::Record;
    use koa_session_rs::store::sqlite::{Database, Reader, Reason, Settings, SqliteStore};
    use koa_session_rs::store::{IdHash, Store, StoreError, Written};

    /// A folder that is removed after the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = env::temp_dir().join(format!("koa-session-rs-{}-{count}", process::id()));
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn settings(&self) -> Settings {
            Settings::new(self.0.join("sessions.db"))
        }

        fn database(&self) -> Database {
            Database::new(self.settings())
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn open() -> (SqliteStore, Folder) {
        let folder = Folder::new();
        (SqliteStore::open(&folder.database()).unwrap(), folder)
    }

    contract!(open());

    /// A distant deadline.
    fn soon<Op>(_op: &Op) -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    fn create(store: &SqliteStore, name: &&str) -> Result<Written, StoreError> {
        let data = if *name == "bad" { "no JSON" } else { "{}" };
        store.create(super::id(name), &super::new(data), super::after(0))
    }

    #[test]
    fn commits_a_group_without_what_failed() {
        let (store, folder) = open();
        let reader = Reader::open(&folder.database()).unwrap();
        let results = store.group(&["a", "bad", "a", "b"], soon, create).unwrap();
        let results: Vec<_> = results.into_iter().map(Result::ok).collect();
        let done = Some(super::done(1));
        assert_eq!(results, [done.clone(), None, Some(Written::Taken), done]);
        for (name, is_there) in [("a", true), ("bad", false), ("b", true)] {
            let loaded = reader.load(super::id(name), super::NOW_MS).unwrap();
            assert_eq!(loaded.is_some(), is_there, "{name}");
        }
    }

    #[test]
    fn waits_for_another_writer_and_then_no_longer() {
        let (one, folder) = open();
        let database = Database::new(Settings {
            patience: Duration::from_millis(20),
            ..folder.settings()
        });
        one.group(&[()], soon, |_, ()| {
            let (database, id) = (database.clone(), super::id("a"));
            let refused = thread::spawn(move || {
                let other = SqliteStore::open(&database).unwrap();
                assert_eq!(other.load(id, super::NOW_MS).unwrap(), None::<Record>);
                other
                    .group(&["a"], |_| database.deadline(), create)
                    .unwrap_err()
            });
            assert_eq!(refused.join().unwrap().reason, Reason::Busy);
            Ok(())
        })
        .unwrap();
        let other = SqliteStore::open(&database).unwrap();
        assert_eq!(create(&other, &"a").unwrap(), super::done(1));
    }

    #[test]
    fn removes_some_of_what_is_expired() {
        let (store, _folder) = open();
        for name in ["a", "b", "c"] {
            create(&store, &name).unwrap();
        }
        let expired_ms = super::NOW_MS + super::LIFE_MS + 1;
        assert_eq!(store.remove_expired(expired_ms - 1, 2).unwrap(), 0);
        assert_eq!(store.remove_expired(expired_ms, 2).unwrap(), 2);
        assert_eq!(store.remove_expired(expired_ms, 2).unwrap(), 1);
        let left = |name| store.load(IdHash::of(name), 0).unwrap();
        assert_eq!(["a", "b", "c"].map(left), [None, None, None]);
    }
}
