//! Stores: where sessions live under their ids, so that the cookie has the id alone.
//!
//! One contract for all of them: index.d.ts (`SessionStore`) has its words, `tests/store_contract.rs` its proof. A store never
//! sees an id, only its [`IdHash`]: what leaks from a store opens no session. Time is an argument, in milliseconds.

pub mod memory;
pub mod redis;
#[cfg(feature = "sqlite")]
pub mod sqlite;

use std::fmt;

use base64_simd::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use sha2::{Digest, Sha256};

use crate::record::{Changes, MaxAge, NewRecord, NotJson, Record};

/// The SHA-256 of a session id: what a store knows a session by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdHash(
    /// The digest.
    pub [u8; 32],
);

impl IdHash {
    /// Hashes an id.
    #[must_use]
    pub fn of(id: &str) -> Self {
        Self(Sha256::digest(id).into())
    }

    /// Writes the hash as lists and events have it: in URL-safe base64, without padding.
    #[must_use]
    pub fn to_base64(self) -> String {
        URL_SAFE_NO_PAD.encode_to_string(self.0)
    }

    /// Reads what [`to_base64`](Self::to_base64) writes; nothing of anything else.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        let hash = URL_SAFE_NO_PAD.decode_to_vec(text).ok()?;
        hash.try_into().ok().map(Self)
    }
}

/// When something is done, and how long a record without a `maxAge` of its own lives from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// `Date.now()`.
    pub now_ms: u64,
    /// Milliseconds.
    pub ttl_ms: u64,
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is done.
    Done {
        /// The record's revision.
        rev: u64,
        /// The keys that others wrote since the writer's base, as a JSON array.
        conflicts: Option<String>,
        /// The record's own time to live, which may be one that another request gave it.
        max_age: MaxAge,
    },
    /// There is no record any more: destroyed, moved to another id, expired or evicted. Nothing was written.
    Missing,
    /// The id is another session's. Nothing was written.
    Taken,
    /// The subject has as many sessions as it may have. Nothing was written.
    Refused,
}

/// A session that was loaded: what a request needs of its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded<T> {
    /// A JSON object.
    pub data: T,
    /// The record's revision; 0 of one that koa-redis wrote.
    pub rev: u64,
    /// The time after which it is expired.
    pub expire_ms: u64,
    /// Its own time to live.
    pub max_age: MaxAge,
    /// Whether it is somebody's.
    pub has_subject: bool,
}

/// A session in its subject's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What the store knows it by.
    pub hash: IdHash,
    /// When it was created.
    pub created_ms: u64,
    /// When it was last saved or touched.
    pub seen_ms: u64,
    /// What the app calls it.
    pub label: Option<String>,
}

impl Serialize for Listed {
    /// As index.d.ts has it: `{ hash, created, seen, label? }`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = 3 + usize::from(self.label.is_some());
        let mut listed = serializer.serialize_struct("Listed", fields)?;
        listed.serialize_field("hash", &self.hash.to_base64())?;
        listed.serialize_field("created", &self.created_ms)?;
        listed.serialize_field("seen", &self.seen_ms)?;
        if let Some(label) = &self.label {
            listed.serialize_field("label", label)?;
        }
        listed.end()
    }
}

impl Listed {
    /// Writes a list as JSON.
    #[must_use]
    pub fn write_list(list: &[Self]) -> String {
        // Of texts and numbers, it cannot fail.
        serde_json::to_string(list).unwrap_or_default()
    }
}

/// Which of a subject's sessions are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// All but this one.
    Except(IdHash),
    /// This one, if it is the subject's.
    Only(IdHash),
}

impl Which {
    /// Takes hashes as [`IdHash::to_base64`] writes them. Returns nothing where none can be meant: what is no hash is no session's.
    #[must_use]
    pub fn of(except: Option<&str>, only: Option<&str>) -> Option<Self> {
        match (except.map(IdHash::from_base64), only) {
            (_, Some(only)) => IdHash::from_base64(only).map(Self::Only),
            (Some(Some(kept)), None) => Some(Self::Except(kept)),
            (Some(None) | None, None) => Some(Self::All),
        }
    }

    /// Tells whether a session of the subject is meant.
    #[must_use]
    pub fn means(self, id: IdHash) -> bool {
        match self {
            Self::All => true,
            Self::Except(kept) => id != kept,
            Self::Only(meant) => id == meant,
        }
    }
}

/// A store failed.
#[derive(Debug)]
pub enum StoreError {
    /// The caller passed text that is not what it has to be.
    Input(NotJson),
    /// The store's own failure: a disk, a connection, a server.
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(error) => error.fmt(f),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<NotJson> for StoreError {
    fn from(error: NotJson) -> Self {
        Self::Input(error)
    }
}

/// The contract of a store whose calls block.
///
/// An expired record may be given by [`load`](Self::load), for the caller to tell so; for everything else it is missing.
pub trait Store {
    /// Stores a new session. Returns `Done`, `Taken` or `Refused`.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    fn create(
        &self,
        id: IdHash,
        new: &NewRecord<&str>,
        clock: Clock,
    ) -> Result<Written, StoreError>;

    /// Loads a session.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    fn load(&self, id: IdHash, now_ms: u64) -> Result<Option<Record>, StoreError>;

    /// Merges what a request changed. Returns `Done`, `Missing` or `Refused`.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    fn merge(
        &self,
        id: IdHash,
        changes: &Changes<&str>,
        clock: Clock,
    ) -> Result<Written, StoreError>;

    /// Moves a session's expiry. Returns the time to live of its record; nothing where there is none.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    fn touch(&self, id: IdHash, clock: Clock) -> Result<Option<MaxAge>, StoreError>;

    /// Moves a session, with a request's changes, to a new id. Returns `Done`, `Missing`, `Taken` or `Refused`.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    fn regenerate(
        &self,
        old: IdHash,
        new: IdHash,
        changes: &Changes<&str>,
        clock: Clock,
    ) -> Result<Written, StoreError>;

    /// Destroys a session. Returns whether there was one.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    fn destroy(&self, id: IdHash, now_ms: u64) -> Result<bool, StoreError>;

    /// Lists a subject's sessions, the oldest first.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    fn list(&self, subject: &str, now_ms: u64) -> Result<Vec<Listed>, StoreError>;

    /// Destroys a subject's sessions. Returns how many there were.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    fn destroy_all(&self, subject: &str, which: Which, now_ms: u64) -> Result<u64, StoreError>;

    /// Destroys all sessions.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    fn clear(&self) -> Result<(), StoreError>;
}
