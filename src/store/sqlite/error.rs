//! What fails in a database, told so that a caller can tell the cases apart.

use std::fmt;

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

use crate::store::StoreError;

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The file is no database, or a damaged one.
    Damaged,
    /// The file or its folder cannot be opened for writing.
    Unwritable,
    /// The disk is full, or the file as large as it may become.
    Full,
    /// Another process held the lock all the time.
    Busy,
    /// The file was deleted, or another put in its place, while it was open.
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
    /// The library's extended result code, where the failure is the library's.
    pub code: Option<i32>,
    /// One line; no data are in it.
    pub message: String,
}

impl SqliteError {
    /// Makes an error that the library knows nothing of.
    pub(super) fn new(reason: Reason, message: &str) -> Self {
        Self {
            reason,
            code: None,
            message: message.to_owned(),
        }
    }

    /// Returns the failure of the database that a store's failure is, if it is one.
    pub(super) fn of(error: &StoreError) -> Option<&Self> {
        match error {
            StoreError::Failed(error) => error.downcast_ref(),
            StoreError::Input(_) => None,
        }
    }

    /// Tells whether it may go better a moment later.
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
            // What is left are rows that are not as they were written.
            return Self::new(Reason::Damaged, "a row is not what the store writes");
        };
        let reason = match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Reason::Damaged,
            ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
                Reason::Unwritable
            }
            ErrorCode::DiskFull => Reason::Full,
            // The index of the log could not grow.
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
