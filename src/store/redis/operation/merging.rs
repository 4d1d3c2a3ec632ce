//! Merging what was changed into sessions, and touching them.

use super::moving::arriving;
use super::{Store, done};
use crate::record::{Bounds, Fields, MaxAge, Tokens, kept_label, write_array};
use crate::store::redis::command::{Command, Failure, Reply};
use crate::store::redis::layout::{age, read_meta};
use crate::store::redis::request::{Changes, SessionId, Subject};
use crate::store::redis::script::Script;
use crate::store::redis::subjects::{Admission, Entrant};
use crate::store::{Clock, Written};

/// A session's answer to a merge.
struct Merged {
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
        let call = Call::of(changes, self.format.bounds, clock)?;
        let mut attempt = self.merge_once(id, &call).await?;
        if let Attempt::Arriving(from) = &attempt {
            if !self.arrive(&id.hash, from, clock.now_ms).await? {
                return Ok(None);
            }
            attempt = self.merge_once(id, &call).await?;
        }
        Ok(match attempt {
            Attempt::Merged(merged) => Some(merged),
            Attempt::Missing | Attempt::Arriving(_) => None,
        })
    }

    async fn merge_once(&self, id: &SessionId, call: &Call<'_>) -> Result<Attempt, Failure> {
        let run = |again| {
            let (script, args, key) = (call.script(), call.args(again), self.key(id));
            let exchange = if call.is_subject_same {
                self.exchange.clone()
            } else {
                self.replicated()
            };
            async move { exchange.run(script, &key, &args).await }
        };
        let reply = match run(false).await {
            Err(Failure::Lost) if call.has_keys() => run(true).await.map_err(|_| Failure::Lost),
            reply => reply,
        };
        read_attempt(reply?)
    }
}

/// What the script that merges is called with.
struct Call<'a> {
    set: Vec<(&'a str, &'a str)>,
    delete: Vec<&'a str>,
    is_subject_same: bool,
    /// Before those, in the script's order; and the number of keys that are set.
    first: [String; 8],
    count: String,
}

impl<'a> Call<'a> {
    fn of(changes: &'a Changes, bounds: Bounds, clock: Clock) -> Result<Self, Failure> {
        let set = Fields::parse_or_none(&changes.set)?.0;
        let label = changes.label.as_deref().map(kept_label);
        let subject = match &changes.subject {
            Subject::Unchanged => String::new(),
            Subject::None => "-".to_owned(),
            Subject::Is(subject) => ["=", subject].concat(),
        };
        Ok(Self {
            delete: Tokens::parse_or_none(&changes.delete)?.0,
            is_subject_same: changes.subject == Subject::Unchanged,
            first: [
                clock.now_ms.to_string(),
                changes.base.to_string(),
                clock.ttl_ms.to_string(),
                changes.max_age.map(age).unwrap_or_default(),
                subject,
                label.map(|label| ["=", label].concat()).unwrap_or_default(),
                bounds.keys.to_string(),
                bounds.bytes.to_string(),
            ],
            count: set.len().to_string(),
            set,
        })
    }

    fn has_keys(&self) -> bool {
        !self.set.is_empty() || !self.delete.is_empty()
    }

    /// Without changes, it does the same if it is done twice.
    fn script(&self) -> Script {
        if self.has_keys() || !self.is_subject_same {
            Script::Merge
        } else {
            Script::Touch
        }
    }

    /// Gives all arguments; `again`: where the same may have been merged before.
    fn args(&self, again: bool) -> Vec<&str> {
        let mut args: Vec<&str> = self.first.iter().map(String::as_str).collect();
        args.extend([if again { "1" } else { "" }, &self.count]);
        args.extend(self.set.iter().flat_map(|(key, json)| [*key, *json]));
        args.extend(&self.delete);
        args
    }
}

/// Reads what a merge answers: the field `m` as it is now, and with it what is left to be done where there is anything.
fn read_attempt(reply: Reply) -> Result<Attempt, Failure> {
    if let Some(from) = arriving(&reply) {
        return Ok(Attempt::Arriving(from));
    }
    let (meta, left_to_do) = match reply {
        Reply::Int(0) => return Ok(Attempt::Missing),
        Reply::Int(_) => return Err(Failure::Lost),
        Reply::List(list) => match <[Reply; 3]>::try_from(list) {
            Ok([meta, left, conflicts]) => (meta, Some((left, conflicts))),
            Err(sizes) => return Err(read_sizes(&sizes)),
        },
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

/// Reads how large a session would be that may not be.
fn read_sizes(sizes: &[Reply]) -> Failure {
    let sizes = sizes
        .iter()
        .map(|size| usize::try_from(size.int()?).map_err(|_| Failure::Unreadable));
    match sizes.collect::<Result<Vec<_>, _>>().as_deref() {
        Ok([keys, bytes]) => Failure::Size(Bounds {
            keys: *keys,
            bytes: *bytes,
        }),
        _ => Failure::Unreadable,
    }
}
