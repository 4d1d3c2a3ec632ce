//! Session ids, the names under which stores keep records.

use uuid::Uuid;

/// Makes a new id: `prefix` and a random UUID (version 4, RFC 9562) from the operating system's generator.
///
/// ```
/// use koa_session_rs::id::new_id;
///
/// let id = new_id("app:");
/// assert_eq!(id.len(), 4 + 36);
/// assert!(id.starts_with("app:"));
/// ```
#[must_use]
pub fn new_id(prefix: &str) -> String {
    let mut buffer = Uuid::encode_buffer();
    let uuid = Uuid::new_v4().hyphenated().encode_lower(&mut buffer);
    [prefix, uuid].concat()
}
