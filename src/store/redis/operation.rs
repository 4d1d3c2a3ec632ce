//! What each operation does, step by step.

use std::collections::HashSet;
use std::sync::Arc;

use super::command::{Command, Failure, Reply};
use super::exchange::{Exchange, Operation};
use super::layout::{self, Stored, age, indexed_until, read_meta, time_to_live};
use super::legacy;
use super::request::{Changes, Format, Found, NewRecord, Outcome, Request, SessionId, Subject};
use super::script::Script;
use super::subjects::{Admission, Entrant, Index};
use crate::record::{Fields, Limit, MaxAge, Record, Tokens, write_array};
use crate::store::{Clock, Written};

/// How long a session stays that is moving: whoever moves it has to be done by then, or to have died, and then it is gone.
/// As long stays where it has moved to: whoever found it before that has to be done with it by then.
const MOVING_MS: &str = "60000";

/// How many keys a server looks at in one step of SCAN.
const SCANNED: &str = "1000";

/// Starts an operation.
#[must_use]
pub fn start(format: Arc<Format>, request: Request) -> Operation<Outcome> {
    Operation::new(|exchange| Store { exchange, format }.answer(request))
}

/// What an operation has at hand.
struct Store {
    exchange: Exchange,
    format: Arc<Format>,
}

/// A session's answer to a merge.
struct Merged {
    rev: u64,
    conflicts: Option<String>,
    max_age: MaxAge,
    /// The subject whose index has to be written anew.
    due: Option<String>,
    /// The subject that it was of before.
    left: Option<String>,
    created_ms: u64,
    expire_ms: u64,
}

impl Store {
    async fn answer(self, request: Request) -> Result<Outcome, Failure> {
        match request {
            Request::Load(id, now_ms) => self.load(&id, now_ms).await.map(Outcome::Loaded),
            Request::Merge(id, changes, clock) => {
                self.merge(&id, changes, clock).await.map(Outcome::Written)
            }
            Request::Touch(id, clock) => self.touch(&id, clock).await.map(Outcome::Touched),
            Request::Create(id, new, clock) => {
                self.create(&id, &new, clock).await.map(Outcome::Written)
            }
            Request::Regenerate(old, new, changes, clock) => self
                .regenerate(&old, &new, &changes, clock)
                .await
                .map(Outcome::Written),
            Request::Destroy(id, now_ms) => self.destroy(&id, now_ms).await.map(Outcome::Known),
            Request::List(subject, now_ms) => {
                self.index(&subject).list(now_ms).await.map(Outcome::Listed)
            }
            Request::DestroyExcept(subject, but, now_ms) => {
                let hashes = self.index(&subject).hashes().await?;
                self.destroy_wherever(&subject, hashes, but.as_deref(), now_ms)
                    .await
                    .map(Outcome::Count)
            }
            Request::DestroyOnly(subject, hash, now_ms) => {
                let (count, _) = self.destroy_of(&subject, &[hash], now_ms).await?;
                Ok(Outcome::Count(count))
            }
            Request::Clear => self.clear(&self.format.pattern()).await,
            Request::GetPlain(id) => {
                let reply = self
                    .exchange
                    .ask(Command::about_key(1, &["get", &self.plain(&id)]))
                    .await?;
                reply.optional_text().map(Outcome::Text)
            }
            Request::SetPlain(id, json, ttl_ms) => self.set_plain(&id, &json, ttl_ms).await,
            Request::DestroyPlain(id) => {
                let command = Command::about_key(1, &["del", &self.plain(&id)]);
                self.exchange.ask(command).await.map(|_| Outcome::Done)
            }
            Request::ClearPlain => {
                let pattern = self.format.pattern();
                self.clear(&[pattern.strip_suffix("[su]:*").unwrap_or_default(), "*"].concat())
                    .await
            }
        }
    }

    fn index<'a>(&'a self, subject: &'a str) -> Index<'a> {
        Index {
            exchange: &self.exchange,
            format: &self.format,
            subject,
        }
    }

    fn key(&self, id: &SessionId) -> String {
        self.format.session_key(&id.hash)
    }

    fn plain(&self, id: &str) -> String {
        [&self.format.prefix, id].concat()
    }

    async fn load(&self, id: &SessionId, now_ms: u64) -> Result<Option<Found>, Failure> {
        let reply = self
            .exchange
            .ask(Command::about_key(1, &["hgetall", &self.key(id)]))
            .await?;
        let record = match layout::read(reply)? {
            Some(stored) if stored.is_moving => return Ok(None),
            Some(stored) => Some(stored.record),
            None => self.load_legacy(id, now_ms).await?,
        };
        Ok(record.map(|record| Found {
            has_subject: record.subject.is_some(),
            data: record.data,
            rev: record.rev,
            expire_ms: record.expire_ms,
            max_age: record.max_age,
        }))
    }

    async fn create(
        &self,
        id: &SessionId,
        new: &NewRecord,
        clock: Clock,
    ) -> Result<Written, Failure> {
        if self
            .load_legacy(id, clock.now_ms)
            .await?
            .is_some_and(|old| !old.is_expired(clock.now_ms))
        {
            return Ok(Written::Taken);
        }
        let record = Record::create(&new.borrow(), clock.now_ms, clock.ttl_ms)
            .map_err(|_| Failure::Input)?;
        let written = self.store(id, &record, new.limit, clock.now_ms).await?;
        Ok(written)
    }

    /// Stores a record where none is live: in its subject's index first. Gives `Done`, `Taken` or `Refused`.
    async fn store(
        &self,
        id: &SessionId,
        record: &Record,
        limit: Option<Limit>,
        now_ms: u64,
    ) -> Result<Written, Failure> {
        let until_ms = indexed_until(record.expire_ms, now_ms);
        let fields = layout::fields(record, until_ms)?;
        let Some(subject) = &record.subject else {
            let is_stored = self.put(id, &fields, record.expire_ms, now_ms).await?;
            return Ok(if is_stored {
                done(record.rev, None, record.max_age)
            } else {
                Written::Taken
            });
        };
        let index = self.index(subject);
        let entrant = Entrant {
            hash: &id.hash,
            created_ms: record.created_ms,
            now_ms,
            until_ms,
        };
        let Admission::Admitted { was_known, victims } = index.admit(entrant, limit).await? else {
            return Ok(Written::Refused);
        };
        if !self.put(id, &fields, record.expire_ms, now_ms).await? {
            if !was_known {
                index.remove(std::slice::from_ref(&id.hash)).await?;
            }
            return Ok(Written::Taken);
        }
        self.settle(subject, &id.hash, victims, now_ms).await?;
        Ok(done(record.rev, None, record.max_age))
    }

    async fn put(
        &self,
        id: &SessionId,
        fields: &[String],
        expire_ms: u64,
        now_ms: u64,
    ) -> Result<bool, Failure> {
        let (now, ttl) = (
            now_ms.to_string(),
            time_to_live(expire_ms, now_ms).to_string(),
        );
        let mut args: Vec<&str> = vec![&now, &ttl];
        args.extend(fields.iter().map(String::as_str));
        Ok(self
            .exchange
            .run(Script::Create, &self.key(id), &args)
            .await?
            .int()?
            == 1)
    }

    /// Ends the coming of a session to a subject: those go that had to make room, and so does it, if it was taken out of the
    /// index before it was there.
    async fn settle(
        &self,
        subject: &str,
        hash: &str,
        victims: Vec<String>,
        now_ms: u64,
    ) -> Result<(), Failure> {
        self.destroy_wherever(subject, victims, Some(hash), now_ms)
            .await?;
        if !self.index(subject).has(hash).await? {
            self.destroy_of(subject, &[hash.to_owned()], now_ms).await?;
        }
        Ok(())
    }

    async fn merge(
        &self,
        id: &SessionId,
        mut changes: Changes,
        clock: Clock,
    ) -> Result<Written, Failure> {
        if changes.base == 0 && id.legacy.is_some() {
            self.migrate(id, clock.now_ms).await?;
        }
        let Subject::Is(subject) = &changes.subject else {
            let Some(merged) = self.try_merge(id, &changes, 0, clock).await? else {
                return Ok(Written::Missing);
            };
            self.follow(id, &merged, clock.now_ms).await?;
            return Ok(done(merged.rev, merged.conflicts, merged.max_age));
        };
        let subject = subject.clone();
        let peek = Command::about_key(1, &["hmget", &self.key(id), "m", "s"]);
        let [meta, before] = texts(self.exchange.ask(peek).await?)?;
        let Some(meta) = meta else {
            return Ok(Written::Missing);
        };
        let (_, expire_ms, max_age, created_ms, _) = read_meta(&meta)?;
        if expire_ms < clock.now_ms {
            return Ok(Written::Missing);
        }
        let expire_ms = changes
            .max_age
            .unwrap_or(max_age)
            .expire_ms(clock.now_ms, clock.ttl_ms);
        let until_ms = indexed_until(expire_ms, clock.now_ms);
        let entrant = Entrant {
            hash: &id.hash,
            created_ms,
            now_ms: clock.now_ms,
            until_ms,
        };
        if before.as_ref() == Some(&subject) {
            changes.limit = None;
        }
        let index = self.index(&subject);
        let Admission::Admitted { was_known, victims } =
            index.admit(entrant, changes.limit).await?
        else {
            return Ok(Written::Refused);
        };
        let Some(merged) = self.try_merge(id, &changes, until_ms, clock).await? else {
            if !was_known {
                index.remove(std::slice::from_ref(&id.hash)).await?;
            }
            return Ok(Written::Missing);
        };
        self.settle(&subject, &id.hash, victims, clock.now_ms)
            .await?;
        self.follow(id, &merged, clock.now_ms).await?;
        Ok(done(merged.rev, merged.conflicts, merged.max_age))
    }

    async fn touch(&self, id: &SessionId, clock: Clock) -> Result<Option<MaxAge>, Failure> {
        let nothing = Changes {
            base: 0,
            set: String::new(),
            delete: String::new(),
            max_age: None,
            subject: Subject::Unchanged,
            label: None,
            limit: None,
        };
        let mut merged = self.try_merge(id, &nothing, 0, clock).await?;
        if merged.is_none() && self.migrate(id, clock.now_ms).await? {
            merged = self.try_merge(id, &nothing, 0, clock).await?;
        }
        if let Some(merged) = &merged {
            self.follow(id, merged, clock.now_ms).await?;
        }
        Ok(merged.map(|merged| merged.max_age))
    }

    /// Merges in one step. Nothing where there is no session.
    async fn try_merge(
        &self,
        id: &SessionId,
        changes: &Changes,
        until_ms: u64,
        clock: Clock,
    ) -> Result<Option<Merged>, Failure> {
        let set = Fields::parse_or_none(&changes.set)
            .map_err(|_| Failure::Input)?
            .0;
        let delete = Tokens::parse_or_none(&changes.delete)
            .map_err(|_| Failure::Input)?
            .0;
        let (now, base, ttl) = (
            clock.now_ms.to_string(),
            changes.base.to_string(),
            clock.ttl_ms.to_string(),
        );
        let age = changes.max_age.map(age).unwrap_or_default();
        let subject = match &changes.subject {
            Subject::Unchanged => String::new(),
            Subject::None => "-".to_owned(),
            Subject::Is(subject) => ["=", subject].concat(),
        };
        let label = changes
            .label
            .as_ref()
            .map(|label| ["=", label].concat())
            .unwrap_or_default();
        let (until, count) = (until_ms.to_string(), set.len().to_string());
        let mut args: Vec<&str> = vec![&now, &base, &ttl, &age, &subject, &until, &label, &count];
        args.extend(set.iter().flat_map(|(key, json)| [*key, *json]));
        args.extend(&delete);
        // Without changes, it does the same if it is done twice.
        let is_touch = set.is_empty() && delete.is_empty() && changes.subject == Subject::Unchanged;
        let script = if is_touch {
            Script::Touch
        } else {
            Script::Merge
        };
        read_merged(self.exchange.run(script, &self.key(id), &args).await?)
    }

    /// Writes what a merge leaves to be written in the indexes.
    async fn follow(&self, id: &SessionId, merged: &Merged, now_ms: u64) -> Result<(), Failure> {
        if let Some(subject) = &merged.left {
            self.index(subject)
                .remove(std::slice::from_ref(&id.hash))
                .await?;
        }
        if let Some(subject) = &merged.due {
            let until_ms = indexed_until(merged.expire_ms, now_ms);
            let entrant = Entrant {
                hash: &id.hash,
                created_ms: merged.created_ms,
                now_ms,
                until_ms,
            };
            self.index(subject).keep(entrant).await?;
            let until = until_ms.to_string();
            self.exchange
                .run(Script::Note, &self.key(id), &[subject, &until])
                .await?;
        }
        Ok(())
    }

    async fn regenerate(
        &self,
        old: &SessionId,
        new: &SessionId,
        changes: &Changes,
        clock: Clock,
    ) -> Result<Written, Failure> {
        let now = clock.now_ms.to_string();
        if old.hash == new.hash {
            let found = self.load(old, clock.now_ms).await?;
            let is_live = found.is_some_and(|found| found.expire_ms >= clock.now_ms);
            return Ok(if is_live {
                Written::Taken
            } else {
                Written::Missing
            });
        }
        if changes.base == 0 {
            self.migrate(old, clock.now_ms).await?;
        }
        let key = self.key(old);
        let reply = self
            .exchange
            .run(Script::Take, &key, &[&now, &new.hash, MOVING_MS])
            .await?;
        if reply == Reply::Int(0) {
            return Ok(Written::Missing);
        }
        let stored = layout::read(reply)?.ok_or(Failure::Unreadable)?;
        let Record {
            subject,
            created_ms,
            expire_ms,
            ..
        } = &stored.record;
        let (subject, created_ms) = (subject.clone(), *created_ms);
        let until_ms = indexed_until(*expire_ms, clock.now_ms);
        let moved = self.move_to(&key, new, stored, changes, clock).await;
        let index = subject.as_deref().map(|subject| self.index(subject));
        match (&moved, index) {
            (Ok(Written::Missing), _) | (Ok(Written::Done { .. }), None) => {}
            (Ok(Written::Done { .. }), Some(index)) => {
                let _ = index.remove(std::slice::from_ref(&old.hash)).await;
            }
            (_, index) => {
                let back = self
                    .exchange
                    .run(Script::Untake, &key, &[&now, &new.hash])
                    .await;
                // For the sake of its new id, a limit may have taken it out of the index.
                if let (Ok(Reply::Int(1)), Some(index)) = (back, index) {
                    let entrant = Entrant {
                        hash: &old.hash,
                        created_ms,
                        now_ms: clock.now_ms,
                        until_ms,
                    };
                    let _ = index.keep(entrant).await;
                }
            }
        }
        moved
    }

    /// Stores a taken session, with changes, under its new id; then the old one ends. Whoever destroys that before, destroys the
    /// session: `Missing` then.
    async fn move_to(
        &self,
        old_key: &str,
        new: &SessionId,
        stored: Stored,
        changes: &Changes,
        clock: Clock,
    ) -> Result<Written, Failure> {
        let mut record = stored.record;
        let before = record.subject.clone();
        let merged = record.merge(&changes.borrow(), clock.now_ms, clock.ttl_ms);
        let conflicts = merged.map_err(|_| Failure::Input)?;
        let limit = changes.limit.filter(|_| before != record.subject);
        let finished = match self.store(new, &record, limit, clock.now_ms).await {
            Ok(Written::Done { .. }) => self
                .exchange
                .run(Script::Finish, old_key, &[&new.hash, MOVING_MS])
                .await
                .map(|reply| reply == Reply::Int(1)),
            Ok(refused) => return Ok(refused),
            Err(failure) => Err(failure),
        };
        if finished == Ok(true) {
            return Ok(done(record.rev, conflicts, record.max_age));
        }
        // Nobody will learn of the new id. If the session got there, it has to go: the old one comes back, or nothing does.
        let (now, meta) = (clock.now_ms.to_string(), layout::meta(&record));
        let destroyed = self
            .exchange
            .run(Script::Destroy, &self.key(new), &[&now, "m", &meta])
            .await;
        if let (Ok(_), Some(subject)) = (destroyed, &record.subject) {
            let _ = self
                .index(subject)
                .remove(std::slice::from_ref(&new.hash))
                .await;
        }
        finished.map(|_| Written::Missing)
    }

    async fn destroy(&self, id: &SessionId, now_ms: u64) -> Result<bool, Failure> {
        let mut was_live = false;
        if let Some(legacy) = &id.legacy {
            // What has the id for its key and is no session is nobody's to destroy.
            if let Some(old) = self.load_legacy(id, now_ms).await? {
                was_live = self.delete(legacy).await? && !old.is_expired(now_ms);
            }
        }
        let now = now_ms.to_string();
        let reply = self
            .exchange
            .run(Script::Destroy, &self.key(id), &[&now, "", ""])
            .await?;
        if reply == Reply::Int(0) {
            return Ok(was_live);
        }
        let [live, subject] = texts(reply)?;
        if let Some(subject) = subject
            .as_deref()
            .and_then(|subject| subject.strip_prefix('='))
        {
            self.index(subject)
                .remove(std::slice::from_ref(&id.hash))
                .await?;
        }
        Ok(was_live || live.as_deref() == Some("1"))
    }

    /// Destroys those sessions of a subject, also those that have moved meanwhile, but not to that one. Gives how many of them were
    /// live.
    async fn destroy_wherever(
        &self,
        subject: &str,
        mut hashes: Vec<String>,
        but: Option<&str>,
        now_ms: u64,
    ) -> Result<u64, Failure> {
        let mut all = 0;
        loop {
            hashes.retain(|hash| Some(hash.as_str()) != but);
            if hashes.is_empty() {
                return Ok(all);
            }
            let (count, moved) = self.destroy_of(subject, &hashes, now_ms).await?;
            all += count;
            hashes = moved;
        }
    }

    /// Destroys those sessions of a subject. Gives how many of them were live, and where others have moved to.
    async fn destroy_of(
        &self,
        subject: &str,
        hashes: &[String],
        now_ms: u64,
    ) -> Result<(u64, Vec<String>), Failure> {
        let now = now_ms.to_string();
        let args: [&str; 3] = [&now, "s", subject];
        let keys: Vec<String> = hashes
            .iter()
            .map(|hash| self.format.session_key(hash))
            .collect();
        let on: Vec<(&str, &[&str])> = keys
            .iter()
            .map(|key| (key.as_str(), args.as_slice()))
            .collect();
        let mut replies = self.exchange.run_all(Script::Destroy, &on).await?;
        self.index(subject).remove(hashes).await?;
        // What came after that was looked for, and found itself in the index before it was taken out, has to go now.
        let absent: Vec<usize> = (0..on.len())
            .filter(|place| replies.get(*place) == Some(&Reply::Int(0)))
            .collect();
        let again: Vec<_> = absent
            .iter()
            .filter_map(|place| on.get(*place).copied())
            .collect();
        let late = self.exchange.run_all(Script::Destroy, &again).await?;
        for (place, reply) in absent.into_iter().zip(late) {
            if let Some(first) = replies.get_mut(place) {
                *first = reply;
            }
        }
        count_ends(hashes, replies)
    }

    async fn load_legacy(&self, id: &SessionId, now_ms: u64) -> Result<Option<Record>, Failure> {
        let Some(key) = &id.legacy else {
            return Ok(None);
        };
        let commands = vec![
            Command::about_key(1, &["get", key]),
            Command::about_key(1, &["pttl", key]),
        ];
        let replies = self.exchange.send(commands).await;
        let [json, left] = <[Reply; 2]>::try_from(replies).map_err(|_| Failure::Unreadable)?;
        // What has the id for its key and is no text is nobody's session.
        if matches!(&json, Reply::Error(code) if code == "WRONGTYPE") {
            return Ok(None);
        }
        legacy::read(json.checked()?, &left.checked()?, now_ms)
    }

    /// Makes a session of a record that koa-redis wrote. Gives whether there may be one now.
    ///
    /// The new one is stored before the old one is removed: whoever destroys the session meanwhile removes the old one first,
    /// which is then missing here.
    async fn migrate(&self, id: &SessionId, now_ms: u64) -> Result<bool, Failure> {
        let Some(key) = &id.legacy else {
            return Ok(false);
        };
        let Some(record) = self
            .load_legacy(id, now_ms)
            .await?
            .filter(|record| !record.is_expired(now_ms))
        else {
            return Ok(false);
        };
        let is_stored = self
            .put(id, &layout::fields(&record, 0)?, record.expire_ms, now_ms)
            .await?;
        if !self.delete(key).await? && is_stored {
            let (now, meta) = (now_ms.to_string(), layout::meta(&record));
            self.exchange
                .run(Script::Destroy, &self.key(id), &[&now, "m", &meta])
                .await?;
            return Ok(false);
        }
        Ok(true)
    }

    async fn delete(&self, key: &str) -> Result<bool, Failure> {
        // Its answer tells who was first, which a second one would not.
        let command = Command::about_key(1, &["del", key]).once();
        Ok(self.exchange.ask(command).await?.int()? == 1)
    }

    async fn set_plain(
        &self,
        id: &str,
        json: &str,
        ttl_ms: Option<u64>,
    ) -> Result<Outcome, Failure> {
        let mut command = Command::about_key(1, &["set", &self.plain(id), json]);
        if let Some(ttl_ms) = ttl_ms {
            command.push("px");
            command.push(&ttl_ms.max(1).to_string());
        }
        self.exchange.ask(command).await.map(|_| Outcome::Done)
    }

    async fn clear(&self, pattern: &str) -> Result<Outcome, Failure> {
        let masters = self.exchange.ask(Command::masters()).await?.list()?;
        for master in masters {
            let master = master.text()?;
            let mut cursor = "0".to_owned();
            loop {
                let scan = Command::to_node(
                    &master,
                    &["scan", &cursor, "match", pattern, "count", SCANNED],
                );
                let found = self.exchange.ask(scan).await?.list()?;
                let [next, keys] =
                    <[Reply; 2]>::try_from(found).map_err(|_| Failure::Unreadable)?;
                let keys = keys.list()?.into_iter().filter_map(|key| key.text().ok());
                let unlinks = keys
                    .map(|key| Command::about_key(1, &["unlink", &key]))
                    .collect();
                self.exchange.ask_all(unlinks).await?;
                cursor = next.text()?;
                if cursor == "0" {
                    break;
                }
            }
        }
        Ok(Outcome::Done)
    }
}

fn done(rev: u64, conflicts: Option<String>, max_age: MaxAge) -> Written {
    Written::Done {
        rev,
        conflicts,
        max_age,
    }
}

/// Reads what the end of each session of a subject was: how many were live, and where others have moved to.
fn count_ends(hashes: &[String], replies: Vec<Reply>) -> Result<(u64, Vec<String>), Failure> {
    let (mut live, mut moving, mut moved) = (HashSet::new(), Vec::new(), Vec::new());
    for (hash, reply) in hashes.iter().zip(replies) {
        if reply == Reply::Int(0) {
            continue;
        }
        let [verdict, text] =
            <[Reply; 2]>::try_from(reply.list()?).map_err(|_| Failure::Unreadable)?;
        match verdict.int()? {
            1 => _ = live.insert(hash.clone()),
            2 => moved.push(text.text()?),
            3 => moving.push(text.text()?),
            _ => {}
        }
    }
    // One that was moving and was there already is one.
    live.extend(moving);
    Ok((live.len() as u64, moved))
}

/// Reads a list of exactly so many texts, each of which may be missing.
fn texts<const N: usize>(reply: Reply) -> Result<[Option<String>; N], Failure> {
    let texts = reply.list()?.into_iter().map(Reply::optional_text);
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    texts.try_into().map_err(|_| Failure::Unreadable)
}

/// Reads what a merge answers: the field `m` as it is now, and with it what is left to be done where there is anything.
fn read_merged(reply: Reply) -> Result<Option<Merged>, Failure> {
    let (meta, left_to_do) = match reply {
        Reply::Int(_) => return Ok(None),
        Reply::List(list) => {
            let [meta, due, left, conflicts] =
                <[Reply; 4]>::try_from(list).map_err(|_| Failure::Unreadable)?;
            (meta, Some((due, left, conflicts)))
        }
        meta => (meta, None),
    };
    let (rev, expire_ms, max_age, created_ms, _) = read_meta(&meta.text()?)?;
    let mut merged = Merged {
        rev,
        conflicts: None,
        max_age,
        due: None,
        left: None,
        created_ms,
        expire_ms,
    };
    if let Some((due, left, conflicts)) = left_to_do {
        let conflicts = conflicts.list()?.into_iter().map(Reply::text);
        let conflicts = conflicts.collect::<Result<Vec<_>, _>>()?;
        let conflicts: Vec<&str> = conflicts.iter().map(String::as_str).collect();
        merged.conflicts = (!conflicts.is_empty()).then(|| write_array(&conflicts));
        let subject =
            |reply: Reply| Ok::<_, Failure>(reply.text()?.strip_prefix('=').map(str::to_owned));
        (merged.due, merged.left) = (subject(due)?, subject(left)?);
    }
    Ok(Some(merged))
}

#[cfg(test)]
mod tests;
