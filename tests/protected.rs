//! Properties of protected cookies: round trips, tampering, parts of two values, and key rotation.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hkdf::Hkdf;
use koa_session_rs::chunks::{MAX_CHUNKS, MAX_COOKIE_BYTES};
use koa_session_rs::cipher::{Cipher, MIN_KEY_BYTES, WeakKey};
use koa_session_rs::envelope::{Envelope, Lifetime};
use koa_session_rs::header::Attributes;
use koa_session_rs::keyring::Keyring;
use koa_session_rs::protected::{
    Outcome, ProtectedCookie, Protection, Reading, Response, Unwritable,
};
use proptest::prelude::*;
use sha2::Sha256;

const NAME: &str = "koa.sess";

/// The end of a line that expires a cookie.
const EXPIRED: &str = "; expires=Thu, 01 Jan 1970 00:00:00 GMT";

/// Which protection a cookie has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sealed,
    Signed,
    Plain,
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Sealed), Just(Kind::Signed), Just(Kind::Plain)]
}

/// Generates a kind that clients cannot forge.
fn protected_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Sealed), Just(Kind::Signed)]
}

fn key(letter: char) -> String {
    letter.to_string().repeat(MIN_KEY_BYTES)
}

fn cookie(kind: Kind, keys: &str, max_chunks: usize) -> ProtectedCookie {
    cookie_named(NAME, kind, keys, max_chunks)
}

/// Makes a cookie; each letter of `keys` stands for a key.
fn cookie_named(name: &str, kind: Kind, keys: &str, max_chunks: usize) -> ProtectedCookie {
    let keys: Vec<_> = keys.chars().map(key).collect();
    let protection = Protection {
        cipher: (kind == Kind::Sealed).then(|| Cipher::new(name, &keys).unwrap()),
        keyring: (kind == Kind::Signed).then(|| Keyring::new(&keys).unwrap()),
        seals: kind == Kind::Sealed,
        max_chunks,
    };
    ProtectedCookie::new(name, &Attributes::default(), protection).unwrap()
}

/// Makes the `Cookie` header that a browser sends after it has received these lines.
fn header_after(lines: &str) -> String {
    let pairs: Vec<_> = lines
        .lines()
        .filter(|line| !line.ends_with(EXPIRED))
        .filter_map(|line| line.split(';').next())
        .collect();
    pairs.join("; ")
}

/// Returns the opened text, and whether it is outdated.
fn opened(reading: Reading<'_>) -> Option<(String, bool)> {
    match reading.outcome {
        Outcome::Opened(value) => Some((value.text.into_owned(), value.is_outdated)),
        _ => None,
    }
}

fn write(cookie: &ProtectedCookie, value: &str) -> String {
    cookie.write(value, Response::default()).unwrap()
}

/// Generates valid cookie values, for one or several cookies.
fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[ -:<-~]{1,60}", "~[0-9.~a-z]{0,30}", "[a-zA-Z0-9]{1,9000}"]
}

proptest! {
    #[test]
    fn a_written_value_is_read_back(kind in kind(), value in value(), chunks in 0..=MAX_CHUNKS) {
        let cookie = cookie(kind, "a", chunks);
        let written = cookie.write(&value, Response::default());
        let Ok(lines) = written else {
            prop_assert!(chunks > 0 && matches!(written, Err(Unwritable::TooLarge(_))));
            return Ok(());
        };
        if value.starts_with('"') && kind != Kind::Sealed {
            // Reading removes quotes, as `cookies` does.
            return Ok(());
        }
        prop_assert_eq!(opened(cookie.read(&header_after(&lines))), Some((value, false)));
        if chunks > 0 {
            for line in lines.lines() {
                prop_assert!(line.split(';').next().unwrap().len() <= MAX_COOKIE_BYTES + 1);
            }
        }
    }

    #[test]
    fn any_text_can_be_sealed(text in any::<String>()) {
        prop_assume!(!text.is_empty());
        let cookie = cookie(Kind::Sealed, "a", MAX_CHUNKS);
        let lines = write(&cookie, &text);
        prop_assert_eq!(opened(cookie.read(&header_after(&lines))), Some((text, false)));
    }

    #[test]
    fn the_crate_chacha20poly1305_opens_sealed_values_and_the_reverse(text in ".{0,400}", extra in 0_usize..600) {
        let text = text + &"x".repeat(extra);
        let mut derived = [0; 32];
        let hkdf = Hkdf::<Sha256>::new(None, key('a').as_bytes());
        hkdf.expand(b"koa-session-rs seal 1", &mut derived).unwrap();
        let reference = XChaCha20Poly1305::new(&derived.into());
        let aad = [&[1], NAME.as_bytes()].concat();
        let own = Cipher::new(NAME, [key('a')]).unwrap();

        let sealed = BASE64_URL_SAFE_NO_PAD.decode(own.seal(&text).unwrap()).unwrap();
        let (head, message) = sealed.split_at(25);
        let nonce: [u8; 24] = head[1..].try_into().unwrap();
        let opened = reference.decrypt(&nonce.into(), Payload { msg: message, aad: &aad });
        prop_assert_eq!(opened.unwrap(), text.as_bytes());

        let message = reference.encrypt(&nonce.into(), Payload { msg: text.as_bytes(), aad: &aad });
        let again = [head, &message.unwrap()].concat();
        let opened = own.open(&BASE64_URL_SAFE_NO_PAD.encode(again));
        prop_assert_eq!(opened.map(|opened| opened.text), Some(text));
    }

    #[test]
    fn one_text_is_sealed_differently_each_time(text in "[a-z]{1,20}") {
        let cookie = cookie(Kind::Sealed, "a", 0);
        prop_assert_ne!(write(&cookie, &text), write(&cookie, &text));
    }

    #[test]
    fn an_altered_sealed_value_is_refused(text in ".{1,80}", place in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let cookie = cookie(Kind::Sealed, "a", 0);
        let header = header_after(&write(&cookie, &text));
        let mut bytes = header.clone().into_bytes();
        let at = NAME.len() + 1 + place.index(bytes.len() - NAME.len() - 1);
        bytes[at] ^= 1_u8 << bit;
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert_eq!(opened(cookie.read(&changed)), None);
        }
    }

    #[test]
    fn a_truncated_sealed_value_is_refused(text in ".{1,80}", place in any::<prop::sample::Index>()) {
        let cookie = cookie(Kind::Sealed, "a", 0);
        let header = header_after(&write(&cookie, &text));
        let cut = NAME.len() + 1 + place.index(header.len() - NAME.len() - 1);
        prop_assert_eq!(opened(cookie.read(&header[..cut])), None);
    }

    #[test]
    fn an_altered_part_is_refused(kind in protected_kind(), place in any::<prop::sample::Index>()) {
        let cookie = cookie(kind, "a", 4);
        let value: String = (0..9000).map(|i| char::from(b'a' + u8::try_from(i % 26).unwrap())).collect();
        let header = header_after(&write(&cookie, &value));
        let mut bytes = header.clone().into_bytes();
        let at = place.index(bytes.len());
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(opened(cookie.read(&changed)), None);
    }

    #[test]
    fn parts_of_two_values_are_missed(kind in kind(), mask in 1_u32..7) {
        let cookie = cookie(kind, "a", 3);
        let [one, two] = ["x", "y"].map(|letter| header_after(&write(&cookie, &letter.repeat(7900))));
        let (one, two): (Vec<_>, Vec<_>) = (one.split("; ").collect(), two.split("; ").collect());
        let pairs = one.iter().zip(&two).enumerate();
        let mixed: Vec<_> = pairs.map(|(i, (one, two))| if mask >> i & 1 == 1 { *one } else { *two }).collect();
        let header = mixed.join("; ");
        prop_assume!(mixed != one && mixed != two);
        prop_assert_eq!(cookie.read(&header).outcome, Outcome::Missed);
    }

    #[test]
    fn an_absent_part_is_missed(kind in kind(), absent in 1_usize..3) {
        let cookie = cookie(kind, "a", 3);
        let header = header_after(&write(&cookie, &"x".repeat(8500)));
        let mut pairs: Vec<_> = header.split("; ").collect();
        pairs.remove(absent);
        let header = pairs.join("; ");
        prop_assert_eq!(cookie.read(&header).outcome, Outcome::Missed);
    }

    #[test]
    fn the_valid_one_of_two_cookies_is_read(kind in protected_kind(), length in 1_usize..8000, before in any::<bool>()) {
        let own = cookie(kind, "a", 3);
        let other = cookie(kind, "z", 3);
        let value = "v".repeat(length);
        let planted = header_after(&write(&other, &"w".repeat(length)));
        let header = header_after(&write(&own, &value));
        let header = if before { format!("{planted}; {header}") } else { format!("{header}; {planted}") };
        prop_assert_eq!(opened(own.read(&header)), Some((value, false)));
    }

    #[test]
    fn an_older_key_opens_and_is_outdated(kind in protected_kind(), value in "[a-z]{1,6000}", older in 0_usize..3) {
        let keys = ["a", "b", "c"];
        let header = header_after(&write(&cookie(kind, keys[older], 4), &value));
        let reading = cookie(kind, "abc", 4).read(&header);
        prop_assert_eq!(opened(reading), Some((value, older > 0)));
        prop_assert_eq!(cookie(kind, "xyz", 4).read(&header).outcome, Outcome::Forged);
    }

    #[test]
    fn a_shorter_value_expires_stale_parts(kind in kind(), long in 4100_usize..12000, short in 1_usize..9000) {
        let cookie = cookie(kind, "a", 6);
        let header = header_after(&write(&cookie, &"x".repeat(long)));
        let lines = cookie.write(&"y".repeat(short), Response { header: &header, ..Response::default() }).unwrap();
        let expired: Vec<_> = lines.lines().filter(|line| line.ends_with(EXPIRED)).collect();
        let count = |header: &str| header.split("; ").filter(|pair| !pair.contains(".sig=")).count();
        prop_assert_eq!(expired.len(), count(&header).saturating_sub(count(&header_after(&lines))));

        let cleared = cookie.write("", Response { header: &header, ..Response::default() }).unwrap();
        prop_assert_eq!(header_after(&cleared), "");
        prop_assert_eq!(cleared.lines().count(), header.split("; ").count());
    }

    #[test]
    fn any_header_is_read_without_a_panic(
        header in "(koa\\.sess(\\.[0-9]{1,3}|\\.sig)?=[~.0-9a-zA-Z_=-]{0,20};? ?){0,12}",
        kind in kind(),
    ) {
        let reading = cookie(kind, "a", 3).read(&header);
        prop_assert!(kind == Kind::Plain || opened(reading).is_none());
    }
}

#[test]
fn a_value_of_another_version_or_cookie_is_refused() {
    let cookie = cookie(Kind::Sealed, "a", 0);
    let header = header_after(&write(&cookie, "text"));
    // The first character has the highest six bits of the version.
    assert!(header.starts_with("koa.sess=A"));
    for first in ['B', 'Q', '_'] {
        let other = header.replacen("=A", &format!("={first}"), 1);
        assert_eq!(cookie.read(&other).outcome, Outcome::Forged);
    }
    let renamed = cookie_named("other", Kind::Sealed, "a", 0);
    let other = header.replacen(NAME, "other", 1);
    assert_eq!(renamed.read(&other).outcome, Outcome::Forged);
}

#[test]
fn a_short_key_cannot_seal() {
    let weak = "k".repeat(MIN_KEY_BYTES - 1);
    assert_eq!(Cipher::new(NAME, [&weak]).err(), Some(WeakKey));
    assert_eq!(Cipher::new(NAME, [&key('a'), &weak]).err(), Some(WeakKey));
    assert_eq!(Cipher::new::<[&str; 0], _>(NAME, []).err(), Some(WeakKey));
}

#[test]
fn a_session_is_opened_with_its_envelope() {
    for kind in [Kind::Sealed, Kind::Signed, Kind::Plain] {
        let cookie = cookie(kind, "a", 0);
        let lifetime = Lifetime::Timed {
            expire_ms: 9,
            max_age_ms: 5,
        };
        let lines = cookie.close("{\"a\":1}", lifetime, Response::default());
        let header = header_after(&lines.unwrap());
        let Outcome::Opened(value) = cookie.read(&header).outcome else {
            unreachable!("it was just written")
        };
        let (session, outdated) = value.into_session(0.0);
        let user = "{\"a\":1}".to_owned();
        assert_eq!(session.envelope, Envelope::Plain { user, lifetime });
        assert_eq!(outdated, None);
    }
}
