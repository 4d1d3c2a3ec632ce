//! Opens or closes a session some times, for a tool that counts instructions: `instructions open|close BYTES TIMES`.
//!
//! `npm run bench:instructions` runs it under Callgrind.

use std::env;
use std::fmt::Write as _;
use std::hint::black_box;
use std::process::ExitCode;

use koa_session_rs::envelope::Lifetime;
use koa_session_rs::header::Attributes;
use koa_session_rs::keyring::Keyring;
use koa_session_rs::session::SessionCookie;

const NOW_MS: f64 = 1_700_000_000_000.0;
const DAY_MS: i64 = 86_400_000;
const EXPIRE_MS: i64 = 1_700_086_400_000;
const EXPIRES_MS: f64 = 1_700_086_400_000.0;

const LIFETIME: Lifetime = Lifetime::Timed {
    expire_ms: EXPIRE_MS,
    max_age_ms: DAY_MS,
};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if run(&arguments).is_some() {
        return ExitCode::SUCCESS;
    }
    eprintln!("usage: instructions open|close BYTES TIMES");
    ExitCode::FAILURE
}

fn run(arguments: &[String]) -> Option<()> {
    // Cargo adds an argument of its own.
    let [action, bytes, times, ..] = arguments else {
        return None;
    };
    let (bytes, times): (usize, usize) = (bytes.parse().ok()?, times.parse().ok()?);
    let cookie = cookie()?;
    let json = json(bytes);
    let header = header(&cookie, &json);
    for _ in 0..times {
        match action.as_str() {
            "open" => drop(black_box(cookie.open(black_box(&header), NOW_MS))),
            "close" => drop(black_box(close(&cookie, black_box(&json)))),
            _ => return None,
        }
    }
    Some(())
}

fn cookie() -> Option<SessionCookie> {
    let attributes = Attributes {
        path: "/".to_owned(),
        http_only: true,
        ..Attributes::default()
    };
    let keyring = Keyring::new([
        "a key of thirty-two bytes, no. 01",
        "a key of thirty-two bytes, no. 02",
    ]);
    SessionCookie::new("koa.sess", &attributes, keyring).ok()
}

fn close(cookie: &SessionCookie, json: &str) -> String {
    cookie.close(json, LIFETIME, Some(EXPIRES_MS), false)
}

/// Makes a JSON object of about a number of bytes, with 30 bytes for each key.
fn json(bytes: usize) -> String {
    let mut text = String::from("{\"n\":1000");
    for i in 0..bytes.saturating_sub(text.len()) / 30 {
        // Writing to a String cannot fail.
        let _ = write!(text, ",\"k{i:04}\":\"{i:020}\"");
    }
    text.push('}');
    text
}

/// Returns the header of a browser that got the lines of a closed session.
fn header(cookie: &SessionCookie, json: &str) -> String {
    let lines = close(cookie, json);
    let pairs: Vec<_> = lines
        .lines()
        .filter_map(|line| line.split(';').next())
        .collect();
    pairs.join("; ")
}
