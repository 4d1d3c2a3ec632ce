//! Properties of any input: round trips, and changes of a cookie by clients.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use koa_session_rs::canonical::is_canonical;
use koa_session_rs::codec;
use koa_session_rs::envelope::{self, Envelope, Lifetime};
use koa_session_rs::express_cookie::{self, ExpressCookie};
use koa_session_rs::finder::CookieFinder;
use koa_session_rs::header::{self, Attributes};
use koa_session_rs::id::{MAX_LENGTH, hash, is_acceptable, new_id};
use koa_session_rs::keyring::Keyring;
use koa_session_rs::session::{Found, Repair, SessionCookie, close};
use koa_session_rs::verdict::{Data, Verdict};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

fn cookie(keys: &[&str]) -> SessionCookie {
    let attributes = Attributes {
        path: "/".to_owned(),
        ..Attributes::default()
    };
    SessionCookie::new("koa.sess", &attributes, Keyring::new(keys)).unwrap()
}

/// Makes the `Cookie` header that a browser sends after it got these lines.
fn echo(lines: &str) -> String {
    let pairs: Vec<_> = lines
        .lines()
        .filter_map(|line| line.split(';').next())
        .collect();
    pairs.join("; ")
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((any::<String>(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn user_json() -> impl Strategy<Value = String> {
    vec((any::<String>(), json()), 0..6)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()).to_string())
}

fn lifetime() -> impl Strategy<Value = Lifetime> {
    let number = -999_999_999_999_999..=999_999_999_999_999_i64;
    prop_oneof![
        Just(Lifetime::Browser),
        (number.clone(), number).prop_map(|(expire_ms, max_age_ms)| Lifetime::Timed {
            expire_ms,
            max_age_ms
        }),
    ]
}

/// Makes headers from parts of cookies, in which names occur, nearly occur, and occur repeatedly.
fn header() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => Just("; "), 2 => Just(";"), 2 => Just("="), 2 => Just(".sig"), 2 => Just("a"), 1 => Just("b"),
        1 => Just(" "), 1 => Just("\""), 1 => Just("."), 1 => Just("\u{e9}"), 1 => Just("\u{1f600}"),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Finds cookies by comparing each pair.
fn found_by_pairs<'h>(header: &'h str, name: &str) -> Vec<&'h str> {
    let value = |pair: &'h str| {
        let named = pair.trim_start_matches(' ').strip_prefix(name)?;
        let value = named.strip_prefix('=')?;
        let Some(quoted) = value.strip_prefix('"') else {
            return Some(value);
        };
        let last = quoted.char_indices().next_back();
        Some(last.map_or("", |(at, _)| &quoted[..at]))
    };
    header.split(';').filter_map(value).collect()
}

proptest! {
    #[test]
    fn decoding_inverts_encoding(text: String) {
        prop_assert_eq!(codec::decode(&codec::encode(&text)), text);
    }

    #[test]
    fn decoding_takes_the_url_safe_alphabet_and_no_padding(text: String, junk in "[ !.,~\u{7f}-\u{ff}]{0,3}") {
        let value = codec::encode(&text);
        let bare = value.trim_end_matches('=').replace('+', "-").replace('/', "_");
        prop_assert_eq!(codec::decode(&bare), text.clone());
        let (front, back) = bare.split_at(bare.len() / 2);
        prop_assert_eq!(codec::decode(&[front, &junk, back].concat()), text);
    }

    #[test]
    fn decoding_skips_characters_that_are_not_base64(value in "[a-zA-Z0-9+/=_é-]{0,70}", padding in "={0,3}") {
        let value = [value, padding].concat();
        // With a skipped character, no value is decoded by SIMD.
        let skipped = [" ", &value].concat();
        prop_assert_eq!(codec::decode(&value), codec::decode(&skipped));
    }

    #[test]
    fn decoding_accepts_any_text(value: String) {
        prop_assert!(codec::decode(&value).chars().count() <= value.encode_utf16().count());
    }

    #[test]
    fn reading_inverts_appending(user in user_json(), lifetime in lifetime()) {
        let text = envelope::append(&user, lifetime);
        prop_assert!(serde_json::from_str::<Value>(&text).is_ok());
        prop_assert_eq!(envelope::read(text), Envelope::Plain { user, lifetime });
    }

    #[test]
    fn reading_agrees_with_a_parser(members in vec((prop_oneof![Just("_expire"), Just("_maxAge"), Just("a")], any::<i32>()), 0..4)) {
        let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        let text = format!("{{{}}}", members.join(","));
        let parsed: Value = serde_json::from_str(&text).unwrap();
        let expire = parsed.get("_expire").and_then(Value::as_f64);
        let read = match envelope::read(text) {
            Envelope::Plain { lifetime, .. } => lifetime.expire_ms(),
            Envelope::Foreign { expire_ms, .. } => expire_ms,
        };
        prop_assert_eq!(read, expire);
    }

    #[test]
    fn opening_inverts_closing(user in user_json(), lifetime in lifetime(), name in "[a-z]{1,8}") {
        let cookie = cookie(&["a secret"]);
        let lines = cookie.close(&user, lifetime, None, false);
        let header = format!("{name}=1; {}; other=2", echo(&lines));
        let (repair, opened) = cookie.open(&header, 0.0);
        prop_assert_eq!(repair, Repair::None);
        prop_assert_eq!(opened.unwrap().envelope, Envelope::Plain { user, lifetime });
    }

    #[test]
    fn a_flipped_bit_anywhere_fails_verification(user in user_json(), at: prop::sample::Index, bit in 0..7_u8) {
        let cookie = cookie(&["a secret", "an older one"]);
        let header = echo(&cookie.close(&user, Lifetime::Browser, None, false));
        let mut bytes = header.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let flipped = String::from_utf8(bytes).unwrap();
        let found = cookie.read(&flipped);
        prop_assert_eq!(found.value, None, "{} from {}", flipped, header);
    }

    #[test]
    fn every_key_verifies_and_only_the_first_needs_no_new_signature(value in "[a-zA-Z0-9+/=]{1,64}", index in 0..5_usize) {
        let keys = ["0", "1", "2", "3", "4"];
        let header = echo(&cookie(&keys[index..=index]).write(&value, None, false));
        let cookie = cookie(&keys);
        let found = cookie.read(&header);
        prop_assert_eq!(found.value, Some(value.as_str()));
        let Repair::Reissue(signature) = found.repair else {
            prop_assert_eq!((found.repair, index), (Repair::None, 0));
            return Ok(());
        };
        prop_assert_ne!(index, 0);
        let reissued = echo(&cookie.write_signature(signature.as_str(), None, false));
        let header = format!("koa.sess={value}; {reissued}");
        prop_assert_eq!(cookie.read(&header), Found { value: Some(&value), repair: Repair::None });
    }

    #[test]
    fn of_duplicates_the_first_that_verifies_is_used(values in vec("[a-z]{1,9}", 4), right in 0..4_usize) {
        let cookie = cookie(&["a secret"]);
        let signed = echo(&cookie.write(&values[right], None, false));
        let (value, signature) = signed.split_once("; ").unwrap();
        let pairs: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(index, other)| if index == right { value.to_owned() } else { format!("koa.sess={other}") })
            .collect();
        let header = format!("{}; koa.sess.sig=forged; {signature}", pairs.join("; "));
        prop_assert_eq!(cookie.read(&header).value, Some(values[right].as_str()));
        let header = format!("koa.sess=a; koa.sess=b; {header}; koa.sess.sig=forged");
        // Four are tried; another cookie with the same value verifies, too.
        let tried = ["a", "b", values[0].as_str(), values[1].as_str()];
        prop_assert_eq!(cookie.read(&header).value.is_some(), tried.contains(&values[right].as_str()));
    }

    #[test]
    fn ids_with_parent_segments_are_refused(front in "[a-z/]{0,5}", back in "[a-z/]{0,5}") {
        let climbing = [front.as_str(), "/../", &back].concat();
        prop_assert!(!is_acceptable(&climbing));
        prop_assert!(!is_acceptable(&climbing.replace('/', "\\")));
        prop_assert!(is_acceptable(&climbing.replace("..", "a..")));
    }

    #[test]
    fn no_random_header_has_a_signed_cookie(header: String) {
        let found = cookie(&["a secret"]).read(&header);
        prop_assert_eq!(found.value, None);
    }

    #[test]
    fn finding_agrees_with_comparing_each_pair(header in header(), name in "[ab. ]{0,2}[ab]") {
        let finder = CookieFinder::new(&name);
        let values = found_by_pairs(&header, &name);
        prop_assert_eq!(finder.first(&header), values.first().copied());
        let pairs = finder.pairs(&header);
        prop_assert_eq!(pairs.values.as_slice(), &values[..values.len().min(4)]);
        let mut signatures = found_by_pairs(&header, &format!("{name}.sig"));
        signatures.retain(|signature| !signature.is_empty());
        prop_assert_eq!(pairs.signatures.as_slice(), &signatures[..signatures.len().min(4)]);
    }

    #[test]
    fn finding_accepts_any_text(header: String, name: String) {
        let finder = CookieFinder::new(&name);
        let first = finder.first(&header);
        prop_assert_eq!(finder.pairs(&header).values.as_slice().first().copied(), first);
    }

    #[test]
    fn json_by_a_serializer_without_special_keys_is_canonical(members in vec(("[a-z_]{1,5}", -999_999_i32..999_999, "[a-z0-9 \\n\"\\\\]{0,9}"), 0..6)) {
        let members: Map<_, _> = members
            .into_iter()
            .flat_map(|(key, number, text)| [(format!("{key}n"), number.into()), (key, text.into())])
            .collect();
        let json = Value::Object(members).to_string();
        prop_assert!(is_canonical(&json), "{}", json);
        for odd in [r#"{"12":0,"#, r#"{"e":1E5,"#, r#"{"u":"\u00e9","#, r#"{"l":1234567890.123456,"#] {
            let written_anew = json.replacen('{', odd, 1);
            prop_assert!(!is_canonical(&written_anew));
        }
    }


    #[test]
    fn expiry_turns_on_one_millisecond(expire in 1..4_102_444_800_000_i64) {
        #[expect(clippy::cast_precision_loss, reason = "well below 2^53")]
        let expire = expire as f64;
        prop_assert_eq!(Verdict::judge(Data::Object, Some(expire), expire - 1.0), Verdict::Valid);
        prop_assert_eq!(Verdict::judge(Data::Object, Some(expire), expire), Verdict::Valid);
        prop_assert_eq!(Verdict::judge(Data::Object, Some(expire), expire + 1.0), Verdict::Expired);
    }

    #[test]
    fn a_line_never_breaks(user in user_json(), expires in 0.0..253_402_300_799_999.0_f64) {
        let lines = cookie(&["a secret"]).close(&user, Lifetime::Browser, Some(expires), true);
        prop_assert_eq!(lines.lines().count(), 2);
        prop_assert!(lines.bytes().all(|byte| byte == b'\n' || matches!(byte, b' '..=b'~')));
        prop_assert!(header::is_value(&close(&user, Lifetime::Browser)));
    }
}

#[test]
fn ids_are_random_uuids() {
    let ids: std::collections::HashSet<_> = (0..1000).map(|_| new_id("p:")).collect();
    assert_eq!(ids.len(), 1000);
    for id in ids {
        let id = id.strip_prefix("p:").unwrap();
        let dashes: Vec<_> = id.match_indices('-').map(|(at, _)| at).collect();
        assert_eq!((id.len(), dashes), (36, vec![8, 13, 18, 23]));
        assert_eq!(&id[14..15], "4");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"));
        assert!(
            id.bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
        );
    }
}

#[test]
fn ids_are_refused_by_their_length_and_hashed() {
    assert!(!is_acceptable(""));
    assert!(is_acceptable(&"a".repeat(MAX_LENGTH)));
    assert!(!is_acceptable(&"a".repeat(MAX_LENGTH + 1)));
    for control in ['\0', '\n', '\r', '\u{1f}', '\u{7f}'] {
        assert!(!is_acceptable(&format!("a{control}b")));
    }
    assert_eq!(hash("a").len(), 43);
    assert_ne!(hash("a"), hash("b"));
}

#[test]
fn verdicts_have_events_and_numbers() {
    for (code, verdict, event) in [
        (0, Verdict::Valid, None),
        (1, Verdict::Missed, Some("session:missed")),
        (2, Verdict::Invalid, Some("session:invalid")),
        (3, Verdict::Expired, Some("session:expired")),
    ] {
        assert_eq!(Verdict::try_from(code), Ok(verdict));
        assert_eq!(verdict.event(), event);
    }
    assert_eq!(Verdict::try_from(4), Err(4));
}

/// Encodes each byte that a cookie must not have, as `encodeURIComponent` does, or all bytes.
fn percent_encode(text: &str, all: bool) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' if !all => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

proptest! {
    #[test]
    fn an_express_cookie_is_read_as_it_was_signed(id in "\\PC{1,40}", all: bool, secret: Vec<u8>, before in "[a-z;= \"%]{0,20}", change in 0..40_usize) {
        let older = ExpressCookie::new("connect.sid", [&secret]).unwrap();
        let cookie = ExpressCookie::new("connect.sid", [b"new".as_slice(), &secret]).unwrap();
        let value = format!("s:{id}.{}", older.sign(&id));
        let header = |value: &str| format!("{before}; connect.sid={}; a=b", percent_encode(value, all));
        prop_assert_eq!(cookie.read(&header(&value)), Some(id));

        let at = value.char_indices().nth(change % value.chars().count()).unwrap().0;
        let (front, rest) = value.split_at(at);
        let mut rest = rest.chars();
        let other = if rest.next() == Some('x') { 'y' } else { 'x' };
        let changed = format!("{front}{other}{}", rest.as_str());
        prop_assert_eq!(cookie.read(&header(&changed)), None);
    }

    #[test]
    fn decoding_inverts_the_percent_encoding(text: String, all: bool) {
        let encoded = percent_encode(&text, all);
        prop_assert_eq!(express_cookie::decode(&encoded), text);
    }
}
