//! Opens a database file, and creates the schema in a new one.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, MAIN_DB, OpenFlags};

use super::error::{Reason, SqliteError};

/// The `application_id` in the file's header, which marks a file of this store.
const APPLICATION_ID: i32 = 0x6b6f_6173;

/// The version of the schema, in `user_version`.
const VERSION: i32 = 1;

/// The rowid is the order of creation, and ids have an index of their own. With the id as the primary key of a table without
/// rowid, a read takes half a microsecond less, and a new session three times as long.
const SCHEMA: &str = "
CREATE TABLE session (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  rev INTEGER NOT NULL,
  data TEXT NOT NULL,
  revs TEXT NOT NULL,
  max_age INTEGER,
  expire INTEGER NOT NULL,
  created INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  subject TEXT,
  label TEXT
) STRICT;
CREATE INDEX session_subject ON session (subject, created) WHERE subject IS NOT NULL;
CREATE INDEX session_expire ON session (expire);
";

/// The interval for polling a lock that another process holds. It is short, since a process that writes all the time releases the
/// lock for moments only.
const POLL: Duration = Duration::from_millis(1);

/// How durable a commit is (`PRAGMA synchronous`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// A commit survives a crash of the process; a power cut may lose the last ones.
    #[default]
    Normal,
    /// A commit also survives a power cut.
    Full,
}

/// The settings of a store.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The database's file.
    pub file: PathBuf,
    /// How durable a commit is.
    pub synchronous: Synchronous,
    /// How long a write waits for the lock of another process.
    pub patience: Duration,
    /// The maximal size of the file.
    pub max_bytes: Option<u64>,
}

impl Settings {
    /// Returns the default settings for a file.
    #[must_use]
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            synchronous: Synchronous::default(),
            patience: Duration::from_secs(5),
            max_bytes: None,
        }
    }
}

/// Retries an attempt while another process holds a lock, until the deadline at most.
pub(super) fn patiently<T>(
    deadline: Instant,
    mut attempt: impl FnMut() -> Result<T, SqliteError>,
) -> Result<T, SqliteError> {
    loop {
        match attempt() {
            Err(error) if error.is_busy() && Instant::now() < deadline => thread::sleep(POLL),
            result => return result,
        }
    }
}

/// Opens the file, and creates the schema if it is missing. Fails at once if another process holds a lock.
pub(super) fn open(settings: &Settings) -> Result<Connection, SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&settings.file, flags)?;
    connection.busy_timeout(Duration::ZERO)?;
    connection.set_prepared_statement_cache_capacity(32);
    let has_schema = has_schema(&connection)?;
    // SQLite opens a file without write permission read-only.
    if connection.is_readonly(MAIN_DB)? {
        return Err(SqliteError::new(
            Reason::Unwritable,
            "the file is read-only",
        ));
    }
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(SqliteError::new(
            Reason::Failed,
            "the file system has no shared memory, which WAL mode needs",
        ));
    }
    let synchronous = match settings.synchronous {
        Synchronous::Normal => "NORMAL",
        Synchronous::Full => "FULL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    erase_deleted(&connection)?;
    if !has_schema {
        create_schema(&connection)?;
    }
    if let Some(max_bytes) = settings.max_bytes {
        limit(&connection, max_bytes)?;
    }
    probe(&connection)?;
    Ok(connection)
}

/// Returns whether the file has the schema.
fn has_schema(connection: &Connection) -> Result<bool, SqliteError> {
    let read = |sql| connection.query_row(sql, [], |row| row.get::<_, i32>(0));
    let version = read("SELECT user_version FROM pragma_user_version")?;
    let application = read("SELECT application_id FROM pragma_application_id")?;
    match (application, version) {
        (APPLICATION_ID, VERSION) => Ok(true),
        (APPLICATION_ID, _) => Err(SqliteError::new(
            Reason::Newer,
            "a newer version of koa-session-rs wrote the file",
        )),
        (0, 0) if read("SELECT count(*) FROM sqlite_schema")? == 0 => Ok(false),
        _ => Err(SqliteError::new(
            Reason::Foreign,
            "the file is a database of something else",
        )),
    }
}

/// Creates the schema, unless another process has done so meanwhile.
fn create_schema(connection: &Connection) -> Result<(), SqliteError> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let created = has_schema(connection).and_then(|has_schema| {
        if !has_schema {
            connection.execute_batch(SCHEMA)?;
            connection.pragma_update(None, "application_id", APPLICATION_ID)?;
            connection.pragma_update(None, "user_version", VERSION)?;
        }
        Ok(connection.execute_batch("COMMIT")?)
    });
    if created.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    created
}

/// Makes `SQLite` erase deleted and overwritten data: in the database, and in the log after a checkpoint.
fn erase_deleted(connection: &Connection) -> Result<(), SqliteError> {
    for sql in ["PRAGMA secure_delete = ON", "PRAGMA journal_size_limit = 0"] {
        connection.query_row(sql, [], |_| Ok(()))?;
    }
    Ok(())
}

fn limit(connection: &Connection, max_bytes: u64) -> Result<(), SqliteError> {
    let page: u32 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let pages = max_bytes / u64::from(page).max(1);
    let pages = u32::try_from(pages).unwrap_or(u32::MAX - 1).max(1);
    connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    Ok(())
}

/// Reads from the table and each index, so that damage there fails the opening.
fn probe(connection: &Connection) -> Result<(), SqliteError> {
    for sql in [
        "SELECT count(*) FROM (SELECT data FROM session NOT INDEXED LIMIT 1)",
        "SELECT count(*) FROM (SELECT id FROM session WHERE id > x'' LIMIT 1)",
        "SELECT count(*) FROM (SELECT number FROM session WHERE subject > '' LIMIT 1)",
        "SELECT count(*) FROM (SELECT number FROM session WHERE expire > 0 LIMIT 1)",
    ] {
        connection.query_row(sql, [], |_| Ok(())).map_err(|error| {
            let error = SqliteError::from(error);
            match error.reason {
                // A column or a table is missing.
                Reason::Failed => {
                    SqliteError::new(Reason::Damaged, "the schema is not the store's")
                }
                _ => error,
            }
        })?;
    }
    Ok(())
}
