//! The index: the sessions of each subject.
//!
//! It has a fixed number of sorted sets, each with the entries of many subjects, and none expires. So in a set that is known to
//! be complete, a subject without entries has no sessions. A set that was lost (evicted, deleted, or outdated after a failover)
//! is not known to be complete, and before it is used, all sessions are scanned ([`rebuild`]). An entry is removed only after
//! its session, so a complete set stays complete.

mod admission;
mod entry;
pub(super) mod rebuild;

pub(super) use self::admission::{Admission, Admitted, Entrant};
pub(super) use self::entry::{Entry, Tag};
use super::arrival::{self, Arrival};
use super::command::{Command, Failure, Reply};
use super::format::Format;
use super::layout::read_meta;
use super::sans_io::Io;
use super::script::Script;
use crate::store::{IdHash, Listed};

/// How long an entry is kept whose session does not exist, since the session may still be created.
const YOUNG_MS: u64 = 30_000;

/// The most entries that are read and checked at once, during which other operations of this process wait.
pub(super) const PORTION: usize = 256;

/// How often a lost index is rebuilt before an operation gives up.
const ATTEMPTS: u32 = 4;

/// The state of an entry's session.
enum SessionState {
    /// It exists.
    Live(Live),
    /// It has expired; with its field `m`.
    Expired(String),
    /// It does not exist, or has another subject.
    Absent,
}

struct Live {
    created_ms: u64,
    seen_ms: u64,
    label: Option<String>,
    /// For a session that is arriving: the hash of its old id. While a session has the old id, the two are one session.
    from: Option<String>,
}

/// A subject's part of the index, as one operation sees it.
pub(super) struct Index<'a> {
    io: &'a Io,
    format: &'a Format,
    subject: &'a str,
    tag: Tag,
    key: String,
}

impl<'a> Index<'a> {
    pub fn new(io: &'a Io, format: &'a Format, subject: &'a str) -> Self {
        let tag = Tag::of(subject);
        let key = format.index_key(tag.shard);
        Self {
            io,
            format,
            subject,
            tag,
            key,
        }
    }

    /// Returns a batch of the entries after a given one; `None` if there are no more.
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
            let reply = self.io.run(Script::Range, &self.key, &args).await?;
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
        rebuild::run(self.io, self.format, now_ms).await
    }

    /// Removes the entry of a session.
    pub async fn remove(&self, created_ms: u64, hash: &str) -> Result<(), Failure> {
        let entry = ["[", &self.tag.name(created_ms, hash)].concat();
        let to = [&entry, "~"].concat();
        let args = ["zremrangebylex", &self.key, &entry, &to];
        let command = Command::about_key(1, &args);
        self.io.ask(command).await.map(|_| ())
    }

    /// Removes entries, except those that were changed since they were read.
    pub async fn drop(&self, entries: &[Entry]) -> Result<(), Failure> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut command = Command::about_key(1, &["zrem", &self.key]);
        for entry in entries {
            command.push(entry.text());
        }
        self.io.ask(command).await.map(|_| ())
    }

    /// Returns the live sessions, the oldest first, as JSON in several short lists.
    pub async fn list(&self, now_ms: u64) -> Result<Vec<String>, Failure> {
        let mut lists = Vec::new();
        let mut last = None;
        while let Some(entries) = self.portion(last.as_ref(), now_ms).await? {
            last = entries.last().cloned();
            let (mut listed, mut gone) = (Vec::with_capacity(entries.len()), Vec::new());
            for (entry, session) in self.look_up(entries, now_ms).await? {
                match session {
                    SessionState::Live(live) if self.has_arrived(&entry, &live, now_ms).await? => {
                        listed.push(Listed {
                            hash: IdHash::from_base64(entry.hash()).ok_or(Failure::Unreadable)?,
                            created_ms: live.created_ms,
                            seen_ms: live.seen_ms,
                            label: live.label,
                        });
                    }
                    SessionState::Absent if is_old(&entry, now_ms) => gone.push(entry),
                    _ => {}
                }
            }
            self.drop(&gone).await?;
            lists.push(Listed::write_list(&listed));
        }
        Ok(lists)
    }

    /// Returns whether an arriving session has arrived.
    async fn has_arrived(&self, entry: &Entry, live: &Live, now_ms: u64) -> Result<bool, Failure> {
        match &live.from {
            None => Ok(true),
            Some(from) => Ok(self.arrival(entry, from, now_ms).await? == Arrival::Arrived),
        }
    }

    /// Returns the state of an arriving session.
    async fn arrival(&self, entry: &Entry, from: &str, now_ms: u64) -> Result<Arrival, Failure> {
        arrival::ask(self.io, self.format, entry.hash(), from, now_ms).await
    }

    fn read_commands(&self, entries: &[Entry], fields: &[&str]) -> Vec<Command> {
        let commands = entries.iter().map(|entry| {
            let key = self.format.session_key(entry.hash());
            let mut command = Command::about_key(1, &["hmget", &key]);
            for field in fields {
                command.push(field);
            }
            command
        });
        commands.collect()
    }

    async fn look_up(
        &self,
        entries: Vec<Entry>,
        now_ms: u64,
    ) -> Result<Vec<(Entry, SessionState)>, Failure> {
        let replies = self
            .io
            .ask_all(self.read_commands(&entries, &["m", "s", "l", "f"]))
            .await?;
        let sessions = replies
            .into_iter()
            .map(|reply| self.read_session(reply, now_ms));
        let pairs = entries.into_iter().zip(sessions);
        pairs
            .map(|(entry, session)| Ok((entry, session?)))
            .collect()
    }

    fn read_session(&self, reply: Reply, now_ms: u64) -> Result<SessionState, Failure> {
        let [meta, subject, label, from] = reply.texts()?;
        let Some(meta) = meta.filter(|_| subject.as_deref() == Some(self.subject)) else {
            return Ok(SessionState::Absent);
        };
        let (_, expire_ms, _, created_ms, seen_ms) = read_meta(&meta)?;
        if expire_ms < now_ms {
            return Ok(SessionState::Expired(meta));
        }
        Ok(SessionState::Live(Live {
            created_ms,
            seen_ms,
            label,
            from,
        }))
    }
}

/// Returns whether an entry is so old that its session would exist by now.
fn is_old(entry: &Entry, now_ms: u64) -> bool {
    entry.added_ms().saturating_add(YOUNG_MS) < now_ms
}
