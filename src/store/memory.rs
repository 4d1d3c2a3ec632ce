//! Sessions in the memory of one process: bounded by number and by size. Where there is no room, expired sessions leave first,
//! then those that are nobody's, then the others, each the least recently used first.
//!
//! Every session is in three places: among the entries, which know the order of use; in an expiry bucket, that of the minute in which
//! it expires; and among its subject's. All three are changed together, here.

mod entries;
mod expiry_buckets;
mod subjects;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Clock, IdHash, Listed, Loaded, Store, StoreError, Which, Written};
use crate::record::{Changes, Limit, MaxAge, NewRecord, Overflow, Record, SubjectChange};
use entries::{Entries, Entry};
use expiry_buckets::{BucketPlace, ExpiryBuckets};
use subjects::Subjects;

/// How many expired sessions a write removes at most. More than the one that it may add, so that none pile up.
const SWEPT: usize = 16;

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

    /// Loads a session where it is, without a copy of it being made, and makes it the one used last.
    pub fn find<R>(&self, id: IdHash, read: impl FnOnce(Loaded<&str>) -> R) -> Option<R> {
        let mut sessions = self.lock();
        sessions
            .entries
            .get_mut(id)
            .map(|entry| read(entry.loaded()))
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
    fn create(
        &self,
        id: IdHash,
        new: &NewRecord<&str>,
        clock: Clock,
    ) -> Result<Written, StoreError> {
        self.lock().create(id, new, clock)
    }

    fn load(&self, id: IdHash, _now_ms: u64) -> Result<Option<Record>, StoreError> {
        Ok(self.lock().entries.get_mut(id).map(|entry| entry.record()))
    }

    fn merge(
        &self,
        id: IdHash,
        changes: &Changes<&str>,
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
        changes: &Changes<&str>,
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

#[derive(Debug)]
struct Sessions {
    bounds: Bounds,
    entries: Entries,
    bytes: usize,
    buckets: ExpiryBuckets,
    subjects: Subjects,
}

impl Sessions {
    fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            entries: Entries::new(),
            bytes: 0,
            buckets: ExpiryBuckets::default(),
            subjects: Subjects::default(),
        }
    }

    fn create(
        &mut self,
        id: IdHash,
        new: &NewRecord<&str>,
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
        changes: &Changes<&str>,
        clock: Clock,
    ) -> Result<Written, StoreError> {
        self.sweep(clock.now_ms);
        let Some(entry) = self.live(id, clock.now_ms) else {
            return Ok(Written::Missing);
        };
        let arriving = match changes.subject {
            SubjectChange::Is(subject) if entry.subject.as_deref() != Some(subject) => {
                Some(subject)
            }
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
        let entry = self.entries.get_mut(id)?;
        entry.expire_ms = entry.max_age.expire_ms(clock.now_ms, clock.ttl_ms);
        entry.seen_ms = clock.now_ms;
        let (place, expire_ms, max_age) = (entry.place, entry.expire_ms, entry.max_age);
        if !place.fits(expire_ms) {
            self.leave_bucket(place);
            let place = self.buckets.add(id, expire_ms);
            self.move_to(id, place);
        }
        Some(max_age)
    }

    fn list(&self, subject: &str, now_ms: u64) -> Vec<Listed> {
        self.living(subject, now_ms)
            .filter_map(|id| {
                let entry = self.entries.peek(id)?;
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
        let entry = self.entries.peek(id)?;
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
        entry.place = self.buckets.add(id, entry.expire_ms);
        let dated = (entry.created_ms, id);
        entry.subject = entry
            .subject
            .map(|subject| self.subjects.add(&subject, dated));
        self.entries.put(id, entry);
        while self.is_over() {
            let due = self.buckets.due(now_ms);
            let Some(leaving) = due.or_else(|| self.entries.least_but(id)) else {
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
        let Some(entry) = self.entries.pop(id) else {
            return false;
        };
        self.bytes -= entry.bytes();
        self.leave_bucket(entry.place);
        if let Some(subject) = &entry.subject {
            self.subjects.remove(subject, (entry.created_ms, id));
        }
        entry.expire_ms >= now_ms
    }

    /// Gives a place in a bucket up; the last one there may move to it.
    fn leave_bucket(&mut self, place: BucketPlace) {
        if let Some(moved) = self.buckets.remove(place) {
            self.move_to(moved, place);
        }
    }

    fn move_to(&mut self, id: IdHash, place: BucketPlace) {
        if let Some(entry) = self.entries.peek_mut(id) {
            entry.place = place;
        }
    }

    /// Removes some of the sessions whose minute is over.
    fn sweep(&mut self, now_ms: u64) {
        for _ in 0..SWEPT {
            let Some(id) = self.buckets.due(now_ms) else {
                return;
            };
            self.remove(id, now_ms);
        }
    }
}
