//! Expiry buckets: the sessions by the minute of their expiry, which finds expired ones without a timer or a scan.

use std::collections::BTreeMap;

use crate::store::IdHash;

const MINUTE_MS: u64 = 60_000;

/// The place of a session: the minute of its bucket, and the index in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BucketPlace {
    minute: u32,
    index: u32,
}

impl BucketPlace {
    /// Returns whether a session with that expiry may stay in this bucket.
    pub fn fits(self, expire_ms: u64) -> bool {
        self.minute == minute_of(expire_ms)
    }
}

/// The sessions by the minute of their expiry, each in one place.
#[derive(Debug, Default)]
pub struct ExpiryBuckets(BTreeMap<u32, Vec<IdHash>>);

impl ExpiryBuckets {
    /// Adds a session, and returns its place.
    pub fn add(&mut self, id: IdHash, expire_ms: u64) -> BucketPlace {
        let minute = minute_of(expire_ms);
        let ids = self.0.entry(minute).or_default();
        let index = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        ids.push(id);
        BucketPlace { minute, index }
    }

    /// Removes the session at a place. Returns the session that was moved into that place, if any.
    pub fn remove(&mut self, place: BucketPlace) -> Option<IdHash> {
        let ids = self.0.get_mut(&place.minute)?;
        let index = place.index as usize;
        if index < ids.len() {
            ids.swap_remove(index);
        }
        let moved = ids.get(index).copied();
        if ids.is_empty() {
            self.0.remove(&place.minute);
        } else if ids.len() < ids.capacity() / 4 {
            // Else a bucket that was large would keep its memory for the last session in it.
            ids.shrink_to(ids.len() * 2);
        }
        moved
    }

    /// Returns a session whose minute is over, if there is one.
    pub fn due(&self, now_ms: u64) -> Option<IdHash> {
        let (minute, ids) = self.0.first_key_value()?;
        (*minute < minute_of(now_ms)).then(|| ids.last().copied())?
    }
}

fn minute_of(time_ms: u64) -> u32 {
    u32::try_from(time_ms / MINUTE_MS).unwrap_or(u32::MAX)
}
