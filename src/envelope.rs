//! The envelope: the keys that koa-session writes behind the user's own (`_expire` and `_maxAge`, or `_session`).
//!
//! The user's JSON stays text throughout, and only JavaScript parses it. It may contain values that no Rust type can represent
//! (lone surrogates, `1e400`), and its keys have an order.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

const EXPIRE: &str = "\"_expire\":";
const MAX_AGE: &str = "\"_maxAge\":";
const SESSION: &str = "\"_session\":true}";

/// How long a session lives, as its envelope says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lifetime {
    /// Until `expire_ms`; `max_age_ms` is the time it had when it was written.
    Timed {
        /// Milliseconds since the epoch, after which the session is expired.
        expire_ms: i64,
        /// Milliseconds that a session lives from its writing on.
        max_age_ms: i64,
    },
    /// As long as the browser keeps the cookie: `maxAge: 'session'`.
    Browser,
}

impl Lifetime {
    /// Returns the time after which the session is expired, if there is one.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "as JavaScript holds it")]
    pub fn expire_ms(self) -> Option<f64> {
        match self {
            Self::Timed { expire_ms, .. } => Some(expire_ms as f64),
            Self::Browser => None,
        }
    }
}

/// What an opened text is.
#[derive(Debug, PartialEq)]
pub enum Envelope {
    /// The user's keys, and after them an envelope as [`append`] writes it.
    Plain {
        /// The JSON text of the user's keys alone. For unchanged data, `JSON.stringify` returns the same text again.
        user: String,
        /// The lifetime in the envelope.
        lifetime: Lifetime,
    },
    /// Anything else: another writer's order of keys, or no JSON object at all.
    Foreign {
        /// The whole text.
        text: String,
        /// `_expire`, if the text is an object in which it is a number; the last one of several, as in JavaScript.
        expire_ms: Option<f64>,
    },
}

/// Appends the envelope to the user's `json`, an object as `JSON.stringify` writes it.
///
/// ```
/// use koa_session_rs::envelope::{Lifetime, append};
///
/// let lifetime = Lifetime::Timed { expire_ms: 86_400_001, max_age_ms: 86_400_000 };
/// assert_eq!(append(r#"{"a":1}"#, lifetime), r#"{"a":1,"_expire":86400001,"_maxAge":86400000}"#);
/// assert_eq!(append("{}", Lifetime::Browser), r#"{"_session":true}"#);
/// ```
#[must_use]
pub fn append(json: &str, lifetime: Lifetime) -> String {
    let keys = json.strip_suffix('}').unwrap_or(json);
    let comma = if keys == "{" { "" } else { "," };
    match lifetime {
        Lifetime::Timed {
            expire_ms,
            max_age_ms,
        } => format!("{keys}{comma}{EXPIRE}{expire_ms},{MAX_AGE}{max_age_ms}}}"),
        Lifetime::Browser => format!("{keys}{comma}{SESSION}"),
    }
}

/// Reads the envelope of an opened text.
///
/// ```
/// use koa_session_rs::envelope::{Envelope, Lifetime, read};
///
/// let lifetime = Lifetime::Browser;
/// let text = r#"{"a":1,"_session":true}"#.to_owned();
/// assert_eq!(read(text), Envelope::Plain { user: r#"{"a":1}"#.to_owned(), lifetime });
///
/// let text = r#"{"_expire":5,"a":1}"#.to_owned();
/// assert_eq!(read(text.clone()), Envelope::Foreign { text, expire_ms: Some(5.0) });
/// ```
#[must_use]
pub fn read(mut text: String) -> Envelope {
    match split(&text) {
        Some((keys, lifetime)) => {
            let length = keys.len();
            text.truncate(length);
            text.push('}');
            Envelope::Plain {
                user: text,
                lifetime,
            }
        }
        None => Envelope::Foreign {
            expire_ms: foreign_expire(&text),
            text,
        },
    }
}

/// Splits `{...,"_expire":1,"_maxAge":2}` before the comma of the envelope.
///
/// In valid JSON, these bytes at the end of the text can only be the last members of the outermost object. Their quotes are not
/// escaped, so each opens or closes a string. If the first one closed a string, letters without quotes would follow it.
fn split(text: &str) -> Option<(&str, Lifetime)> {
    let (before, lifetime) = match text.strip_suffix(SESSION) {
        Some(before) => (before, Lifetime::Browser),
        None => split_timed(text)?,
    };
    let keys = if before == "{" {
        before
    } else {
        before.strip_suffix(',').filter(|keys| keys.len() > 1)?
    };
    keys.starts_with('{').then_some((keys, lifetime))
}

fn split_timed(text: &str) -> Option<(&str, Lifetime)> {
    let (before, max_age_ms) = split_integer(text.strip_suffix('}')?)?;
    let before = before.strip_suffix(MAX_AGE)?.strip_suffix(',')?;
    let (before, expire_ms) = split_integer(before)?;
    let lifetime = Lifetime::Timed {
        expire_ms,
        max_age_ms,
    };
    Some((before.strip_suffix(EXPIRE)?, lifetime))
}

/// Splits an integer off the end, if it is written as JavaScript writes one and holds no more than 15 digits.
fn split_integer(text: &str) -> Option<(&str, i64)> {
    let count = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (before, digits) = text.split_at_checked(text.len() - count)?;
    let is_short = matches!(digits.as_bytes(), [b'0'] | [b'1'..=b'9', ..]) && count <= 15;
    let value: i64 = digits.parse().ok().filter(|_| is_short)?;
    match before.strip_suffix('-') {
        Some(before) => (value != 0).then_some((before, -value)),
        None => Some((before, value)),
    }
}

fn foreign_expire(text: &str) -> Option<f64> {
    // A derived struct would refuse a key given twice, and a key that is a lone surrogate.
    serde_json::Deserializer::from_str(text)
        .deserialize_map(ExpireVisitor)
        .ok()
        .flatten()
}

struct ExpireVisitor;

impl<'de> Visitor<'de> for ExpireVisitor {
    type Value = Option<f64>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut expire = None;
        while let Some(is_expire) = map.next_key_seed(IsExpire)? {
            if is_expire {
                let value: &RawValue = map.next_value()?;
                // A number too large for f64 is infinite in JavaScript, and so it is here.
                expire = value.get().parse().ok();
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(expire)
    }
}

/// Reads a key as bytes, the only form in which `serde_json` accepts lone surrogates, and returns whether it is `_expire`.
struct IsExpire;

impl<'de> DeserializeSeed<'de> for IsExpire {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for IsExpire {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<bool, E> {
        Ok(key == b"_expire")
    }
}
