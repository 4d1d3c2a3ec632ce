//! The failure of a call, as text for JavaScript.

use std::fmt;

use koa_session_rs::store::StoreError;
use koa_session_rs::store::sqlite::SqliteError;

/// Has three lines, which `lib/stores/sqlite/error.js` parses: a reason, `SQLite`'s extended result code (or nothing), and a
/// message.
#[derive(Clone, Debug)]
pub struct Failure {
    reason: &'static str,
    errcode: Option<i32>,
    message: String,
}

impl Failure {
    /// Makes a failure that is not of the database.
    pub fn new(reason: &'static str, message: &str) -> Self {
        Self {
            reason,
            errcode: None,
            message: message.to_owned(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errcode = self.errcode.map(|code| code.to_string());
        let errcode = errcode.unwrap_or_default();
        write!(f, "{}\n{errcode}\n{}", self.reason, self.message)
    }
}

impl From<SqliteError> for Failure {
    fn from(error: SqliteError) -> Self {
        Self {
            reason: error.reason.name(),
            errcode: error.code,
            message: error.message,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Input(error) => Self::new("input", &error.to_string()),
            StoreError::Failed(error) => match error.downcast::<SqliteError>() {
                Ok(error) => (*error).into(),
                Err(error) => Self::new("failed", &error.to_string()),
            },
        }
    }
}
