//! A session's cookie that this package seals or signs itself, instead of `cookies` and `keygrip`. A value that is too long for one
//! cookie is split over several.
//!
//! A stale cookie is a cookie of the session that the request has, but that its value does not use: a part after the last one of the
//! value, or a signature beside a sealed value. An outdated value is one that would be protected in another way now: with another key,
//! or sealed instead of signed.

mod lines;
mod reading;
mod unwritable;

use std::ops::ControlFlow;

use crate::chunks::{self, Parts, Split, Whole};
use crate::cipher::{CannotSeal, Cipher};
use crate::codec;
use crate::envelope::{self, Lifetime};
use crate::finder::{CookieFinder, Few, SIGNATURE_SUFFIX};
use crate::header::{self, Attributes, CookieTemplate, InvalidAttribute};
use crate::keyring::{Keyring, Signer};

use lines::Lines;
pub use reading::{Candidate, Outcome, Reading, Unverified, Value};
pub use unwritable::Unwritable;

/// How values are protected.
#[derive(Default)]
pub struct Protection {
    /// Opens sealed values.
    pub cipher: Option<Cipher>,
    /// Verifies signed values.
    pub keyring: Option<Keyring>,
    /// Whether new values are sealed; else they are signed, if there is a keyring.
    pub seals: bool,
    /// The most cookies that a value may take; 0 for one cookie of any size.
    pub max_chunks: usize,
}

/// A session's cookies: names, attributes and keys, prepared once for many requests.
pub struct ProtectedCookie {
    finder: CookieFinder,
    template: CookieTemplate,
    protection: Protection,
}

/// The most values that are passed to JavaScript, since each costs it an HMAC for each signature and key.
const MAX_CANDIDATES: usize = 4;

/// What differs from response to response: attributes, the request's cookies, and a signature.
#[derive(Clone, Copy, Debug, Default)]
pub struct Response<'r> {
    /// `expires`, in milliseconds since the epoch.
    pub expires_ms: Option<f64>,
    /// `secure`.
    pub secure: bool,
    /// The request's `Cookie` header, whose stale cookies are expired; empty if it has none.
    pub header: &'r str,
    /// A signature by a Keygrip.
    pub signature: Option<&'r str>,
}

impl ProtectedCookie {
    /// Prepares the cookie `name`.
    ///
    /// # Errors
    /// [`InvalidAttribute`] names the option that no cookie can carry.
    ///
    /// ```
    /// use koa_session_rs::cipher::Cipher;
    /// use koa_session_rs::header::Attributes;
    /// use koa_session_rs::protected::{Outcome, ProtectedCookie, Protection, Response};
    ///
    /// # fn main() -> Result<(), koa_session_rs::header::InvalidAttribute> {
    /// let cipher = Cipher::new("koa.sess", [[7; 32]]).ok();
    /// let protection = Protection { cipher, seals: true, ..Protection::default() };
    /// let cookie = ProtectedCookie::new("koa.sess", &Attributes::default(), protection)?;
    /// let Ok(line) = cookie.write("an-id", Response::default()) else { unreachable!() };
    /// let Outcome::Opened(value) = cookie.read(&line).outcome else { unreachable!() };
    /// assert_eq!(value.text, "an-id");
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(
        name: &str,
        attributes: &Attributes,
        protection: Protection,
    ) -> Result<Self, InvalidAttribute> {
        Ok(Self {
            finder: CookieFinder::new(name),
            template: CookieTemplate::new(name, attributes)?,
            protection,
        })
    }

    /// Returns whether a `Cookie` header has the cookie at all.
    #[must_use]
    pub fn is_sent(&self, header: &str) -> bool {
        self.finder.first(header).is_some()
    }

    /// Finds the cookies in a `Cookie` header, and opens or verifies the value.
    #[must_use]
    pub fn read<'h>(&self, header: &'h str) -> Reading<'h> {
        let parts = Parts::find(&self.finder, header);
        let mut is_forged = false;
        let mut is_missed = false;
        let reading = parts.each(self.may_split(), |whole| {
            let is_split = !whole.prefix.is_empty();
            let count = whole.count;
            match self.open(whole, &parts) {
                Verified::Value(value) => {
                    return ControlFlow::Break(Reading {
                        outcome: Outcome::Opened(value),
                        count,
                        has_stale: self.has_stale(&parts, count),
                    });
                }
                Verified::OtherSignature => is_missed = true,
                Verified::Unsigned => is_missed |= is_split,
                Verified::Forged => is_forged = true,
            }
            ControlFlow::Continue(())
        });
        match reading {
            ControlFlow::Break(reading) => reading,
            ControlFlow::Continue(lacks_parts) => Reading {
                outcome: outcome_without_value(is_forged, is_missed || lacks_parts),
                count: 1,
                has_stale: self.has_stale(&parts, 1),
            },
        }
    }

    /// Finds the values in a `Cookie` header, and the signatures, for a Keygrip to verify.
    #[must_use]
    pub fn unverified(&self, header: &str) -> Unverified {
        let parts = Parts::find(&self.finder, header);
        let mut found = Unverified::default();
        let visited = parts.each(self.may_split(), |whole| {
            if let Some(signatures) = signatures_for(whole.tag(), &parts) {
                found.candidates.push(Candidate {
                    signed: self.signed_text(whole.prefix, &whole.value),
                    value: whole.value.into_owned(),
                    signatures: signatures.as_slice().join("\n"),
                });
            } else {
                found.is_missed = true;
            }
            if found.candidates.len() == MAX_CANDIDATES {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        found.is_missed |= visited == ControlFlow::Continue(true);
        found
    }

    /// Returns whether values may be in several cookies.
    fn may_split(&self) -> bool {
        self.protection.max_chunks > 0
    }

    /// Writes the `Set-Cookie` lines of a session, separated by line feeds: appends the envelope to the user's `json`, and protects it.
    ///
    /// # Errors
    /// [`Unwritable`], as for [`write`](Self::write).
    pub fn close(
        &self,
        json: &str,
        lifetime: Lifetime,
        response: Response<'_>,
    ) -> Result<String, Unwritable> {
        self.write_json(&envelope::append(json, lifetime), response)
    }

    /// Writes the lines of a session's complete JSON, which is sealed, or encoded as base64 and signed.
    ///
    /// # Errors
    /// [`Unwritable`], as for [`write`](Self::write).
    pub fn write_json(&self, json: &str, response: Response<'_>) -> Result<String, Unwritable> {
        if self.protection.seals {
            return self.write(json, response);
        }
        self.write_checked(&codec::encode(json), response)
    }

    /// Writes the lines of a value. An empty value clears the session's cookies.
    ///
    /// The request's stale cookies are expired.
    ///
    /// # Errors
    /// [`Unwritable`]: then no part of the value may be sent.
    pub fn write(&self, value: &str, response: Response<'_>) -> Result<String, Unwritable> {
        if value.is_empty() {
            return Ok(self.clear(response));
        }
        if self.protection.seals || header::is_value(value) {
            self.write_checked(value, response)
        } else {
            Err(Unwritable::NotAllowed)
        }
    }

    /// Writes the lines of a value that is sealed, or is a valid cookie value.
    fn write_checked(&self, value: &str, response: Response<'_>) -> Result<String, Unwritable> {
        let sealed = self.seal(value)?;
        let value = sealed.as_deref().unwrap_or(value);
        let split = Split::new(&self.template.name, value, self.protection.max_chunks)?;
        let date = response.expires_ms.and_then(header::http_date);
        let mut lines = Lines::new(
            &self.template,
            date.as_deref(),
            response.secure,
            value.len(),
        );
        for (number, part) in split.parts.iter().enumerate() {
            lines.add(&chunks::suffix(number), &[split.before(number), part]);
        }
        let signature = if sealed.is_some() {
            None
        } else {
            self.signature(&split.prefix, value, response.signature)
        };
        if let Some(signature) = &signature {
            let tag = split.tag();
            let dot = if tag.is_empty() { "" } else { "." };
            lines.add(SIGNATURE_SUFFIX, &[tag, dot, signature]);
        }
        let parts = Parts::find(&self.finder, response.header);
        lines.expire(self.stale(&parts, split.parts.len(), signature.is_some()));
        Ok(lines.text)
    }

    /// Returns the text that a Keygrip has to sign for a value.
    ///
    /// # Errors
    /// [`Unwritable::TooLarge`].
    pub fn text_to_sign(&self, value: &str) -> Result<String, Unwritable> {
        let split = Split::new(&self.template.name, value, self.protection.max_chunks)?;
        Ok(self.signed_text(&split.prefix, value))
    }

    /// Writes the lines that expire the stale cookies of a request whose value uses `count` cookies.
    #[must_use]
    pub fn expire_stale(&self, count: usize, response: Response<'_>) -> String {
        let parts = Parts::find(&self.finder, response.header);
        let mut lines = Lines::new(&self.template, None, response.secure, 0);
        lines.expire(self.stale(&parts, count, !self.protection.seals));
        lines.text
    }

    /// Writes the line that expires a signature made with none of the keys.
    #[must_use]
    pub fn drop_signature(&self, secure: bool) -> String {
        let mut lines = Lines::new(&self.template, None, secure, 0);
        lines.expire(vec![SIGNATURE_SUFFIX.to_owned()]);
        lines.text
    }

    /// Writes the lines that expire all of the session's cookies.
    fn clear(&self, response: Response<'_>) -> String {
        let parts = Parts::find(&self.finder, response.header);
        let is_signed = !self.protection.seals
            && (self.protection.keyring.is_some() || response.signature.is_some());
        let mut lines = Lines::new(&self.template, None, response.secure, 0);
        lines.expire(vec![String::new()]);
        if is_signed {
            lines.expire(vec![SIGNATURE_SUFFIX.to_owned()]);
        }
        lines.expire(self.stale(&parts, 1, is_signed));
        lines.text
    }

    /// Seals a value, if new values are sealed.
    fn seal(&self, value: &str) -> Result<Option<String>, CannotSeal> {
        let cipher = self.protection.cipher.as_ref();
        let cipher = cipher.filter(|_| self.protection.seals);
        cipher.map(|cipher| cipher.seal(value)).transpose()
    }

    /// Returns the signature of a value: the given one, else one made with the keyring.
    fn signature(&self, prefix: &str, value: &str, given: Option<&str>) -> Option<String> {
        let made = || {
            let keyring = self.protection.keyring.as_ref()?;
            let signature = keyring.sign(&[&self.template.name, "=", prefix, value]);
            Some(signature.as_str().to_owned())
        };
        given.map(str::to_owned).or_else(made)
    }

    /// Returns the text that is signed: `name=value`, with the prefix of a value in several cookies.
    fn signed_text(&self, prefix: &str, value: &str) -> String {
        [&self.template.name, "=", prefix, value].concat()
    }

    /// Opens or verifies a value.
    fn open<'h>(&self, whole: Whole<'h>, parts: &Parts<'h>) -> Verified<'h> {
        let Protection {
            cipher,
            keyring,
            seals,
            ..
        } = &self.protection;
        if let Some(unsealed) = cipher.as_ref().and_then(|cipher| cipher.open(&whole.value)) {
            return Verified::Value(Value {
                text: unsealed.text.into(),
                is_sealed: true,
                is_outdated: !(*seals && unsealed.by_first),
            });
        }
        let Some(keyring) = keyring else {
            return match cipher {
                Some(_) => Verified::Forged,
                None => Verified::Value(Value {
                    text: whole.value,
                    is_sealed: false,
                    is_outdated: false,
                }),
            };
        };
        let Some(signatures) = signatures_for(whole.tag(), parts) else {
            return Verified::OtherSignature;
        };
        let signatures = signatures.as_slice();
        if signatures.is_empty() {
            // An unsigned value may have been sealed with a key that was removed.
            return if cipher.is_some() {
                Verified::Forged
            } else {
                Verified::Unsigned
            };
        }
        let text = [&*self.template.name, "=", whole.prefix, &*whole.value];
        match keyring.signer(&text, signatures) {
            Some(signer) => Verified::Value(Value {
                text: whole.value,
                is_sealed: false,
                is_outdated: *seals || signer != Signer::First,
            }),
            None => Verified::Forged,
        }
    }

    /// Returns whether the request has stale cookies, beside a value in `count` cookies.
    fn has_stale(&self, parts: &Parts<'_>, count: usize) -> bool {
        !self.stale(parts, count, !self.protection.seals).is_empty()
    }

    /// Returns the suffixes of a request's stale cookies, beside a value in `count` cookies.
    fn stale(&self, parts: &Parts<'_>, count: usize, is_signed: bool) -> Vec<String> {
        let mut stale = Vec::new();
        if self.may_split() {
            stale.extend(parts.beyond(count).into_iter().map(chunks::suffix));
        }
        if self.protection.seals && !is_signed && parts.has_signature() {
            stale.push(SIGNATURE_SUFFIX.to_owned());
        }
        stale
    }
}

/// The result of opening or verifying one value.
enum Verified<'h> {
    Value(Value<'h>),
    /// All signatures have the tag of another value.
    OtherSignature,
    Unsigned,
    Forged,
}

/// Returns the signatures for a value with this tag, without the tag; `None` if all signatures belong to other values.
fn signatures_for<'h>(tag: &str, parts: &Parts<'h>) -> Option<Few<'h>> {
    let mut signatures = Few::default();
    let mut is_other = false;
    for signature in parts.signatures() {
        let (own, signature) = signature.split_once('.').unwrap_or(("", signature));
        if own == tag {
            signatures.push(signature);
        } else {
            is_other = true;
        }
    }
    (!(signatures.as_slice().is_empty() && is_other)).then_some(signatures)
}

fn outcome_without_value<'h>(is_forged: bool, is_missed: bool) -> Outcome<'h> {
    match (is_forged, is_missed) {
        (true, _) => Outcome::Forged,
        (false, true) => Outcome::Missed,
        (false, false) => Outcome::Nothing,
    }
}
