//! The cookie of express-session, which has a session's id: found as the npm package `cookie` (0.7) finds it, and signed as
//! `cookie-signature` (1.0) signs it, with HMAC-SHA256 in base64 without padding.

use std::borrow::Cow;

use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// What a signed value begins with.
const SIGNED: &str = "s:";

/// The length of a signature's text: 32 bytes in base64 without padding.
const SIGNATURE_LENGTH: usize = 43;

/// The whitespace that may surround names and values.
const BLANKS: [char; 2] = [' ', '\t'];

/// The cookie of one name and one list of secrets: the first signs, any of them verifies.
///
/// The inner and outer state of each secret's HMAC are computed once, here.
pub struct ExpressCookie {
    name: String,
    first: Hmac<Sha256>,
    older: Vec<Hmac<Sha256>>,
}

impl ExpressCookie {
    /// Prepares the secrets, the current one first; a secret is any bytes, of any length.
    ///
    /// Returns `None` for an empty list: nothing can be signed without a secret.
    ///
    /// ```
    /// use koa_session_rs::express_cookie::ExpressCookie;
    ///
    /// let Some(cookie) = ExpressCookie::new("connect.sid", ["new key", "old key"]) else { unreachable!() };
    /// let signature = cookie.sign("abc");
    /// assert_eq!(signature, "8vjEbZb3vqulLiizUoBy6vKXXFFndClGURSbYMeJnAs");
    /// let header = format!("a=1; connect.sid=s%3Aabc.{signature}");
    /// assert_eq!(cookie.read(&header).as_deref(), Some("abc"));
    /// assert_eq!(cookie.read(&header.replace("abc", "abd")), None);
    /// ```
    pub fn new<I, K>(name: &str, secrets: I) -> Option<Self>
    where
        I: IntoIterator<Item = K>,
        K: AsRef<[u8]>,
    {
        let mut states = secrets
            .into_iter()
            .filter_map(|secret| Hmac::new_from_slice(secret.as_ref()).ok());
        Some(Self {
            name: name.to_owned(),
            first: states.next()?,
            older: states.collect(),
        })
    }

    /// Returns the id in the cookie of a `Cookie` header, if any of the secrets has signed it, and it is not empty.
    #[must_use]
    pub fn read(&self, header: &str) -> Option<String> {
        let value = decode(find(header, &self.name)?);
        let (id, signature) = value.strip_prefix(SIGNED)?.rsplit_once('.')?;
        let is_own = !id.is_empty() && self.is_signed(id, signature);
        is_own.then(|| id.to_owned())
    }

    /// Signs an id with the first secret.
    #[must_use]
    pub fn sign(&self, id: &str) -> String {
        // base64 is ASCII, so this loses nothing.
        String::from_utf8_lossy(&sign_with(&self.first, id)).into_owned()
    }

    /// Returns whether any of the secrets has made the signature. Each comparison takes the same time wherever the texts differ.
    fn is_signed(&self, id: &str, signature: &str) -> bool {
        let is_by = |state| sign_with(state, id).ct_eq(signature.as_bytes()).into();
        is_by(&self.first) || self.older.iter().any(is_by)
    }
}

fn sign_with(state: &Hmac<Sha256>, id: &str) -> [u8; SIGNATURE_LENGTH] {
    let digest = state.clone().chain_update(id).finalize().into_bytes();
    let mut text = [b'-'; SIGNATURE_LENGTH];
    // The buffer has the length that 32 bytes take, so this does not fail.
    let _ = BASE64_STANDARD_NO_PAD.encode_slice(digest, &mut text);
    text
}

/// Finds the first cookie of a name: returns its value without surrounding blanks, and without quotes that enclose it.
///
/// ```
/// use koa_session_rs::express_cookie::find;
///
/// assert_eq!(find("a=1; b = \"2\" ;b=3", "b"), Some("2"));
/// assert_eq!(find("a; b=2=3", "b"), Some("2=3"));
/// assert_eq!(find("ab=1", "b"), None);
/// ```
#[must_use]
pub fn find<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    let value = header
        .split(';')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(key, value)| (key.trim_matches(BLANKS) == name).then_some(value))?
        .trim_matches(BLANKS);
    let Some(rest) = value.strip_prefix('"') else {
        return Some(value);
    };
    // A single quote encloses nothing, and is removed.
    Some(if rest.is_empty() {
        rest
    } else {
        rest.strip_suffix('"').unwrap_or(value)
    })
}

/// Decodes a value as JavaScript's `decodeURIComponent` does. One that is malformed stays as it is.
///
/// ```
/// use koa_session_rs::express_cookie::decode;
///
/// assert_eq!(decode("s%3Aa%2Fb"), "s:a/b");
/// assert_eq!(decode("s%3Aa%2"), "s%3Aa%2");
/// ```
#[must_use]
pub fn decode(value: &str) -> Cow<'_, str> {
    if !value.contains('%') {
        return Cow::Borrowed(value);
    }
    try_decode(value).map_or(Cow::Borrowed(value), Cow::Owned)
}

/// Decodes a value; `None` if a `%` is not followed by two hexadecimal digits, or the bytes of adjacent ones are no UTF-8.
fn try_decode(value: &str) -> Option<String> {
    let mut decoded = String::with_capacity(value.len());
    let mut bytes = Vec::new();
    let mut rest = value;
    while let Some(at) = rest.find('%') {
        let (before, encoded) = rest.split_at_checked(at)?;
        decoded.push_str(before);
        rest = encoded;
        bytes.clear();
        while let Some(digits) = rest.strip_prefix('%') {
            let (pair, after) = digits.split_at_checked(2)?;
            if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(pair, 16).ok()?);
            rest = after;
        }
        decoded.push_str(std::str::from_utf8(&bytes).ok()?);
    }
    decoded.push_str(rest);
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::{ExpressCookie, decode, find};

    /// Values that the npm package `cookie-signature` has signed: the secret, and the signed value.
    const SIGNED: [(&str, &str); 4] = [
        ("new key", "abc.8vjEbZb3vqulLiizUoBy6vKXXFFndClGURSbYMeJnAs"),
        ("old key", "abc.RaqpRstctmnRbtgzOoI8OY/aCidTgKrXsS7hu8Qtfnw"),
        ("ключ", "a.b.c.M44S8N9u4SJPdjZsvF2rMEen2axxZUMtU7owkmjE2ck"),
        ("new key", "é.knr05rJt62ffyEoOfmi9X/P5524uj2W+ggpfX0Ibx7A"),
    ];

    fn cookie(secrets: &[&str]) -> ExpressCookie {
        ExpressCookie::new("sid", secrets).unwrap_or_else(|| unreachable!())
    }

    #[test]
    fn signs_as_the_package_does() {
        for (secret, signed) in SIGNED {
            let Some((id, signature)) = signed.rsplit_once('.') else {
                unreachable!()
            };
            assert_eq!(cookie(&[secret, "another"]).sign(id), signature);
        }
        let binary = ExpressCookie::new("sid", [[0_u8, 255, 128]]);
        let signature = binary.map(|cookie| cookie.sign("b1"));
        assert_eq!(
            signature.as_deref(),
            Some("Y2G9Suz1poDqGbM0h/mFP4FpAXzT4u9oVi3tWvkIpcQ")
        );
    }

    #[test]
    fn reads_what_any_of_the_secrets_has_signed() {
        let all = cookie(&["first", "new key", "old key", "ключ"]);
        for (_, signed) in SIGNED {
            let (id, _) = signed.rsplit_once('.').unwrap_or_default();
            assert_eq!(
                all.read(&format!("sid=s:{signed}")).as_deref(),
                Some(id),
                "{signed}"
            );
            assert_eq!(
                cookie(&["other"]).read(&format!("sid=s:{signed}")),
                None,
                "{signed}"
            );
        }
    }

    #[test]
    fn refuses_what_is_not_signed_exactly() {
        let own = cookie(&["new key"]);
        let (_, signed) = SIGNED[0];
        for value in [
            String::new(),
            "s:".to_owned(),
            "s:.".to_owned(),
            "s:abc".to_owned(),
            signed.to_owned(),
            format!("S:{signed}"),
            format!("s: {signed}"),
            format!("s:{signed}="),
            format!("s:{signed}."),
            format!("s:a{signed}"),
            "s:abc.".to_owned(),
            // A signed empty id is no id.
            format!("s:.{}", own.sign("")),
        ] {
            assert_eq!(own.read(&format!("sid={value}")), None, "{value}");
        }
    }

    #[test]
    fn the_first_cookie_of_the_name_counts() {
        let own = cookie(&["new key"]);
        let pair = format!("sid=s%3A{}", SIGNED[0].1);
        assert_eq!(own.read(&format!("{pair}; sid=1")).as_deref(), Some("abc"));
        assert_eq!(own.read(&format!("sid=1; {pair}")), None);
        assert_eq!(own.read(&format!("sid; {pair}")).as_deref(), Some("abc"));
    }

    #[test]
    fn finds_cookies_as_the_package_does() {
        for (header, value) in [
            ("", None),
            ("sid", None),
            ("sid=", Some("")),
            ("=sid", None),
            ("SID=1", None),
            ("\tsid\t=\t1\t", Some("1")),
            ("sid=a b", Some("a b")),
            ("sid=\u{a0}1", Some("\u{a0}1")),
            ("sid=1;sid=2", Some("1")),
            ("sid=\"1\"", Some("1")),
            ("sid=\"\"1\"\"", Some("\"1\"")),
            ("sid=\"", Some("")),
            ("sid=\"\"", Some("")),
            ("sid=\"1", Some("\"1")),
            ("sid=1\"", Some("1\"")),
            ("sid= \"1\" ; a=2", Some("1")),
            ("a;;b;sid=x=y", Some("x=y")),
        ] {
            assert_eq!(find(header, "sid"), value, "{header}");
        }
    }

    #[test]
    fn decodes_as_javascript_does() {
        for (value, decoded) in [
            ("%41%C3%A9", "Aé"),
            ("é%C3%A9", "éé"),
            ("%f0%9f%98%80", "\u{1f600}"),
            ("+%20", "+ "),
            // Malformed.
            ("%41%", "%41%"),
            ("%41%4", "%41%4"),
            ("%+1", "%+1"),
            ("%zz", "%zz"),
            ("%4é", "%4é"),
            ("%C3", "%C3"),
            ("%C3x%A9", "%C3x%A9"),
            ("%C0%80", "%C0%80"),
            ("%ED%A0%80", "%ED%A0%80"),
            ("%F4%90%80%80", "%F4%90%80%80"),
        ] {
            assert_eq!(decode(value), decoded, "{value}");
        }
    }
}
