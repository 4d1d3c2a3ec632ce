//! The difference of two texts of a session, and merging it into a third.

use std::collections::{HashMap, HashSet};

use super::{Changes, Fields, NotJson, Record, Tokens, write_array, write_object};

/// A key of a record: its token, its value unless it is removed, and the revision of its last write.
type Field<'a> = (&'a str, Option<&'a str>, u64);

impl Record {
    /// Merges the keys. Returns those in conflict, as a JSON array.
    pub(super) fn merge_data(
        &mut self,
        changes: &Changes<&str>,
    ) -> Result<Option<String>, NotJson> {
        let set = Fields::parse_or_none(changes.set)?;
        let delete = Tokens::parse_or_none(changes.delete)?;
        if set.0.is_empty() && delete.0.is_empty() {
            return Ok(None);
        }
        let rev = self.rev + 1;
        let before = Fields::split(&self.data)?;
        let revs = self.revs.iter().chain(std::iter::repeat(&self.rev));
        let fields = before.0.iter().zip(revs);
        let mut merged: Vec<Field<'_>> = fields
            .map(|((key, json), rev)| (*key, Some(*json), *rev))
            .collect();
        let index = KeyIndex::of(&before, set.0.len() + delete.0.len());
        let mut conflicts = Vec::new();
        for (key, json) in &set.0 {
            match index.place_of(key).and_then(|place| merged.get_mut(place)) {
                Some(field) => {
                    if field.2 > changes.base {
                        conflicts.push(*key);
                    }
                    *field = (key, Some(json), rev);
                }
                None => merged.push((key, Some(json), rev)),
            }
        }
        for key in &delete.0 {
            if let Some(field) = index.place_of(key).and_then(|place| merged.get_mut(place)) {
                field.1 = None;
            }
        }
        let kept = || merged.iter().filter(|(_, json, _)| json.is_some());
        let capacity = self.data.len() + changes.set.len();
        let written = kept().filter_map(|(key, json, _)| Some((*key, (*json)?)));
        let data = write_object(written, capacity);
        self.revs = kept().map(|(_, _, rev)| *rev).collect();
        (self.data, self.rev) = (data, rev);
        Ok((!conflicts.is_empty()).then(|| write_array(&conflicts)))
    }
}

/// Up to this number, keys are searched one by one, which is faster than making a map.
const FEW: usize = 8;

/// The places of an object's keys.
struct KeyIndex<'a> {
    fields: &'a Fields<'a>,
    map: Option<HashMap<&'a str, usize>>,
}

impl<'a> KeyIndex<'a> {
    /// Prepares an object for a number of searches.
    fn of(fields: &'a Fields<'a>, lookups: usize) -> Self {
        let places = || fields.0.iter().enumerate();
        let map = || places().map(|(place, (key, _))| (*key, place)).collect();
        Self {
            fields,
            map: (lookups > FEW).then(map),
        }
    }

    fn place_of(&self, wanted: &str) -> Option<usize> {
        match &self.map {
            Some(map) => map.get(wanted).copied(),
            // Of a key that occurs twice, the last place, as in the map.
            None => self.fields.0.iter().rposition(|(key, _)| *key == wanted),
        }
    }
}

/// What differs between two texts of one session, as [`Changes`] take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// A JSON object of the keys that were added or whose text changed; empty where there are none.
    pub set: String,
    /// A JSON array of the keys that are gone; empty where there are none.
    pub delete: String,
}

/// Compares two JSON objects key by key, by their texts. Neither has a key twice, as in what `JSON.stringify` writes.
///
/// ```
/// use koa_session_rs::record::difference;
///
/// let difference = difference(r#"{"a":1,"b":[2],"c":3}"#, r#"{"c":3,"b":[2,2],"d":4}"#)?;
/// assert_eq!(difference.set, r#"{"b":[2,2],"d":4}"#);
/// assert_eq!(difference.delete, r#"["a"]"#);
/// # Ok::<(), koa_session_rs::record::NotJson>(())
/// ```
///
/// # Errors
///
/// If one of them is no JSON object.
pub fn difference(before: &str, after: &str) -> Result<Difference, NotJson> {
    let (before, after) = (Fields::parse(before)?, Fields::parse(after)?);
    // Keys have the same places up to the first removed one: only from there on they have to be searched.
    let in_place = before.0.iter().zip(&after.0);
    let in_place = in_place.take_while(|((key, _), (same, _))| key == same);
    let in_place = in_place.count();
    let (before, before_rest) = before.0.split_at(in_place);
    let (after, after_rest) = after.0.split_at(in_place);
    let known: HashMap<&str, &str> = before_rest.iter().copied().collect();
    let now: HashSet<&str> = after_rest.iter().map(|(key, _)| *key).collect();
    let changed = before.iter().zip(after).filter(|(old, new)| old != new);
    let changed = changed.map(|(_, new)| *new);
    let moved = after_rest
        .iter()
        .filter(|(key, json)| known.get(key) != Some(json));
    let set: Vec<(&str, &str)> = changed.chain(moved.copied()).collect();
    let gone = before_rest.iter().map(|(key, _)| *key);
    let delete: Vec<&str> = gone.filter(|key| !now.contains(key)).collect();
    Ok(Difference {
        set: if set.is_empty() {
            String::new()
        } else {
            let capacity = set
                .iter()
                .map(|(key, json)| key.len() + json.len() + 2)
                .sum();
            write_object(set.into_iter(), capacity)
        },
        delete: if delete.is_empty() {
            String::new()
        } else {
            write_array(&delete)
        },
    })
}
