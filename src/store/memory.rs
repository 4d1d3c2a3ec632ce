//! Sessions in the memory of one process: bounded by number and by size, the least recently used leaving first.
//!
//! Every session is in three places: in the cache, which knows the order of use; in the calendar, by the minute in which it
//! expires; and among its subject's. All three are changed together, here.

mod calendar;
mod subjects;

use std::fmt;
use std::mem::size_of;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::{Clock, IdHash, Listed, Store, StoreError, Which, Written};
use crate::record::{Changes, Limit, MaxAge, NewRecord, Overflow, Record, Subject};
use calendar::{Calendar, Slot};
use subjects::Subjects;

/// How many expired sessions a write removes at most. More than the one that it may add, so that none pile up.
const SWEPT: usize = 16;

/// What the maps and the allocator need for a session beside its own fields: measured, with a million of them.
const MAPS_BYTES: usize = 128;

/// The same, for one that is somebody's.
const SUBJECT_BYTES: usize = 176;

/// How much a store keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Sessions; at least 1.
    pub max_entries: usize,
    /// Bytes, with all that keeping them takes.
    pub max_bytes: usize,
}

/// A session is larger than the whole store may be. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the session is larger than all sessions together may be (option maxBytes)")
    }
}

impl std::error::Error for TooLarge {}

impl From<TooLarge> for StoreError {
    fn from(error: TooLarge) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// A session that was found, without a copy of it being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// A JSON object.
    pub data: &'a str,
    /// The record's revision.
    pub rev: u64,
    /// The time after which it is expired.
    pub expire_ms: u64,
    /// Its own time to live.
    pub max_age: MaxAge,
    /// Whether it is somebody's.
    pub has_subject: bool,
}

/// A bounded store in memory.
///
/// ```
/// use koa_session_rs::record::{MaxAge, NewRecord};
/// use koa_session_rs::store::memory::{Bounds, MemoryStore};
/// use koa_session_rs::store::{Clock, IdHash, Store};
///
/// let store = MemoryStore::new(Bounds { max_entries: 2, max_bytes: 1 << 20 });
/// let new = NewRecord { data: "{}", max_age: MaxAge::Timed(1000), subject: None, label: None, limit: None };
/// for id in ["a", "b", "c"] {
///     store.create(IdHash::of(id), &new, Clock { now_ms: 0, ttl_ms: 1000 })?;
/// }
/// assert!(store.load(IdHash::of("a"), 0)?.is_none());
/// assert!(store.load(IdHash::of("c"), 0)?.is_some());
/// # Ok::<(), koa_session_rs::store::StoreError>(())
/// ```
#[derive(Debug)]
pub struct MemoryStore(Mutex<Sessions>);

impl MemoryStore {
    /// Makes an empty store.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self(Mutex::new(Sessions::new(bounds)))
    }

    /// Loads a session where it is, and makes it the one used last.
    pub fn find<R>(&self, id: IdHash, read: impl FnOnce(Found<'_>) -> R) -> Option<R> {
        let mut sessions = self.lock();
        sessions.entries.get(&id).map(|entry| read(entry.found()))
    }

    /// Gives how many sessions there are, expired ones too, and how many bytes they are taken to need.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let sessions = self.lock();
        (sessions.entries.len(), sessions.bytes)
    }

    /// No call leaves the maps half changed but by a panic; then what is there is still the best there is.
    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn create(&self, id: IdHash, new: &NewRecord<'_>, clock: Clock) -> Result<Written, StoreError> {
        self.lock().create(id, new, clock)
    }

    fn load(&self, id: IdHash, _now_ms: u64) -> Result<Option<Record>, StoreError> {
        Ok(self.lock().entries.get(&id).map(Entry::record))
    }

    fn merge(
        &self,
        id: IdHash,
        changes: &Changes<'_>,
        clock: Clock,
    ) -> Result<Written, StoreError> {
        self.lock().merge(id, id, changes, clock)
    }

    fn touch(&self, id: IdHash, clock: Clock) -> Result<Option<MaxAge>, StoreError> {
        Ok(self.lock().touch(id, clock))
    }

    fn regenerate(
        &self,
        old: IdHash,
        new: IdHash,
        changes: &Changes<'_>,
        clock: Clock,
    ) -> Result<Written, StoreError> {
        let mut sessions = self.lock();
        if sessions.live(old, clock.now_ms).is_some() && sessions.live(new, clock.now_ms).is_some()
        {
            return Ok(Written::Taken);
        }
        sessions.merge(old, new, changes, clock)
    }

    fn destroy(&self, id: IdHash, now_ms: u64) -> Result<bool, StoreError> {
        Ok(self.lock().remove(id, now_ms))
    }

    fn list(&self, subject: &str, now_ms: u64) -> Result<Vec<Listed>, StoreError> {
        Ok(self.lock().list(subject, now_ms))
    }

    fn destroy_all(&self, subject: &str, which: Which, now_ms: u64) -> Result<u64, StoreError> {
        let mut sessions = self.lock();
        let mut destroyed = 0;
        for (_, id) in sessions.subjects.of(subject) {
            if which.means(id) {
                destroyed += u64::from(sessions.remove(id, now_ms));
            }
        }
        Ok(destroyed)
    }

    fn clear(&self) -> Result<(), StoreError> {
        let mut sessions = self.lock();
        *sessions = Sessions::new(sessions.bounds);
        Ok(())
    }
}

/// A session as it is kept: a [`Record`] in little room.
#[derive(Debug)]
struct Entry {
    data: Box<str>,
    /// Empty where all are the record's own.
    revs: Box<[u64]>,
    rev: u64,
    max_age: MaxAge,
    expire_ms: u64,
    created_ms: u64,
    seen_ms: u64,
    subject: Option<Arc<str>>,
    label: Option<Box<str>>,
    slot: Slot,
}

impl Entry {
    fn found(&self) -> Found<'_> {
        Found {
            data: &self.data,
            rev: self.rev,
            expire_ms: self.expire_ms,
            max_age: self.max_age,
            has_subject: self.subject.is_some(),
        }
    }

    fn record(&self) -> Record {
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

    fn bytes(&self) -> usize {
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
    /// Its subject and its slot are given to it where it is entered.
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
            slot: Slot::default(),
        }
    }
}

/// Gives a text without room to grow. Shrunk where it is, it would leave a hole behind that is too small for the next.
fn exact(text: String) -> Box<str> {
    if text.capacity() == text.len() {
        text.into_boxed_str()
    } else {
        text.as_str().into()
    }
}

#[derive(Debug)]
struct Sessions {
    bounds: Bounds,
    entries: LruCache<IdHash, Entry>,
    bytes: usize,
    calendar: Calendar,
    subjects: Subjects,
}

impl Sessions {
    fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            // Bounded here, where bytes count too and expired sessions leave first.
            entries: LruCache::unbounded(),
            bytes: 0,
            calendar: Calendar::default(),
            subjects: Subjects::default(),
        }
    }

    fn create(
        &mut self,
        id: IdHash,
        new: &NewRecord<'_>,
        clock: Clock,
    ) -> Result<Written, StoreError> {
        self.sweep(clock.now_ms);
        if self.live(id, clock.now_ms).is_some() {
            return Ok(Written::Taken);
        }
        let entry = self.fitting(Record::create(new, clock.now_ms, clock.ttl_ms)?)?;
        let (rev, max_age) = (entry.rev, entry.max_age);
        if !self.admit(new.subject, new.limit, id, clock.now_ms) {
            return Ok(Written::Refused);
        }
        self.insert(id, entry, clock.now_ms);
        Ok(Written::Done {
            rev,
            conflicts: None,
            max_age,
        })
    }

    /// Merges into a session that then goes on under an id, its own or another.
    fn merge(
        &mut self,
        id: IdHash,
        next: IdHash,
        changes: &Changes<'_>,
        clock: Clock,
    ) -> Result<Written, StoreError> {
        self.sweep(clock.now_ms);
        let Some(entry) = self.live(id, clock.now_ms) else {
            return Ok(Written::Missing);
        };
        let arriving = match changes.subject {
            Subject::Is(subject) if entry.subject.as_deref() != Some(subject) => Some(subject),
            _ => None,
        };
        let mut record = entry.record();
        let conflicts = record.merge(changes, clock.now_ms, clock.ttl_ms)?;
        let entry = self.fitting(record)?;
        let (rev, max_age) = (entry.rev, entry.max_age);
        if !self.admit(arriving, changes.limit, id, clock.now_ms) {
            return Ok(Written::Refused);
        }
        self.remove(id, clock.now_ms);
        self.insert(next, entry, clock.now_ms);
        Ok(Written::Done {
            rev,
            conflicts,
            max_age,
        })
    }

    fn touch(&mut self, id: IdHash, clock: Clock) -> Option<MaxAge> {
        self.sweep(clock.now_ms);
        self.live(id, clock.now_ms)?;
        let entry = self.entries.get_mut(&id)?;
        entry.expire_ms = entry.max_age.expire_ms(clock.now_ms, clock.ttl_ms);
        entry.seen_ms = clock.now_ms;
        let (slot, expire_ms, max_age) = (entry.slot, entry.expire_ms, entry.max_age);
        if !slot.fits(expire_ms) {
            self.leave(slot);
            let slot = self.calendar.add(id, expire_ms);
            self.place(id, slot);
        }
        Some(max_age)
    }

    fn list(&self, subject: &str, now_ms: u64) -> Vec<Listed> {
        self.living(subject, now_ms)
            .filter_map(|id| {
                let entry = self.entries.peek(&id)?;
                Some(Listed {
                    hash: id,
                    created_ms: entry.created_ms,
                    seen_ms: entry.seen_ms,
                    label: entry.label.as_deref().map(str::to_owned),
                })
            })
            .collect()
    }

    /// Gives a session that is not expired; its place among the used ones stays.
    fn live(&self, id: IdHash, now_ms: u64) -> Option<&Entry> {
        let entry = self.entries.peek(&id)?;
        (entry.expire_ms >= now_ms).then_some(entry)
    }

    fn living(&self, subject: &str, now_ms: u64) -> impl Iterator<Item = IdHash> {
        let ids = self.subjects.of(subject).into_iter().map(|(_, id)| id);
        ids.filter(move |id| self.live(*id, now_ms).is_some())
    }

    /// Makes an entry of a record, unless it could not be kept even alone.
    fn fitting(&self, record: Record) -> Result<Entry, TooLarge> {
        let entry = Entry::from(record);
        if entry.bytes() > self.bounds.max_bytes {
            return Err(TooLarge);
        }
        Ok(entry)
    }

    /// Tells whether a session may come to a subject, after those that have to make room for it are gone.
    fn admit(
        &mut self,
        subject: Option<&str>,
        limit: Option<Limit>,
        id: IdHash,
        now_ms: u64,
    ) -> bool {
        let (Some(subject), Some(limit)) = (subject, limit) else {
            return true;
        };
        let others: Vec<IdHash> = self
            .living(subject, now_ms)
            .filter(|other| *other != id)
            .collect();
        let beyond = (others.len() + 1).saturating_sub(limit.max as usize);
        if limit.overflow == Overflow::Refuse {
            return beyond == 0;
        }
        for other in others.into_iter().take(beyond) {
            self.remove(other, now_ms);
        }
        true
    }

    /// Enters a session, the one used last; others leave where there is no room.
    fn insert(&mut self, id: IdHash, mut entry: Entry, now_ms: u64) {
        // One that has expired may still be there.
        self.remove(id, now_ms);
        self.bytes += entry.bytes();
        entry.slot = self.calendar.add(id, entry.expire_ms);
        let dated = (entry.created_ms, id);
        entry.subject = entry
            .subject
            .map(|subject| self.subjects.add(&subject, dated));
        self.entries.put(id, entry);
        while self.is_over() {
            let due = self.calendar.due(now_ms);
            let least = || self.entries.peek_lru().map(|(id, _)| *id);
            let Some(leaving) = due.or_else(least) else {
                break;
            };
            self.remove(leaving, now_ms);
        }
    }

    fn is_over(&self) -> bool {
        self.entries.len() > self.bounds.max_entries || self.bytes > self.bounds.max_bytes
    }

    /// Removes a session from everywhere. Gives whether there was one that had not expired.
    fn remove(&mut self, id: IdHash, now_ms: u64) -> bool {
        let Some(entry) = self.entries.pop(&id) else {
            return false;
        };
        self.bytes -= entry.bytes();
        self.leave(entry.slot);
        if let Some(subject) = &entry.subject {
            self.subjects.remove(subject, (entry.created_ms, id));
        }
        entry.expire_ms >= now_ms
    }

    /// Gives a place in the calendar up.
    fn leave(&mut self, slot: Slot) {
        if let Some(moved) = self.calendar.remove(slot) {
            self.place(moved, slot);
        }
    }

    fn place(&mut self, id: IdHash, slot: Slot) {
        if let Some(entry) = self.entries.peek_mut(&id) {
            entry.slot = slot;
        }
    }

    /// Removes some of the sessions whose minute is over.
    fn sweep(&mut self, now_ms: u64) {
        for _ in 0..SWEPT {
            let Some(id) = self.calendar.due(now_ms) else {
                return;
            };
            self.remove(id, now_ms);
        }
    }
}
