//! What JavaScript is answered.

use koa_session_rs::store::sqlite::SqliteError;
use koa_session_rs::store::{StoreError, Written};
use napi::bindgen_prelude::Either3;
use napi_derive::napi;

use crate::numbers::to_number;

/// A number: a revision, a count, or below zero what became of a write. A text: a revision and the keys in conflict. Or why
/// there is nothing.
pub type Answer = Either3<f64, String, Failure>;

/// Why the store failed.
#[napi(object, object_from_js = false)]
#[derive(Clone)]
pub struct Failure {
    /// A word of its own for each reason.
    pub reason: &'static str,
    /// `SQLite`'s extended result code.
    pub errcode: Option<i32>,
    /// One line.
    pub message: String,
}

impl Failure {
    /// Makes one that is no failure of the database.
    pub fn new(reason: &'static str, message: &str) -> Self {
        Self {
            reason,
            errcode: None,
            message: message.to_owned(),
        }
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

/// Tells what became of a write.
pub fn of_written(written: Written) -> Answer {
    match written {
        Written::Done {
            rev,
            conflicts: None,
        } => Either3::A(to_number(rev)),
        Written::Done {
            rev,
            conflicts: Some(keys),
        } => Either3::B(format!("{rev}{keys}")),
        Written::Missing => Either3::A(-1.0),
        Written::Taken => Either3::A(-2.0),
        Written::Refused => Either3::A(-3.0),
    }
}

/// Tells whether there was one.
pub fn of_found(is_found: bool) -> Answer {
    Either3::A(f64::from(u8::from(is_found)))
}
