//! Sessions in a file, for all processes of a machine: an `SQLite` database in WAL mode, in which readers do not wait for locks,
//! and one process writes at a time.
//!
//! A store has two connections: a [`Reader`], and a [`SqliteStore`] that writes. A read sees every earlier commit of the other.

mod database;
mod error;
mod file;
mod reader;
mod row;
mod transaction;

use std::time::Instant;

use rusqlite::Connection;

pub use self::database::Database;
pub use self::error::{Reason, SqliteError};
pub use self::file::{Settings, Synchronous};
pub use self::reader::Reader;
use self::row::signed;
use super::{Clock, IdHash, Listed, Store, StoreError, Which, Written};
use crate::record::{Changes, Limit, MaxAge, NewRecord, Overflow, Record, SubjectChange};

/// A connection that writes. Its calls block.
///
/// ```
/// use koa_session_rs::record::{MaxAge, NewRecord};
/// use koa_session_rs::store::sqlite::{Database, Settings, SqliteStore};
/// use koa_session_rs::store::{Clock, IdHash, Store};
///
/// let file = std::env::temp_dir().join(format!("koa-session-rs-{}.db", std::process::id()));
/// let store = SqliteStore::open(&Database::new(Settings::new(&file)))?;
/// let new = NewRecord { data: "{}", max_age: MaxAge::Timed(1000), subject: None, label: None, limit: None };
/// store.create(IdHash::of("a"), &new, Clock { now_ms: 0, ttl_ms: 1000 })?;
/// assert!(store.load(IdHash::of("a"), 0)?.is_some());
/// drop(store);
/// std::fs::remove_file(file)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    database: Database,
}

impl SqliteStore {
    /// Opens the file, and creates it if it is missing.
    ///
    /// # Errors
    ///
    /// If the file cannot be used.
    pub fn open(database: &Database) -> Result<Self, SqliteError> {
        Self::open_until(database, database.deadline())
    }

    /// Opens the file as [`open`](Self::open) does, and waits for other processes until the deadline.
    ///
    /// # Errors
    ///
    /// If the file cannot be used.
    pub fn open_until(database: &Database, deadline: Instant) -> Result<Self, SqliteError> {
        Ok(Self {
            connection: file::patiently(deadline, || database.open())?,
            database: database.clone(),
        })
    }

    /// Removes at most `max` sessions that had expired at a time, in the order of expiry, and returns their number. Does not wait
    /// for locks.
    ///
    /// # Errors
    ///
    /// If the database fails, or another process is writing.
    pub fn remove_expired(&self, before_ms: u64, max: u32) -> Result<usize, SqliteError> {
        let expired = self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM (SELECT 1 FROM session WHERE expire < ?1 LIMIT 1)",
            )?
            .query_row([signed(before_ms)], |row| row.get::<_, bool>(0))?;
        if !expired {
            return Ok(0);
        }
        let sql = "DELETE FROM session WHERE number IN
            (SELECT number FROM session WHERE expire < ?1 ORDER BY expire LIMIT ?2)";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.execute((signed(before_ms), max))?)
    }

    fn execute(&self, sql: &str) -> Result<(), SqliteError> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// Fetches a record that is not expired.
    fn live(&self, id: IdHash, now_ms: u64) -> Result<Option<(i64, Record)>, SqliteError> {
        let found = row::fetch(&self.connection, id)?;
        Ok(found.filter(|(_, record)| !record.is_expired(now_ms)))
    }

    /// Returns whether an id is free; removes an expired record under it.
    fn make_free(&self, id: IdHash, now_ms: u64) -> Result<bool, SqliteError> {
        if self.live(id, now_ms)?.is_some() {
            return Ok(false);
        }
        self.connection
            .prepare_cached("DELETE FROM session WHERE id = ?1")?
            .execute([id.0])?;
        Ok(true)
    }

    /// Returns whether a subject may get the session; removes its oldest sessions if the limit requires that.
    fn admit(
        &self,
        subject: Option<&str>,
        limit: Option<Limit>,
        id: IdHash,
        now_ms: u64,
    ) -> Result<bool, SqliteError> {
        let (Some(subject), Some(limit)) = (subject, limit) else {
            return Ok(true);
        };
        let others: i64 = self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM session WHERE subject = ?1 AND expire >= ?2 AND id <> ?3",
            )?
            .query_row((subject, signed(now_ms), id.0), |row| row.get(0))?;
        let beyond = others + 1 - i64::from(limit.max);
        if beyond <= 0 || limit.overflow == Overflow::Refuse {
            return Ok(beyond <= 0);
        }
        let sql = "DELETE FROM session WHERE number IN
            (SELECT number FROM session WHERE subject = ?1 AND expire >= ?2 AND id <> ?3
             ORDER BY created, number LIMIT ?4)";
        self.connection
            .prepare_cached(sql)?
            .execute((subject, signed(now_ms), id.0, beyond))?;
        Ok(true)
    }

    /// Merges into a session, and moves it to the id `next` if that is another one.
    fn merge_as(
        &self,
        id: IdHash,
        next: IdHash,
        changes: &Changes<&str>,
        clock: Clock,
    ) -> Result<Written, StoreError> {
        let Some((number, mut record)) = self.live(id, clock.now_ms)? else {
            return Ok(Written::Missing);
        };
        let arriving = match changes.subject {
            SubjectChange::Is(subject) if record.subject.as_deref() != Some(subject) => {
                Some(subject)
            }
            _ => None,
        };
        let conflicts = record.merge(changes, clock.now_ms, clock.ttl_ms)?;
        if !self.admit(arriving, changes.limit, id, clock.now_ms)? {
            return Ok(Written::Refused);
        }
        row::update(&self.connection, number, &record)?;
        if next != id || changes.subject != SubjectChange::Unchanged {
            row::assign(&self.connection, number, next, record.subject.as_deref())?;
        }
        Ok(Written::Done {
            rev: record.rev,
            conflicts,
            max_age: record.max_age,
        })
    }
}

impl Store for SqliteStore {
    fn create(
        &self,
        id: IdHash,
        new: &NewRecord<&str>,
        clock: Clock,
    ) -> Result<Written, StoreError> {
        self.atomically(|| {
            let record = Record::create(new, clock.now_ms, clock.ttl_ms)?;
            if !self.make_free(id, clock.now_ms)? {
                return Ok(Written::Taken);
            }
            if !self.admit(new.subject, new.limit, id, clock.now_ms)? {
                return Ok(Written::Refused);
            }
            row::insert(&self.connection, id, &record)?;
            Ok(Written::Done {
                rev: record.rev,
                conflicts: None,
                max_age: record.max_age,
            })
        })
    }

    fn load(&self, id: IdHash, _now_ms: u64) -> Result<Option<Record>, StoreError> {
        let found = file::patiently(self.database.deadline(), || {
            row::fetch(&self.connection, id)
        })?;
        Ok(found.map(|(_, record)| record))
    }

    fn merge(
        &self,
        id: IdHash,
        changes: &Changes<&str>,
        clock: Clock,
    ) -> Result<Written, StoreError> {
        self.atomically(|| self.merge_as(id, id, changes, clock))
    }

    fn touch(&self, id: IdHash, clock: Clock) -> Result<Option<MaxAge>, StoreError> {
        self.atomically(|| {
            let Some((number, max_age)) = row::find(&self.connection, id, clock.now_ms)? else {
                return Ok(None);
            };
            let expire_ms = max_age.expire_ms(clock.now_ms, clock.ttl_ms);
            row::touch(&self.connection, number, expire_ms, clock.now_ms)?;
            Ok(Some(max_age))
        })
    }

    fn regenerate(
        &self,
        old: IdHash,
        new: IdHash,
        changes: &Changes<&str>,
        clock: Clock,
    ) -> Result<Written, StoreError> {
        self.atomically(|| {
            if self.live(old, clock.now_ms)?.is_none() {
                return Ok(Written::Missing);
            }
            if !self.make_free(new, clock.now_ms)? {
                return Ok(Written::Taken);
            }
            self.merge_as(old, new, changes, clock)
        })
    }

    fn destroy(&self, id: IdHash, now_ms: u64) -> Result<bool, StoreError> {
        self.atomically(|| {
            let sql = "DELETE FROM session WHERE id = ?1 RETURNING expire >= ?2";
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query((id.0, signed(now_ms)))?;
            Ok(match rows.next()? {
                Some(row) => row.get(0)?,
                None => false,
            })
        })
    }

    fn list(&self, subject: &str, now_ms: u64) -> Result<Vec<Listed>, StoreError> {
        Ok(file::patiently(self.database.deadline(), || {
            row::list(&self.connection, subject, now_ms)
        })?)
    }

    fn destroy_all(&self, subject: &str, which: Which, now_ms: u64) -> Result<u64, StoreError> {
        // Expired ones are removed too, but not counted.
        let (sql, id) = match which {
            Which::All => (
                "DELETE FROM session WHERE subject = ?1 AND ?3 IS NULL RETURNING expire >= ?2",
                None,
            ),
            Which::Except(id) => (
                "DELETE FROM session WHERE subject = ?1 AND id <> ?3 RETURNING expire >= ?2",
                Some(id.0),
            ),
            Which::Only(id) => (
                "DELETE FROM session WHERE subject = ?1 AND id = ?3 RETURNING expire >= ?2",
                Some(id.0),
            ),
        };
        self.atomically(|| {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query((subject, signed(now_ms), id))?;
            let mut destroyed = 0;
            while let Some(row) = rows.next()? {
                destroyed += u64::from(row.get::<_, bool>(0)?);
            }
            Ok(destroyed)
        })
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.atomically(|| Ok(self.execute("DELETE FROM session")?))
    }
}
