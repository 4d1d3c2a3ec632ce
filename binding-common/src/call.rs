//! The numeric arguments of a store's call, in the order of `lib/stores/call-numbers.js`. The strings are passed beside them.

use koa_session_rs::record::{Changes, Limit, MaxAge, NewRecord, Overflow, SubjectChange};
use koa_session_rs::store::Clock;

use crate::numbers::whole;

/// The number of numbers in a call.
pub const CALL_NUMBERS: usize = 6;

/// The decoded numbers of a call.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The time, and the TTL of records without a `maxAge`.
    pub clock: Clock,
    base: u64,
    max_age: Option<MaxAge>,
    limit: Option<Limit>,
    /// 0: unchanged. 1: no subject. 2: the subject in the call's strings.
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
    /// Returns the record of a `create`.
    pub fn record<T>(&self, data: T, subject: Option<T>, label: Option<T>) -> NewRecord<T> {
        NewRecord {
            data,
            max_age: self.max_age.unwrap_or(MaxAge::Browser),
            subject,
            label,
            limit: self.limit,
        }
    }

    /// Returns the changes of a request, from the strings `[set, delete]`, the subject and the label.
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

/// Reads a `maxAge`: milliseconds; below zero 'session'; NaN if there is none.
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

/// Reads a limit: 0 is none; below zero, a session beyond the limit is refused; above zero, the oldest sessions are destroyed.
fn read_limit(number: f64) -> Option<Limit> {
    let max = u32::try_from(whole(number.abs())).unwrap_or(u32::MAX);
    let overflow = if number < 0.0 {
        Overflow::Refuse
    } else {
        Overflow::Oldest
    };
    (max > 0).then_some(Limit { max, overflow })
}
