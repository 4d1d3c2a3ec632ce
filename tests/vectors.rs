//! The golden files that `__test__/fixtures/make.js` makes from the npm packages; JavaScript reads the same ones.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::ops::ControlFlow;

use koa_session_rs::chunks::{Parts, Split, suffix};
use koa_session_rs::cipher::{Cipher, Unsealed};
use koa_session_rs::codec;
use koa_session_rs::envelope::{self, Envelope, Lifetime};
use koa_session_rs::finder::CookieFinder;
use koa_session_rs::header::{Attributes, CookieTemplate};
use koa_session_rs::keyring::{Keyring, Signer};
use koa_session_rs::record::{Changes, MaxAge, NewRecord, Record, SubjectChange, difference};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn golden<T: DeserializeOwned>(name: &str) -> T {
    let path = format!(
        "{}/__test__/fixtures/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = fs::read_to_string(&path).expect(&path);
    serde_json::from_str(&text).expect(&path)
}

#[derive(Deserialize)]
struct HeaderCase {
    header: String,
    name: String,
    value: Option<String>,
}

#[test]
fn finds_cookies_as_the_package_does() {
    let cases: Vec<HeaderCase> = golden("headers");
    assert!(!cases.is_empty());
    for case in cases {
        let found = CookieFinder::new(&case.name).first(&case.header);
        assert_eq!(
            found,
            case.value.as_deref(),
            "{} in {}",
            case.name,
            case.header
        );
    }
}

#[derive(Deserialize)]
struct LineCase {
    attributes: serde_json::Map<String, Value>,
    expires: Option<f64>,
    line: Option<String>,
}

#[test]
fn writes_lines_as_the_package_does() {
    let cases: Vec<LineCase> = golden("lines");
    assert!(!cases.is_empty());
    for case in cases {
        let text = |name: &str, default: &str| {
            let value = case.attributes.get(name).and_then(Value::as_str);
            value.unwrap_or(default).to_owned()
        };
        let flag = |name: &str, default: bool| {
            let value = case.attributes.get(name).and_then(Value::as_bool);
            value.unwrap_or(default)
        };
        let attributes = Attributes {
            path: text("path", "/"),
            domain: text("domain", ""),
            priority: text("priority", ""),
            same_site: text("sameSite", ""),
            http_only: flag("httpOnly", true),
            partitioned: flag("partitioned", false),
        };
        let written = CookieTemplate::new("koa.sess", &attributes)
            .ok()
            .map(|cookie| {
                let mut line = String::new();
                cookie.write(&mut line, "value", case.expires, flag("secure", false));
                line
            });
        assert_eq!(written, case.line, "{:?}", case.attributes);
    }
}

#[derive(Deserialize)]
struct SignatureCase {
    keys: Vec<String>,
    text: String,
    signatures: Vec<String>,
}

#[test]
fn signs_and_verifies_as_keygrip_does() {
    let cases: Vec<SignatureCase> = golden("signatures");
    assert!(!cases.is_empty());
    for case in cases {
        let keyring = Keyring::new(&case.keys).expect("there are keys");
        assert_eq!(keyring.sign(&[&case.text]).as_str(), case.signatures[0]);
        let first = keyring.sign(&[&case.text]);
        for (index, signature) in case.signatures.iter().enumerate() {
            let expected = if index == 0 {
                Signer::First
            } else {
                Signer::Older(first)
            };
            assert_eq!(keyring.signer(&[&case.text], &[signature]), Some(expected));
        }
    }
}

#[derive(Deserialize)]
struct CodecCase {
    text: String,
    value: String,
}

#[test]
fn encodes_and_decodes_as_buffer_does() {
    let encodings: Vec<CodecCase> = golden("encodings");
    let decodings: Vec<CodecCase> = golden("decodings");
    assert!(!encodings.is_empty() && !decodings.is_empty());
    for case in encodings {
        assert_eq!(codec::encode(&case.text), case.value);
    }
    for case in decodings {
        assert_eq!(codec::decode(&case.value), case.text, "{}", case.value);
    }
}

#[derive(Deserialize)]
struct Envelopes {
    written: Vec<WrittenCase>,
    foreign: Vec<ForeignCase>,
}

#[derive(Deserialize)]
struct WrittenCase {
    text: String,
    user: String,
    lifetime: LifetimeCase,
}

#[derive(Deserialize)]
struct LifetimeCase {
    #[serde(rename = "_expire")]
    expire_ms: Option<i64>,
    #[serde(rename = "_maxAge")]
    max_age_ms: Option<i64>,
}

#[derive(Deserialize)]
struct ForeignCase {
    text: String,
    expire: Value,
}

#[test]
fn reads_and_appends_envelopes() {
    let cases: Envelopes = golden("envelopes");
    assert!(!cases.written.is_empty() && !cases.foreign.is_empty());
    for case in cases.written {
        let lifetime = match (case.lifetime.expire_ms, case.lifetime.max_age_ms) {
            (Some(expire_ms), Some(max_age_ms)) => Lifetime::Timed {
                expire_ms,
                max_age_ms,
            },
            _ => Lifetime::Browser,
        };
        assert_eq!(envelope::append(&case.user, lifetime), case.text);
        let user = case.user;
        assert_eq!(
            envelope::read(case.text),
            Envelope::Plain { user, lifetime }
        );
    }
    for ForeignCase { text, expire } in cases.foreign {
        // JSON has no infinity; the file has a word for it.
        let expire_ms = match &expire {
            Value::String(number) => Some(number.to_lowercase().parse().expect("infinity")),
            number => number.as_f64(),
        };
        assert_eq!(
            envelope::read(text.clone()),
            Envelope::Foreign { text, expire_ms }
        );
    }
}

#[derive(Deserialize)]
struct Records {
    differences: Vec<DifferenceCase>,
    merges: Vec<MergesCase>,
}

#[derive(Deserialize)]
struct DifferenceCase {
    before: String,
    after: String,
    set: String,
    delete: String,
}

#[derive(Deserialize)]
struct MergesCase {
    data: String,
    steps: Vec<MergeCase>,
}

#[derive(Deserialize)]
struct MergeCase {
    set: String,
    delete: String,
    rev: u64,
    conflicts: Option<String>,
    data: String,
}

#[test]
fn finds_changes_and_merges_them() {
    let cases: Records = golden("records");
    assert!(!cases.differences.is_empty() && !cases.merges.is_empty());
    for case in cases.differences {
        let found = difference(&case.before, &case.after).expect("both are objects");
        assert_eq!((found.set, found.delete), (case.set, case.delete));
    }
    for case in cases.merges {
        let new = NewRecord {
            data: &case.data,
            max_age: MaxAge::Browser,
            subject: None,
            label: None,
            limit: None,
        };
        let mut record = Record::create(&new.borrow(), 0, 0).expect("an object");
        for step in case.steps {
            let changes = Changes {
                base: 1,
                set: &step.set,
                delete: &step.delete,
                max_age: None,
                subject: SubjectChange::Unchanged,
                label: None,
                limit: None,
            };
            let conflicts = record.merge(&changes.borrow(), 0, 0).expect("changes");
            assert_eq!((conflicts, record.rev), (step.conflicts, step.rev));
            assert_eq!(record.data, step.data);
        }
    }
}

#[derive(Deserialize)]
struct SealedCase {
    name: String,
    key: String,
    text: String,
    value: String,
}

#[test]
fn opens_what_node_has_sealed() {
    let cases: Vec<SealedCase> = golden("sealed");
    assert!(!cases.is_empty());
    for case in &cases {
        let cipher = Cipher::new(&case.name, [&case.key]).expect("the key is long enough");
        let text = case.text.clone();
        let by_first = true;
        assert_eq!(cipher.open(&case.value), Some(Unsealed { text, by_first }));

        let another = if case.name == "s" { "t" } else { "s" };
        let other = Cipher::new(another, [&case.key]).expect("the key is long enough");
        assert_eq!(other.open(&case.value), None, "for another cookie");
    }
}

#[derive(Deserialize)]
struct ChunksCase {
    name: String,
    max: usize,
    start: String,
    length: usize,
    cookies: Option<Vec<(String, usize)>>,
}

#[test]
fn splits_values_as_the_model_does() {
    let cases: Vec<ChunksCase> = golden("chunks");
    assert!(!cases.is_empty());
    for case in cases {
        let mut value = case.start + &"abcdefghij".repeat(case.length / 10 + 1);
        value.truncate(case.length);
        let mut rest = value.as_str();
        let expected = case.cookies.map(|cookies| {
            let cookies = cookies.into_iter().map(|(before, length)| {
                let (part, behind) = rest.split_at(length);
                rest = behind;
                before + part
            });
            cookies.collect::<Vec<_>>()
        });
        let split = Split::new(&case.name, &value, case.max).ok();
        let values = split.map(|split| {
            let parts = split.parts.iter().enumerate();
            let values = parts.map(|(i, part)| [split.before(i), part].concat());
            values.collect::<Vec<_>>()
        });
        assert_eq!(values, expected);

        let Some(cookies) = expected else { continue };
        let pairs = cookies.iter().enumerate();
        let pairs = pairs.map(|(i, cookie)| [&case.name, &*suffix(i), "=", cookie].concat());
        let header = pairs.collect::<Vec<_>>().join("; ");
        let finder = CookieFinder::new(&case.name);
        let mut whole = None;
        let _ = Parts::find(&finder, &header).each(true, |found| {
            whole = Some(found.value.into_owned());
            ControlFlow::Break(())
        });
        assert_eq!(whole, Some(value));
    }
}
