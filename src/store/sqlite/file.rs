//! Opens a database file, and makes it a store's where it is new.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, MAIN_DB, OpenFlags};

use super::error::{Reason, SqliteError};

/// Says in the file's header whose it is.
const APPLICATION_ID: i32 = 0x6b6f_6173;

/// Counts the changes of the schema.
const VERSION: i32 = 1;

/// Rows are in the order of their creation, and apart from the index by id. With rows in that index itself, a read takes half
/// a microsecond less, and a new session three times as long.
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

/// How often a lock is asked for that another process has. Short, since whoever writes all the time leaves it for
/// moments only.
const POLL: Duration = Duration::from_millis(1);

/// What a commit waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// For the operating system: a commit outlives the process, and the last ones are lost with the power.
    #[default]
    Normal,
    /// For the disk.
    Full,
}

/// Where a store is, and how it works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The database's file.
    pub file: PathBuf,
    /// What a commit waits for.
    pub synchronous: Synchronous,
    /// How long a write waits for another process that writes.
    pub patience: Duration,
    /// How large the file may become.
    pub max_bytes: Option<u64>,
}

impl Settings {
    /// Returns a file's with the defaults.
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

/// Tries again while another process is in the way, until the deadline at most.
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

/// Opens the file, and makes what is missing. Waits for nobody.
pub(super) fn open(settings: &Settings) -> Result<Connection, SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&settings.file, flags)?;
    connection.busy_timeout(Duration::ZERO)?;
    connection.set_prepared_statement_cache_capacity(32);
    let is_made = is_made(&connection)?;
    // SQLite opens what it may not write to for reading.
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
    forget(&connection)?;
    if !is_made {
        make(&connection)?;
    }
    if let Some(max_bytes) = settings.max_bytes {
        limit(&connection, max_bytes)?;
    }
    probe(&connection)?;
    Ok(connection)
}

/// Tells whether the schema is there.
fn is_made(connection: &Connection) -> Result<bool, SqliteError> {
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

/// Makes the schema, where nobody else did meanwhile.
fn make(connection: &Connection) -> Result<(), SqliteError> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let made = is_made(connection).and_then(|is_made| {
        if !is_made {
            connection.execute_batch(SCHEMA)?;
            connection.pragma_update(None, "application_id", APPLICATION_ID)?;
            connection.pragma_update(None, "user_version", VERSION)?;
        }
        Ok(connection.execute_batch("COMMIT")?)
    });
    if made.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    made
}

/// Has nothing stay of what was destroyed or written over: in the database, and in the log once it was written into it.
fn forget(connection: &Connection) -> Result<(), SqliteError> {
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

/// Looks at the table and each index, so that what is damaged there is known when the file is opened.
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
                // A column or a table is not there.
                Reason::Failed => {
                    SqliteError::new(Reason::Damaged, "the schema is not the store's")
                }
                _ => error,
            }
        })?;
    }
    Ok(())
}
