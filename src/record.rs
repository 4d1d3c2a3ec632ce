//! A session as a store keeps it: its keys with the revision of each one's last write, so that two requests can write one
//! session at the same time.
//!
//! Data is JSON text throughout. Its top-level keys and values are told apart and never looked into; a key is compared by its
//! JSON token (`"user"`, with the quotes), which is how `JSON.stringify` writes it, whoever asks.

mod json;
mod merge;

use std::fmt;

pub use self::json::{Fields, NotJson, Tokens, write_array, write_object};
pub use self::merge::{Difference, difference};

/// How long a session lives after each save or touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxAge {
    /// For so many milliseconds.
    Timed(u64),
    /// As long as the browser ('session'): in a store, as long as the caller's `ttl_ms` says.
    Browser,
}

impl MaxAge {
    /// Returns the time after which a record is expired that is written or touched now.
    #[must_use]
    pub fn expire_ms(self, now_ms: u64, ttl_ms: u64) -> u64 {
        now_ms.saturating_add(match self {
            Self::Timed(max_age_ms) => max_age_ms,
            Self::Browser => ttl_ms,
        })
    }
}

/// What is done where a subject has as many sessions as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The oldest sessions are destroyed.
    Oldest,
    /// The new session is refused.
    Refuse,
}

/// How many sessions a subject may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// At least 1.
    pub max: u32,
    /// What is done beyond that.
    pub overflow: Overflow,
}

/// How many characters of a label are kept.
pub const LABEL_CHARS: usize = 256;

/// Returns what is kept of a label: apps take it from headers, which visitors write.
#[must_use]
pub fn kept_label(label: &str) -> &str {
    let end = label.char_indices().nth(LABEL_CHARS);
    end.and_then(|(end, _)| label.get(..end)).unwrap_or(label)
}

/// How large a session may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Top-level keys.
    pub keys: usize,
    /// Bytes of its JSON.
    pub bytes: usize,
}

impl Default for Bounds {
    /// More than sessions have that are sessions.
    fn default() -> Self {
        Self {
            keys: 10_000,
            bytes: 1024 * 1024,
        }
    }
}

/// A session that is larger than it may be: how large it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge(
    /// The size that is beyond the bounds.
    pub Bounds,
);

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Bounds { keys, bytes }) = self;
        write!(f, "the session is too large: {keys} keys, {bytes} bytes")
    }
}

impl std::error::Error for TooLarge {}

/// A session that is to be stored. Its texts are borrowed, as stores take them, or owned, where one waits for its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRecord<T> {
    /// A JSON object.
    pub data: T,
    /// Its own time to live.
    pub max_age: MaxAge,
    /// Whose it is, if anybody's.
    pub subject: Option<T>,
    /// What the app calls it in lists. [`LABEL_CHARS`] are kept.
    pub label: Option<T>,
    /// Asked where there is a subject.
    pub limit: Option<Limit>,
}

impl<T: AsRef<str>> NewRecord<T> {
    /// Borrows the texts.
    pub fn borrow(&self) -> NewRecord<&str> {
        NewRecord {
            data: self.data.as_ref(),
            max_age: self.max_age,
            subject: self.subject.as_ref().map(AsRef::as_ref),
            label: self.label.as_ref().map(AsRef::as_ref),
            limit: self.limit,
        }
    }
}

/// Whose a session is from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubjectChange<T> {
    /// As before.
    #[default]
    Unchanged,
    /// Nobody's.
    None,
    /// This one's.
    Is(T),
}

/// What one request changed since it loaded the session. Its texts are borrowed or owned, as those of [`NewRecord`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes<T> {
    /// The record's revision at the load.
    pub base: u64,
    /// The keys that were added or changed: a JSON object, or nothing.
    pub set: T,
    /// The keys that were removed: a JSON array of strings, or nothing.
    pub delete: T,
    /// The time to live, if the request assigned one.
    pub max_age: Option<MaxAge>,
    /// Whose the session is, if that changed.
    pub subject: SubjectChange<T>,
    /// What the app calls it in lists, if that changed.
    pub label: Option<T>,
    /// Asked where the session gets a subject that it did not have.
    pub limit: Option<Limit>,
}

impl<T: AsRef<str>> Changes<T> {
    /// Borrows the texts.
    pub fn borrow(&self) -> Changes<&str> {
        Changes {
            base: self.base,
            set: self.set.as_ref(),
            delete: self.delete.as_ref(),
            max_age: self.max_age,
            subject: match &self.subject {
                SubjectChange::Unchanged => SubjectChange::Unchanged,
                SubjectChange::None => SubjectChange::None,
                SubjectChange::Is(subject) => SubjectChange::Is(subject.as_ref()),
            },
            label: self.label.as_ref().map(AsRef::as_ref),
            limit: self.limit,
        }
    }
}

/// A session as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Counts the writes of data; 1 where there was one.
    pub rev: u64,
    /// A JSON object, in the order in which its keys were first written.
    pub data: String,
    /// The revision of each key's last write, in the order of the keys.
    pub revs: Vec<u64>,
    /// Its own time to live.
    pub max_age: MaxAge,
    /// The time after which it is expired.
    pub expire_ms: u64,
    /// When it was created.
    pub created_ms: u64,
    /// When it was last saved or touched.
    pub seen_ms: u64,
    /// Whose it is, if anybody's.
    pub subject: Option<String>,
    /// What the app calls it in lists.
    pub label: Option<String>,
}

impl Record {
    /// Makes a record of a session that is created now.
    ///
    /// # Errors
    ///
    /// If the data are no JSON object.
    pub fn create(new: &NewRecord<&str>, now_ms: u64, ttl_ms: u64) -> Result<Self, NotJson> {
        Ok(Self {
            rev: 1,
            data: new.data.to_owned(),
            revs: vec![1; Fields::parse(new.data)?.0.len()],
            max_age: new.max_age,
            expire_ms: new.max_age.expire_ms(now_ms, ttl_ms),
            created_ms: now_ms,
            seen_ms: now_ms,
            subject: new.subject.map(str::to_owned),
            label: new.label.map(kept_label).map(str::to_owned),
        })
    }

    /// Returns whether the record is expired. At the very millisecond it is not, as in koa-session.
    #[must_use]
    pub fn is_expired(&self, now_ms: u64) -> bool {
        self.expire_ms < now_ms
    }

    /// Checks that the record is no larger than it may be: to be asked where keys were added or changed.
    ///
    /// # Errors
    ///
    /// If it is.
    pub fn within(&self, bounds: Bounds) -> Result<(), TooLarge> {
        let size = Bounds {
            keys: self.revs.len(),
            bytes: self.data.len(),
        };
        if size.keys > bounds.keys || size.bytes > bounds.bytes {
            return Err(TooLarge(size));
        }
        Ok(())
    }

    /// Moves the expiry; no data are written.
    pub fn touch(&mut self, now_ms: u64, ttl_ms: u64) {
        self.expire_ms = self.max_age.expire_ms(now_ms, ttl_ms);
        self.seen_ms = now_ms;
    }

    /// Merges what a request changed: keys that others wrote meanwhile stay, and of the same key the later write wins.
    ///
    /// Returns the keys in `set` that others wrote since the request's base, as a JSON array; nothing where there are none.
    ///
    /// ```
    /// use koa_session_rs::record::{Changes, MaxAge, NewRecord, Record, SubjectChange};
    ///
    /// let new = NewRecord { data: r#"{"a":1,"b":1}"#, max_age: MaxAge::Browser, subject: None, label: None, limit: None };
    /// let mut record = Record::create(&new, 0, 1000)?;
    /// let changes = |base, set| Changes {
    ///     base, set, delete: "", max_age: None, subject: SubjectChange::Unchanged, label: None, limit: None,
    /// };
    /// assert_eq!(record.merge(&changes(1, r#"{"a":2}"#), 10, 1000)?, None);
    /// assert_eq!(record.merge(&changes(1, r#"{"b":2,"a":3}"#), 20, 1000)?.as_deref(), Some(r#"["a"]"#));
    /// assert_eq!(record.data, r#"{"a":3,"b":2}"#);
    /// assert_eq!((record.rev, record.expire_ms), (3, 1020));
    /// # Ok::<(), koa_session_rs::record::NotJson>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `set` is no JSON object or `delete` no JSON array.
    pub fn merge(
        &mut self,
        changes: &Changes<&str>,
        now_ms: u64,
        ttl_ms: u64,
    ) -> Result<Option<String>, NotJson> {
        let conflicts = self.merge_data(changes)?;
        if let Some(max_age) = changes.max_age {
            self.max_age = max_age;
        }
        match changes.subject {
            SubjectChange::Unchanged => {}
            SubjectChange::None => self.subject = None,
            SubjectChange::Is(subject) => self.subject = Some(subject.to_owned()),
        }
        if let Some(label) = changes.label {
            self.label = Some(kept_label(label).to_owned());
        }
        self.touch(now_ms, ttl_ms);
        Ok(conflicts)
    }
}
