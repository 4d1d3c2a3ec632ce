//! Failures of a database, by their reason.

use std::fmt;

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

use crate::store::StoreError;

/// The reason of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The file is no database, or a damaged one.
    Damaged,
    /// The file or its folder cannot be opened for writing.
    Unwritable,
    /// The disk is full, or the file has reached its maximal size.
    Full,
    /// Another process held the lock until the deadline.
    Busy,
    /// The file was deleted or replaced while it was open.
    Replaced,
    /// A newer version of this store wrote the file.
    Newer,
    /// The file is a database of something else.
    Foreign,
    /// Anything else.
    Failed,
}

impl Reason {
    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::Unwritable => "unwritable",
            Self::Full => "full",
            Self::Busy => "busy",
            Self::Replaced => "replaced",
            Self::Newer => "newer",
            Self::Foreign => "foreign",
            Self::Failed => "failed",
        }
    }
}

/// A database failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteError {
    /// What kind of failure it is.
    pub reason: Reason,
    /// The extended result code, if `SQLite` reported the failure.
    pub code: Option<i32>,
    /// One line, without data.
    pub message: String,
}

impl SqliteError {
    /// Makes an error that `SQLite` has not reported.
    pub(super) fn new(reason: Reason, message: &str) -> Self {
        Self {
            reason,
            code: None,
            message: message.to_owned(),
        }
    }

    /// Returns the database's error in a store's error, if it has one.
    pub(super) fn of(error: &StoreError) -> Option<&Self> {
        match error {
            StoreError::Failed(error) => error.downcast_ref(),
            StoreError::Input(_) => None,
        }
    }

    /// Returns whether a retry may succeed, since another process held the lock.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.reason == Reason::Busy
    }
}

impl fmt::Display for SqliteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SqliteError {}

impl From<rusqlite::Error> for SqliteError {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, _) = error else {
            // All other errors come from rows with unexpected values.
            return Self::new(Reason::Damaged, "a row is not what the store writes");
        };
        let reason = match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Reason::Damaged,
            ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
                Reason::Unwritable
            }
            ErrorCode::DiskFull => Reason::Full,
            // The index of the log (`-shm`) could not grow.
            _ if failure.extended_code == SQLITE_IOERR_SHMSIZE => Reason::Full,
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed => Reason::Busy,
            _ => Reason::Failed,
        };
        Self {
            reason,
            code: Some(failure.extended_code),
            message: rusqlite::ffi::code_to_str(failure.extended_code).to_owned(),
        }
    }
}

impl From<SqliteError> for StoreError {
    fn from(error: SqliteError) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        SqliteError::from(error).into()
    }
}
