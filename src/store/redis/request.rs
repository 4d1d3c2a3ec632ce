//! What is asked of the store, and what it answers.

use super::subjects::rebuild::Rebuilding;
use crate::record::{self, Bounds, MaxAge};
use crate::store::{Clock, IdHash, Listed, Loaded, Written};

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
    /// Gives the key of a session.
    #[must_use]
    pub fn session_key(&self, hash: &str) -> String {
        [&self.prefix, "s:", hash].concat()
    }

    /// Gives what the keys of the index begin with.
    #[must_use]
    pub fn index_prefix(&self) -> String {
        [&self.prefix, "i:"].concat()
    }

    /// Gives the key of one of the sets of the index.
    #[must_use]
    pub fn index_key(&self, place: u8) -> String {
        format!("{}i:{place:02x}", self.prefix)
    }

    /// Gives a pattern of all keys of sessions, for SCAN.
    #[must_use]
    pub fn session_pattern(&self) -> String {
        self.plain_pattern("s:*")
    }

    /// Gives a pattern of all keys.
    #[must_use]
    pub fn pattern(&self) -> String {
        self.plain_pattern("[si]:*")
    }

    /// Gives a pattern of the prefix and what follows.
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

/// A new session, with owned texts.
pub type NewRecord = record::NewRecord<String>;
/// A change of subject, with owned text.
pub type Subject = record::SubjectChange<String>;
/// Changes, with owned texts.
pub type Changes = record::Changes<String>;
/// A loaded session.
pub type Found = Loaded<String>;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// As [`Store::create`](crate::store::Store::create).
    Create(SessionId, NewRecord, Clock),
    /// As [`Store::load`](crate::store::Store::load); the number is the time.
    Load(SessionId, u64),
    /// As [`Store::merge`](crate::store::Store::merge).
    Merge(SessionId, Changes, Clock),
    /// As [`Store::touch`](crate::store::Store::touch).
    Touch(SessionId, Clock),
    /// As [`Store::regenerate`](crate::store::Store::regenerate): the old id, the new one.
    Regenerate(SessionId, SessionId, Changes, Clock),
    /// As [`Store::destroy`](crate::store::Store::destroy).
    Destroy(SessionId, u64),
    /// As [`Store::list`](crate::store::Store::list).
    List(String, u64),
    /// As [`Store::destroy_all`](crate::store::Store::destroy_all): all but this hash.
    DestroyExcept(String, Option<String>, u64),
    /// As [`Store::destroy_all`](crate::store::Store::destroy_all): this hash alone.
    DestroyOnly(String, String, u64),
    /// As [`Store::clear`](crate::store::Store::clear).
    Clear,
    /// Reads what koa-redis reads: under the prefix and the id.
    GetPlain(String),
    /// Writes what koa-redis writes: the id, a JSON text, the time to live in milliseconds.
    SetPlain(String, String, Option<u64>),
    /// Removes it.
    DestroyPlain(String),
    /// Removes all that begins with the prefix.
    ClearPlain,
}

impl Request {
    /// Tells one that goes through any number of sessions: it takes as long as they are many.
    #[must_use]
    pub fn is_long(&self) -> bool {
        matches!(
            self,
            Self::List(..) | Self::DestroyExcept(..) | Self::Clear | Self::ClearPlain
        )
    }
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// To create, merge and regenerate.
    Written(Written),
    /// To load.
    Loaded(Option<Found>),
    /// To touch: the record's time to live, where there is one.
    Touched(Option<MaxAge>),
    /// To destroy: whether there was one.
    Known(bool),
    /// To list.
    Listed(Vec<Listed>),
    /// To the others that destroy: how many there were.
    Count(u64),
    /// To reading plainly.
    Text(Option<String>),
    /// To clearing, and to writing and removing plainly.
    Done,
}
