//! Stores keep sessions under their ids, so that the cookie only has the id.
//!
//! They have one contract, described in index.d.ts (`SessionStore`) and tested by `tests/store_contract.rs`. A store never gets
//! an id, only its [`IdHash`], so that a leaked store opens no session. Time is an argument, in milliseconds.

pub mod memory;
pub mod redis;
#[cfg(feature = "sqlite")]
pub mod sqlite;

use std::fmt;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use sha2::{Digest, Sha256};

use crate::record::{Changes, MaxAge, NewRecord, NotJson, Record};

/// The SHA-256 of a session id, under which a store keeps the session.
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

    /// Encodes the hash as in lists and events: in URL-safe base64, without padding.
    #[must_use]
    pub fn to_base64(self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Decodes the text of [`to_base64`](Self::to_base64). Returns `None` for any other text.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        let hash = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        hash.try_into().ok().map(Self)
    }
}

/// The time of an operation, and the TTL of records without a `maxAge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// `Date.now()`.
    pub now_ms: u64,
    /// Milliseconds.
    pub ttl_ms: u64,
}

/// The outcome of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// The write was done.
    Done {
        /// The record's revision.
        rev: u64,
        /// The keys of the write that others had written since its base revision, as a JSON array.
        conflicts: Option<String>,
        /// The record's own TTL, which another request may have set.
        max_age: MaxAge,
    },
    /// The record is gone: destroyed, moved to another id, expired or evicted. Nothing was written.
    Missing,
    /// Another session has the id. Nothing was written.
    Taken,
    /// The subject has reached its limit of sessions. Nothing was written.
    Refused,
}

/// A loaded session: the part of its record that a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded<T> {
    /// A JSON object.
    pub data: T,
    /// The record's revision; 0 if koa-redis wrote it.
    pub rev: u64,
    /// The time after which it is expired.
    pub expire_ms: u64,
    /// Its own TTL.
    pub max_age: MaxAge,
    /// Whether it has a subject.
    pub has_subject: bool,
}

/// A session in its subject's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The hash of its id.
    pub hash: IdHash,
    /// When it was created.
    pub created_ms: u64,
    /// When it was last saved or touched.
    pub seen_ms: u64,
    /// The app's label for it.
    pub label: Option<String>,
}

impl Serialize for Listed {
    /// As in index.d.ts: `{ hash, created, seen, label? }`.
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
        // Strings and numbers always serialise.
        serde_json::to_string(list).unwrap_or_default()
    }
}

/// A selection of a subject's sessions.
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
    /// Reads hashes as [`IdHash::to_base64`] writes them. Returns `None` if no session can be selected, since `only` is no hash.
    #[must_use]
    pub fn of(except: Option<&str>, only: Option<&str>) -> Option<Self> {
        match (except.map(IdHash::from_base64), only) {
            (_, Some(only)) => IdHash::from_base64(only).map(Self::Only),
            (Some(Some(kept)), None) => Some(Self::Except(kept)),
            (Some(None) | None, None) => Some(Self::All),
        }
    }

    /// Returns whether a session of the subject is selected.
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
    /// The caller passed invalid JSON.
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

/// The contract of a store with blocking calls.
///
/// [`load`](Self::load) may return an expired record, which the caller reports; all other methods treat it as missing.
pub trait Store {
    /// Stores a new session. Returns `Done`, `Taken` or `Refused`.
    ///
    /// # Errors
    ///
    /// If the store fails.
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
    /// If the store fails.
    fn load(&self, id: IdHash, now_ms: u64) -> Result<Option<Record>, StoreError>;

    /// Merges a request's changes. Returns `Done`, `Missing` or `Refused`.
    ///
    /// # Errors
    ///
    /// If the store fails.
    fn merge(
        &self,
        id: IdHash,
        changes: &Changes<&str>,
        clock: Clock,
    ) -> Result<Written, StoreError>;

    /// Sets a session's new expiry. Returns the TTL of its record, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// If the store fails.
    fn touch(&self, id: IdHash, clock: Clock) -> Result<Option<MaxAge>, StoreError>;

    /// Moves a session, with a request's changes, to a new id. Returns `Done`, `Missing`, `Taken` or `Refused`.
    ///
    /// # Errors
    ///
    /// If the store fails.
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
    /// If the store fails.
    fn destroy(&self, id: IdHash, now_ms: u64) -> Result<bool, StoreError>;

    /// Lists a subject's sessions, the oldest first.
    ///
    /// # Errors
    ///
    /// If the store fails.
    fn list(&self, subject: &str, now_ms: u64) -> Result<Vec<Listed>, StoreError>;

    /// Destroys a subject's sessions. Returns how many there were.
    ///
    /// # Errors
    ///
    /// If the store fails.
    fn destroy_all(&self, subject: &str, which: Which, now_ms: u64) -> Result<u64, StoreError>;

    /// Destroys all sessions.
    ///
    /// # Errors
    ///
    /// If the store fails.
    fn clear(&self) -> Result<(), StoreError>;
}
