//! A store's answer as it is passed to JavaScript: numbers, and sometimes a text.

use koa_session_rs::record::MaxAge;
use koa_session_rs::store::{Listed, Loaded, Written};

use crate::numbers::{Numbers, to_number};

/// The number of numbers in an answer: its status, then a revision or a count, an expiry, a `maxAge`, and whether there is a
/// subject.
pub const ANSWER_NUMBERS: usize = 5;

/// The status of an answer; the numbers are those of `lib/stores/answers.js`.
#[derive(Clone, Copy, Debug)]
enum Status {
    Done,
    Written,
    Conflicting,
    Missing,
    Taken,
    Refused,
    Touched,
    Loaded,
    Nothing,
    Known,
    Count,
    Text,
    Listed,
    Failed,
}

/// An answer on its way to JavaScript.
#[derive(Clone, Debug)]
pub struct Answer<T = String> {
    numbers: [f64; ANSWER_NUMBERS],
    text: Option<T>,
    /// The other lists, where there are several.
    more: Vec<T>,
}

impl<T> Answer<T> {
    fn new(status: Status, numbers: [f64; ANSWER_NUMBERS - 1], text: Option<T>) -> Self {
        let [count, expire, max_age, has_subject] = numbers;
        let status = f64::from(status as u8);
        Self {
            numbers: [status, count, expire, max_age, has_subject],
            text,
            more: Vec::new(),
        }
    }

    fn bare(status: Status) -> Self {
        Self::new(status, [0.0; ANSWER_NUMBERS - 1], None)
    }

    fn counted(status: Status, count: u64) -> Self {
        Self::new(status, [to_number(count), 0.0, 0.0, 0.0], None)
    }

    /// Makes the answer to a call without a result.
    #[must_use]
    pub fn done() -> Self {
        Self::bare(Status::Done)
    }

    /// Makes the answer to load.
    pub fn loaded(loaded: Option<Loaded<T>>) -> Self {
        let Some(loaded) = loaded else {
            return Self::bare(Status::Nothing);
        };
        let numbers = [
            to_number(loaded.rev),
            to_number(loaded.expire_ms),
            from_max_age(loaded.max_age),
            f64::from(u8::from(loaded.has_subject)),
        ];
        Self::new(Status::Loaded, numbers, Some(loaded.data))
    }

    /// Makes the answer to touch.
    #[must_use]
    pub fn touched(max_age: Option<MaxAge>) -> Self {
        max_age.map_or(Self::bare(Status::Missing), |max_age| {
            let numbers = [0.0, 0.0, from_max_age(max_age), 0.0];
            Self::new(Status::Touched, numbers, None)
        })
    }

    /// Makes the answer to destroy: whether there was a session.
    #[must_use]
    pub fn known(is_known: bool) -> Self {
        Self::counted(Status::Known, u64::from(is_known))
    }

    /// Makes the answer to a call that destroys any number of sessions: how many.
    #[must_use]
    pub fn count(count: u64) -> Self {
        Self::counted(Status::Count, count)
    }

    /// Makes the answer to a call that reads a text.
    pub fn text(text: Option<T>) -> Self {
        match text {
            Some(text) => Self::new(Status::Text, [0.0; 4], Some(text)),
            None => Self::bare(Status::Nothing),
        }
    }

    /// Makes the answer for a failure, with a text in the store's own format.
    pub fn failed(why: T) -> Self {
        Self::new(Status::Failed, [0.0; 4], Some(why))
    }

    /// Writes the numbers to the call's memory, and returns the text.
    pub fn write_to<const N: usize>(self, memory: &Numbers<'_, N>) -> Option<T> {
        memory.write(&self.numbers);
        self.text
    }

    /// Returns the numbers and the text.
    pub fn into_parts(self) -> ([f64; ANSWER_NUMBERS], impl Iterator<Item = T>) {
        (self.numbers, self.text.into_iter().chain(self.more))
    }
}

impl<T: From<String>> Answer<T> {
    /// Makes the answer to create, merge and regenerate.
    #[must_use]
    pub fn written(written: Written) -> Self {
        match written {
            Written::Done {
                rev,
                conflicts,
                max_age,
            } => {
                let status = if conflicts.is_some() {
                    Status::Conflicting
                } else {
                    Status::Written
                };
                let numbers = [to_number(rev), 0.0, from_max_age(max_age), 0.0];
                Self::new(status, numbers, conflicts.map(T::from))
            }
            Written::Missing => Self::bare(Status::Missing),
            Written::Taken => Self::bare(Status::Taken),
            Written::Refused => Self::bare(Status::Refused),
        }
    }

    /// Makes the answer to list.
    #[must_use]
    pub fn listed(list: &[Listed]) -> Self {
        Self::lists(vec![Listed::write_list(list)])
    }

    /// Makes the answer to list, as several JSON lists. Each is a text of its own, so that a very long list is not copied at once.
    #[must_use]
    pub fn lists(lists: Vec<String>) -> Self {
        let count = to_number(lists.len() as u64);
        let mut lists = lists.into_iter().map(T::from);
        let first = lists.next();
        Self {
            more: lists.collect(),
            ..Self::new(Status::Listed, [count, 0.0, 0.0, 0.0], first)
        }
    }
}

/// Returns a `maxAge` in milliseconds, or -1 for 'session'.
fn from_max_age(max_age: MaxAge) -> f64 {
    match max_age {
        MaxAge::Timed(max_age_ms) => to_number(max_age_ms),
        MaxAge::Browser => -1.0,
    }
}

/// Answers to asynchronous calls, on their way to JavaScript.
#[derive(Debug, Default)]
pub struct Answers {
    pub(crate) numbers: Vec<f64>,
    /// The texts of the answers that have one, in the order of the answers.
    pub(crate) texts: Vec<String>,
}

impl Answers {
    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Appends the answer of a call, by the number that JavaScript gave it.
    pub fn push(&mut self, call_id: f64, answer: Answer) {
        self.numbers.push(call_id);
        self.numbers.extend(answer.numbers);
        self.texts.extend(answer.text);
        self.texts.extend(answer.more);
    }
}
