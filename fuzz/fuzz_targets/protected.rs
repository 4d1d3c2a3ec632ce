//! Any `Cookie` header: no value is read that the keys did not seal or sign, and a protected one is found among any other text.
#![no_main]

use koa_session_rs::cipher::Cipher;
use koa_session_rs::header::Attributes;
use koa_session_rs::keyring::Keyring;
use koa_session_rs::protected::{Outcome, ProtectedCookie, Protection, Response};
use libfuzzer_sys::fuzz_target;

const KEYS: [[u8; 32]; 2] = [[1; 32], [2; 32]];

fuzz_target!(|input: (&str, &str, bool)| {
    let (header, text, seals) = input;
    let protection = Protection {
        cipher: Cipher::new("s", KEYS).ok().filter(|_| seals),
        keyring: Keyring::new(KEYS),
        seals,
        max_chunks: 4,
    };
    let Ok(cookie) = ProtectedCookie::new("s", &Attributes::default(), protection) else {
        unreachable!("the name is a cookie's")
    };
    assert!(!matches!(cookie.read(header).outcome, Outcome::Opened(_)));
    let unverified = cookie.unverified(header);
    assert!(unverified.candidates.len() <= 64);

    let Ok(lines) = cookie.write(text, Response { header, ..Response::default() }) else {
        return;
    };
    let kept = lines.lines().filter(|line| !line.ends_with("; expires=Thu, 01 Jan 1970 00:00:00 GMT"));
    let own = kept.filter_map(|line| line.split(';').next()).collect::<Vec<_>>().join("; ");
    let header = format!("{own};{header}");
    match cookie.read(&header).outcome {
        Outcome::Opened(value) => assert_eq!(value.text, text),
        // A signed value in quotes loses them, as `cookies` reads it.
        _ => assert!(text.is_empty() || (!seals && text.starts_with('"'))),
    }
});
