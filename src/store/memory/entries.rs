//! Sessions as they are kept, in the order of their use.

use std::mem::size_of;
use std::sync::Arc;

use lru::LruCache;

use super::expiry_buckets::BucketPlace;
use crate::record::{MaxAge, Record};
use crate::store::{IdHash, Loaded};

/// What the maps and the allocator need for a session beside its own fields: measured, with a million of them.
const MAPS_BYTES: usize = 128;

/// The same, for one that is somebody's.
const SUBJECT_BYTES: usize = 176;

/// The sessions by their ids, in two lists: those that are somebody's, and those that are nobody's, which make room first.
#[derive(Debug)]
pub struct Entries {
    owned: LruCache<IdHash, Entry>,
    anonymous: LruCache<IdHash, Entry>,
}

impl Entries {
    /// Makes empty lists. Bounded elsewhere, where bytes count too and expired sessions leave first.
    pub fn new() -> Self {
        Self {
            owned: LruCache::unbounded(),
            anonymous: LruCache::unbounded(),
        }
    }

    pub fn len(&self) -> usize {
        self.owned.len() + self.anonymous.len()
    }

    /// Returns a session, and makes it the one used last.
    pub fn get_mut(&mut self, id: IdHash) -> Option<&mut Entry> {
        match self.owned.get_mut(&id) {
            None => self.anonymous.get_mut(&id),
            found => found,
        }
    }

    /// Returns a session; its place among the used ones stays.
    pub fn peek(&self, id: IdHash) -> Option<&Entry> {
        self.owned.peek(&id).or_else(|| self.anonymous.peek(&id))
    }

    /// Returns a session to be changed; its place among the used ones stays.
    pub fn peek_mut(&mut self, id: IdHash) -> Option<&mut Entry> {
        match self.owned.peek_mut(&id) {
            None => self.anonymous.peek_mut(&id),
            found => found,
        }
    }

    /// Enters a session, the one used last.
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

    /// Returns the session that makes room for another: of nobody's sessions, or else of all, the one not used for longest.
    pub fn least_but(&self, kept: IdHash) -> Option<IdHash> {
        // The other was used last: first in line, it is alone there.
        [&self.anonymous, &self.owned]
            .into_iter()
            .filter_map(|list| list.peek_lru())
            .map(|(id, _)| *id)
            .find(|id| *id != kept)
    }
}

/// A session as it is kept: a [`Record`] in little room.
#[derive(Debug)]
pub struct Entry {
    pub data: Box<str>,
    /// Empty where all are the record's own.
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
    /// Its subject and its place among the expiry buckets are given to it where it is entered.
    fn from(record: Record) -> Self {
        let is_even = record.revs.iter().all(|rev| *rev == record.rev);
        Self {
            data: exact(record.data),
            revs: if is_even {
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

/// Returns a text without room to grow. Shrunk where it is, it would leave a hole behind that is too small for the next.
fn exact(text: String) -> Box<str> {
    if text.capacity() == text.len() {
        text.into_boxed_str()
    } else {
        text.as_str().into()
    }
}
