//! Destroying sessions: one, some of a subject, all.

use std::collections::HashSet;

use super::Executor;
use crate::store::redis::arrival::{self, Arrival};
use crate::store::redis::command::{Command, Failure, Reply};
use crate::store::redis::format::SessionId;
use crate::store::redis::layout::number;
use crate::store::redis::request::Outcome;
use crate::store::redis::script::Script;
use crate::store::redis::subjects::Entry;

/// The COUNT of one SCAN.
const SCANNED: &str = "1000";

/// The most passes over a subject's entries, to which others may keep adding.
const ROUNDS: u32 = 100;

/// A session of a subject to be destroyed, and its entry if that is known.
pub(super) struct Named {
    hash: String,
    entry: Option<Entry>,
}

impl From<Entry> for Named {
    fn from(entry: Entry) -> Self {
        Self {
            hash: entry.hash().to_owned(),
            entry: Some(entry),
        }
    }
}

impl From<&str> for Named {
    fn from(hash: &str) -> Self {
        Self {
            hash: hash.to_owned(),
            entry: None,
        }
    }
}

/// How sessions ended: how many were live, the new hashes of those that had moved, and the new and old hashes of those that were
/// arriving.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ends {
    pub count: u64,
    pub moved: Vec<String>,
    pub arriving: Vec<(String, String)>,
}

impl Executor {
    pub(super) async fn destroy(&self, id: &SessionId, now_ms: u64) -> Result<bool, Failure> {
        let mut was_live = false;
        if let Some(legacy) = &id.legacy {
            // A key whose name is the id but whose value is no session is left alone.
            if let Some(old) = self.load_legacy(id, now_ms).await? {
                was_live = self.delete(legacy).await? && !old.is_expired(now_ms);
            }
        }
        let now = now_ms.to_string();
        let args = [now.as_str(), "", "", self.waits()];
        let reply = self
            .replicated()
            .run(Script::Destroy, &self.key(id), &args)
            .await?;
        let Some(end) = End::read(reply)? else {
            return Ok(was_live);
        };
        if let (Some(subject), Some(created_ms)) = (&end.subject, end.created_ms) {
            self.index(subject).remove(created_ms, &id.hash).await?;
        }
        let was_there = match end.verdict {
            4 => self.had_arrived(&id.hash, &end.other, now_ms).await?,
            verdict => verdict > 0,
        };
        Ok(was_live || was_there)
    }

    /// Destroys all sessions of a subject but one. Returns how many were live.
    ///
    /// Repeats this until the subject has no other entries. A session that moves meanwhile is found too: it has an entry for its new
    /// id before the one for its old id is removed.
    pub(super) async fn destroy_except(
        &self,
        subject: &str,
        but: Option<&str>,
        now_ms: u64,
    ) -> Result<u64, Failure> {
        let index = self.index(subject);
        let mut all = 0;
        for _ in 0..ROUNDS {
            let (mut last, mut is_clean) = (None, true);
            while let Some(entries) = index.portion(last.as_ref(), now_ms).await? {
                last = entries.last().cloned();
                let others = entries
                    .into_iter()
                    .filter(|entry| Some(entry.hash()) != but);
                let others: Vec<Named> = others.map(Named::from).collect();
                is_clean &= others.is_empty();
                all += self.destroy_wherever(subject, others, but, now_ms).await?;
            }
            if is_clean || self.io.shortfall().is_some() {
                return Ok(all);
            }
        }
        Err(Failure::Index)
    }

    /// Destroys given sessions of a subject. Those that have moved meanwhile are destroyed at their new id, unless that is the
    /// session to keep. Returns how many were live.
    pub(super) async fn destroy_wherever(
        &self,
        subject: &str,
        mut named: Vec<Named>,
        but: Option<&str>,
        now_ms: u64,
    ) -> Result<u64, Failure> {
        let mut all = 0;
        while !named.is_empty() {
            let ends = self.destroy_of(subject, &named, now_ms).await?;
            all += ends.count;
            let moved = ends.moved.iter().map(String::as_str);
            named = moved
                .filter(|hash| Some(*hash) != but)
                .map(Named::from)
                .collect();
        }
        Ok(all)
    }

    /// Destroys given sessions of a subject.
    pub(super) async fn destroy_of(
        &self,
        subject: &str,
        named: &[Named],
        now_ms: u64,
    ) -> Result<Ends, Failure> {
        let now = now_ms.to_string();
        let args: [&str; 4] = [&now, "s", subject, self.waits()];
        let keys = named
            .iter()
            .map(|named| self.format.session_key(&named.hash));
        let keys: Vec<String> = keys.collect();
        let on = keys.iter().map(|key| (key.as_str(), args.as_slice()));
        let on: Vec<(&str, &[&str])> = on.collect();
        let mut replies = self.replicated().run_all(Script::Destroy, &on).await?;
        // The keys that had no session are checked again after the entries were removed, since a session may have been created in
        // between. While too few replicas have the writes, the entries stay, so that a retry finds them.
        if self.io.shortfall().is_none() {
            self.remove_entries(subject, named, &replies).await?;
        }
        let absent: Vec<usize> = (0..on.len())
            .filter(|place| replies.get(*place) == Some(&Reply::Int(0)))
            .collect();
        let again = absent.iter().filter_map(|place| on.get(*place).copied());
        let again: Vec<_> = again.collect();
        let late = self.replicated().run_all(Script::Destroy, &again).await?;
        for (place, reply) in absent.into_iter().zip(late) {
            if let Some(first) = replies.get_mut(place) {
                *first = reply;
            }
        }
        let mut ends = count_ends(named.iter().map(|named| named.hash.as_str()), replies)?;
        for (hash, from) in std::mem::take(&mut ends.arriving) {
            ends.count += u64::from(self.had_arrived(&hash, &from, now_ms).await?);
        }
        Ok(ends)
    }

    /// Returns whether a session that was destroyed had arrived.
    async fn had_arrived(&self, hash: &str, from: &str, now_ms: u64) -> Result<bool, Failure> {
        let arrival = arrival::ask(&self.io, &self.format, hash, from, now_ms).await?;
        Ok(arrival == Arrival::Arrived)
    }

    /// Removes the entries of destroyed sessions.
    async fn remove_entries(
        &self,
        subject: &str,
        named: &[Named],
        replies: &[Reply],
    ) -> Result<(), Failure> {
        let index = self.index(subject);
        let entries = named.iter().filter_map(|named| named.entry.clone());
        index.drop(&entries.collect::<Vec<_>>()).await?;
        for (Named { hash, entry }, reply) in named.iter().zip(replies) {
            let created_ms = End::read(reply.clone())?.and_then(|end| end.created_ms);
            if let (None, Some(created_ms)) = (entry, created_ms) {
                index.remove(created_ms, hash).await?;
            }
        }
        Ok(())
    }

    fn waits(&self) -> &'static str {
        if self.format.replicas > 0 { "1" } else { "" }
    }

    pub(super) async fn clear(&self, pattern: &str) -> Result<Outcome, Failure> {
        let masters = self.io.ask(Command::masters()).await?.list()?;
        for master in masters {
            let master = master.text()?;
            let mut cursor = "0".to_owned();
            loop {
                let scan = Command::to_node(
                    &master,
                    &["scan", &cursor, "match", pattern, "count", SCANNED],
                );
                let found = self.io.ask(scan).await?.list()?;
                let [next, keys] =
                    <[Reply; 2]>::try_from(found).map_err(|_| Failure::Unreadable)?;
                let keys = keys.list()?.into_iter().filter_map(|key| key.text().ok());
                let unlinks = keys
                    .map(|key| Command::about_key(1, &["unlink", &key]))
                    .collect();
                self.replicated().ask_all(unlinks).await?;
                cursor = next.text()?;
                if cursor == "0" {
                    break;
                }
            }
        }
        Ok(Outcome::Done)
    }
}

/// The reply of the script that destroys.
struct End {
    /// 0 was not live, 1 was live, 2 has moved, 3 was moving, 4 was arriving.
    verdict: i64,
    /// The session's hash under its other id: the new one with 2 and 3, the old one with 4.
    other: String,
    subject: Option<String>,
    created_ms: Option<u64>,
}

impl End {
    fn read(reply: Reply) -> Result<Option<Self>, Failure> {
        if reply == Reply::Int(0) {
            return Ok(None);
        }
        let [verdict, other, subject, created] =
            <[Reply; 4]>::try_from(reply.list()?).map_err(|_| Failure::Unreadable)?;
        let (subject, created) = (subject.text()?, created.text()?);
        Ok(Some(Self {
            verdict: verdict.int()?,
            other: other.text()?,
            subject: subject.strip_prefix('=').map(str::to_owned),
            created_ms: (!created.is_empty())
                .then(|| number(&created))
                .transpose()?,
        }))
    }
}

/// Reads how each session of a subject ended.
pub(super) fn count_ends<'a>(
    hashes: impl Iterator<Item = &'a str>,
    replies: Vec<Reply>,
) -> Result<Ends, Failure> {
    let (mut live, mut arriving, mut moved) = (HashSet::new(), Vec::new(), Vec::new());
    for (hash, reply) in hashes.zip(replies) {
        let Some(End { verdict, other, .. }) = End::read(reply)? else {
            continue;
        };
        match verdict {
            1 => _ = live.insert(hash.to_owned()),
            2 => moved.push(other),
            3 => _ = live.insert(other),
            4 => arriving.push((hash.to_owned(), other)),
            _ => {}
        }
    }
    // An arriving session and the one that it comes from count as one.
    arriving.retain(|(hash, from)| !live.contains(from) && !live.contains(hash));
    Ok(Ends {
        count: live.len() as u64,
        moved,
        arriving,
    })
}
