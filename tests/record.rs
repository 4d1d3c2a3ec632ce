//! Properties of any data: differences, and merges.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use koa_session_rs::record::{
    Changes, Fields, LABEL_CHARS, MaxAge, NewRecord, Record, SubjectChange, difference,
    write_object,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

/// JSON values, also numbers beyond the types of Rust.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("1e400".to_owned()),
        Just("-0".to_owned()),
        Just("1.0".to_owned()),
        Just("12345678901234567890".to_owned()),
        Just(r#""\ud800""#.to_owned()),
        Just("[[],{\"a\":\"}\"}]".to_owned()),
        any::<i32>().prop_map(|number| number.to_string()),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
    ]
}

/// Keys as JSON tokens, with frequent repetitions.
fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-e]".prop_map(|key| format!("\"{key}\"")),
        1 => Just(r#""__proto__""#.to_owned()),
        1 => Just(r#""\udfff""#.to_owned()),
        1 => any::<String>().prop_map(|key| serde_json::to_string(&key).unwrap()),
    ]
}

type Object = BTreeMap<String, String>;

fn object() -> impl Strategy<Value = Object> {
    btree_map(token(), value(), 0..8)
}

fn write(object: &Object) -> String {
    write_object(
        object
            .iter()
            .map(|(key, json)| (key.as_str(), json.as_str())),
        0,
    )
}

fn read(text: &str) -> Object {
    let fields = Fields::parse(text).unwrap().0;
    let count = fields.len();
    let object: Object = fields
        .into_iter()
        .map(|(key, json)| (key.to_owned(), json.to_owned()))
        .collect();
    assert_eq!(object.len(), count, "a key is there twice: {text}");
    object
}

fn record(data: &str) -> Record {
    let new = NewRecord {
        data,
        max_age: MaxAge::Timed(1000),
        subject: None,
        label: None,
        limit: None,
    };
    Record::create(&new, 0, 1000).unwrap()
}

fn changes<'a>(base: u64, set: &'a str, delete: &'a str) -> Changes<&'a str> {
    Changes {
        base,
        set,
        delete,
        max_age: None,
        subject: SubjectChange::Unchanged,
        label: None,
        limit: None,
    }
}

fn merge(record: &mut Record, base: u64, before: &str, after: &str) -> Vec<String> {
    let changed = difference(before, after).unwrap();
    let merged = record.merge(&changes(base, &changed.set, &changed.delete), 1, 1000);
    merged
        .unwrap()
        .map_or_else(Vec::new, |json| serde_json::from_str(&json).unwrap())
}

proptest! {
    #[test]
    fn a_difference_leads_from_one_text_to_the_other(before in object(), after in object()) {
        let mut record = record(&write(&before));
        let conflicts = merge(&mut record, 1, &write(&before), &write(&after));
        prop_assert!(conflicts.is_empty());
        prop_assert_eq!(read(&record.data), after.clone());
        prop_assert_eq!(record.rev, if before == after { 1 } else { 2 });
        prop_assert_eq!(record.revs.len(), after.len());
    }

    #[test]
    fn equal_texts_do_not_differ(data in object()) {
        let found = difference(&write(&data), &write(&data)).unwrap();
        prop_assert_eq!((found.set.as_str(), found.delete.as_str()), ("", ""));
    }

    #[test]
    fn disjoint_changes_merge_to_the_same_in_either_order(start in object(), one in object(), two in object()) {
        // Each request sets or deletes its own keys; each key belongs to one of them.
        let is_first = |key: &String| key.len().is_multiple_of(2);
        let after = |wanted: &Object, is_mine: &dyn Fn(&String) -> bool| -> Object {
            let kept = start.iter().filter(|(key, _)| !is_mine(key));
            let written = wanted.iter().filter(|(key, _)| is_mine(key));
            kept.chain(written).map(|(key, json)| (key.clone(), json.clone())).collect()
        };
        let before = write(&start);
        let (one, two) = (write(&after(&one, &is_first)), write(&after(&two, &|key| !is_first(key))));
        let (mut forth, mut back) = (record(&before), record(&before));
        for after in [&one, &two] {
            prop_assert!(merge(&mut forth, 1, &before, after).is_empty());
        }
        for after in [&two, &one] {
            prop_assert!(merge(&mut back, 1, &before, after).is_empty());
        }
        prop_assert_eq!(read(&forth.data), read(&back.data));
        prop_assert_eq!(forth.rev, back.rev);
        let expected: Object = read(&one).into_iter().filter(|(key, _)| is_first(key))
            .chain(read(&two).into_iter().filter(|(key, _)| !is_first(key))).collect();
        prop_assert_eq!(read(&forth.data), expected);
    }

    #[test]
    fn conflicts_are_the_keys_that_others_wrote_since(start in object(), texts in vec(object(), 1..6), bases in vec(1..4u64, 6)) {
        let mut record = record(&write(&start));
        let mut revs: BTreeMap<String, u64> = start.keys().map(|key| (key.clone(), 1)).collect();
        for (text, base) in texts.iter().zip(bases) {
            let set = if text.is_empty() { String::new() } else { write(text) };
            let merged = record.merge(&changes(base, &set, ""), 1, 1000).unwrap();
            let expected: Vec<&str> = text.keys()
                .filter(|key| revs.get(*key).is_some_and(|rev| *rev > base))
                .map(String::as_str).collect();
            let expected = (!expected.is_empty()).then(|| format!("[{}]", expected.join(",")));
            prop_assert_eq!(merged, expected);
            for key in text.keys() {
                revs.insert(key.clone(), record.rev);
            }
        }
        let kept: BTreeMap<String, u64> = read_keys(&record.data).into_iter().zip(record.revs).collect();
        prop_assert_eq!(kept, revs);
    }

    #[test]
    fn any_text_is_accepted_or_refused(before in any::<String>(), after in any::<String>(), data in object()) {
        let _ = difference(&before, &after);
        let data = write(&data);
        let mut record = record(&data);
        let kept = record.clone();
        for (set, delete) in [(before.as_str(), after.as_str()), (data.as_str(), before.as_str()), (after.as_str(), "[1]")] {
            if record.merge(&changes(1, set, delete), 1, 1000).is_err() {
                prop_assert_eq!(&record, &kept);
            }
            record.clone_from(&kept);
        }
    }

    #[test]
    fn splitting_gives_the_same_as_parsing(data in vec((token(), value()), 0..8), space in "[ \\n\\r\\t]{0,2}") {
        let members: Vec<String> = data.iter().map(|(key, json)| format!("{space}{key}{space}:{space}{json}{space}")).collect();
        let text = format!("{space}{{{}}}{space}", members.join(","));
        prop_assert_eq!(Fields::split(&text), Fields::parse(&text));
    }

    #[test]
    fn splitting_accepts_any_text(text in any::<String>(), data in object(), at in any::<prop::sample::Index>(), other in any::<char>()) {
        let _ = Fields::split(&text);
        let whole = write(&data);
        let place = at.index(whole.chars().count());
        let broken: String = whole.chars().enumerate().map(|(i, char)| if i == place { other } else { char }).collect();
        let cut: String = whole.chars().take(place).collect();
        prop_assert!(Fields::split(&cut).is_err());
        if let Ok(fields) = Fields::parse(&broken) {
            prop_assert_eq!(Fields::split(&broken), Ok(fields));
        }
    }

    #[test]
    fn nearly_valid_json_is_accepted_or_refused(data in object(), at in any::<prop::sample::Index>(), other in any::<char>()) {
        let text = write(&data);
        let place = at.index(text.chars().count());
        let broken: String = text.chars().enumerate().map(|(i, char)| if i == place { other } else { char }).collect();
        if let Ok(found) = difference(&text, &broken) {
            let mut record = record(&text);
            if record.merge(&changes(1, &found.set, &found.delete), 1, 1000).is_ok() {
                prop_assert!(Fields::parse(&record.data).is_ok());
            }
        }
    }
}

fn read_keys(text: &str) -> Vec<String> {
    let fields = Fields::parse(text).unwrap().0;
    fields.into_iter().map(|(key, _)| key.to_owned()).collect()
}

#[test]
fn nesting_has_no_bound() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let found = difference("{}", &deep).unwrap();
    assert_eq!(found.set, deep);
    let mut record = record("{}");
    assert!(merge(&mut record, 1, "{}", &deep).is_empty());
    assert_eq!(record.data, deep);
}

#[test]
fn a_long_label_is_truncated_between_characters() {
    for (character, count) in [("x", 1_000_000), ("\u{1f600}", 300), ("e", 256), ("e", 3)] {
        let (label, kept) = (character.repeat(count), count.min(LABEL_CHARS));
        let new = NewRecord {
            data: "{}",
            max_age: MaxAge::Browser,
            subject: Some("ann"),
            label: Some(&label),
            limit: None,
        };
        let mut created = Record::create(&new, 0, 1000).unwrap();
        assert_eq!(created.label.as_deref(), Some(&*character.repeat(kept)));
        let renamed = Changes {
            label: Some(label.as_str()),
            ..changes(1, "", "")
        };
        created.label = None;
        created.merge(&renamed, 0, 1000).unwrap();
        assert_eq!(created.label.as_deref(), Some(&*character.repeat(kept)));
    }
}
