//! What JavaScript is answered.

use koa_session_rs::record::MaxAge;
use koa_session_rs::store::sqlite::SqliteError;
use koa_session_rs::store::{StoreError, Written};
use napi::bindgen_prelude::Either3;
use napi_derive::napi;

/// A number: a count, or below zero why nothing was written. A text: JSON of what was written. Or why there is nothing.
pub type Answer = Either3<f64, String, Failure>;

const MISSING: Answer = Either3::A(-1.0);

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

/// Tells what became of a write: the revision, the maxAge and the keys in conflict.
pub fn of_written(written: Written) -> Answer {
    match written {
        Written::Done {
            rev,
            conflicts,
            max_age,
        } => {
            let keys = conflicts.as_deref().unwrap_or("[]");
            Either3::B(format!("[{rev},{},{keys}]", json_of(max_age)))
        }
        Written::Missing => MISSING,
        Written::Taken => Either3::A(-2.0),
        Written::Refused => Either3::A(-3.0),
    }
}

/// Tells how long the record of a session lives that was touched.
pub fn of_touched(max_age: Option<MaxAge>) -> Answer {
    max_age.map_or(MISSING, |max_age| Either3::B(json_of(max_age)))
}

fn json_of(max_age: MaxAge) -> String {
    match max_age {
        MaxAge::Timed(max_age_ms) => max_age_ms.to_string(),
        MaxAge::Browser => r#""session""#.to_owned(),
    }
}

/// Tells whether there was one.
pub fn of_found(is_found: bool) -> Answer {
    Either3::A(f64::from(u8::from(is_found)))
}
