//! The connection that reads.

use std::cell::Cell;

use rusqlite::Connection;

use super::{Database, SqliteError, row};
use crate::store::{IdHash, Listed, Loaded};

/// The size of a reader's page cache.
const CACHE_KIB: i32 = 16 * 1024;

/// The interval at which a reader checks whether the file was replaced, measured by the `now_ms` of its calls.
const CHECK_MS: u64 = 1000;

/// A connection that reads.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    database: Database,
    checked_ms: Cell<Option<u64>>,
}

impl Reader {
    /// Opens the file, and creates it if it is missing. Does not wait for locks.
    ///
    /// # Errors
    ///
    /// If the file cannot be used, or is not ready yet and another process is writing ([`Reason::Busy`]).
    pub fn open(database: &Database) -> Result<Self, SqliteError> {
        let connection = database.open()?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        Ok(Self {
            connection,
            database: database.clone(),
            checked_ms: Cell::new(None),
        })
    }

    /// Loads a session, also an expired one.
    ///
    /// # Errors
    ///
    /// If the database fails, or its file was replaced.
    pub fn load(&self, id: IdHash, now_ms: u64) -> Result<Option<Loaded<String>>, SqliteError> {
        self.check(now_ms)?;
        row::load(&self.connection, id)
    }

    /// Lists a subject's sessions, the oldest first.
    ///
    /// # Errors
    ///
    /// If the database fails, or its file was replaced.
    pub fn list(&self, subject: &str, now_ms: u64) -> Result<Vec<Listed>, SqliteError> {
        self.check(now_ms)?;
        row::list(&self.connection, subject, now_ms)
    }

    /// Checks whether the file was replaced, if the interval is over.
    fn check(&self, now_ms: u64) -> Result<(), SqliteError> {
        let is_recent = |checked_ms| now_ms.abs_diff(checked_ms) < CHECK_MS;
        if self.checked_ms.get().is_some_and(is_recent) {
            return Ok(());
        }
        self.database.check()?;
        self.checked_ms.set(Some(now_ms));
        Ok(())
    }
}
