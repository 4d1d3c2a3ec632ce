//! The admission of a session to the index.

use super::entry::{Entry, Tag, number_of, time};
use super::{ATTEMPTS, Index, PORTION, SessionState, is_old};
use crate::record::{Limit, Overflow};
use crate::store::redis::arrival::Arrival;
use crate::store::redis::command::{Command, Failure, Reply};
use crate::store::redis::script::Script;

/// Whether the subject may get the session.
pub enum Admission {
    /// It may not: the limit is reached.
    Refused,
    /// It may, and has entered the index.
    Admitted(Admitted),
}

/// A session that has entered an index.
pub struct Admitted {
    /// Whether it was entered before.
    pub was_known: bool,
    /// The sessions beyond the limit; only the first ones, if they are very many.
    pub victims: Vec<Entry>,
    /// Some entries of the same set, of any subject, for `confirm` to check.
    pub sample: Vec<Entry>,
}

/// The reply to an attempt to enter.
enum Decision {
    Made(Admission),
    /// The subject's other entries have to be checked first.
    Unchecked,
    /// The index may be incomplete.
    Incomplete,
}

/// A session that enters an index.
#[derive(Clone, Copy)]
pub struct Entrant<'a> {
    pub hash: &'a str,
    pub created_ms: u64,
    pub now_ms: u64,
    pub limit: Option<Limit>,
}

impl Index<'_> {
    /// Enters a session, if the limit allows it. Looks for entries without sessions only if the limit is reached when they are counted.
    pub async fn admit(&self, entrant: Entrant<'_>) -> Result<Admission, Failure> {
        let mut doubles = None;
        for _ in 0..ATTEMPTS {
            match self.try_admit(entrant, doubles.as_deref()).await? {
                Decision::Made(admission) => return Ok(admission),
                Decision::Unchecked => doubles = Some(self.check(entrant.now_ms).await?),
                Decision::Incomplete => self.rebuild(entrant.now_ms).await?,
            }
        }
        Err(Failure::Index)
    }

    async fn try_admit(
        &self,
        entrant: Entrant<'_>,
        doubles: Option<&[[String; 2]]>,
    ) -> Result<Decision, Failure> {
        let entry = self.tag.name(entrant.created_ms, entrant.hash);
        let most = entrant.limit.map_or(0, |limit| limit.max).to_string();
        let overflow = match entrant.limit.map(|limit| limit.overflow) {
            Some(Overflow::Refuse) => "refuse",
            _ => "oldest",
        };
        let (now, number) = (time(entrant.now_ms), number_of(entrant.hash).to_string());
        let (is_checked, portion) = (
            if doubles.is_some() { "1" } else { "0" },
            PORTION.to_string(),
        );
        let mut args = vec![
            entry.as_str(),
            &now,
            &most,
            overflow,
            is_checked,
            &portion,
            &number,
        ];
        args.extend(doubles.into_iter().flatten().flatten().map(String::as_str));
        let reply = self.io.run(Script::Admit, &self.key, &args).await?;
        let [verdict, was_known, victims, sample] =
            <[Reply; 4]>::try_from(reply.list()?).map_err(|_| Failure::Unreadable)?;
        Ok(match verdict.int()? {
            0 => Decision::Made(Admission::Refused),
            1 => Decision::Made(Admission::Admitted(Admitted {
                was_known: was_known.int()? == 1,
                victims: Entry::read_all(victims)?,
                sample: Entry::read_all(sample)?,
            })),
            2 => Decision::Unchecked,
            _ => Decision::Incomplete,
        })
    }

    /// Checks all entries, and removes those without live sessions. Returns the names of pairs of entries that belong to one session,
    /// since it is moving.
    async fn check(&self, now_ms: u64) -> Result<Vec<[String; 2]>, Failure> {
        let mut doubles = Vec::new();
        let mut last = None;
        while let Some(entries) = self.portion(last.as_ref(), now_ms).await? {
            last = entries.last().cloned();
            let mut gone = Vec::new();
            for (entry, session) in self.look_up(entries, now_ms).await? {
                match session {
                    SessionState::Live(live) => {
                        let Some(from) = live.from else { continue };
                        match self.arrival(&entry, &from, now_ms).await? {
                            Arrival::Arrived => {}
                            Arrival::UnderWay => {
                                let old = self.tag.name(live.created_ms, &from);
                                doubles.push([old, entry.name().to_owned()]);
                            }
                            Arrival::Never => {
                                self.destroy_where(&entry, "f", &from, now_ms).await?;
                                gone.push(entry);
                            }
                        }
                    }
                    SessionState::Expired(meta) => {
                        self.destroy_where(&entry, "m", &meta, now_ms).await?;
                        gone.push(entry);
                    }
                    SessionState::Absent if is_old(&entry, now_ms) => gone.push(entry),
                    SessionState::Absent => {}
                }
            }
            self.drop(&gone).await?;
        }
        Ok(doubles)
    }

    /// Destroys a session before its entry is removed: one that has expired by this process's clock, or never arrives.
    async fn destroy_where(
        &self,
        entry: &Entry,
        field: &str,
        value: &str,
        now_ms: u64,
    ) -> Result<(), Failure> {
        let key = self.format.session_key(entry.hash());
        let args = [&now_ms.to_string(), field, value];
        self.io.run(Script::Destroy, &key, &args).await.map(|_| ())
    }

    /// Returns whether a session exists, and has the subject.
    pub async fn has(&self, hash: &str) -> Result<bool, Failure> {
        let read = Command::about_key(1, &["hget", &self.format.session_key(hash), "s"]);
        let subject = self.io.ask(read).await?.optional_text()?;
        Ok(subject.as_deref() == Some(self.subject))
    }

    /// Returns whether the index still has an admitted session. Also removes some other entries without sessions: a little
    /// cleaning up with each admission.
    pub async fn confirm(&self, entrant: Entrant<'_>, sample: Vec<Entry>) -> Result<bool, Failure> {
        let old = sample.into_iter();
        let old: Vec<Entry> = old.filter(|entry| is_old(entry, entrant.now_ms)).collect();
        let from = ["[", &self.tag.name(entrant.created_ms, entrant.hash)].concat();
        let count = ["zlexcount", &self.key, &from, &[&from, "~"].concat()];
        let mut commands = vec![Command::about_key(1, &count)];
        commands.extend(self.read_commands(&old, &["m", "s"]));
        let mut replies = self.io.ask_all(commands).await?.into_iter();
        let count = replies.next().ok_or(Failure::Unreadable)?.int()?;
        let mut gone = Vec::new();
        for (entry, reply) in old.into_iter().zip(replies) {
            let [meta, subject] = reply.texts()?;
            let is_its = subject.is_some_and(|subject| Tag::of(&subject) == entry.tag());
            if meta.is_none() || !is_its {
                gone.push(entry);
            }
        }
        self.drop(&gone).await?;
        Ok(count > 0)
    }
}
