//! How keys are named, and what else the operations of a store have in common.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::record::Bounds;
use crate::store::IdHash;

/// How keys are named, and what sessions may be.
#[derive(Debug, Default)]
pub struct Format {
    /// Before all keys.
    pub prefix: String,
    /// Whether records are read that koa-redis wrote, under the ids themselves.
    pub from_koa_redis: bool,
    /// How large a session may be.
    pub bounds: Bounds,
    /// How many replicas have to have it before it is answered that a session has begun, ended, moved, or is somebody else's.
    pub replicas: u32,
    /// Whether the index is being completed.
    pub rebuilding: Rebuilding,
}

impl Format {
    /// Returns the key of a session.
    #[must_use]
    pub fn session_key(&self, hash: &str) -> String {
        [&self.prefix, "s:", hash].concat()
    }

    /// Returns what the keys of the index begin with.
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

    /// Returns a pattern of the prefix and what follows.
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

/// What a session is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionId {
    /// The hash of the id, in base64url.
    pub hash: String,
    /// The id itself, where records of koa-redis are asked for.
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

/// Whether an operation of this process looks at all sessions.
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
