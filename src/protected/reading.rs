//! What reading a request's protected cookies finds.

use std::borrow::Cow;

use crate::codec;
use crate::session::{Opened, judge};

/// What a request's cookies hold.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<'h> {
    /// There is no cookie, or one without a signature where values are signed.
    Nothing,
    /// Parts of the value are absent, or belong to another value.
    Missed,
    /// A value was sealed or signed with none of the keys.
    Forged,
    /// A value was opened.
    Opened(Value<'h>),
}

/// An opened value.
#[derive(Debug, PartialEq, Eq)]
pub struct Value<'h> {
    /// The text that was sealed, or the cookie's value that was signed.
    pub text: Cow<'h, str>,
    /// Whether it was sealed.
    pub is_sealed: bool,
    /// Whether it has to be sent again: an older key was used, or it is signed where new values are sealed, or the reverse.
    pub is_outdated: bool,
}

/// What reading a request's cookies has shown.
#[derive(Debug, PartialEq, Eq)]
pub struct Reading<'h> {
    /// The value, or why there is none.
    pub outcome: Outcome<'h>,
    /// The number of cookies that the value uses.
    pub count: usize,
    /// Whether the request has stale cookies.
    pub has_stale: bool,
}

/// Values whose signatures JavaScript verifies, by a Keygrip whose keys cannot be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unverified {
    /// The first values.
    pub candidates: Vec<Candidate>,
    /// Whether parts of a value are absent.
    pub is_missed: bool,
}

/// A value that is not verified yet.
#[derive(Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The text that is signed.
    pub signed: String,
    /// The value.
    pub value: String,
    /// The signatures that may be its own, separated by line feeds.
    pub signatures: String,
}

impl Value<'_> {
    /// Opens the session in the value: reads its envelope, and validates it at `now_ms`. Returns its complete JSON too, if the value is
    /// outdated.
    #[must_use]
    pub fn into_session(self, now_ms: f64) -> (Opened, Option<String>) {
        // A sealed text is JSON, or what the app's own `encode` returned: base64, which never begins with a brace.
        let text = if self.is_sealed && self.text.starts_with('{') {
            self.text.into_owned()
        } else {
            codec::decode(&self.text)
        };
        let outdated = self.is_outdated.then(|| text.clone());
        (judge(text, now_ms), outdated)
    }
}
