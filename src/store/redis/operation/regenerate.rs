//! Moving a session to another id, which no step does to both: the old one decides.
//!
//! It is marked as moving (`take`), and while it is, nobody else writes to it. The new one is created as one that is arriving: it
//! is no session yet. Where the old one has ended with the mark on it (`finish`), the session has moved: from then on the new one
//! is the session, told so or not. Whatever answer is lost, the session is under one of both ids, and never under two. A mark that
//! nobody takes off holds for a while only.

use super::{Executor, done};
use crate::record::{Changes, Record};
use crate::store::redis::arrival::{self, Arrival};
use crate::store::redis::command::{Failure, Reply};
use crate::store::redis::format::SessionId;
use crate::store::redis::layout;
use crate::store::redis::sans_io::Io;
use crate::store::redis::script::Script;
use crate::store::{Clock, Written};

/// How long nobody else writes to a session that is moving, at most.
const MOVING_MS: u64 = 10_000;

/// How long it is known where a session has moved to: whoever found it before that has to be done with it by then.
const MOVED_MS: &str = "60000";

/// Two ids of a session.
#[derive(Clone, Copy)]
struct Move<'a> {
    old: &'a SessionId,
    new: &'a SessionId,
}

/// What became of the old one.
enum Old {
    /// It is a session.
    Live,
    /// It has moved.
    Moved,
    /// It was destroyed, or is somebody else's to move.
    Gone,
}

impl Executor {
    pub(super) async fn regenerate(
        &self,
        old: &SessionId,
        new: &SessionId,
        changes: &Changes<String>,
        clock: Clock,
    ) -> Result<Written, Failure> {
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
        let ids = Move { old, new };
        match self.take(ids, clock.now_ms).await {
            Ok(None) => Ok(Written::Missing),
            Ok(Some(record)) => self.move_record(ids, record, changes, clock).await,
            Err(failure) => {
                // It may be marked, and nobody else would take that off.
                let _ = self.untake(ids).await;
                Err(failure)
            }
        }
    }

    async fn take(&self, ids: Move<'_>, now_ms: u64) -> Result<Option<Record>, Failure> {
        let (now, until) = (now_ms.to_string(), (now_ms + MOVING_MS).to_string());
        let key = self.key(ids.old);
        let args = [now.as_str(), &ids.new.hash, &until];
        let mut reply = self.io.run(Script::Take, &key, &args).await?;
        if let Some(from) = arriving(&reply) {
            if !self.arrive(&ids.old.hash, &from, now_ms).await? {
                return Ok(None);
            }
            reply = self.io.run(Script::Take, &key, &args).await?;
        }
        if reply == Reply::Int(0) {
            return Ok(None);
        }
        let stored = layout::read(reply)?.ok_or(Failure::Unreadable)?;
        Ok(Some(stored.record))
    }

    /// Moves what was taken, with changes. Whoever destroys the old one before it has moved, destroys the session.
    async fn move_record(
        &self,
        ids: Move<'_>,
        mut record: Record,
        changes: &Changes<String>,
        clock: Clock,
    ) -> Result<Written, Failure> {
        let before = record.subject.clone();
        let created = self.store_moving(ids, &mut record, changes, clock).await;
        let (conflicts, ended) = match created {
            Ok((Written::Done { .. }, conflicts)) => {
                (conflicts, self.finish(&self.replicated(), ids, "").await)
            }
            Ok((refused, _)) => {
                let _ = self.untake(ids).await;
                return Ok(refused);
            }
            Err(failure) => (None, Err(failure)),
        };
        let old = match &ended {
            Ok(true) => Old::Moved,
            Ok(false) => Old::Gone,
            // Where nobody answers that either, the old one decides when it can be asked.
            Err(failure) => self.untake(ids).await.map_err(|_| failure.clone())?,
        };
        if let Old::Moved = old {
            self.end_move(ids, before.as_deref(), record.created_ms)
                .await;
            return Ok(done(record.rev, conflicts, record.max_age));
        }
        self.withdraw(ids.new, &record, clock.now_ms).await;
        match old {
            Old::Gone => Ok(Written::Missing),
            Old::Live | Old::Moved => ended.map(|_| Written::Missing),
        }
    }

    /// Stores what is moving under the new id, with changes. Returns the keys that others wrote meanwhile, too.
    async fn store_moving(
        &self,
        ids: Move<'_>,
        record: &mut Record,
        changes: &Changes<String>,
        clock: Clock,
    ) -> Result<(Written, Option<String>), Failure> {
        let before = record.subject.clone();
        let conflicts = self.change(record, changes, clock)?;
        let limit = changes.limit.filter(|_| before != record.subject);
        let from = Some(ids.old.hash.as_str());
        let stored = self.store(ids.new, record, from, limit, clock.now_ms);
        Ok((stored.await?, conflicts))
    }

    /// Merges into a record. Returns the keys that others wrote meanwhile.
    fn change(
        &self,
        record: &mut Record,
        changes: &Changes<String>,
        clock: Clock,
    ) -> Result<Option<String>, Failure> {
        let conflicts = record.merge(&changes.borrow(), clock.now_ms, clock.ttl_ms)?;
        if !changes.set.is_empty() {
            record.within(self.format.bounds)?;
        }
        Ok(conflicts)
    }

    /// Ends the old one, where it is marked. Returns whether it was.
    async fn finish(&self, io: &Io, ids: Move<'_>, ttl_ms: &str) -> Result<bool, Failure> {
        let args = [ids.new.hash.as_str(), ttl_ms];
        let key = self.key(ids.old);
        let reply = io.run(Script::Finish, &key, &args).await?;
        Ok(reply == Reply::Int(1))
    }

    async fn untake(&self, ids: Move<'_>) -> Result<Old, Failure> {
        let args = [ids.new.hash.as_str()];
        let key = self.key(ids.old);
        let reply = self.io.run(Script::Untake, &key, &args).await?;
        Ok(match reply.int()? {
            1 => Old::Live,
            2 => Old::Moved,
            _ => Old::Gone,
        })
    }

    /// Puts in order what has moved. Where that fails, it is put in order when it is found: as long as the new one depends on the
    /// old one, that is to say where it is.
    async fn end_move(&self, ids: Move<'_>, before: Option<&str>, created_ms: u64) {
        let Move { old, new } = ids;
        let (key, from) = (self.key(new), [old.hash.as_str()]);
        let arrived = self.replicated().run(Script::Arrive, &key, &from).await;
        if arrived.is_err() || self.io.shortfall().is_some() {
            return;
        }
        let is_told = self.finish(&self.io, ids, MOVED_MS).await.is_ok();
        if let Some(subject) = before.filter(|_| is_told) {
            let _ = self.index(subject).remove(created_ms, &old.hash).await;
        }
    }

    /// Removes what was about to arrive, and does not. Where that fails, it never arrives.
    pub(super) async fn withdraw(&self, new: &SessionId, record: &Record, now_ms: u64) {
        let (now, meta) = (now_ms.to_string(), layout::meta(record));
        let args = [now.as_str(), "m", &meta];
        let key = self.key(new);
        let destroyed = self.io.run(Script::Destroy, &key, &args).await;
        if let (Ok(_), Some(subject)) = (destroyed, &record.subject) {
            let index = self.index(subject);
            let _ = index.remove(record.created_ms, &new.hash).await;
        }
    }

    /// Returns whether one that is arriving has: the old one has moved, and whoever moved it told nobody.
    pub(super) async fn arrive(
        &self,
        hash: &str,
        from: &str,
        now_ms: u64,
    ) -> Result<bool, Failure> {
        let arrival = arrival::ask(&self.io, &self.format, hash, from, now_ms).await?;
        if arrival != Arrival::Arrived {
            return Ok(false);
        }
        let key = self.format.session_key(hash);
        self.io.run(Script::Arrive, &key, &[from]).await?;
        Ok(true)
    }
}

/// Reads where a session is arriving from, if that is what a script has answered.
pub(super) fn arriving(reply: &Reply) -> Option<String> {
    match reply {
        Reply::List(list) => match list.as_slice() {
            [from @ Reply::Text(_)] => from.clone().text().ok(),
            _ => None,
        },
        _ => None,
    }
}
