//! The numbers of a store's call, which cross beside its texts; `lib/stores/call-numbers.js` has the same places.

use koa_session_rs::record::{Changes, Limit, MaxAge, NewRecord, Overflow, SubjectChange};
use koa_session_rs::store::Clock;

use crate::numbers::whole;

/// So many numbers a call has.
pub const CALL_NUMBERS: usize = 6;

/// What the numbers of a call say.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// When it is, and how long records without a `maxAge` live.
    pub clock: Clock,
    base: u64,
    max_age: Option<MaxAge>,
    limit: Option<Limit>,
    /// 0: as before. 1: nobody's. 2: the subject's that is a text of the call.
    subject_change: u64,
}

impl From<[f64; CALL_NUMBERS]> for Call {
    fn from([now, ttl, base, max_age, limit, subject_change]: [f64; CALL_NUMBERS]) -> Self {
        Self {
            clock: Clock {
                now_ms: whole(now),
                ttl_ms: whole(ttl),
            },
            base: whole(base),
            max_age: read_max_age(max_age),
            limit: read_limit(limit),
            subject_change: whole(subject_change),
        }
    }
}

impl Call {
    /// Makes the session that is to be created.
    pub fn record<T>(&self, data: T, subject: Option<T>, label: Option<T>) -> NewRecord<T> {
        NewRecord {
            data,
            max_age: self.max_age.unwrap_or(MaxAge::Browser),
            subject,
            label,
            limit: self.limit,
        }
    }

    /// Makes what a request changed of the texts `[set, delete]`, the subject and the label.
    pub fn changes<T>(
        &self,
        [set, delete]: [T; 2],
        subject: Option<T>,
        label: Option<T>,
    ) -> Changes<T> {
        Changes {
            base: self.base,
            set,
            delete,
            max_age: self.max_age,
            subject: match (self.subject_change, subject) {
                (1, _) => SubjectChange::None,
                (2, Some(subject)) => SubjectChange::Is(subject),
                _ => SubjectChange::Unchanged,
            },
            label,
            limit: self.limit,
        }
    }
}

/// Below zero: as long as the browser. Not a number: as before.
fn read_max_age(number: f64) -> Option<MaxAge> {
    if number.is_nan() {
        return None;
    }
    Some(if number < 0.0 {
        MaxAge::Browser
    } else {
        MaxAge::Timed(whole(number))
    })
}

/// 0: there is none. Below zero: beyond so many, the new session is refused; else the oldest leave.
fn read_limit(number: f64) -> Option<Limit> {
    let max = u32::try_from(whole(number.abs())).unwrap_or(u32::MAX);
    let overflow = if number < 0.0 {
        Overflow::Refuse
    } else {
        Overflow::Oldest
    };
    (max > 0).then_some(Limit { max, overflow })
}
