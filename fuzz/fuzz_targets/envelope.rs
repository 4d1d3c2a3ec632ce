//! Any text in a cookie: if it is JSON, its expiry is that of a parser, and an appended envelope can be removed again.
#![no_main]

use koa_session_rs::canonical::is_canonical;
use koa_session_rs::codec;
use koa_session_rs::envelope::{self, Envelope, Lifetime};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &str| {
    assert_eq!(codec::decode(&codec::encode(text)), text);
    let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value>(text) else {
        let _ = envelope::read(text.to_owned());
        return;
    };
    let expire = value.get("_expire").and_then(Value::as_f64);
    let read = match envelope::read(text.to_owned()) {
        Envelope::Plain { lifetime, .. } => lifetime.expire_ms(),
        Envelope::Foreign { expire_ms, .. } => expire_ms,
    };
    assert_eq!(read, expire);

    // After JSON by a serializer, an envelope can be appended and removed again.
    let user = value.to_string();
    let lifetime = Lifetime::Timed { expire_ms: 1, max_age_ms: -1 };
    let enclosed = envelope::append(&user, lifetime);
    assert_eq!(envelope::read(enclosed), Envelope::Plain { user: user.clone(), lifetime });
    if is_canonical(text) {
        let written = in_javascript(value).to_string();
        assert!(written.len() <= text.len(), "{written} is longer than {text}");
    }
});

/// Converts data to what JavaScript would write: `-0` and `0.0`, which are longer in Rust, to `0`.
fn in_javascript(value: Value) -> Value {
    match value {
        Value::Number(number) if number.as_f64() == Some(0.0) => Value::from(0),
        Value::Array(list) => list.into_iter().map(in_javascript).collect(),
        Value::Object(keys) => {
            keys.into_iter().map(|(key, value)| (key, in_javascript(value))).collect()
        }
        other => other,
    }
}
