//! Any `Cookie` header: no session is read that the keys did not sign, and a signed one is found among any other text.
#![no_main]

use koa_session_rs::envelope::{Envelope, Lifetime};
use koa_session_rs::header::Attributes;
use koa_session_rs::keyring::Keyring;
use koa_session_rs::session::{Repair, SessionCookie};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|header: &str| {
    let keyring = Keyring::new(["a secret", "an older one"]);
    let Ok(cookie) = SessionCookie::new("s", &Attributes::default(), keyring) else {
        unreachable!("the name is a cookie's")
    };
    assert_eq!(cookie.read(header).value, None);

    let lines = cookie.close("{\"a\":1}", Lifetime::Browser, None, false);
    let own = lines.replace('\n', "; ");
    let (repair, opened) = cookie.open(&format!("{own};{header}"), 0.0);
    assert_eq!(repair, Repair::None);
    let user = "{\"a\":1}".to_owned();
    let expected = Envelope::Plain { user, lifetime: Lifetime::Browser };
    assert_eq!(opened.map(|opened| opened.envelope), Some(expected));
});
