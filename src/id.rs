//! Session ids, the names under which stores keep records.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The longest id that is accepted from a client, in bytes: a cookie cannot be longer.
pub const MAX_LENGTH: usize = 4096;

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

/// Makes an id of `prefix` and so many random bytes in URL-safe base64 (option `idBytes`). Returns `None` if the operating system gives
/// no random bytes.
///
/// ```
/// use koa_session_rs::id::random_id;
///
/// let id = random_id("app:", 32).unwrap_or_default();
/// assert_eq!(id.len(), 4 + 43);
/// ```
#[must_use]
pub fn random_id(prefix: &str, bytes: usize) -> Option<String> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).ok()?;
    Some([prefix, &BASE64_URL_SAFE_NO_PAD.encode(random)].concat())
}

/// Returns whether an id that came from a client may be passed to a store: not empty, at most [`MAX_LENGTH`] bytes, without ASCII
/// control characters, and without a path segment `..`, for stores that keep files.
///
/// ```
/// use koa_session_rs::id::is_acceptable;
///
/// assert!(is_acceptable("9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"));
/// assert!(is_acceptable("a..b"));
/// assert!(!is_acceptable("../../etc/passwd"));
/// assert!(!is_acceptable("a\u{0}b"));
/// ```
#[must_use]
pub fn is_acceptable(id: &str) -> bool {
    (1..=MAX_LENGTH).contains(&id.len())
        && !id.contains(|c: char| c.is_ascii_control())
        && id.split(['/', '\\']).all(|segment| segment != "..")
}

/// Hashes an id for logs and events: SHA-256 in URL-safe base64, which cannot be used as an id.
///
/// ```
/// use koa_session_rs::id::hash;
///
/// assert_eq!(hash("an-id"), "E6SHhJNbgQ-bZs-4uoiNFg_hzoaWZcqihwUaey_kM5c");
/// ```
#[must_use]
pub fn hash(id: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(id))
}
