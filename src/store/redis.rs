//! Sessions in Redis: the commands of each operation, and the decoding of replies, without connections (sans I/O).
//!
//! A session is a hash, `<prefix>s:<hash of the id>` ([`layout`]); the sessions of subjects have entries in sorted sets,
//! `<prefix>i:<number>` (`subjects`). No script touches two keys, so that the keys may be on any nodes of a cluster: a session
//! enters the index before it is created, and leaves it after it is destroyed. Superfluous entries are removed when they are
//! found. If the entry is missing once the session is created, it is added again, since another operation may have removed it.

mod arrival;
pub mod command;
mod format;
pub mod layout;
mod legacy;
mod operation;
mod request;
mod sans_io;
mod script;
mod subjects;

pub use format::{Format, Rebuilding, SessionId};
pub use operation::start;
pub use request::{Outcome, Request};
pub use sans_io::{Operation, Step};
