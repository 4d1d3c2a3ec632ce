//! The connection that reads.

use std::cell::Cell;

use rusqlite::Connection;

use super::{Database, SqliteError, row};
use crate::store::{IdHash, Listed, Loaded};

/// How much of the file a reader keeps in memory at most.
const CACHE_KIB: i32 = 16 * 1024;

/// How often a reader looks whether the file is still the same, by the times that it is given.
const CHECK_MS: u64 = 1000;

/// A connection that reads.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    database: Database,
    checked_ms: Cell<Option<u64>>,
}

impl Reader {
    /// Opens the file, and makes it where it is missing. Waits for nobody.
    ///
    /// # Errors
    ///
    /// Where the file cannot be used, or is not ready yet and another process is writing ([`Reason::Busy`]).
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
    /// Where the database fails, or its file was replaced.
    pub fn load(&self, id: IdHash, now_ms: u64) -> Result<Option<Loaded<String>>, SqliteError> {
        self.check(now_ms)?;
        row::load(&self.connection, id)
    }

    /// Lists a subject's sessions, the oldest first.
    ///
    /// # Errors
    ///
    /// Where the database fails, or its file was replaced.
    pub fn list(&self, subject: &str, now_ms: u64) -> Result<Vec<Listed>, SqliteError> {
        self.check(now_ms)?;
        row::list(&self.connection, subject, now_ms)
    }

    /// Looks whether the file is still the same, if it is time.
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
