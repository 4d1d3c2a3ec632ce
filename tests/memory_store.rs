//! The bounds of the memory store: what is evicted, and in which order.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use koa_session_rs::record::{Changes, MaxAge, NewRecord, SubjectChange};
use koa_session_rs::store::memory::{Capacity, MemoryStore};
use koa_session_rs::store::{Clock, IdHash, Store, StoreError, Which, Written};
use proptest::collection::vec;
use proptest::prelude::*;

const HOUR_MS: u64 = 3_600_000;
const MINUTE_MS: u64 = 60_000;

fn store(max_entries: usize, max_bytes: usize) -> MemoryStore {
    MemoryStore::new(Capacity {
        max_entries,
        max_bytes,
    })
}

fn id(number: usize) -> IdHash {
    IdHash::of(&number.to_string())
}

fn at(now_ms: u64) -> Clock {
    Clock {
        now_ms,
        ttl_ms: HOUR_MS,
    }
}

fn living(data: &str, max_age_ms: u64) -> NewRecord<&str> {
    NewRecord {
        data,
        max_age: MaxAge::Timed(max_age_ms),
        subject: None,
        label: None,
        limit: None,
    }
}

fn setting(set: &str) -> Changes<&str> {
    Changes {
        base: 1,
        set,
        delete: "",
        max_age: None,
        subject: SubjectChange::Unchanged,
        label: None,
        limit: None,
    }
}

fn kept(store: &MemoryStore, count: usize) -> Vec<usize> {
    // Listing does not count as use.
    let list = store.list("all", 0).unwrap();
    (0..count)
        .filter(|number| list.iter().any(|listed| listed.hash == id(*number)))
        .collect()
}

#[test]
fn the_least_recently_used_session_is_evicted() {
    let store = store(4, usize::MAX);
    let record = NewRecord {
        subject: Some("all"),
        ..living("{}", HOUR_MS)
    };
    for number in 0..4 {
        store.create(id(number), &record, at(0)).unwrap();
    }
    assert!(store.load(id(0), 0).unwrap().is_some());
    assert!(store.touch(id(1), at(0)).unwrap().is_some());
    store.merge(id(2), &setting(r#"{"a":1}"#), at(0)).unwrap();
    for number in 4..7 {
        store.create(id(number), &record, at(0)).unwrap();
    }
    assert_eq!(kept(&store, 7), [2, 4, 5, 6]);
    assert_eq!(store.size().0, 4);
}

#[test]
fn expired_sessions_are_evicted_before_live_ones() {
    let store = store(40, usize::MAX);
    let record = |max_age_ms| NewRecord {
        subject: Some("all"),
        ..living("{}", max_age_ms)
    };
    for number in 0..20 {
        store.create(id(number), &record(HOUR_MS), at(0)).unwrap();
    }
    // These are used last, and expire first.
    for number in 20..40 {
        store.create(id(number), &record(1000), at(0)).unwrap();
    }
    let now = at(2 * MINUTE_MS);
    for number in 40..60 {
        store.create(id(number), &record(HOUR_MS), now).unwrap();
    }
    assert_eq!(store.list("all", now.now_ms).unwrap().len(), 40);
    assert_eq!(store.size().0, 40);
}

#[test]
fn sessions_without_a_subject_are_evicted_first() {
    let store = store(3, usize::MAX);
    let owned = NewRecord {
        subject: Some("all"),
        ..living("{}", HOUR_MS)
    };
    for number in 0..2 {
        store.create(id(number), &owned, at(0)).unwrap();
    }
    for number in 2..100 {
        let new = living("{}", HOUR_MS);
        store.create(id(number), &new, at(0)).unwrap();
        // A new session is stored, until the next one.
        assert!(store.load(id(number), 0).unwrap().is_some());
    }
    assert_eq!(kept(&store, 100), [0, 1]);
    // A session that gets a subject is protected like the others.
    let login = Changes {
        subject: SubjectChange::Is("all"),
        ..setting("")
    };
    store.merge(id(99), &login, at(0)).unwrap();
    for number in 100..103 {
        store.create(id(number), &owned, at(0)).unwrap();
    }
    assert_eq!(kept(&store, 103), [100, 101, 102]);
    // If all have subjects, a new session without one evicts one of them, and is itself evicted by the next.
    for number in 103..200 {
        let new = living("{}", HOUR_MS);
        store.create(id(number), &new, at(0)).unwrap();
    }
    assert_eq!(kept(&store, 200), [101, 102]);
    assert!(store.load(id(199), 0).unwrap().is_some());
    assert_eq!(store.size().0, 3);
}

#[test]
fn writes_remove_expired_sessions() {
    let store = store(1000, usize::MAX);
    for number in 0..100 {
        store
            .create(id(number), &living("{}", 1000), at(0))
            .unwrap();
    }
    store
        .create(id(1000), &living("{}", HOUR_MS), at(0))
        .unwrap();
    for _ in 0..100 {
        store.touch(id(1000), at(2 * MINUTE_MS)).unwrap();
    }
    assert_eq!(store.size().0, 1);
    // A touched session is not removed by its earlier expiry.
    assert!(store.load(id(1000), 0).unwrap().is_some());
}

#[test]
fn bytes_are_bounded_too() {
    let data = format!("{{\"a\":\"{}\"}}", "x".repeat(9_000));
    let store = store(1000, 100_000);
    for number in 0..100 {
        store
            .create(id(number), &living(&data, HOUR_MS), at(0))
            .unwrap();
        assert!(store.size().1 <= 100_000);
    }
    assert_eq!(store.size().0, 10);
    assert!(store.load(id(99), 0).unwrap().is_some());
}

#[test]
fn a_session_larger_than_the_store_is_refused() {
    let store = store(10, 2_000);
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(2_000));
    store.create(id(0), &living("{}", HOUR_MS), at(0)).unwrap();
    let changes = setting(&large);
    let refusals = [
        store.create(id(1), &living(&large, HOUR_MS), at(0)),
        store.merge(id(0), &changes, at(0)),
        store.regenerate(id(0), id(2), &changes, at(0)),
    ];
    for refused in refusals {
        assert!(matches!(refused, Err(StoreError::Failed(_))));
    }
    let record = store.load(id(0), 0).unwrap().unwrap();
    assert_eq!((record.data.as_str(), record.rev), ("{}", 1));
    assert_eq!(store.size().0, 1);
}

#[test]
fn an_empty_store_counts_nothing() {
    let store = store(1000, usize::MAX);
    for number in 0..100 {
        let record = NewRecord {
            subject: Some("ann"),
            label: Some("here"),
            ..living("{}", HOUR_MS)
        };
        store.create(id(number), &record, at(0)).unwrap();
        store
            .merge(id(number), &setting(r#"{"a":1}"#), at(0))
            .unwrap();
    }
    assert_eq!(store.destroy_all("ann", Which::All, 0).unwrap(), 100);
    assert_eq!(store.size(), (0, 0));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Create(usize, u64, bool),
    Load(usize),
    Touch(usize),
    Merge(usize, u64, Option<bool>),
    Move(usize, usize),
    Destroy(usize),
    Wait(u64),
}

const IDS: usize = 12;

fn step() -> impl Strategy<Value = Step> {
    let ages = prop_oneof![Just(1_000_u64), Just(MINUTE_MS), Just(5 * MINUTE_MS)];
    prop_oneof![
        4 => (0..IDS, ages.clone(), any::<bool>()).prop_map(|(number, age, is_owned)| Step::Create(number, age, is_owned)),
        2 => (0..IDS).prop_map(Step::Load),
        2 => (0..IDS).prop_map(Step::Touch),
        2 => (0..IDS, ages, any::<Option<bool>>()).prop_map(|(number, age, owned)| Step::Merge(number, age, owned)),
        1 => (0..IDS, 0..IDS).prop_map(|(old, new)| Step::Move(old, new)),
        1 => (0..IDS).prop_map(Step::Destroy),
        2 => (0..2 * MINUTE_MS).prop_map(Step::Wait),
    ]
}

/// The sessions, from the least to the most recently used: number, expiry, maxAge, whether it has a subject.
type Model = Vec<(usize, u64, u64, bool)>;

fn take(model: &mut Model, number: usize) -> Option<(usize, u64, u64, bool)> {
    let place = model.iter().position(|entry| entry.0 == number)?;
    Some(model.remove(place))
}

/// Adds the most recently used one, and evicts like the store: first expired ones, then those without a subject, then the others.
fn add(model: &mut Model, entry: (usize, u64, u64, bool), now_ms: u64, max: usize) {
    while model.len() >= max {
        let minute = |expire_ms: u64| expire_ms / MINUTE_MS;
        let due = model
            .iter()
            .position(|entry| minute(entry.1) < minute(now_ms));
        let anonymous = model.iter().position(|entry| !entry.3);
        model.remove(due.or(anonymous).unwrap_or(0));
    }
    model.push(entry);
}

proptest! {
    #[test]
    fn the_store_behaves_like_a_simple_model(steps in vec(step(), 1..200), max in 1..8_usize) {
        let store = store(max, usize::MAX);
        let (mut model, mut now_ms) = (Model::new(), HOUR_MS);
        for step in steps {
            let clock = at(now_ms);
            let is_live = |model: &Model, number| model.iter().any(|entry| entry.0 == number && entry.1 >= now_ms);
            match step {
                Step::Wait(ms) => now_ms += ms,
                Step::Load(number) => {
                    let found = store.load(id(number), now_ms).unwrap().filter(|record| !record.is_expired(now_ms));
                    prop_assert_eq!(found.is_some(), is_live(&model, number));
                    if let Some(entry) = take(&mut model, number) { model.push(entry); }
                }
                Step::Create(number, age, is_owned) => {
                    let record = NewRecord { subject: is_owned.then_some("ann"), ..living("{}", age) };
                    let created = store.create(id(number), &record, clock).unwrap();
                    prop_assert_eq!(created == Written::Taken, is_live(&model, number));
                    if created != Written::Taken {
                        take(&mut model, number);
                        add(&mut model, (number, now_ms + age, age, is_owned), now_ms, max);
                    }
                }
                Step::Touch(number) => {
                    let is_found = is_live(&model, number);
                    prop_assert_eq!(store.touch(id(number), clock).unwrap().is_some(), is_found);
                    if is_found {
                        let (_, _, age, is_owned) = take(&mut model, number).unwrap();
                        model.push((number, now_ms + age, age, is_owned));
                    }
                }
                Step::Merge(number, age, owned) => {
                    let subject = owned.map_or(SubjectChange::Unchanged, |is_owned| if is_owned { SubjectChange::Is("ann") } else { SubjectChange::None });
                    let changes = Changes { max_age: Some(MaxAge::Timed(age)), subject, ..setting(r#"{"a":1}"#) };
                    let is_found = is_live(&model, number);
                    let merged = store.merge(id(number), &changes, clock).unwrap();
                    prop_assert_eq!(merged != Written::Missing, is_found);
                    if is_found {
                        let (.., was_owned) = take(&mut model, number).unwrap();
                        model.push((number, now_ms + age, age, owned.unwrap_or(was_owned)));
                    }
                }
                Step::Move(old, new) => {
                    let moved = store.regenerate(id(old), id(new), &setting(""), clock).unwrap();
                    if !is_live(&model, old) {
                        prop_assert_eq!(moved, Written::Missing);
                    } else if is_live(&model, new) {
                        prop_assert_eq!(moved, Written::Taken);
                    } else {
                        prop_assert_ne!(moved, Written::Missing);
                        let (_, _, age, is_owned) = take(&mut model, old).unwrap();
                        take(&mut model, new);
                        add(&mut model, (new, now_ms + age, age, is_owned), now_ms, max);
                    }
                }
                Step::Destroy(number) => {
                    let is_found = is_live(&model, number);
                    prop_assert_eq!(store.destroy(id(number), now_ms).unwrap(), is_found);
                    take(&mut model, number);
                }
            }
            prop_assert!(store.size().0 <= max);
            // The model may remove expired sessions earlier or later; the live ones are the same.
            let listed = store.list("ann", now_ms).unwrap().len();
            prop_assert_eq!(listed, model.iter().filter(|entry| entry.3 && entry.1 >= now_ms).count());
        }
    }
}
