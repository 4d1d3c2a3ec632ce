//! The requests to the store, and its answers.

use super::format::SessionId;
use crate::record::{Changes, MaxAge, NewRecord};
use crate::store::{Clock, Loaded, Written};

/// A request to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// As [`Store::create`](crate::store::Store::create).
    Create(SessionId, NewRecord<String>, Clock),
    /// As [`Store::load`](crate::store::Store::load); the number is the time.
    Load(SessionId, u64),
    /// As [`Store::merge`](crate::store::Store::merge).
    Merge(SessionId, Changes<String>, Clock),
    /// As [`Store::touch`](crate::store::Store::touch).
    Touch(SessionId, Clock),
    /// As [`Store::regenerate`](crate::store::Store::regenerate): the old id, the new one.
    Regenerate(SessionId, SessionId, Changes<String>, Clock),
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
    /// Reads a record as koa-redis does: under the prefix and the id.
    GetPlain(String),
    /// Writes a record as koa-redis does: the id, a JSON text, the TTL in milliseconds.
    SetPlain(String, String, Option<u64>),
    /// Removes such a record.
    DestroyPlain(String),
    /// Removes all keys with the prefix.
    ClearPlain,
}

impl Request {
    /// Returns whether it handles any number of sessions, and so may take long.
    #[must_use]
    pub fn is_long(&self) -> bool {
        matches!(
            self,
            Self::List(..) | Self::DestroyExcept(..) | Self::Clear | Self::ClearPlain
        )
    }
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// To create, merge and regenerate.
    Written(Written),
    /// To load.
    Loaded(Option<Loaded<String>>),
    /// To touch: the record's TTL, if there is a record.
    Touched(Option<MaxAge>),
    /// To destroy: whether there was one.
    Known(bool),
    /// To list: JSON, in several lists, none of them long.
    Listed(Vec<String>),
    /// To the others that destroy: how many there were.
    Count(u64),
    /// To reading a koa-redis record.
    Text(Option<String>),
    /// To clearing, and to writing and removing koa-redis records.
    Done,
}
