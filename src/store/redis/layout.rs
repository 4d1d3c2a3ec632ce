//! The layout of a session as a Redis hash.
//!
//! | field | value |
//! |---|---|
//! | `d` | the keys, in their order: `<RS><token><US><rev><US><json>` each, with the revision of its last write |
//! | `m` | `<rev> <expire> <age> <created> <seen>`: what a merge reads and writes, in one field |
//! | `s`, `l` | subject and label, if there are any |
//! | `x`, `y` | the session is moving to the hash `x`, until `y` at most; without `m`, it has moved there |
//! | `f` | the session is arriving from the hash `f`, and can be used once that hash has no `m`, and names this one in its `x` |
//!
//! RS and US are the control characters of these names. JSON text has them only in escaped form. All keys are in one field, since
//! servers and clients take several times as long for a hash of many fields. Numbers are decimal text, in milliseconds.

use super::command::{Failure, Reply};
use crate::record::{Fields, MaxAge, Record};

/// What the TTL of a key adds to the session's expiry, in milliseconds: it only cleans up.
pub const GRACE_MS: u64 = 10_000;

/// The longest TTL that a server accepts, since it adds its clock to that.
const LONGEST_MS: u64 = 4_000_000_000_000_000;

/// Before each key.
const RS: char = '\u{1e}';

/// Within a key's entry.
const US: char = '\u{1f}';

/// The latest expiry that is written: JavaScript and the scripts have exact integers up to here.
const LATEST_MS: u64 = 1 << 53;

/// A session as stored in its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The record.
    pub record: Record,
    /// The hash from which it is arriving.
    pub from: Option<String>,
}

/// Writes `age`.
#[must_use]
pub fn age(max_age: MaxAge) -> String {
    match max_age {
        MaxAge::Timed(max_age_ms) => max_age_ms.to_string(),
        MaxAge::Browser => "session".to_owned(),
    }
}

/// Returns the TTL of a key, in milliseconds.
#[must_use]
pub fn time_to_live(expire_ms: u64, now_ms: u64) -> u64 {
    expire_ms
        .saturating_sub(now_ms)
        .saturating_add(GRACE_MS)
        .min(LONGEST_MS)
}

/// Writes the field `m`.
#[must_use]
pub fn meta(record: &Record) -> String {
    let Record {
        rev,
        expire_ms,
        created_ms,
        seen_ms,
        ..
    } = record;
    let expire_ms = expire_ms.min(&LATEST_MS);
    format!(
        "{rev} {expire_ms} {} {created_ms} {seen_ms}",
        age(record.max_age)
    )
}

/// Returns the fields of a record and their values, in turn; `from` is for an arriving one.
///
/// # Errors
///
/// If the data are no JSON object.
pub fn fields(record: &Record, from: Option<&str>) -> Result<Vec<String>, Failure> {
    let mut fields = Vec::with_capacity(12);
    fields.extend(["m".to_owned(), meta(record)]);
    if let Some(from) = from {
        fields.extend(["f".to_owned(), from.to_owned()]);
    }
    if let Some(subject) = &record.subject {
        fields.extend(["s".to_owned(), subject.clone()]);
    }
    if let Some(label) = &record.label {
        fields.extend(["l".to_owned(), label.clone()]);
    }
    fields.extend(["d".to_owned(), entries(record)?]);
    Ok(fields)
}

/// Writes the field `d`.
fn entries(record: &Record) -> Result<String, Failure> {
    let keys = Fields::parse(&record.data).map_err(|_| Failure::Input)?.0;
    let mut entries = String::with_capacity(record.data.len() + keys.len() * 4);
    let revs = record.revs.iter().chain(std::iter::repeat(&record.rev));
    for ((token, json), rev) in keys.into_iter().zip(revs) {
        entries.push(RS);
        entries.push_str(token);
        entries.push(US);
        entries.push_str(&rev.to_string());
        entries.push(US);
        entries.push_str(json);
    }
    Ok(entries)
}

/// Reads the field `m`: rev, expire, age, created and seen.
///
/// # Errors
///
/// If it is something else.
pub fn read_meta(meta: &str) -> Result<(u64, u64, MaxAge, u64, u64), Failure> {
    let mut words = meta.split(' ');
    let mut word = || words.next().ok_or(Failure::Unreadable);
    let rev = number(word()?)?;
    let expire_ms = number(word()?)?;
    let max_age = match word()? {
        "session" => MaxAge::Browser,
        age => MaxAge::Timed(number(age)?),
    };
    Ok((rev, expire_ms, max_age, number(word()?)?, number(word()?)?))
}

/// Reads a number.
///
/// # Errors
///
/// If it is none.
pub fn number(text: &str) -> Result<u64, Failure> {
    text.parse().map_err(|_| Failure::Unreadable)
}

/// Reads a hash: its fields and values in turn. Returns `None` if it has no session.
///
/// # Errors
///
/// If it is something else.
pub fn read(reply: Reply) -> Result<Option<Stored>, Failure> {
    let pairs = reply.list()?;
    let (mut meta, mut entries) = (None, None);
    let (mut subject, mut label, mut from) = (None, None, None);
    for pair in pairs.chunks_exact(2) {
        let [Reply::Text(field), Reply::Text(value)] = pair else {
            return Err(Failure::Unreadable);
        };
        match field.as_slice() {
            b"m" => meta = Some(utf8(value)?),
            b"d" => entries = Some(utf8(value)?),
            b"s" => subject = Some(utf8(value)?.to_owned()),
            b"l" => label = Some(utf8(value)?.to_owned()),
            b"f" => from = Some(utf8(value)?.to_owned()),
            _ => {}
        }
    }
    let Some(meta) = meta else {
        return Ok(None);
    };
    let (rev, expire_ms, max_age, created_ms, seen_ms) = read_meta(meta)?;
    let (data, revs) = read_entries(entries.ok_or(Failure::Unreadable)?)?;
    let record = Record {
        rev,
        data,
        revs,
        max_age,
        expire_ms,
        created_ms,
        seen_ms,
        subject,
        label,
    };
    Ok(Some(Stored { record, from }))
}

/// Reads the field `d`: the session's JSON, and the revisions of its keys.
fn read_entries(entries: &str) -> Result<(String, Vec<u64>), Failure> {
    let mut data = String::with_capacity(entries.len() + 2);
    let mut revs = Vec::new();
    let mut rest = entries.split(RS);
    if rest.next() != Some("") {
        return Err(Failure::Unreadable);
    }
    for entry in rest {
        let (token, written) = entry.split_once(US).ok_or(Failure::Unreadable)?;
        let (rev, json) = written.split_once(US).ok_or(Failure::Unreadable)?;
        revs.push(number(rev)?);
        data.push(if data.is_empty() { '{' } else { ',' });
        data.push_str(token);
        data.push(':');
        data.push_str(json);
    }
    data.push_str(if data.is_empty() { "{}" } else { "}" });
    Ok((data, revs))
}

fn utf8(bytes: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(bytes).map_err(|_| Failure::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read() {
        let read = |entries: &str| {
            let fields = ["d", entries, "f", "token", "m", "3 9000 session 10 20"]
                .map(|text| Reply::Text(text.into()));
            super::read(Reply::List(fields.into()))
        };
        let whole = read("\u{1e}\"b\"\u{1f}3\u{1f}[2]\u{1e}\"a\"\u{1f}1\u{1f}\"x\"");
        let Ok(Some(Stored { record, from })) = whole else {
            unreachable!("it is a session");
        };
        assert_eq!(from.as_deref(), Some("token"));
        assert_eq!(
            (record.data.as_str(), record.revs),
            (r#"{"b":[2],"a":"x"}"#, vec![3, 1])
        );
        assert_eq!(record.max_age, MaxAge::Browser);
        let Ok(Some(Stored { record, .. })) = read("") else {
            unreachable!("it is a session without keys");
        };
        assert_eq!((record.data.as_str(), record.revs), ("{}", vec![]));
        for entries in [
            "x",
            "\u{1e}",
            "\u{1e}\"a\"",
            "\u{1e}\"a\"\u{1f}1",
            "\u{1e}\"a\"\u{1f}x\u{1f}1",
            "\u{1e}\"a\"\u{1f}1\u{1f}1\u{1e}",
        ] {
            assert_eq!(read(entries), Err(Failure::Unreadable));
        }
        let without = ["m", "3 9000 session 10 20"].map(|text| Reply::Text(text.into()));
        assert_eq!(
            super::read(Reply::List(without.into())),
            Err(Failure::Unreadable)
        );
    }
}
