//! A subject's index.

use super::command::{Command, Failure, Reply};
use super::exchange::Exchange;
use super::layout::{number, read_meta, time_to_live};
use super::request::Format;
use super::script::Script;
use crate::record::{Limit, Overflow};
use crate::store::{IdHash, Listed};

/// How long an entry stays whose session is not there, or not the subject's: it may be about to come.
const YOUNG_MS: u64 = 30_000;

/// An entry, and what its session says.
pub(super) struct Entry {
    hash: String,
    value: String,
    added_ms: u64,
    session: Session,
}

/// What is known of an entry's session.
enum Session {
    /// It is there.
    Live(Live),
    /// It was, until it expired; last seen at that time.
    Expired(u64),
    /// It is moving: whether its new id is entered too.
    Moving(bool),
    /// It is not there, or not the subject's.
    Absent,
}

struct Live {
    created_ms: u64,
    seen_ms: u64,
    label: Option<String>,
}

/// Whether a session may be the subject's.
pub(super) enum Admission {
    /// It may not.
    Refused,
    /// It may, and is entered: whether it was before, and who has to go for it.
    Admitted {
        was_known: bool,
        victims: Vec<String>,
    },
}

/// A session that enters an index.
#[derive(Clone, Copy)]
pub(super) struct Entrant<'a> {
    pub hash: &'a str,
    pub created_ms: u64,
    pub now_ms: u64,
    /// Until when the index has to have it.
    pub until_ms: u64,
}

/// A subject's index, as one operation sees it.
#[derive(Clone, Copy)]
pub(super) struct Index<'a> {
    pub exchange: &'a Exchange,
    pub format: &'a Format,
    pub subject: &'a str,
}

impl Index<'_> {
    fn key(&self) -> String {
        self.format.index_key(self.subject)
    }

    /// Enters a session, if the limit lets it. Which entries are dead is looked at only where that decides.
    pub async fn admit(
        &self,
        entrant: Entrant<'_>,
        limit: Option<Limit>,
    ) -> Result<Admission, Failure> {
        let (verdict, was_known, victims) = self.try_admit(entrant, limit, None).await?;
        let (verdict, was_known, victims) = match verdict {
            2 => {
                let entries = self.look_up(victims, entrant.now_ms).await?;
                self.try_admit(entrant, limit, Some(&entries)).await?
            }
            _ => (verdict, was_known, victims),
        };
        if verdict == 0 {
            return Ok(Admission::Refused);
        }
        let victims = victims
            .into_iter()
            .map(Reply::text)
            .collect::<Result<_, _>>()?;
        Ok(Admission::Admitted { was_known, victims })
    }

    async fn try_admit(
        &self,
        entrant: Entrant<'_>,
        limit: Option<Limit>,
        checked: Option<&[Entry]>,
    ) -> Result<(i64, bool, Vec<Reply>), Failure> {
        let Entrant {
            hash,
            created_ms,
            now_ms,
            until_ms,
        } = entrant;
        let (now, created) = (now_ms.to_string(), created_ms.to_string());
        let ttl = time_to_live(until_ms, now_ms).to_string();
        let most = limit.map_or(0, |limit| limit.max).to_string();
        let overflow = match limit.map(|limit| limit.overflow) {
            Some(Overflow::Refuse) => "refuse",
            _ => "oldest",
        };
        let is_checked = if checked.is_some() { "1" } else { "0" };
        let mut args: Vec<&str> = vec![&now, hash, &created, &ttl, &most, overflow, is_checked];
        for entry in checked.unwrap_or_default() {
            if entry.is_dead(now_ms) || entry.is_double() {
                args.extend([entry.hash.as_str(), entry.value.as_str()]);
            }
        }
        let reply = self
            .exchange
            .run(Script::Admit, &self.key(), &args)
            .await?
            .list()?;
        match <[Reply; 3]>::try_from(reply) {
            Ok([verdict, was_known, list]) => {
                Ok((verdict.int()?, was_known.int()? == 1, list.list()?))
            }
            Err(_) => Err(Failure::Unreadable),
        }
    }

    /// Sees to it that the index has a session for long enough.
    pub async fn keep(&self, entrant: Entrant<'_>) -> Result<(), Failure> {
        self.try_admit(entrant, None, None).await.map(|_| ())
    }

    /// Tells whether the index has a session.
    pub async fn has(&self, hash: &str) -> Result<bool, Failure> {
        let command = Command::about_key(1, &["hexists", &self.key(), hash]);
        Ok(self.exchange.ask(command).await?.int()? == 1)
    }

    /// Takes sessions out.
    pub async fn remove(&self, hashes: &[String]) -> Result<(), Failure> {
        if hashes.is_empty() {
            return Ok(());
        }
        let key = self.key();
        let mut command = Command::about_key(1, &["hdel", &key]);
        for hash in hashes {
            command.push(hash);
        }
        self.exchange.ask(command).await.map(|_| ())
    }

    /// Gives the sessions of all entries.
    pub async fn hashes(&self) -> Result<Vec<String>, Failure> {
        let command = Command::about_key(1, &["hkeys", &self.key()]);
        let hashes = self.exchange.ask(command).await?.list()?;
        hashes.into_iter().map(Reply::text).collect()
    }

    /// Gives all entries, with what their sessions say.
    async fn entries(&self, now_ms: u64) -> Result<Vec<Entry>, Failure> {
        let pairs = self
            .exchange
            .ask(Command::about_key(1, &["hgetall", &self.key()]))
            .await?;
        self.look_up(pairs.list()?, now_ms).await
    }

    /// Gives the live sessions, the oldest first, and drops dead entries.
    pub async fn list(&self, now_ms: u64) -> Result<Vec<Listed>, Failure> {
        let entries = self.entries(now_ms).await?;
        let dead = entries.iter().filter(|entry| entry.is_dead(now_ms));
        let dead: Vec<&str> = dead
            .flat_map(|entry| [entry.hash.as_str(), entry.value.as_str()])
            .collect();
        if !dead.is_empty() {
            self.exchange.run(Script::Prune, &self.key(), &dead).await?;
        }
        let mut listed = Vec::with_capacity(entries.len());
        for entry in entries {
            if let Session::Live(Live {
                created_ms,
                seen_ms,
                label,
            }) = entry.session
            {
                listed.push(Listed {
                    hash: IdHash::from_base64(&entry.hash).ok_or(Failure::Unreadable)?,
                    created_ms,
                    seen_ms,
                    label,
                });
            }
        }
        listed.sort_by_key(|each| (each.created_ms, each.hash));
        Ok(listed)
    }

    async fn look_up(&self, pairs: Vec<Reply>, now_ms: u64) -> Result<Vec<Entry>, Failure> {
        let texts = pairs
            .into_iter()
            .map(Reply::text)
            .collect::<Result<Vec<_>, _>>()?;
        let pairs = || {
            texts
                .chunks_exact(2)
                .filter_map(|pair| pair.first().zip(pair.last()))
        };
        let look = pairs().map(|(hash, _)| {
            Command::about_key(
                1,
                &["hmget", &self.format.session_key(hash), "m", "x", "s", "l"],
            )
        });
        let replies = self.exchange.ask_all(look.collect()).await?;
        pairs()
            .zip(replies)
            .map(|((hash, value), reply)| {
                let (_, added) = value.split_once(':').ok_or(Failure::Unreadable)?;
                let is_entered = |hash: &str| pairs().any(|(entered, _)| entered == hash);
                let session = self.read_session(reply, now_ms, is_entered)?;
                Ok(Entry {
                    hash: hash.clone(),
                    value: value.clone(),
                    added_ms: number(added)?,
                    session,
                })
            })
            .collect()
    }

    fn read_session(
        &self,
        reply: Reply,
        now_ms: u64,
        is_entered: impl Fn(&str) -> bool,
    ) -> Result<Session, Failure> {
        let fields = reply.list()?.into_iter().map(Reply::optional_text);
        let Ok([meta, moving, subject, label]) =
            <[Option<String>; 4]>::try_from(fields.collect::<Result<Vec<_>, _>>()?)
        else {
            return Err(Failure::Unreadable);
        };
        let Some(meta) = meta.filter(|_| subject.as_deref() == Some(self.subject)) else {
            return Ok(Session::Absent);
        };
        if let Some(hash) = moving {
            return Ok(Session::Moving(is_entered(&hash)));
        }
        let (_, expire_ms, _, created_ms, seen_ms) = read_meta(&meta)?;
        if expire_ms < now_ms {
            return Ok(Session::Expired(seen_ms));
        }
        Ok(Session::Live(Live {
            created_ms,
            seen_ms,
            label,
        }))
    }
}

impl Entry {
    /// Tells whether the session has an entry of its new id beside this one: for a limit, it is one.
    fn is_double(&self) -> bool {
        matches!(self.session, Session::Moving(true))
    }

    /// Tells whether there is no session, and none to be expected.
    fn is_dead(&self, now_ms: u64) -> bool {
        let is_old = self.added_ms.saturating_add(YOUNG_MS) < now_ms;
        match self.session {
            // One that is moving may come back, and whoever destroys all has to find it.
            Session::Live(_) | Session::Moving(_) => false,
            // Entered since: the id is about to be used again.
            Session::Expired(seen_ms) => is_old || self.added_ms <= seen_ms,
            Session::Absent => is_old,
        }
    }
}
