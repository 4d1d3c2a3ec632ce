//! Sealed cookie values: encrypted and authenticated with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03).
//!
//! A sealed value is unpadded URL-safe base64 of a version byte, a random nonce of 24 bytes, the ciphertext, and an authentication tag
//! of 16 bytes. The associated data are the version byte and the cookie's name, so that the value is valid only in a cookie of this
//! name. Each key is derived by HKDF-SHA256 (RFC 5869) from one of the app's keys.
//!
//! The two primitives, `XChaCha20` and Poly1305, are those of `RustCrypto`. This module combines them (RFC 8439, section 2.8) instead of
//! its crate `chacha20poly1305`, which generates the keystream in two steps, and the last blocks one by one: for a cookie of 200 bytes,
//! that takes twice as long. `tests/protected.rs` tests that each opens what the other has sealed.

use std::sync::LazyLock;

use base64::engine::Engine;
use base64::engine::general_purpose::NO_PAD;
use base64::engine::simd::Simd;
use chacha20::XChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use hkdf::Hkdf;
use poly1305::Poly1305;
use poly1305::universal_hash::{KeyInit, UniversalHash};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The fewest bytes that a key may have.
pub const MIN_KEY_BYTES: usize = 32;

/// The only version there is. Other versions are refused.
const VERSION: u8 = 1;

/// The `info` of HKDF: with another one, the same key of the app results in another derived key.
const HKDF_INFO: &[u8] = b"koa-session-rs seal 1";

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// The size of a block of the keystream. The first block has the key of Poly1305; the message is encrypted with the following ones.
const BLOCK_BYTES: usize = 64;

/// The bytes of the keystream that AVX2 generates at once: four blocks. Fewer blocks are generated one by one, each in the same time.
const STEP_BYTES: usize = 4 * BLOCK_BYTES;

/// The offset of the version byte in a buffer: the version and the nonce end where the first block of the keystream does, so the message
/// follows them directly.
const VERSION_OFFSET: usize = BLOCK_BYTES - NONCE_BYTES - 1;

type Key = Zeroizing<[u8; 32]>;
type Nonce = [u8; NONCE_BYTES];
type Tag = [u8; TAG_BYTES];

/// Encodes and decodes URL-safe base64 without padding, with the SIMD instructions that this processor has.
static URL_SAFE: LazyLock<Simd> = LazyLock::new(|| Simd::url_safe(NO_PAD));

/// The keys that seal and open the values of one cookie: the first seals, all open.
pub struct Cipher {
    /// The version byte and the cookie's name.
    associated: Vec<u8>,
    first: Key,
    older: Vec<Key>,
}

/// A key of fewer than [`MIN_KEY_BYTES`], or no key at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeakKey;

/// The error of a value that cannot be sealed: the operating system gives no random bytes, or the text has more than 256 GB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CannotSeal;

/// An opened value.
#[derive(Debug, PartialEq, Eq)]
pub struct Unsealed {
    /// The text that was sealed.
    pub text: String,
    /// Whether the first key sealed it.
    pub by_first: bool,
}

impl Cipher {
    /// Prepares the keys for the cookie `name`, the current key first.
    ///
    /// # Errors
    /// [`WeakKey`] for a key of fewer than 32 bytes, and for an empty list.
    ///
    /// ```
    /// use koa_session_rs::cipher::Cipher;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let Ok(cipher) = Cipher::new("koa.sess", [[7; 32]]) else { unreachable!() };
    /// let sealed = cipher.seal(r#"{"views":1}"#).map_err(|_| "cannot seal")?;
    /// assert_eq!(cipher.open(&sealed).map(|opened| opened.text).as_deref(), Some(r#"{"views":1}"#));
    ///
    /// let Ok(other) = Cipher::new("other", [[7; 32]]) else { unreachable!() };
    /// assert_eq!(other.open(&sealed), None);
    /// assert!(Cipher::new("koa.sess", ["too short"]).is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn new<I, K>(name: &str, keys: I) -> Result<Self, WeakKey>
    where
        I: IntoIterator<Item = K>,
        K: AsRef<[u8]>,
    {
        let mut keys = keys.into_iter().map(|key| derive(key.as_ref()));
        let first = keys.next().unwrap_or(Err(WeakKey))?;
        Ok(Self {
            associated: [&[VERSION], name.as_bytes()].concat(),
            first,
            older: keys.collect::<Result<_, _>>()?,
        })
    }

    /// Seals a text with the first key.
    ///
    /// # Errors
    /// [`CannotSeal`] if the operating system gives no random bytes.
    pub fn seal(&self, text: &str) -> Result<String, CannotSeal> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| CannotSeal)?;
        self.seal_with(nonce, text)
    }

    fn seal_with(&self, nonce: Nonce, text: &str) -> Result<String, CannotSeal> {
        let (key, mut buffer) =
            apply_keystream(&self.first, &nonce, text.as_bytes()).ok_or(CannotSeal)?;
        let message = buffer.get(BLOCK_BYTES..).ok_or(CannotSeal)?;
        let tag = self.authenticate(&key, message);
        buffer.extend(tag.finalize());
        let sealed = buffer.get_mut(VERSION_OFFSET..).ok_or(CannotSeal)?;
        let (head, _) = sealed
            .split_at_mut_checked(1 + NONCE_BYTES)
            .ok_or(CannotSeal)?;
        if let [version, rest @ ..] = head {
            *version = VERSION;
            rest.copy_from_slice(&nonce);
        }
        Ok(URL_SAFE.encode(sealed))
    }

    /// Opens a sealed value with the first key that authenticates it. Returns `None` for any value that was not sealed for this cookie with
    /// one of the keys.
    #[must_use]
    pub fn open(&self, value: &str) -> Option<Unsealed> {
        let bytes = URL_SAFE.decode(value).ok()?;
        let (&version, rest) = bytes.split_first()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let (message, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
        if version != VERSION {
            return None;
        }
        let mut keys = std::iter::once(&self.first).chain(&self.older);
        let mut tried = 0;
        let text = keys.find_map(|key| {
            tried += 1;
            self.open_with(key, nonce, message, tag)
        })?;
        let by_first = tried == 1;
        let text = String::from_utf8(text).ok()?;
        Some(Unsealed { text, by_first })
    }

    /// Decrypts a message, and returns it if it was sealed with this key.
    fn open_with(&self, key: &Key, nonce: &Nonce, message: &[u8], tag: &Tag) -> Option<Vec<u8>> {
        let (key, mut buffer) = apply_keystream(key, nonce, message)?;
        // Compares in constant time.
        self.authenticate(&key, message).verify(tag.into()).ok()?;
        buffer.drain(..BLOCK_BYTES);
        Some(buffer)
    }

    /// Computes the Poly1305 of the associated data, a ciphertext, and the lengths of both.
    fn authenticate(&self, key: &poly1305::Key, message: &[u8]) -> Poly1305 {
        let mut mac = Poly1305::new(key);
        mac.update_padded(&self.associated);
        mac.update_padded(message);
        let lengths = [self.associated.len() as u64, message.len() as u64];
        mac.update_padded(lengths.map(u64::to_le_bytes).as_flattened());
        mac
    }
}

/// Encrypts or decrypts a message. Returns the key of its Poly1305, and a buffer with the result after one empty block; `None` for a
/// message of more than 256 GB, for which the keystream is too short.
fn apply_keystream(key: &Key, nonce: &Nonce, message: &[u8]) -> Option<(poly1305::Key, Vec<u8>)> {
    let length = BLOCK_BYTES + message.len();
    let mut buffer =
        Vec::with_capacity(length.next_multiple_of(STEP_BYTES).max(length + TAG_BYTES));
    buffer.resize(BLOCK_BYTES, 0);
    buffer.extend(message);
    buffer.resize(length.next_multiple_of(STEP_BYTES), 0);
    let key: &[u8; 32] = key;
    let mut cipher = XChaCha20::new(key.into(), nonce.into());
    cipher.try_apply_keystream(&mut buffer).ok()?;
    buffer.truncate(length);
    let (first, _) = buffer.split_first_chunk_mut::<32>()?;
    let key = poly1305::Key::from(*first);
    first.fill(0);
    Some((key, buffer))
}

/// Derives the key of the cipher from one of the app's keys.
fn derive(key: &[u8]) -> Result<Key, WeakKey> {
    if key.len() < MIN_KEY_BYTES {
        return Err(WeakKey);
    }
    let mut derived = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, key)
        .expand(HKDF_INFO, derived.as_mut_slice())
        .map_err(|_| WeakKey)?;
    Ok(derived)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::Cipher;

    #[test]
    fn seals_the_golden_values() {
        let golden = include_str!("../__test__/fixtures/sealed.json");
        let Ok(Value::Array(cases)) = serde_json::from_str(golden) else {
            unreachable!("the golden file is a list")
        };
        assert!(!cases.is_empty());
        for case in cases {
            let field = |name: &str| case.get(name).and_then(Value::as_str).unwrap_or_default();
            let nonce = nonce_from_hex(field("nonce"));
            let cipher = Cipher::new(field("name"), [field("key")]);
            let sealed = cipher.map(|cipher| cipher.seal_with(nonce, field("text")));
            assert_eq!(sealed, Ok(Ok(field("value").to_owned())));
        }
    }

    fn nonce_from_hex(hex: &str) -> [u8; 24] {
        let digits = hex.as_bytes().chunks_exact(2).map(|pair| {
            let pair = std::str::from_utf8(pair).unwrap_or_default();
            u8::from_str_radix(pair, 16).unwrap_or_default()
        });
        digits.collect::<Vec<_>>().try_into().unwrap_or_default()
    }
}
