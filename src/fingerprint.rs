//! The hash by which a session whose opened text is not kept is known to have changed.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

/// One random key a process: fingerprints never leave it, and nobody outside can aim for two equal ones.
static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Hashes a session's JSON text to 64 bits (SipHash-1-3 under a random key).
///
/// Equal texts have equal fingerprints within a process. koa-session's CRC32 can be forced to collide, and a collision
/// drops a write; this cannot be aimed at, and by chance takes some four billion texts.
///
/// ```
/// use koa_session_rs::fingerprint::fingerprint;
///
/// assert_eq!(fingerprint(r#"{"a":1}"#), fingerprint(r#"{"a":1}"#));
/// assert_ne!(fingerprint(r#"{"a":1}"#), fingerprint(r#"{"a":2}"#));
/// ```
#[must_use]
pub fn fingerprint(json: &str) -> u64 {
    let mut hasher = KEY.build_hasher();
    hasher.write(json.as_bytes());
    hasher.finish()
}
