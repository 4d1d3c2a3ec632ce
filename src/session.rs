//! The two entry points for a session in the cookie: `open` verifies and decodes it, `close` encodes and signs it. With a store, the
//! cookie has the record's id, for which [`SessionCookie::read`] and [`SessionCookie::write`] are used.

use crate::codec;
use crate::envelope::{self, Envelope, Lifetime};
use crate::finder::{CookieFinder, SIGNATURE_SUFFIX};
use crate::header::{self, Attributes, CookieTemplate, InvalidAttribute};
use crate::keyring::{Keyring, Signature, Signer};
use crate::verdict::{Data, Verdict};

/// A session's cookie and its signature: names, attributes and keys, prepared once for many requests.
pub struct SessionCookie {
    finder: CookieFinder,
    value: CookieTemplate,
    signature: CookieTemplate,
    /// The attributes with which `cookies` expires a signature while reading: its own defaults, not the app's.
    dropped: CookieTemplate,
    keyring: Option<Keyring>,
}

/// The session's cookie in a request's `Cookie` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'h> {
    /// The cookie's value, if it is verified and not empty.
    pub value: Option<&'h str>,
    /// The repair of the signature by the response.
    pub repair: Repair,
}

/// The repair of a request's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// No repair: the first key made it, or there is no signature, or cookies are not signed.
    None,
    /// An older key made it: send this one, by the first key.
    Reissue(Signature),
    /// No key made it: expire its cookie.
    Clear,
}

/// An opened session cookie.
#[derive(Debug, PartialEq)]
pub struct Opened {
    /// Its text and envelope.
    pub envelope: Envelope,
    /// Valid or expired. It does not say whether the text is JSON, which is parsed later.
    pub verdict: Verdict,
}

impl SessionCookie {
    /// Prepares the cookie `name` and its signature `name.sig`; without a `keyring` nothing is signed.
    ///
    /// # Errors
    /// [`InvalidAttribute`] names the option that no cookie can carry.
    ///
    /// ```
    /// use koa_session_rs::header::Attributes;
    /// use koa_session_rs::keyring::Keyring;
    /// use koa_session_rs::session::SessionCookie;
    ///
    /// # fn main() -> Result<(), koa_session_rs::header::InvalidAttribute> {
    /// let attributes = Attributes { path: "/".into(), ..Attributes::default() };
    /// let cookie = SessionCookie::new("koa.sess", &attributes, Keyring::new(["a secret"]))?;
    /// let lines = cookie.write("an-id", None, false);
    /// assert_eq!(
    ///     lines,
    ///     "koa.sess=an-id; path=/\nkoa.sess.sig=UOmCNT7Lq2GT-0CEeekfVwojQ6w; path=/"
    /// );
    /// let header = "koa.sess=an-id; koa.sess.sig=UOmCNT7Lq2GT-0CEeekfVwojQ6w";
    /// assert_eq!(cookie.read(header).value, Some("an-id"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(
        name: &str,
        attributes: &Attributes,
        keyring: Option<Keyring>,
    ) -> Result<Self, InvalidAttribute> {
        let signature_name = format!("{name}{SIGNATURE_SUFFIX}");
        let defaults = Attributes {
            path: "/".to_owned(),
            http_only: true,
            ..Attributes::default()
        };
        Ok(Self {
            finder: CookieFinder::new(name),
            value: CookieTemplate::new(name, attributes)?,
            signature: CookieTemplate::new(&signature_name, attributes)?,
            dropped: CookieTemplate::new(&signature_name, &defaults)?,
            keyring,
        })
    }

    /// Finds the cookie in a `Cookie` header and verifies its signature against every key.
    ///
    /// Of several cookies of the name, the first that verifies is taken, among the first four: a browser that got the
    /// cookie for a domain and, later, for its parent sends both.
    #[must_use]
    pub fn read<'h>(&self, header: &'h str) -> Found<'h> {
        let Some(keyring) = &self.keyring else {
            return Found::new(self.finder.first(header), Repair::None);
        };
        let pairs = self.finder.pairs(header);
        let (values, signatures) = (pairs.values.as_slice(), pairs.signatures.as_slice());
        if values.is_empty() || signatures.is_empty() {
            return Found::new(None, Repair::None);
        }
        let verified = values.iter().find_map(|value| {
            let signer = keyring.signer(&self.signed(value), signatures)?;
            Some((*value, signer))
        });
        match verified {
            Some((value, Signer::First)) => Found::new(Some(value), Repair::None),
            Some((value, Signer::Older(first))) => Found::new(Some(value), Repair::Reissue(first)),
            None => Found::new(None, Repair::Clear),
        }
    }

    /// Returns whether a `Cookie` header has the cookie at all, verified or not.
    #[must_use]
    pub fn is_sent(&self, header: &str) -> bool {
        self.finder.first(header).is_some()
    }

    /// Reads the cookie and opens what it holds: decodes it, reads its envelope, and validates it at `now_ms`.
    #[must_use]
    pub fn open(&self, header: &str, now_ms: f64) -> (Repair, Option<Opened>) {
        let found = self.read(header);
        (found.repair, found.value.map(|value| open(value, now_ms)))
    }

    /// Writes a signature's line, with the cookie's own attributes, and expiring with it.
    #[must_use]
    pub fn write_signature(
        &self,
        signature: &str,
        expires_ms: Option<f64>,
        secure: bool,
    ) -> String {
        let mut line = String::new();
        self.signature
            .write(&mut line, signature, expires_ms, secure);
        line
    }

    /// Writes the line that expires a signature made with none of the keys, as `cookies` does while reading.
    #[must_use]
    pub fn drop_signature(&self, secure: bool) -> String {
        let mut line = String::new();
        self.dropped.write(&mut line, "", Some(0.0), secure);
        line
    }

    /// Writes the `Set-Cookie` lines of a session, separated by a line feed: appends the envelope to the user's `json`,
    /// encodes and signs it.
    #[must_use]
    pub fn close(
        &self,
        json: &str,
        lifetime: Lifetime,
        expires_ms: Option<f64>,
        secure: bool,
    ) -> String {
        self.write(&close(json, lifetime), expires_ms, secure)
    }

    /// Writes the `Set-Cookie` lines of `value` and its signature, separated by a line feed.
    ///
    /// An empty value clears the cookie: its lines expire at the epoch. `value` is checked by the caller
    /// ([`header::is_value`]).
    #[must_use]
    pub fn write(&self, value: &str, expires_ms: Option<f64>, secure: bool) -> String {
        let expires_ms = if value.is_empty() {
            Some(0.0)
        } else {
            expires_ms
        };
        // Two lines of attributes and a signature beside the value.
        let mut lines = String::with_capacity(value.len() + 256);
        let date = expires_ms.and_then(header::http_date);
        self.value
            .write_until(&mut lines, value, date.as_deref(), secure);
        if let Some(keyring) = &self.keyring {
            let signature = keyring.sign(&self.signed(value));
            lines.push('\n');
            self.signature
                .write_until(&mut lines, signature.as_str(), date.as_deref(), secure);
        }
        lines
    }

    /// Signs any text with the first key; `None` without a keyring.
    #[must_use]
    pub fn sign(&self, text: &str) -> Option<Signature> {
        Some(self.keyring.as_ref()?.sign(&[text]))
    }

    /// The signed text: `name=value`.
    fn signed<'s>(&'s self, value: &'s str) -> [&'s str; 3] {
        [&self.value.name, "=", value]
    }
}

impl<'h> Found<'h> {
    fn new(value: Option<&'h str>, repair: Repair) -> Self {
        let value = value.filter(|value| !value.is_empty());
        Self { value, repair }
    }
}

/// Opens a cookie value that was verified elsewhere: decodes it, reads its envelope, and validates it at `now_ms`.
#[must_use]
pub fn open(value: &str, now_ms: f64) -> Opened {
    judge(codec::decode(value), now_ms)
}

/// Reads the envelope of an opened text, and validates it at `now_ms`.
#[must_use]
pub fn judge(text: String, now_ms: f64) -> Opened {
    let envelope = envelope::read(text);
    let expire_ms = match &envelope {
        Envelope::Plain { lifetime, .. } => lifetime.expire_ms(),
        Envelope::Foreign { expire_ms, .. } => *expire_ms,
    };
    Opened {
        envelope,
        verdict: Verdict::judge(Data::Object, expire_ms, now_ms),
    }
}

/// Makes the cookie value of the user's `json`: appends the envelope and encodes both.
#[must_use]
pub fn close(json: &str, lifetime: Lifetime) -> String {
    codec::encode(&envelope::append(json, lifetime))
}
