//! The stored record of a session: its keys, each with the revision of its last write, so that concurrent writes can be merged.
//!
//! Data stay JSON text. Only the top-level keys and values are separated, and never parsed further; a key is compared by its JSON
//! token (`"user"`, with the quotes), as `JSON.stringify` writes it.

mod json;
mod merge;

use std::fmt;

pub use self::json::{Fields, NotJson, Tokens, write_array, write_object};
pub use self::merge::{Difference, difference};

/// How long a session lives after each save or touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxAge {
    /// For a number of milliseconds.
    Timed(u64),
    /// For as long as the browser runs ('session'): in a store, for the caller's `ttl_ms`.
    Browser,
}

impl MaxAge {
    /// Returns the expiry of a record that is written or touched now.
    #[must_use]
    pub fn expire_ms(self, now_ms: u64, ttl_ms: u64) -> u64 {
        now_ms.saturating_add(match self {
            Self::Timed(max_age_ms) => max_age_ms,
            Self::Browser => ttl_ms,
        })
    }
}

/// What happens if a subject has reached its limit of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The oldest sessions are destroyed.
    Oldest,
    /// The new session is refused.
    Refuse,
}

/// A subject's limit of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// At least 1.
    pub max: u32,
    /// What happens beyond that.
    pub overflow: Overflow,
}

/// How many characters of a label are kept.
pub const LABEL_CHARS: usize = 256;

/// Cuts a label, which apps take from headers that visitors write.
#[must_use]
pub fn kept_label(label: &str) -> &str {
    let end = label.char_indices().nth(LABEL_CHARS);
    end.and_then(|(end, _)| label.get(..end)).unwrap_or(label)
}

/// The limits of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Top-level keys.
    pub keys: usize,
    /// Bytes of its JSON.
    pub bytes: usize,
}

impl Default for Bounds {
    /// More than reasonable sessions have.
    fn default() -> Self {
        Self {
            keys: 10_000,
            bytes: 1024 * 1024,
        }
    }
}

/// The size of a session that exceeds its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge(
    /// The size.
    pub Bounds,
);

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Bounds { keys, bytes }) = self;
        write!(f, "the session is too large: {keys} keys, {bytes} bytes")
    }
}

impl std::error::Error for TooLarge {}

/// A new session to be stored. Its texts are borrowed, or owned while it is in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRecord<T> {
    /// A JSON object.
    pub data: T,
    /// Its own maxAge.
    pub max_age: MaxAge,
    /// Its subject, if it has one.
    pub subject: Option<T>,
    /// Its label in lists, which is cut to [`LABEL_CHARS`].
    pub label: Option<T>,
    /// Applied if there is a subject.
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

/// A change of a session's subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubjectChange<T> {
    /// Unchanged.
    #[default]
    Unchanged,
    /// No subject.
    None,
    /// This subject.
    Is(T),
}

/// The changes of one request since it loaded the session. Its texts are borrowed or owned, as those of [`NewRecord`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes<T> {
    /// The record's revision at the load.
    pub base: u64,
    /// The keys that were added or changed: a JSON object, or nothing.
    pub set: T,
    /// The keys that were removed: a JSON array of strings, or nothing.
    pub delete: T,
    /// The maxAge, if the request assigned one.
    pub max_age: Option<MaxAge>,
    /// The subject, if it changed.
    pub subject: SubjectChange<T>,
    /// Its label in lists, if that changed.
    pub label: Option<T>,
    /// Applied if the session gets another subject.
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

/// The stored record of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The number of writes of data.
    pub rev: u64,
    /// A JSON object, in the order in which its keys were first written.
    pub data: String,
    /// The revision of each key's last write, in the order of the keys.
    pub revs: Vec<u64>,
    /// Its own maxAge.
    pub max_age: MaxAge,
    /// The time after which it is expired.
    pub expire_ms: u64,
    /// When it was created.
    pub created_ms: u64,
    /// When it was last saved or touched.
    pub seen_ms: u64,
    /// Its subject, if it has one.
    pub subject: Option<String>,
    /// Its label in lists.
    pub label: Option<String>,
}

impl Record {
    /// Makes the record of a new session.
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

    /// Returns whether the record is expired: from the millisecond after its expiry on, as in koa-session.
    #[must_use]
    pub fn is_expired(&self, now_ms: u64) -> bool {
        self.expire_ms < now_ms
    }

    /// Checks the limits of a record, after keys were added or changed.
    ///
    /// # Errors
    ///
    /// If the record exceeds a limit.
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

    /// Sets the new expiry; no data are written.
    pub fn touch(&mut self, now_ms: u64, ttl_ms: u64) {
        self.expire_ms = self.max_age.expire_ms(now_ms, ttl_ms);
        self.seen_ms = now_ms;
    }

    /// Merges a request's changes: keys that others wrote meanwhile stay; if both changed a key, the later write wins.
    ///
    /// Returns the keys in `set` that others wrote since the request's base, as a JSON array; `None` if there are none.
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
