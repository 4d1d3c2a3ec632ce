//! What the thread is asked to do.

use koa_session_rs::record::{Changes, MaxAge, NewRecord};
use koa_session_rs::store::sqlite::SqliteStore;
use koa_session_rs::store::{IdHash, Store, StoreError, Which};
use koa_session_rs_crossing::Text;
use napi::bindgen_prelude::Either3;

use crate::answer::{Answer, of_found, of_touched, of_written};
use crate::numbers::{Numbers, to_number};

/// The texts of a session that is created.
pub struct NewTexts {
    pub data: Text,
    pub subject: Option<Text>,
    pub label: Option<Text>,
}

/// The texts of what a request changed.
pub struct Texts {
    pub set: Text,
    pub delete: Text,
    pub subject: Option<Text>,
    pub label: Option<Text>,
}

/// An operation, with all that it needs.
pub enum Task {
    Create {
        id: IdHash,
        texts: NewTexts,
        numbers: Numbers,
    },
    Merge {
        id: IdHash,
        texts: Texts,
        numbers: Numbers,
    },
    Touch {
        id: IdHash,
        numbers: Numbers,
    },
    Regenerate {
        old: IdHash,
        new: IdHash,
        texts: Texts,
        numbers: Numbers,
    },
    Destroy {
        id: IdHash,
        now_ms: u64,
    },
    DestroyAll {
        subject: Text,
        /// Nothing where none can be meant.
        which: Option<Which>,
        now_ms: u64,
    },
    Clear,
    Turn,
    Close,
}

impl Task {
    /// Does it.
    pub fn run(&self, store: &SqliteStore) -> Result<Answer, StoreError> {
        Ok(match self {
            Self::Create { id, texts, numbers } => {
                of_written(store.create(*id, &texts.record(numbers), numbers.clock())?)
            }
            Self::Merge { id, texts, numbers } => {
                of_written(store.merge(*id, &texts.changes(numbers), numbers.clock())?)
            }
            Self::Touch { id, numbers } => of_touched(store.touch(*id, numbers.clock())?),
            Self::Regenerate {
                old,
                new,
                texts,
                numbers,
            } => {
                let changes = texts.changes(numbers);
                of_written(store.regenerate(*old, *new, &changes, numbers.clock())?)
            }
            Self::Destroy { id, now_ms } => of_found(store.destroy(*id, *now_ms)?),
            Self::DestroyAll {
                subject,
                which: Some(which),
                now_ms,
            } => Either3::A(to_number(store.destroy_all(subject, *which, *now_ms)?)),
            Self::Clear => {
                store.clear()?;
                of_found(true)
            }
            Self::DestroyAll { which: None, .. } => of_found(false),
            Self::Turn | Self::Close => of_found(true),
        })
    }

    /// The time that it brings, if it does.
    pub fn now_ms(&self) -> Option<u64> {
        match self {
            Self::Create { numbers, .. }
            | Self::Merge { numbers, .. }
            | Self::Touch { numbers, .. }
            | Self::Regenerate { numbers, .. } => Some(numbers.clock().now_ms),
            Self::Destroy { now_ms, .. } | Self::DestroyAll { now_ms, .. } => Some(*now_ms),
            Self::Clear | Self::Turn | Self::Close => None,
        }
    }
}

impl NewTexts {
    fn record(&self, numbers: &Numbers) -> NewRecord<'_> {
        NewRecord {
            data: &self.data,
            max_age: numbers.max_age().unwrap_or(MaxAge::Browser),
            subject: self.subject.as_deref(),
            label: self.label.as_deref(),
            limit: numbers.limit(),
        }
    }
}

impl Texts {
    fn changes(&self, numbers: &Numbers) -> Changes<'_> {
        Changes {
            base: numbers.base(),
            set: &self.set,
            delete: &self.delete,
            max_age: numbers.max_age(),
            subject: numbers.subject(self.subject.as_deref()),
            label: self.label.as_deref(),
            limit: numbers.limit(),
        }
    }
}

/// Tells which sessions are meant: all, or all but one, or only one. One that is no hash is nobody's.
pub fn which(except: Option<&str>, only: Option<&str>) -> Option<Which> {
    match (except, only) {
        (_, Some(only)) => IdHash::from_base64(only).map(Which::Only),
        (Some(except), None) => Some(IdHash::from_base64(except).map_or(Which::All, Which::Except)),
        (None, None) => Some(Which::All),
    }
}
