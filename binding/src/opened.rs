//! The results of opening a cookie, besides its text: numbers, written to memory that JavaScript reads (`lib/native/opened.js`).
//!
//! A new Node-API array with these results would take 0.7 µs, which is as long as opening a small cookie.

use koa_session_rs::envelope::{Envelope, Lifetime};
use koa_session_rs::id;
use koa_session_rs::session::{Found, Opened, Repair};
use koa_session_rs_binding_common::Numbers;

/// The memory of the numbers: the repair of the signature, the verdict, the shape, `_expire` and `_maxAge`.
pub type Memory<'call> = Numbers<'call, 5>;

/// The kind of the text: the user's keys of a session with a maxAge, the user's keys of a browser session, or a whole text that this
/// package has not written.
#[derive(Clone, Copy)]
enum Shape {
    Timed,
    Browser,
    Foreign,
}

/// Writes the repair of the signature. 0: none. 1: send one by the first key. 2: expire the signature's cookie.
pub fn write_repair(memory: &Memory<'_>, repair: Repair) {
    memory.write(&[number_of(repair)]);
}

/// Writes the repair of the signature, and whether the cookie's value is acceptable as an id.
pub fn write_found(memory: &Memory<'_>, found: Found<'_>) {
    let is_id = found.value.is_some_and(id::is_acceptable);
    memory.write(&[number_of(found.repair), f64::from(u8::from(is_id))]);
}

/// Writes the results of opening a cookie, and returns its text.
pub fn write_opened(memory: &Memory<'_>, repair: Repair, opened: Opened) -> String {
    let ([verdict, shape, expire, max_age], text) = numbers_of(opened);
    memory.write(&[number_of(repair), verdict, shape, expire, max_age]);
    text
}

/// Returns the results of opening a session as numbers (the verdict, the shape, `_expire` and `_maxAge`), and its text.
pub fn numbers_of(opened: Opened) -> ([f64; 4], String) {
    let (shape, (expire_ms, max_age_ms), text) = match opened.envelope {
        Envelope::Plain { user, lifetime } => match lifetime {
            Lifetime::Timed {
                expire_ms,
                max_age_ms,
            } => (Shape::Timed, (expire_ms, max_age_ms), user),
            Lifetime::Browser => (Shape::Browser, (0, 0), user),
        },
        Envelope::Foreign { text, .. } => (Shape::Foreign, (0, 0), text),
    };
    let (verdict, shape) = (f64::from(opened.verdict as u8), f64::from(shape as u8));
    #[expect(clippy::cast_precision_loss, reason = "fifteen digits at most")]
    let (expire, max_age) = (expire_ms as f64, max_age_ms as f64);
    ([verdict, shape, expire, max_age], text)
}

fn number_of(repair: Repair) -> f64 {
    match repair {
        Repair::None => 0.0,
        Repair::Reissue(_) => 1.0,
        Repair::Clear => 2.0,
    }
}
