//! Sealed cookie values: encrypted and authenticated with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03).
//!
//! A sealed value is unpadded URL-safe base64 of a version byte, a random nonce of 24 bytes, the ciphertext, and a tag of 16 bytes.
//! The associated data are the version byte and the cookie's name, so that no cookie can take the place of another. Each key is
//! derived by HKDF-SHA256 (RFC 5869) from one of the app's keys.

use std::sync::LazyLock;

use base64::engine::Engine;
use base64::engine::general_purpose::NO_PAD;
use base64::engine::simd::Simd;
use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::{AeadInOut, Key, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// The fewest bytes that a key may have.
pub const MIN_KEY_BYTES: usize = 32;

/// The only version there is. Other versions are refused.
const VERSION: u8 = 1;

/// The purpose of the derived keys (the `info` of HKDF): a key for another purpose is another key.
const PURPOSE: &[u8] = b"koa-session-rs seal 1";

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// The URL-safe alphabet without padding, by the instructions that this processor has.
static URL_SAFE: LazyLock<Simd> = LazyLock::new(|| Simd::url_safe(NO_PAD));

/// The keys that seal and open the values of one cookie: the first seals, all open.
pub struct Cipher {
    /// The version byte and the cookie's name.
    associated: Vec<u8>,
    first: XChaCha20Poly1305,
    older: Vec<XChaCha20Poly1305>,
}

/// A key of fewer than [`MIN_KEY_BYTES`], or no key at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeakKey;

/// A value cannot be sealed: the operating system gives no random bytes, or the text has more than 256 GB.
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
    /// [`CannotSeal`] if no nonce can be drawn.
    pub fn seal(&self, text: &str) -> Result<String, CannotSeal> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| CannotSeal)?;
        self.seal_with(nonce, text)
    }

    fn seal_with(&self, nonce: [u8; NONCE_BYTES], text: &str) -> Result<String, CannotSeal> {
        let mut bytes = Vec::with_capacity(1 + NONCE_BYTES + text.len() + TAG_BYTES);
        bytes.push(VERSION);
        bytes.extend(nonce);
        bytes.extend(text.as_bytes());
        let (_, message) = bytes.split_at_mut(1 + NONCE_BYTES);
        let message = InOutBuf::from(message);
        let sealing =
            self.first
                .encrypt_inout_detached(&XNonce::from(nonce), &self.associated, message);
        bytes.extend(sealing.map_err(|_| CannotSeal)?);
        Ok(URL_SAFE.encode(bytes))
    }

    /// Opens a sealed value by the first key that fits. Returns `None` for any value that none of the keys has sealed for this cookie.
    #[must_use]
    pub fn open(&self, value: &str) -> Option<Unsealed> {
        let mut bytes = URL_SAFE.decode(value).ok()?;
        let (&mut version, rest) = bytes.split_first_mut()?;
        let (nonce, rest) = rest.split_at_mut_checked(NONCE_BYTES)?;
        let (message, tag) = rest.split_at_mut_checked(rest.len().checked_sub(TAG_BYTES)?)?;
        let (nonce, tag) = (XNonce::try_from(&*nonce).ok()?, Tag::try_from(&*tag).ok()?);
        // Authenticates before it writes, so that a wrong key leaves the message as it is.
        let mut fits = |key: &XChaCha20Poly1305| {
            let buffer = InOutBuf::from(&mut *message);
            key.decrypt_inout_detached(&nonce, &self.associated, buffer, &tag)
                .is_ok()
        };
        let by_first = fits(&self.first);
        if version != VERSION || !(by_first || self.older.iter().any(fits)) {
            return None;
        }
        bytes.truncate(bytes.len() - TAG_BYTES);
        bytes.drain(..=NONCE_BYTES);
        let text = String::from_utf8(bytes).ok()?;
        Some(Unsealed { text, by_first })
    }
}

/// Derives the key of the cipher from one of the app's keys.
fn derive(key: &[u8]) -> Result<XChaCha20Poly1305, WeakKey> {
    if key.len() < MIN_KEY_BYTES {
        return Err(WeakKey);
    }
    let mut derived = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, key)
        .expand(PURPOSE, derived.as_mut_slice())
        .map_err(|_| WeakKey)?;
    let derived: &Key = (&*derived).into();
    Ok(XChaCha20Poly1305::new(derived))
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
            let nonce = u192(field("nonce"));
            let cipher = Cipher::new(field("name"), [field("key")]);
            let sealed = cipher.map(|cipher| cipher.seal_with(nonce, field("text")));
            assert_eq!(sealed, Ok(Ok(field("value").to_owned())));
        }
    }

    fn u192(hex: &str) -> [u8; 24] {
        let digits = hex.as_bytes().chunks_exact(2).map(|pair| {
            let pair = std::str::from_utf8(pair).unwrap_or_default();
            u8::from_str_radix(pair, 16).unwrap_or_default()
        });
        digits.collect::<Vec<_>>().try_into().unwrap_or_default()
    }
}
