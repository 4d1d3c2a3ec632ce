//! Sessions as rows.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::error::{Reason, SqliteError};
use crate::record::{MaxAge, Record};
use crate::store::{IdHash, Listed, Loaded};

/// Converts to `SQLite`'s signed integers, which can hold any time of JavaScript.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

fn max_age(value: Option<i64>) -> MaxAge {
    value.map_or(MaxAge::Browser, |ms| MaxAge::Timed(unsigned(ms)))
}

/// The inverse of [`max_age`].
fn max_age_column(max_age: MaxAge) -> Option<i64> {
    match max_age {
        MaxAge::Timed(ms) => Some(signed(ms)),
        MaxAge::Browser => None,
    }
}

/// Loads the part of a record that a request needs.
pub(super) fn load(
    connection: &Connection,
    id: IdHash,
) -> Result<Option<Loaded<String>>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT data, rev, expire, max_age, subject IS NOT NULL FROM session WHERE id = ?1",
    )?;
    let loaded = statement.query_row([id.0], |row| {
        Ok(Loaded {
            data: row.get(0)?,
            rev: unsigned(row.get(1)?),
            expire_ms: unsigned(row.get(2)?),
            max_age: max_age(row.get(3)?),
            has_subject: row.get(4)?,
        })
    });
    Ok(loaded.optional()?)
}

/// Loads a whole record, with its rowid.
pub(super) fn fetch(
    connection: &Connection,
    id: IdHash,
) -> Result<Option<(i64, Record)>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT number, rev, data, revs, max_age, expire, created, seen, subject, label
         FROM session WHERE id = ?1",
    )?;
    let found = statement.query_row([id.0], |row| {
        Ok((row.get(0)?, record(row)?, row.get::<_, String>(3)?))
    });
    let Some((number, mut record, revs)) = found.optional()? else {
        return Ok(None);
    };
    record.revs = parse_revs(&revs)?;
    Ok(Some((number, record)))
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        rev: unsigned(row.get(1)?),
        data: row.get(2)?,
        revs: Vec::new(),
        max_age: max_age(row.get(4)?),
        expire_ms: unsigned(row.get(5)?),
        created_ms: unsigned(row.get(6)?),
        seen_ms: unsigned(row.get(7)?),
        subject: row.get(8)?,
        label: row.get(9)?,
    })
}

fn parse_revs(text: &str) -> Result<Vec<u64>, SqliteError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let revs: Result<_, _> = text.split(' ').map(str::parse).collect();
    revs.map_err(|_| SqliteError::new(Reason::Damaged, "a row is not what the store writes"))
}

/// Returns an empty text if all keys have the record's own revision, which [`Record::merge`] assumes for missing ones.
fn write_revs(record: &Record) -> String {
    if record.revs.iter().all(|rev| *rev == record.rev) {
        return String::new();
    }
    let revs: Vec<String> = record.revs.iter().map(u64::to_string).collect();
    revs.join(" ")
}

/// Stores a record in a new row.
pub(super) fn insert(
    connection: &Connection,
    id: IdHash,
    record: &Record,
) -> Result<(), SqliteError> {
    let sql =
        "INSERT INTO session (id, rev, data, revs, max_age, expire, created, seen, subject, label)
         VALUES (:id, :rev, :data, :revs, :max_age, :expire, :created, :seen, :subject, :label)";
    connection.prepare_cached(sql)?.execute(named_params! {
        ":id": id.0,
        ":rev": signed(record.rev),
        ":data": record.data,
        ":revs": write_revs(record),
        ":max_age": max_age_column(record.max_age),
        ":expire": signed(record.expire_ms),
        ":created": signed(record.created_ms),
        ":seen": signed(record.seen_ms),
        ":subject": record.subject,
        ":label": record.label,
    })?;
    Ok(())
}

/// Stores a record in its row, except for the columns of [`assign`], whose indexes would be written again.
pub(super) fn update(
    connection: &Connection,
    number: i64,
    record: &Record,
) -> Result<(), SqliteError> {
    let sql = "UPDATE session SET rev = :rev, data = :data, revs = :revs, max_age = :max_age,
           expire = :expire, seen = :seen, label = :label
         WHERE number = :number";
    connection.prepare_cached(sql)?.execute(named_params! {
        ":number": number,
        ":rev": signed(record.rev),
        ":data": record.data,
        ":revs": write_revs(record),
        ":max_age": max_age_column(record.max_age),
        ":expire": signed(record.expire_ms),
        ":seen": signed(record.seen_ms),
        ":label": record.label,
    })?;
    Ok(())
}

/// Finds a session that is not expired. Returns its rowid and TTL. An `UPDATE` with `RETURNING` would take longer.
pub(super) fn find(
    connection: &Connection,
    id: IdHash,
    now_ms: u64,
) -> Result<Option<(i64, MaxAge)>, SqliteError> {
    let sql = "SELECT number, max_age FROM session WHERE id = ?1 AND expire >= ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row((id.0, signed(now_ms)), |row| {
        Ok((row.get(0)?, max_age(row.get(1)?)))
    });
    Ok(found.optional()?)
}

/// Sets the expiry of a row.
pub(super) fn touch(
    connection: &Connection,
    number: i64,
    expire_ms: u64,
    now_ms: u64,
) -> Result<(), SqliteError> {
    let sql = "UPDATE session SET expire = ?2, seen = ?3 WHERE number = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    statement.execute((number, signed(expire_ms), signed(now_ms)))?;
    Ok(())
}

/// Sets the id and the subject of a row.
pub(super) fn assign(
    connection: &Connection,
    number: i64,
    id: IdHash,
    subject: Option<&str>,
) -> Result<(), SqliteError> {
    let sql = "UPDATE session SET id = ?2, subject = ?3 WHERE number = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    statement.execute((number, id.0, subject))?;
    Ok(())
}

/// Lists a subject's sessions that are not expired, the oldest first.
pub(super) fn list(
    connection: &Connection,
    subject: &str,
    now_ms: u64,
) -> Result<Vec<Listed>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, created, seen, label FROM session
         WHERE subject = ?1 AND expire >= ?2 ORDER BY created, number",
    )?;
    let rows = statement.query_map((subject, signed(now_ms)), |row| {
        Ok(Listed {
            hash: IdHash(row.get(0)?),
            created_ms: unsigned(row.get(1)?),
            seen_ms: unsigned(row.get(2)?),
            label: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
