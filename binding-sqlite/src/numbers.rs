//! The numbers of a call.

use koa_session_rs::record::{Limit, MaxAge, Overflow, Subject};
use koa_session_rs::store::Clock;
use koa_session_rs_crossing as crossing;

/// The memory of a call's numbers, and of those that a load leaves.
pub type CallMemory<'call> = crossing::Numbers<'call, 7>;
pub type LoadedMemory<'call> = crossing::Numbers<'call, 4>;

/// What the numbers of a call say; `lib/stores/call-numbers.js` has the same places.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    now_ms: f64,
    ttl_ms: f64,
    /// Below zero: as long as the browser. Not a number: as before.
    max_age_ms: f64,
    base: f64,
    /// 0: there is no limit.
    limit_max: f64,
    /// 1: the new session is refused; else the oldest leave.
    limit_refuses: f64,
    /// 0: as before. 1: nobody's. 2: the subject's that is an argument.
    subject_change: f64,
}

impl Numbers {
    /// Copies what JavaScript left.
    pub fn read(memory: &CallMemory<'_>) -> Self {
        let at = |place| memory.get(place).unwrap_or_default();
        Self {
            now_ms: at(0),
            ttl_ms: at(1),
            max_age_ms: at(2),
            base: at(3),
            limit_max: at(4),
            limit_refuses: at(5),
            subject_change: at(6),
        }
    }

    pub fn clock(&self) -> Clock {
        Clock {
            now_ms: whole(self.now_ms),
            ttl_ms: whole(self.ttl_ms),
        }
    }

    pub fn max_age(&self) -> Option<MaxAge> {
        if self.max_age_ms.is_nan() {
            return None;
        }
        Some(if self.max_age_ms < 0.0 {
            MaxAge::Browser
        } else {
            MaxAge::Timed(whole(self.max_age_ms))
        })
    }

    pub fn base(&self) -> u64 {
        whole(self.base)
    }

    pub fn limit(&self) -> Option<Limit> {
        let max = u32::try_from(whole(self.limit_max)).unwrap_or(u32::MAX);
        let overflow = if whole(self.limit_refuses) == 1 {
            Overflow::Refuse
        } else {
            Overflow::Oldest
        };
        (max > 0).then_some(Limit { max, overflow })
    }

    pub fn subject<'a>(&self, subject: Option<&'a str>) -> Subject<'a> {
        match (whole(self.subject_change), subject) {
            (1, _) => Subject::None,
            (2, Some(subject)) => Subject::Is(subject),
            _ => Subject::Unchanged,
        }
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a saturated cast is what is wanted: times and lengths below zero are none"
)]
pub fn whole(number: f64) -> u64 {
    number as u64
}

#[allow(
    clippy::cast_precision_loss,
    reason = "they came as such numbers, or count"
)]
pub fn to_number(whole: u64) -> f64 {
    whole as f64
}
