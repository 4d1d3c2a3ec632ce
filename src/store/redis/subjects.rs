//! The index: the sessions of each subject.
//!
//! It lies in a fixed number of sorted sets, each with the entries of many subjects, and none expires. So the absence of a subject
//! says something: where a set is known to be complete, a subject without entries has no sessions. A set that was lost (evicted,
//! deleted, or behind after a failover) is not known to be complete, and before anybody relies on it, all sessions are looked at
//! ([`rebuild`]). An entry leaves only when its session is gone from its key, so a complete set stays complete.

mod entry;
pub(super) mod rebuild;

use std::collections::HashSet;

pub(super) use self::entry::{Entry, Tag};
use super::command::{Command, Failure, Reply};
use super::exchange::Exchange;
use super::layout::read_meta;
use super::request::Format;
use super::script::Script;
use crate::record::{Limit, Overflow};
use crate::store::{IdHash, Listed};

/// How long an entry stays whose session is not there, or not the subject's: it may be about to come.
const YOUNG_MS: u64 = 30_000;

/// How many entries are read, and looked up, at a time. While they are, others of this process wait.
pub(super) const PORTION: usize = 256;

/// How often what was lost is made good again before an operation gives up.
const ATTEMPTS: u32 = 4;

/// What is known of an entry's session.
enum Session {
    /// It is there.
    Live(Live),
    /// It was, until it expired: its field `m`.
    Expired(String),
    /// It is not there, or not the subject's.
    Absent,
}

struct Live {
    created_ms: u64,
    seen_ms: u64,
    label: Option<String>,
    /// Where it is arriving from: as long as that one is there, they are one session.
    from: Option<String>,
}

/// Whether a session may be the subject's.
pub(super) enum Admission {
    /// It may not.
    Refused,
    /// It may, and is entered.
    Admitted(Admitted),
}

/// A session that has entered an index.
pub(super) struct Admitted {
    /// Whether it had before.
    pub was_known: bool,
    /// Who has to go for it: the first of them, where there are very many.
    pub victims: Vec<Entry>,
    /// Some entries, of whatever subjects.
    pub sample: Vec<Entry>,
}

/// What is answered to a session that wants to enter.
enum Verdict {
    Decided(Admission),
    /// The subject's other entries have to be looked at first.
    Unchecked,
    /// The index may lack some.
    Incomplete,
}

/// A session that enters an index.
#[derive(Clone, Copy)]
pub(super) struct Entrant<'a> {
    pub hash: &'a str,
    pub created_ms: u64,
    pub now_ms: u64,
    pub limit: Option<Limit>,
}

/// A subject's part of the index, as one operation sees it.
pub(super) struct Index<'a> {
    exchange: &'a Exchange,
    format: &'a Format,
    subject: &'a str,
    tag: Tag,
    key: String,
}

impl<'a> Index<'a> {
    pub fn new(exchange: &'a Exchange, format: &'a Format, subject: &'a str) -> Self {
        let tag = Tag::of(subject);
        let key = format.index_key(tag.place);
        Self {
            exchange,
            format,
            subject,
            tag,
            key,
        }
    }

    /// Enters a session, if the limit lets it. Which entries are dead is looked at only where that decides.
    pub async fn admit(&self, entrant: Entrant<'_>) -> Result<Admission, Failure> {
        let mut doubles = None;
        for _ in 0..ATTEMPTS {
            match self.try_admit(entrant, doubles).await? {
                Verdict::Decided(admission) => return Ok(admission),
                Verdict::Unchecked => doubles = Some(self.check(entrant.now_ms).await?),
                Verdict::Incomplete => self.rebuild(entrant.now_ms).await?,
            }
        }
        Err(Failure::Index)
    }

    async fn try_admit(
        &self,
        entrant: Entrant<'_>,
        doubles: Option<usize>,
    ) -> Result<Verdict, Failure> {
        let entry = self.tag.name(entrant.created_ms, entrant.hash);
        let most = entrant.limit.map_or(0, |limit| limit.max).to_string();
        let overflow = match entrant.limit.map(|limit| limit.overflow) {
            Some(Overflow::Refuse) => "refuse",
            _ => "oldest",
        };
        let args = [
            entry.as_str(),
            &entry::time(entrant.now_ms),
            &most,
            overflow,
            if doubles.is_some() { "1" } else { "0" },
            &doubles.unwrap_or_default().to_string(),
            &entry::place_of(entrant.hash).to_string(),
            &PORTION.to_string(),
        ];
        let reply = self.exchange.run(Script::Admit, &self.key, &args).await?;
        let [verdict, was_known, victims, sample] =
            <[Reply; 4]>::try_from(reply.list()?).map_err(|_| Failure::Unreadable)?;
        Ok(match verdict.int()? {
            0 => Verdict::Decided(Admission::Refused),
            1 => Verdict::Decided(Admission::Admitted(Admitted {
                was_known: was_known.int()? == 1,
                victims: Entry::read_all(victims)?,
                sample: Entry::read_all(sample)?,
            })),
            2 => Verdict::Unchecked,
            _ => Verdict::Incomplete,
        })
    }

    /// Looks at all entries, so that only those of live sessions are left. Gives how many are of a session that has another one.
    async fn check(&self, now_ms: u64) -> Result<usize, Failure> {
        let (mut hashes, mut origins) = (HashSet::new(), Vec::new());
        let mut last = None;
        while let Some(entries) = self.portion(last.as_ref(), now_ms).await? {
            last = entries.last().cloned();
            let mut gone = Vec::new();
            for (entry, session) in self.look_up(entries, now_ms).await? {
                match session {
                    Session::Live(live) => {
                        origins.extend(live.from);
                        hashes.insert(entry.hash().to_owned());
                    }
                    Session::Expired(meta) => {
                        self.destroy_expired(entry.hash(), &meta, now_ms).await?;
                        gone.push(entry);
                    }
                    Session::Absent if is_old(&entry, now_ms) => gone.push(entry),
                    Session::Absent => {}
                }
            }
            self.drop(&gone).await?;
        }
        Ok(origins.iter().filter(|from| hashes.contains(*from)).count())
    }

    /// Has a session gone that has expired by this process's clock, before it leaves the index.
    async fn destroy_expired(&self, hash: &str, meta: &str, now_ms: u64) -> Result<(), Failure> {
        let key = self.format.session_key(hash);
        let args = [&now_ms.to_string(), "m", meta];
        self.exchange
            .run(Script::Destroy, &key, &args)
            .await
            .map(|_| ())
    }

    /// Gives the entries behind that one, not too many at once; nothing where there are no more.
    pub async fn portion(
        &self,
        last: Option<&Entry>,
        now_ms: u64,
    ) -> Result<Option<Vec<Entry>>, Failure> {
        let (from, to) = self.tag.range();
        let from = last.map_or(from, |last| ["(", last.text()].concat());
        let most = PORTION.to_string();
        for _ in 0..ATTEMPTS {
            let args = [from.as_str(), &to, &most];
            let reply = self.exchange.run(Script::Range, &self.key, &args).await?;
            if reply == Reply::Int(0) {
                self.rebuild(now_ms).await?;
                continue;
            }
            let entries = Entry::read_all(reply)?;
            return Ok((!entries.is_empty()).then_some(entries));
        }
        Err(Failure::Index)
    }

    async fn rebuild(&self, now_ms: u64) -> Result<(), Failure> {
        rebuild::run(self.exchange, self.format, now_ms).await
    }

    /// Takes a session out.
    pub async fn remove(&self, created_ms: u64, hash: &str) -> Result<(), Failure> {
        let entry = ["[", &self.tag.name(created_ms, hash)].concat();
        let to = [&entry, "~"].concat();
        let args = ["zremrangebylex", &self.key, &entry, &to];
        let command = Command::about_key(1, &args);
        self.exchange.ask(command).await.map(|_| ())
    }

    /// Takes entries out, those that are as they were.
    pub async fn drop(&self, entries: &[Entry]) -> Result<(), Failure> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut command = Command::about_key(1, &["zrem", &self.key]);
        for entry in entries {
            command.push(entry.text());
        }
        self.exchange.ask(command).await.map(|_| ())
    }

    /// Gives the live sessions, the oldest first.
    pub async fn list(&self, now_ms: u64) -> Result<Vec<Listed>, Failure> {
        let mut found = Vec::new();
        let mut last = None;
        while let Some(entries) = self.portion(last.as_ref(), now_ms).await? {
            last = entries.last().cloned();
            let mut gone = Vec::new();
            for (entry, session) in self.look_up(entries, now_ms).await? {
                match session {
                    Session::Live(live) => found.push((entry, live)),
                    Session::Absent if is_old(&entry, now_ms) => gone.push(entry),
                    Session::Expired(_) | Session::Absent => {}
                }
            }
            self.drop(&gone).await?;
        }
        let hashes: HashSet<&str> = found.iter().map(|(entry, _)| entry.hash()).collect();
        // One that is arriving from where it still is, is there.
        let is_double = |live: &Live| {
            live.from
                .as_deref()
                .is_some_and(|from| hashes.contains(from))
        };
        let listed = found.iter().filter(|(_, live)| !is_double(live));
        let listed = listed.map(|(entry, live)| {
            Ok(Listed {
                hash: IdHash::from_base64(entry.hash()).ok_or(Failure::Unreadable)?,
                created_ms: live.created_ms,
                seen_ms: live.seen_ms,
                label: live.label.clone(),
            })
        });
        let mut listed = listed.collect::<Result<Vec<_>, _>>()?;
        listed.sort_by_key(|each| (each.created_ms, each.hash));
        Ok(listed)
    }

    /// Tells whether the index still has a session that it admitted. Drops those of some other entries whose sessions are gone:
    /// so much is done whenever a session is entered.
    pub async fn confirm(&self, entrant: Entrant<'_>, sample: Vec<Entry>) -> Result<bool, Failure> {
        let old = sample.into_iter();
        let old: Vec<Entry> = old.filter(|entry| is_old(entry, entrant.now_ms)).collect();
        let from = ["[", &self.tag.name(entrant.created_ms, entrant.hash)].concat();
        let count = ["zlexcount", &self.key, &from, &[&from, "~"].concat()];
        let mut commands = vec![Command::about_key(1, &count)];
        commands.extend(self.look(&old, &["m", "s"]));
        let mut replies = self.exchange.ask_all(commands).await?.into_iter();
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

    fn look(&self, entries: &[Entry], fields: &[&str]) -> Vec<Command> {
        let look = entries.iter().map(|entry| {
            let key = self.format.session_key(entry.hash());
            let mut command = Command::about_key(1, &["hmget", &key]);
            for field in fields {
                command.push(field);
            }
            command
        });
        look.collect()
    }

    async fn look_up(
        &self,
        entries: Vec<Entry>,
        now_ms: u64,
    ) -> Result<Vec<(Entry, Session)>, Failure> {
        let replies = self
            .exchange
            .ask_all(self.look(&entries, &["m", "s", "l", "f"]))
            .await?;
        let sessions = replies
            .into_iter()
            .map(|reply| self.read_session(reply, now_ms));
        let pairs = entries.into_iter().zip(sessions);
        pairs
            .map(|(entry, session)| Ok((entry, session?)))
            .collect()
    }

    fn read_session(&self, reply: Reply, now_ms: u64) -> Result<Session, Failure> {
        let [meta, subject, label, from] = reply.texts()?;
        let Some(meta) = meta.filter(|_| subject.as_deref() == Some(self.subject)) else {
            return Ok(Session::Absent);
        };
        let (_, expire_ms, _, created_ms, seen_ms) = read_meta(&meta)?;
        if expire_ms < now_ms {
            return Ok(Session::Expired(meta));
        }
        Ok(Session::Live(Live {
            created_ms,
            seen_ms,
            label,
            from,
        }))
    }
}

/// Tells an entry whose session is there, if it ever comes.
fn is_old(entry: &Entry, now_ms: u64) -> bool {
    entry.added_ms().saturating_add(YOUNG_MS) < now_ms
}
