//! The names of keys, and the settings that the operations of a store share.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::record::Bounds;
use crate::store::IdHash;

/// The names of keys, and the limits of sessions.
#[derive(Debug, Default)]
pub struct Format {
    /// The prefix of all keys.
    pub prefix: String,
    /// Whether to read records that koa-redis wrote, under the ids themselves.
    pub from_koa_redis: bool,
    /// The limits of a session.
    pub bounds: Bounds,
    /// How many replicas have to confirm that a session has begun, ended, moved or changed its subject.
    pub replicas: u32,
    /// Whether the index is being rebuilt.
    pub rebuilding: Rebuilding,
}

impl Format {
    /// Returns the key of a session.
    #[must_use]
    pub fn session_key(&self, hash: &str) -> String {
        [&self.prefix, "s:", hash].concat()
    }

    /// Returns the prefix of the index's keys.
    #[must_use]
    pub fn index_prefix(&self) -> String {
        [&self.prefix, "i:"].concat()
    }

    /// Returns the key of one of the shards of the index.
    #[must_use]
    pub fn index_key(&self, shard: u8) -> String {
        format!("{}i:{shard:02x}", self.prefix)
    }

    /// Returns a pattern of all keys of sessions, for SCAN.
    #[must_use]
    pub fn session_pattern(&self) -> String {
        self.plain_pattern("s:*")
    }

    /// Returns a pattern of all keys.
    #[must_use]
    pub fn pattern(&self) -> String {
        self.plain_pattern("[si]:*")
    }

    /// Returns a pattern of the prefix, escaped, and a suffix.
    #[must_use]
    pub fn plain_pattern(&self, rest: &str) -> String {
        let mut pattern = String::with_capacity(self.prefix.len() + 8);
        for c in self.prefix.chars() {
            if matches!(c, '*' | '?' | '[' | ']' | '\\' | '^') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern + rest
    }
}

/// The names of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionId {
    /// The hash of the id, in base64url.
    pub hash: String,
    /// The id itself, if records of koa-redis are read.
    pub legacy: Option<String>,
}

impl SessionId {
    /// Takes an id.
    #[must_use]
    pub fn of(id: &str, format: &Format) -> Self {
        let hash = IdHash::of(id).to_base64();
        Self {
            hash,
            legacy: format.from_koa_redis.then(|| id.to_owned()),
        }
    }
}

/// Whether an operation of this process is rebuilding the index.
#[derive(Debug, Default)]
pub struct Rebuilding(AtomicBool);

impl Rebuilding {
    pub(super) fn begin(&self) -> Option<UnderWay<'_>> {
        (!self.0.swap(true, Ordering::AcqRel)).then(|| UnderWay(&self.0))
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

pub(super) struct UnderWay<'a>(&'a AtomicBool);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
