//! Writing sessions: new ones, and what was changed in others.

use super::ending::Named;
use super::moving::arriving;
use super::{Store, done};
use crate::record::{Fields, Limit, MaxAge, Record, Tokens, write_array};
use crate::store::redis::command::{Command, Failure, Reply};
use crate::store::redis::layout::{self, age, read_meta, time_to_live};
use crate::store::redis::request::{Changes, NewRecord, SessionId, Subject};
use crate::store::redis::script::Script;
use crate::store::redis::subjects::{Admission, Admitted, Entrant, PORTION};
use crate::store::{Clock, Written};

/// A session's answer to a merge.
pub(super) struct Merged {
    rev: u64,
    conflicts: Option<String>,
    max_age: MaxAge,
    created_ms: u64,
    /// The subject that it was of before.
    left: Option<String>,
}

/// What became of an attempt to merge.
enum Attempt {
    Merged(Merged),
    /// There is no session.
    Missing,
    /// The session is arriving from there.
    Arriving(String),
}

impl Store {
    pub(super) async fn create(
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
        self.store(id, &record, None, new.limit, clock.now_ms).await
    }

    /// Stores a record where none is live: in its subject's index first. Gives `Done`, `Taken` or `Refused`. One that comes `from`
    /// another id is arriving.
    pub(super) async fn store(
        &self,
        id: &SessionId,
        record: &Record,
        from: Option<&str>,
        limit: Option<Limit>,
        now_ms: u64,
    ) -> Result<Written, Failure> {
        let fields = layout::fields(record, from)?;
        let written = done(record.rev, None, record.max_age);
        let Some(subject) = &record.subject else {
            let is_stored = self.put(id, &fields, record.expire_ms, now_ms).await?;
            return Ok(if is_stored { written } else { Written::Taken });
        };
        let entrant = Entrant {
            hash: &id.hash,
            created_ms: record.created_ms,
            now_ms,
            limit,
        };
        let Admission::Admitted(admitted) = self.index(subject).admit(entrant).await? else {
            return Ok(Written::Refused);
        };
        if !self.put(id, &fields, record.expire_ms, now_ms).await? {
            self.leave(subject, entrant, &admitted).await?;
            return Ok(Written::Taken);
        }
        self.settle(subject, entrant, admitted).await?;
        Ok(written)
    }

    pub(super) async fn put(
        &self,
        id: &SessionId,
        fields: &[String],
        expire_ms: u64,
        now_ms: u64,
    ) -> Result<bool, Failure> {
        let ttl = time_to_live(expire_ms, now_ms).to_string();
        let now = now_ms.to_string();
        let mut args: Vec<&str> = vec![&now, &ttl];
        args.extend(fields.iter().map(String::as_str));
        let key = self.key(id);
        let reply = self.exchange.run(Script::Create, &key, &args).await?;
        Ok(reply.int()? == 1)
    }

    /// Ends the coming of a session to a subject: those go that had to make room, and so does it, if it was taken out of the
    /// index before it was there.
    async fn settle(
        &self,
        subject: &str,
        entrant: Entrant<'_>,
        mut admitted: Admitted,
    ) -> Result<(), Failure> {
        let (index, now_ms) = (self.index(subject), entrant.now_ms);
        loop {
            let is_last = admitted.victims.len() < PORTION;
            let victims = admitted.victims.into_iter().map(Named::from).collect();
            self.destroy_wherever(subject, victims, Some(entrant.hash), now_ms)
                .await?;
            if is_last {
                break;
            }
            match index.admit(entrant).await? {
                Admission::Admitted(again) => admitted = again,
                Admission::Refused => break,
            }
        }
        if !index.confirm(entrant, admitted.sample).await? {
            let named = [Named::from(entrant.hash)];
            self.destroy_of(subject, &named, now_ms).await?;
        }
        Ok(())
    }

    /// Takes a session out of the index again that did not come.
    async fn leave(
        &self,
        subject: &str,
        entrant: Entrant<'_>,
        admitted: &Admitted,
    ) -> Result<(), Failure> {
        if admitted.was_known {
            return Ok(());
        }
        let index = self.index(subject);
        index.remove(entrant.created_ms, entrant.hash).await
    }

    pub(super) async fn merge(
        &self,
        id: &SessionId,
        changes: Changes,
        clock: Clock,
    ) -> Result<Written, Failure> {
        if changes.base == 0 && id.legacy.is_some() {
            self.migrate(id, clock.now_ms).await?;
        }
        let merged = match &changes.subject {
            Subject::Is(subject) => {
                let Some((created_ms, before)) = self.peek(id, clock.now_ms).await? else {
                    return Ok(Written::Missing);
                };
                let entrant = Entrant {
                    hash: &id.hash,
                    created_ms,
                    now_ms: clock.now_ms,
                    limit: changes.limit.filter(|_| before.as_ref() != Some(subject)),
                };
                let index = self.index(subject);
                let Admission::Admitted(admitted) = index.admit(entrant).await? else {
                    return Ok(Written::Refused);
                };
                let merged = self.try_merge(id, &changes, clock).await?;
                if merged.is_some() {
                    self.settle(subject, entrant, admitted).await?;
                } else {
                    self.leave(subject, entrant, &admitted).await?;
                }
                merged
            }
            Subject::Unchanged | Subject::None => self.try_merge(id, &changes, clock).await?,
        };
        let Some(merged) = merged else {
            return Ok(Written::Missing);
        };
        if let Some(left) = &merged.left {
            self.index(left).remove(merged.created_ms, &id.hash).await?;
        }
        Ok(done(merged.rev, merged.conflicts, merged.max_age))
    }

    /// Gives when a live session was created, and whose it is.
    async fn peek(
        &self,
        id: &SessionId,
        now_ms: u64,
    ) -> Result<Option<(u64, Option<String>)>, Failure> {
        let peek = Command::about_key(1, &["hmget", &self.key(id), "m", "s"]);
        let [meta, subject] = self.exchange.ask(peek).await?.texts()?;
        let Some(meta) = meta else {
            return Ok(None);
        };
        let (_, expire_ms, _, created_ms, _) = read_meta(&meta)?;
        Ok((expire_ms >= now_ms).then_some((created_ms, subject)))
    }

    pub(super) async fn touch(
        &self,
        id: &SessionId,
        clock: Clock,
    ) -> Result<Option<MaxAge>, Failure> {
        let nothing = Changes {
            base: 0,
            set: String::new(),
            delete: String::new(),
            max_age: None,
            subject: Subject::Unchanged,
            label: None,
            limit: None,
        };
        let mut merged = self.try_merge(id, &nothing, clock).await?;
        if merged.is_none() && self.migrate(id, clock.now_ms).await? {
            merged = self.try_merge(id, &nothing, clock).await?;
        }
        Ok(merged.map(|merged| merged.max_age))
    }

    /// Merges in one step. Nothing where there is no session.
    async fn try_merge(
        &self,
        id: &SessionId,
        changes: &Changes,
        clock: Clock,
    ) -> Result<Option<Merged>, Failure> {
        let mut attempt = self.merge_once(id, changes, clock).await?;
        if let Attempt::Arriving(from) = &attempt {
            if !self.arrive(&id.hash, from).await? {
                return Ok(None);
            }
            attempt = self.merge_once(id, changes, clock).await?;
        }
        Ok(match attempt {
            Attempt::Merged(merged) => Some(merged),
            Attempt::Missing | Attempt::Arriving(_) => None,
        })
    }

    async fn merge_once(
        &self,
        id: &SessionId,
        changes: &Changes,
        clock: Clock,
    ) -> Result<Attempt, Failure> {
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
        let count = set.len().to_string();
        let mut args: Vec<&str> = vec![&now, &base, &ttl, &age, &subject, &label, &count];
        args.extend(set.iter().flat_map(|(key, json)| [*key, *json]));
        args.extend(&delete);
        // Without changes, it does the same if it is done twice.
        let is_touch = set.is_empty() && delete.is_empty() && changes.subject == Subject::Unchanged;
        let script = if is_touch {
            Script::Touch
        } else {
            Script::Merge
        };
        read_attempt(self.exchange.run(script, &self.key(id), &args).await?)
    }
}

/// Reads what a merge answers: the field `m` as it is now, and with it what is left to be done where there is anything.
fn read_attempt(reply: Reply) -> Result<Attempt, Failure> {
    if let Some(from) = arriving(&reply) {
        return Ok(Attempt::Arriving(from));
    }
    let (meta, left_to_do) = match reply {
        Reply::Int(_) => return Ok(Attempt::Missing),
        Reply::List(list) => {
            let [meta, left, conflicts] =
                <[Reply; 3]>::try_from(list).map_err(|_| Failure::Unreadable)?;
            (meta, Some((left, conflicts)))
        }
        meta => (meta, None),
    };
    let (rev, _, max_age, created_ms, _) = read_meta(&meta.text()?)?;
    let (mut left, mut conflicts) = (None, None);
    if let Some((subject, keys)) = left_to_do {
        left = subject.text()?.strip_prefix('=').map(str::to_owned);
        let keys = keys.list()?.into_iter().map(Reply::text);
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        conflicts = (!keys.is_empty()).then(|| write_array(&keys));
    }
    Ok(Attempt::Merged(Merged {
        rev,
        conflicts,
        max_age,
        created_ms,
        left,
    }))
}
