//! Signatures as the npm package `keygrip` makes them: HMAC-SHA1, in base64 that is safe in cookies.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// The length of a signature's text: 20 bytes in base64 without padding.
const SIGNATURE_LENGTH: usize = 27;

/// A list of keys: the first signs, any of them verifies.
///
/// The inner and outer state of each key's HMAC are computed once, here.
pub struct Keyring {
    first: Hmac<Sha1>,
    older: Vec<Hmac<Sha1>>,
}

/// Which key made a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The first one, which signs.
    First,
    /// Another one. The signature is that of the first key, to replace the older one.
    Older(Signature),
}

/// A signature, 27 ASCII characters of the URL-safe base64 alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature([u8; SIGNATURE_LENGTH]);

impl Signature {
    /// Returns the text that goes into the `.sig` cookie.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // base64 is ASCII, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn is_among(&self, signatures: &[&str]) -> bool {
        let is_same = |signature: &&str| self.0.as_slice().ct_eq(signature.as_bytes()).into();
        signatures.iter().any(is_same)
    }
}

impl Keyring {
    /// Prepares `keys`, the current one first; a key is any bytes, of any length.
    ///
    /// Returns `None` for an empty list: nothing can be signed without a key.
    ///
    /// ```
    /// use koa_session_rs::keyring::{Keyring, Signer};
    ///
    /// let Some(keyring) = Keyring::new(["new key", "old key"]) else { unreachable!() };
    /// let signature = keyring.sign(&["koa.sess=", "eyJ2aWV3cyI6MX0="]);
    /// assert_eq!(keyring.signer(&["koa.sess=eyJ2aWV3cyI6MX0="], &[signature.as_str()]), Some(Signer::First));
    /// assert_eq!(keyring.signer(&["koa.sess=eyJ2aWV3cyI6Mn0="], &[signature.as_str()]), None);
    /// assert!(Keyring::new::<[&str; 0], _>([]).is_none());
    /// ```
    pub fn new<I, K>(keys: I) -> Option<Self>
    where
        I: IntoIterator<Item = K>,
        K: AsRef<[u8]>,
    {
        let mut states = keys
            .into_iter()
            .filter_map(|key| Hmac::new_from_slice(key.as_ref()).ok());
        Some(Self {
            first: states.next()?,
            older: states.collect(),
        })
    }

    /// Signs the concatenation of `parts` with the first key.
    #[must_use]
    pub fn sign(&self, parts: &[&str]) -> Signature {
        sign_with(&self.first, parts)
    }

    /// Finds the first key whose signature of the concatenated `parts` is among `signatures`: one HMAC for each key that is
    /// tried.
    ///
    /// Each comparison takes the same time wherever the texts differ.
    #[must_use]
    pub fn signer(&self, parts: &[&str], signatures: &[&str]) -> Option<Signer> {
        let first = self.sign(parts);
        if first.is_among(signatures) {
            return Some(Signer::First);
        }
        let is_by = |state| sign_with(state, parts).is_among(signatures);
        self.older.iter().any(is_by).then_some(Signer::Older(first))
    }
}

fn sign_with(state: &Hmac<Sha1>, parts: &[&str]) -> Signature {
    #[cfg(test)]
    tests::SIGNED.with(|count| count.set(count.get() + 1));
    let mut mac = state.clone();
    for part in parts {
        mac.update(part.as_bytes());
    }
    let mut text = [b'-'; SIGNATURE_LENGTH];
    let digest = mac.finalize().into_bytes();
    // The buffer has the length that 20 bytes take, so this does not fail.
    let _ = BASE64_URL_SAFE_NO_PAD.encode_slice(digest, &mut text);
    Signature(text)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{Keyring, Signer};

    thread_local! {
        pub(super) static SIGNED: Cell<usize> = const { Cell::new(0) };
    }

    fn count(task: impl FnOnce()) -> usize {
        SIGNED.set(0);
        task();
        SIGNED.get()
    }

    #[test]
    fn a_signature_takes_one_hmac_for_each_key_up_to_its_own() {
        let keys = ["0", "1", "2", "3", "4"];
        let keyring = |keys: &[&str]| Keyring::new(keys).unwrap_or_else(|| unreachable!());
        let all = keyring(&keys);
        let current = all.sign(&["text"]);
        for (index, key) in keys.iter().enumerate() {
            let signature = keyring(&[key]).sign(&["text"]);
            let expected = if index == 0 {
                Signer::First
            } else {
                Signer::Older(current)
            };
            let signatures = ["forged", signature.as_str(), "forged"];
            let hmacs = count(|| assert_eq!(all.signer(&["text"], &signatures), Some(expected)));
            assert_eq!(hmacs, index + 1);
        }
        assert_eq!(
            count(|| assert_eq!(all.signer(&["text"], &["forged"]), None)),
            keys.len()
        );
    }
}
