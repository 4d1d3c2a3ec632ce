//! Sessions in Redis: what is sent for each operation, and how the answers are read. There is no connection here.
//!
//! A session is a hash, `<prefix>s:<hash of the id>` ([`layout`]); the sessions of subjects have entries in sorted sets,
//! `<prefix>i:<number>` (`subjects`). No step spans two keys, so that they may lie on any nodes of a cluster: a session enters the
//! index before it is created, and leaves it after it is destroyed. What the index has too much is dropped when it is come upon; a
//! session that finds itself missing in it, once created, enters it again: it comes behind whoever took it out.

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
