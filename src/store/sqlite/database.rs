//! A store's database: opens connections, and checks whether its file was replaced.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::error::{Reason, SqliteError};
use super::file::{self, Settings};

/// A file's device and inode, which no other file has while it is open.
type Identity = (u64, u64);

/// The state that the connections of one store share.
///
/// After its file was deleted or replaced, a connection is useless: other processes do not see its writes, and it does not see
/// sessions that they destroy. So all operations fail from then on ([`Reason::Replaced`]). A connection to the new file would not
/// be safe while other processes have the old file's log open.
#[derive(Clone, Debug)]
pub struct Database(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: Settings,
    /// `None` before it is opened, and on systems where an open file cannot be deleted.
    identity: OnceLock<Identity>,
    is_replaced: AtomicBool,
}

impl Database {
    /// Makes a database that is not opened yet.
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

    /// Returns the deadline of an operation that begins now.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.patience()
    }

    /// Opens a connection; the first one creates the file if it is missing. Does not wait for locks.
    pub(super) fn open(&self) -> Result<Connection, SqliteError> {
        let settings = &self.0.settings;
        self.check()?;
        if self.0.identity.get().is_none() {
            make_private(&settings.file);
        }
        let connection = file::open(settings)?;
        // Only now, since overlay file systems may change a file's inode when it is first opened for writing.
        if let Ok(identity) = identity_of(&settings.file) {
            self.0.identity.get_or_init(|| identity);
        }
        self.check()?;
        Ok(connection)
    }

    /// Fails if the file has been replaced.
    pub(super) fn check(&self) -> Result<(), SqliteError> {
        let Some(identity) = self.0.identity.get() else {
            return Ok(());
        };
        let is_other = match identity_of(&self.0.settings.file) {
            Ok(found) => found != *identity,
            // Without permission to stat the file, nothing is known.
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

/// Creates a missing file with mode 0600, where `SQLite` would use the umask. `SQLite` gives the files beside it the same mode.
/// If the file cannot be created, opening it by `SQLite` reports why.
///
/// An existing file is not opened here, since closing it would release the locks that this process has on it.
#[cfg(unix)]
fn make_private(file: &Path) {
    use std::os::unix::fs::OpenOptionsExt;

    // A symbolic link to a missing file.
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
