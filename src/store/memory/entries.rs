//! The stored sessions, in the order of their use.

use std::mem::size_of;
use std::sync::Arc;

use lru::LruCache;

use super::expiry_buckets::BucketPlace;
use crate::record::{MaxAge, Record};
use crate::store::{IdHash, Loaded};

/// The bytes of the maps and the allocator for a session, beside its own fields: measured with a million sessions.
const MAPS_BYTES: usize = 128;

/// The same, for a session with a subject.
const SUBJECT_BYTES: usize = 176;

/// The sessions by their ids, in two lists: with a subject, and without one, which are evicted first.
#[derive(Debug)]
pub struct Entries {
    owned: LruCache<IdHash, Entry>,
    anonymous: LruCache<IdHash, Entry>,
}

impl Entries {
    /// Makes empty lists, without a bound of their own: `sessions.rs` enforces the limits, after removing expired sessions.
    pub fn new() -> Self {
        Self {
            owned: LruCache::unbounded(),
            anonymous: LruCache::unbounded(),
        }
    }

    pub fn len(&self) -> usize {
        self.owned.len() + self.anonymous.len()
    }

    /// Returns a session, and makes it the most recently used.
    pub fn get_mut(&mut self, id: IdHash) -> Option<&mut Entry> {
        match self.owned.get_mut(&id) {
            None => self.anonymous.get_mut(&id),
            found => found,
        }
    }

    /// Returns a session without changing the order of use.
    pub fn peek(&self, id: IdHash) -> Option<&Entry> {
        self.owned.peek(&id).or_else(|| self.anonymous.peek(&id))
    }

    /// Returns a mutable session without changing the order of use.
    pub fn peek_mut(&mut self, id: IdHash) -> Option<&mut Entry> {
        match self.owned.peek_mut(&id) {
            None => self.anonymous.peek_mut(&id),
            found => found,
        }
    }

    /// Adds a session as the most recently used.
    pub fn put(&mut self, id: IdHash, entry: Entry) {
        let list = if entry.subject.is_some() {
            &mut self.owned
        } else {
            &mut self.anonymous
        };
        list.put(id, entry);
    }

    pub fn pop(&mut self, id: IdHash) -> Option<Entry> {
        self.owned.pop(&id).or_else(|| self.anonymous.pop(&id))
    }

    /// Returns the session to evict for another one: the least recently used without a subject, or else of all.
    pub fn least_recent_except(&self, kept: IdHash) -> Option<IdHash> {
        // `kept` is the most recently used: if it is also the least, it is alone in its list.
        [&self.anonymous, &self.owned]
            .into_iter()
            .filter_map(|list| list.peek_lru())
            .map(|(id, _)| *id)
            .find(|id| *id != kept)
    }
}

/// A stored session: a compact [`Record`].
#[derive(Debug)]
pub struct Entry {
    pub data: Box<str>,
    /// Empty if all keys have the record's own revision.
    pub revs: Box<[u64]>,
    pub rev: u64,
    pub max_age: MaxAge,
    pub expire_ms: u64,
    pub created_ms: u64,
    pub seen_ms: u64,
    pub subject: Option<Arc<str>>,
    pub label: Option<Box<str>>,
    pub place: BucketPlace,
}

impl Entry {
    pub fn loaded(&self) -> Loaded<&str> {
        Loaded {
            data: &self.data,
            rev: self.rev,
            expire_ms: self.expire_ms,
            max_age: self.max_age,
            has_subject: self.subject.is_some(),
        }
    }

    pub fn record(&self) -> Record {
        Record {
            rev: self.rev,
            data: self.data.to_string(),
            revs: self.revs.to_vec(),
            max_age: self.max_age,
            expire_ms: self.expire_ms,
            created_ms: self.created_ms,
            seen_ms: self.seen_ms,
            subject: self.subject.as_deref().map(str::to_owned),
            label: self.label.as_deref().map(str::to_owned),
        }
    }

    pub fn bytes(&self) -> usize {
        MAPS_BYTES
            + size_of::<(IdHash, Self)>()
            + self.data.len()
            + size_of_val::<[u64]>(&self.revs)
            + self.label.as_ref().map_or(0, |label| label.len())
            + self
                .subject
                .as_ref()
                .map_or(0, |subject| SUBJECT_BYTES + subject.len())
    }
}

impl From<Record> for Entry {
    /// Its subject and its place in the expiry buckets are set when it is inserted.
    fn from(record: Record) -> Self {
        let is_uniform = record.revs.iter().all(|rev| *rev == record.rev);
        Self {
            data: exact(record.data),
            revs: if is_uniform {
                Box::default()
            } else {
                record.revs.as_slice().into()
            },
            rev: record.rev,
            max_age: record.max_age,
            expire_ms: record.expire_ms,
            created_ms: record.created_ms,
            seen_ms: record.seen_ms,
            subject: record.subject.map(Arc::from),
            label: record.label.map(Box::from),
            place: BucketPlace::default(),
        }
    }
}

/// Copies a text into an allocation of its exact size. Shrinking in place would leave a hole that is too small for other texts.
fn exact(text: String) -> Box<str> {
    if text.capacity() == text.len() {
        text.into_boxed_str()
    } else {
        text.as_str().into()
    }
}
