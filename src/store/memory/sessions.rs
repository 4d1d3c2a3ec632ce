//! Every session is in three structures, which are changed together here: the entries, in the order of use; the expiry bucket
//! of its minute; and the sessions of its subject.

use super::entries::{Entries, Entry};
use super::expiry_buckets::{BucketPlace, ExpiryBuckets};
use super::subjects::Subjects;
use super::{Capacity, OverCapacity};
use crate::record::{Changes, Limit, MaxAge, NewRecord, Overflow, Record, SubjectChange};
use crate::store::{Clock, IdHash, Listed, StoreError, Written};

/// How many expired sessions a write removes at most: more than it can add, so that their number does not grow.
const SWEPT: usize = 16;

#[derive(Debug)]
pub(super) struct Sessions {
    pub capacity: Capacity,
    pub entries: Entries,
    pub bytes: usize,
    pub subjects: Subjects,
    buckets: ExpiryBuckets,
}

impl Sessions {
    pub fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            entries: Entries::new(),
            bytes: 0,
            buckets: ExpiryBuckets::default(),
            subjects: Subjects::default(),
        }
    }

    pub fn create(
        &mut self,
        id: IdHash,
        new: &NewRecord<&str>,
        clock: Clock,
    ) -> Result<Written, StoreError> {
        self.sweep(clock.now_ms);
        if self.live(id, clock.now_ms).is_some() {
            return Ok(Written::Taken);
        }
        let entry = self.entry_within_limit(Record::create(new, clock.now_ms, clock.ttl_ms)?)?;
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

    /// Merges into a session, and moves it to another id if that is given.
    pub fn merge(
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
        let entry = self.entry_within_limit(record)?;
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

    pub fn touch(&mut self, id: IdHash, clock: Clock) -> Option<MaxAge> {
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

    pub fn list(&self, subject: &str, now_ms: u64) -> Vec<Listed> {
        self.live_ids(subject, now_ms)
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

    /// Returns a session that is not expired, without changing the order of use.
    pub fn live(&self, id: IdHash, now_ms: u64) -> Option<&Entry> {
        let entry = self.entries.peek(id)?;
        (entry.expire_ms >= now_ms).then_some(entry)
    }

    fn live_ids(&self, subject: &str, now_ms: u64) -> impl Iterator<Item = IdHash> {
        let ids = self.subjects.of(subject).into_iter().map(|(_, id)| id);
        ids.filter(move |id| self.live(*id, now_ms).is_some())
    }

    /// Makes an entry of a record, unless it alone exceeds the limit.
    fn entry_within_limit(&self, record: Record) -> Result<Entry, OverCapacity> {
        let entry = Entry::from(record);
        if entry.bytes() > self.capacity.max_bytes {
            return Err(OverCapacity);
        }
        Ok(entry)
    }

    /// Returns whether a subject may get the session; removes its oldest sessions if the limit requires that.
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
            .live_ids(subject, now_ms)
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

    /// Inserts a session as the most recently used, and evicts others if there is no room.
    fn insert(&mut self, id: IdHash, mut entry: Entry, now_ms: u64) {
        // An expired session may still have the id.
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
            let Some(leaving) = due.or_else(|| self.entries.least_recent_except(id)) else {
                break;
            };
            self.remove(leaving, now_ms);
        }
    }

    fn is_over(&self) -> bool {
        self.entries.len() > self.capacity.max_entries || self.bytes > self.capacity.max_bytes
    }

    /// Removes a session from all structures. Returns whether there was one that had not expired.
    pub fn remove(&mut self, id: IdHash, now_ms: u64) -> bool {
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

    /// Gives up a place in a bucket, into which the last session of the bucket may move.
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

    /// Removes some expired sessions.
    fn sweep(&mut self, now_ms: u64) {
        for _ in 0..SWEPT {
            let Some(id) = self.buckets.due(now_ms) else {
                return;
            };
            self.remove(id, now_ms);
        }
    }
}
