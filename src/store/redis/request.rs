//! What is asked of the store, and what it answers.

use super::format::SessionId;
use crate::record::{Changes, MaxAge, NewRecord};
use crate::store::{Clock, Loaded, Written};

/// What is asked.
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
    Loaded(Option<Loaded<String>>),
    /// To touch: the record's time to live, where there is one.
    Touched(Option<MaxAge>),
    /// To destroy: whether there was one.
    Known(bool),
    /// To list: JSON, in several lists, none of them long.
    Listed(Vec<String>),
    /// To the others that destroy: how many there were.
    Count(u64),
    /// To reading plainly.
    Text(Option<String>),
    /// To clearing, and to writing and removing plainly.
    Done,
}
