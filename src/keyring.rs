//! Signatures as the npm package `keygrip` makes them: HMAC-SHA1, in base64 that is safe in cookies.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// The length of a signature's text: 20 bytes in base64 without padding.
const SIGNATURE_LENGTH: usize = 27;

/// A list of keys: the first signs, any of them verifies.
///
/// The inner and outer state of each key's HMAC are computed once, here.
pub struct Keyring {
    states: Vec<Hmac<Sha1>>,
}

/// A signature, 27 ASCII characters of the URL-safe base64 alphabet.
#[derive(Clone, Copy)]
pub struct Signature([u8; SIGNATURE_LENGTH]);

impl Signature {
    /// Returns the text that goes into the `.sig` cookie.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // base64 is ASCII, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Keyring {
    /// Prepares `keys`, the current one first; a key is any bytes, of any length.
    ///
    /// Returns `None` for an empty list: nothing can be signed without a key.
    ///
    /// ```
    /// use koa_session_rs::keyring::Keyring;
    ///
    /// let Some(keyring) = Keyring::new(["new key", "old key"]) else { unreachable!() };
    /// let signature = keyring.sign(&["koa.sess=", "eyJ2aWV3cyI6MX0="]);
    /// assert_eq!(keyring.index(&["koa.sess=eyJ2aWV3cyI6MX0="], &[signature.as_str()]), Some(0));
    /// assert_eq!(keyring.index(&["koa.sess=eyJ2aWV3cyI6Mn0="], &[signature.as_str()]), None);
    /// assert!(Keyring::new::<[&str; 0], _>([]).is_none());
    /// ```
    pub fn new<I, K>(keys: I) -> Option<Self>
    where
        I: IntoIterator<Item = K>,
        K: AsRef<[u8]>,
    {
        let states: Vec<_> = keys
            .into_iter()
            .filter_map(|key| Hmac::new_from_slice(key.as_ref()).ok())
            .collect();
        (!states.is_empty()).then_some(Self { states })
    }

    /// Signs the concatenation of `parts` with the first key.
    #[must_use]
    pub fn sign(&self, parts: &[&str]) -> Signature {
        match self.states.first() {
            Some(state) => sign_with(state, parts),
            // `new` refuses an empty list.
            None => Signature([b'-'; SIGNATURE_LENGTH]),
        }
    }

    /// Finds the first key whose signature of the concatenated `parts` is among `signatures`.
    ///
    /// Each comparison takes the same time wherever the texts differ.
    #[must_use]
    pub fn index(&self, parts: &[&str], signatures: &[&str]) -> Option<usize> {
        self.states.iter().position(|state| {
            let expected = sign_with(state, parts);
            signatures
                .iter()
                .any(|signature| expected.0.as_slice().ct_eq(signature.as_bytes()).into())
        })
    }
}

fn sign_with(state: &Hmac<Sha1>, parts: &[&str]) -> Signature {
    let mut mac = state.clone();
    for part in parts {
        mac.update(part.as_bytes());
    }
    let mut text = [b'-'; SIGNATURE_LENGTH];
    // The buffer has the length that 20 bytes take, so encoding cannot fail.
    let _ = URL_SAFE_NO_PAD.encode_slice(mac.finalize().into_bytes(), &mut text);
    Signature(text)
}
