//! Any `Cookie` header: no id is read that the secrets did not sign, and a signed one is found before any other text.
#![no_main]

use koa_session_rs::express_cookie::ExpressCookie;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|header: &str| {
    let Some(cookie) = ExpressCookie::new("s", ["a secret", "an older one"]) else {
        unreachable!("there are secrets")
    };
    assert_eq!(cookie.read(header), None);

    let own = format!("s=s%3Aid.{};{header}", cookie.sign("id"));
    assert_eq!(cookie.read(&own).as_deref(), Some("id"));
});
