//! A store's database: how it is opened, and whether its file still is the one that was opened first.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::error::{Reason, SqliteError};
use super::file::{self, Settings};

/// A file's device and number there, which no other file has while it is open.
type Identity = (u64, u64);

/// What the connections of one store have in common.
///
/// Once its file was deleted, or another put in its place, no connection is of use any more: what it writes, no other process
/// sees, nor does it see a session destroyed elsewhere. Then everything fails ([`Reason::Replaced`]), for good. A connection
/// to the new file would not be safe while other processes have the log of the old one.
#[derive(Clone, Debug)]
pub struct Database(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: Settings,
    /// Nothing before it is opened, and on systems that keep open files from being deleted.
    identity: OnceLock<Identity>,
    is_replaced: AtomicBool,
}

impl Database {
    /// Makes one that is not opened yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self(Arc::new(Shared {
            settings,
            identity: OnceLock::new(),
            is_replaced: AtomicBool::new(false),
        }))
    }

    /// Returns how long an operation waits for other processes.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.0.settings.patience
    }

    /// Returns until when an operation waits that begins now.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.patience()
    }

    /// Opens a connection, and makes the file where there was none at the first. Waits for nobody.
    pub(super) fn open(&self) -> Result<Connection, SqliteError> {
        let settings = &self.0.settings;
        self.check()?;
        if self.0.identity.get().is_none() {
            make_private(&settings.file);
        }
        let connection = file::open(settings)?;
        // Not before: overlay file systems may give a file another number when it is first opened for writing.
        if let Ok(identity) = identity_of(&settings.file) {
            self.0.identity.get_or_init(|| identity);
        }
        self.check()?;
        Ok(connection)
    }

    /// Fails where the file is no longer the one that was opened first.
    pub(super) fn check(&self) -> Result<(), SqliteError> {
        let Some(identity) = self.0.identity.get() else {
            return Ok(());
        };
        let is_other = match identity_of(&self.0.settings.file) {
            Ok(found) => found != *identity,
            // Of a file that may not be looked at, nothing is known.
            Err(error) => is_absent(&error),
        };
        if is_other {
            self.0.is_replaced.store(true, Ordering::Relaxed);
        }
        if self.0.is_replaced.load(Ordering::Relaxed) {
            return Err(SqliteError::new(
                Reason::Replaced,
                "the file was deleted or replaced while it was open",
            ));
        }
        Ok(())
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Makes the file where it is missing, for its owner alone: `SQLite` would have the umask decide. The files beside it get the
/// same mode from `SQLite`. Where it cannot be made, `SQLite` says why.
///
/// A file that is there is not even opened: closing it would release the locks that this process has on it.
#[cfg(unix)]
fn make_private(file: &Path) {
    use std::os::unix::fs::OpenOptionsExt;

    // A link to a file that is to be made.
    let linked = fs::read_link(file).ok();
    let linked = linked.and_then(|target| Some(file.parent()?.join(target)));
    let _ = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(linked.as_deref().unwrap_or(file));
}

#[cfg(not(unix))]
fn make_private(_file: &Path) {}

#[cfg(unix)]
fn identity_of(file: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;

    let metadata = fs::metadata(file)?;
    Ok((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity_of(_file: &Path) -> io::Result<Identity> {
    Err(io::ErrorKind::Unsupported.into())
}
