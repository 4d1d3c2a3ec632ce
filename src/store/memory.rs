//! Sessions in the memory of one process, limited in number and bytes. If there is no room, expired sessions are removed first,
//! then those without a subject, then the others; in each group, the least recently used first.

mod entries;
mod expiry_buckets;
mod sessions;
mod subjects;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Clock, IdHash, Listed, Loaded, Store, StoreError, Which, Written};
use crate::record::{Changes, MaxAge, NewRecord, Record};
use sessions::Sessions;

/// The limits of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Sessions; at least 1.
    pub max_entries: usize,
    /// Bytes, including the store's own structures.
    pub max_bytes: usize,
}

/// A session exceeds the limit of the whole store. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverCapacity;

impl fmt::Display for OverCapacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the session is larger than all sessions together may be (option maxBytes)")
    }
}

impl std::error::Error for OverCapacity {}

impl From<OverCapacity> for StoreError {
    fn from(error: OverCapacity) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// A bounded store in memory.
///
/// ```
/// use koa_session_rs::record::{MaxAge, NewRecord};
/// use koa_session_rs::store::memory::{Capacity, MemoryStore};
/// use koa_session_rs::store::{Clock, IdHash, Store};
///
/// let store = MemoryStore::new(Capacity { max_entries: 2, max_bytes: 1 << 20 });
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
    pub fn new(capacity: Capacity) -> Self {
        Self(Mutex::new(Sessions::new(capacity)))
    }

    /// Reads a session without copying it, and makes it the most recently used.
    pub fn find<R>(&self, id: IdHash, read: impl FnOnce(Loaded<&str>) -> R) -> Option<R> {
        let mut sessions = self.lock();
        sessions
            .entries
            .get_mut(id)
            .map(|entry| read(entry.loaded()))
    }

    /// Returns the number of sessions, including expired ones, and the estimate of their bytes.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let sessions = self.lock();
        (sessions.entries.len(), sessions.bytes)
    }

    /// Only a panic can leave the maps inconsistent; the store then goes on with what they contain.
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
        *sessions = Sessions::new(sessions.capacity);
        Ok(())
    }
}
