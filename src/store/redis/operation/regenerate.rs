//! Moving a session to another id. No script can change both keys, so the old key alone shows whether the session has moved.
//!
//! The old one is marked as moving (`take`), during which nobody else writes to it. The new one is created as arriving: it is no
//! session yet. Once `finish` has ended the marked old one, the session has moved: the new one is the session, even before it is
//! updated. Whichever reply is lost, the session is under one of the two ids, never under both. A mark that is not taken off
//! expires.

use super::{Executor, done};
use crate::record::{Changes, Record};
use crate::store::redis::arrival::{self, Arrival};
use crate::store::redis::command::{Failure, Reply};
use crate::store::redis::format::SessionId;
use crate::store::redis::layout;
use crate::store::redis::sans_io::Io;
use crate::store::redis::script::Script;
use crate::store::{Clock, Written};

/// The time limit of a move, during which nobody else writes to the session.
const MOVING_MS: u64 = 10_000;

/// How long the new place of a moved session is stored, for operations that had found the old one.
const MOVED_MS: &str = "60000";

/// The old and the new id of a session.
#[derive(Clone, Copy)]
struct Move<'a> {
    old: &'a SessionId,
    new: &'a SessionId,
}

/// The state of the old one.
enum Old {
    /// It still is the session.
    Live,
    /// It has moved.
    Moved,
    /// It was destroyed, or another operation moves it.
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
                // It may be marked, and no other operation would take the mark off.
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

    /// Moves the marked session, with changes. A destroy of the old one before it has moved destroys the session.
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
            // If that fails too, the old key shows the outcome as soon as it can be read.
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

    /// Stores the moving session under the new id, with changes. Also returns the keys that others wrote meanwhile.
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

    /// Ends the old one if it is marked. Returns whether it was.
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

    /// Updates the new one and the index after a move. If that fails, a later operation does it; until then only the old one shows
    /// where the session is.
    async fn end_move(&self, ids: Move<'_>, before: Option<&str>, created_ms: u64) {
        let Move { old, new } = ids;
        let (key, from) = (self.key(new), [old.hash.as_str()]);
        let arrived = self.replicated().run(Script::Arrive, &key, &from).await;
        if arrived.is_err() || self.io.shortfall().is_some() {
            return;
        }
        let is_finished = self.finish(&self.io, ids, MOVED_MS).await.is_ok();
        if let Some(subject) = before.filter(|_| is_finished) {
            let _ = self.index(subject).remove(created_ms, &old.hash).await;
        }
    }

    /// Removes the new one if the move failed. If that fails too, it never arrives.
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

    /// Updates an arriving session if the old one has moved. Returns whether it has, so that the new one is the session.
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

/// Reads where a session is arriving from, if a script has replied that.
pub(super) fn arriving(reply: &Reply) -> Option<String> {
    match reply {
        Reply::List(list) => match list.as_slice() {
            [from @ Reply::Text(_)] => from.clone().text().ok(),
            _ => None,
        },
        _ => None,
    }
}
