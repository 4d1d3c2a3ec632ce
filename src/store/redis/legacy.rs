//! Records of koa-session as koa-redis stores them: a JSON object with an envelope, under the id itself.

use super::command::{Failure, Reply};
use crate::record::{Fields, MaxAge, Record, write_object};

/// The TTL of a record without an expiry or a TTL on the server.
const ONE_DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Reads such a record, with revision 0, since this store has not written it. Returns `None` if there is none, or something else.
///
/// `left` is the TTL by the server.
///
/// # Errors
///
/// If the replies are not a text and a number.
pub fn read(json: Reply, left: &Reply, now_ms: u64) -> Result<Option<Record>, Failure> {
    let Some(json) = json.optional_text()? else {
        return Ok(None);
    };
    let Ok(fields) = Fields::parse(&json) else {
        return Ok(None);
    };
    let (mut expire_ms, mut max_age) = (None, MaxAge::Browser);
    let mut data = Vec::with_capacity(fields.0.len());
    for (key, json) in fields.0 {
        match key {
            r#""_expire""# => expire_ms = whole(json),
            r#""_maxAge""# => max_age = whole(json).map_or(MaxAge::Browser, MaxAge::Timed),
            r#""_session""# => {}
            _ => data.push((key, json)),
        }
    }
    let left_ms = u64::try_from(left.int()?).ok();
    let expire_ms =
        expire_ms.unwrap_or_else(|| now_ms.saturating_add(left_ms.unwrap_or(ONE_DAY_MS)));
    Ok(Some(Record {
        rev: 0,
        revs: vec![0; data.len()],
        data: write_object(data.into_iter(), json.len()),
        max_age,
        expire_ms,
        created_ms: now_ms,
        seen_ms: now_ms,
        subject: None,
        label: None,
    }))
}

/// Reads a number as JavaScript writes it, without its fraction.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates: a number below zero becomes zero, and one above the limit becomes the limit"
)]
fn whole(json: &str) -> Option<u64> {
    let number: f64 = json.parse().ok()?;
    number.is_finite().then(|| number.trunc() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_json(json: &str) -> Result<Option<Record>, Failure> {
        read(Reply::Text(json.into()), &Reply::Int(5000), 100)
    }

    fn record(data: &str, max_age: MaxAge, expire_ms: u64, keys: usize) -> Record {
        Record {
            rev: 0,
            data: data.to_owned(),
            revs: vec![0; keys],
            max_age,
            expire_ms,
            created_ms: 100,
            seen_ms: 100,
            subject: None,
            label: None,
        }
    }

    #[test]
    fn the_envelope_is_taken_off() {
        let timed = record(r#"{"a":1,"b":[2]}"#, MaxAge::Timed(6000), 7000, 2);
        assert_eq!(
            read_json(r#"{"a":1,"_expire":7000,"b":[2],"_maxAge":6000}"#),
            Ok(Some(timed))
        );
        let browser = record("{}", MaxAge::Browser, 5100, 0);
        assert_eq!(read_json(r#"{"_session":true}"#), Ok(Some(browser)));
    }

    #[test]
    fn what_is_no_session_is_none() {
        for json in ["[1]", "1", "{", ""] {
            assert_eq!(read_json(json), Ok(None));
        }
        assert_eq!(read(Reply::Nil, &Reply::Int(-2), 0), Ok(None));
    }
}
