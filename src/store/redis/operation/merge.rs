//! Merging changes into sessions, and touching them.

use super::regenerate::arriving;
use super::{Executor, done};
use crate::record::{
    Bounds, Changes, Fields, MaxAge, SubjectChange, Tokens, kept_label, write_array,
};
use crate::store::redis::command::{Command, Failure, Reply};
use crate::store::redis::format::SessionId;
use crate::store::redis::layout::{age, read_meta};
use crate::store::redis::script::Script;
use crate::store::redis::subjects::{Admission, Entrant};
use crate::store::{Clock, Written};

/// The reply to a merge.
struct Merged {
    rev: u64,
    conflicts: Option<String>,
    max_age: MaxAge,
    created_ms: u64,
    /// Its previous subject.
    left: Option<String>,
}

/// The outcome of an attempt to merge.
enum MergeReply {
    Merged(Merged),
    /// There is no session.
    Missing,
    /// The session is arriving from this one.
    Arriving(String),
}

impl Executor {
    pub(super) async fn merge(
        &self,
        id: &SessionId,
        changes: Changes<String>,
        clock: Clock,
    ) -> Result<Written, Failure> {
        if changes.base == 0 && id.legacy.is_some() {
            self.migrate(id, clock.now_ms).await?;
        }
        let merged = match &changes.subject {
            SubjectChange::Is(subject) => self.merge_for(subject, id, &changes, clock).await?,
            SubjectChange::Unchanged | SubjectChange::None => {
                let merged = self.try_merge(id, &changes, clock).await?;
                merged.ok_or(Written::Missing)
            }
        };
        let merged = match merged {
            Ok(merged) => merged,
            Err(refused) => return Ok(refused),
        };
        if let Some(left) = &merged.left {
            self.index(left).remove(merged.created_ms, &id.hash).await?;
        }
        Ok(done(merged.rev, merged.conflicts, merged.max_age))
    }

    /// Merges into a session that gets a subject, after entering it into the index.
    async fn merge_for(
        &self,
        subject: &str,
        id: &SessionId,
        changes: &Changes<String>,
        clock: Clock,
    ) -> Result<Result<Merged, Written>, Failure> {
        let Some((created_ms, before)) = self.peek(id, clock.now_ms).await? else {
            return Ok(Err(Written::Missing));
        };
        let is_new = before.as_deref() != Some(subject);
        let entrant = Entrant {
            hash: &id.hash,
            created_ms,
            now_ms: clock.now_ms,
            limit: changes.limit.filter(|_| is_new),
        };
        let index = self.index(subject);
        let Admission::Admitted(admitted) = index.admit(entrant).await? else {
            return Ok(Err(Written::Refused));
        };
        let merged = self.try_merge(id, changes, clock).await?;
        if merged.is_some() {
            self.settle(subject, entrant, admitted).await?;
        } else {
            self.remove_entry(subject, entrant, &admitted).await?;
        }
        Ok(merged.ok_or(Written::Missing))
    }

    /// Returns the time of creation and the subject of a live session.
    async fn peek(
        &self,
        id: &SessionId,
        now_ms: u64,
    ) -> Result<Option<(u64, Option<String>)>, Failure> {
        let peek = Command::about_key(1, &["hmget", &self.key(id), "m", "s"]);
        let [meta, subject] = self.io.ask(peek).await?.texts()?;
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
        let nothing = Changes::default();
        let mut merged = self.try_merge(id, &nothing, clock).await?;
        if merged.is_none() && self.migrate(id, clock.now_ms).await? {
            merged = self.try_merge(id, &nothing, clock).await?;
        }
        Ok(merged.map(|merged| merged.max_age))
    }

    /// Merges by one script. Returns `None` if there is no session.
    async fn try_merge(
        &self,
        id: &SessionId,
        changes: &Changes<String>,
        clock: Clock,
    ) -> Result<Option<Merged>, Failure> {
        let args = MergeArgs::of(changes, self.format.bounds, clock)?;
        let mut reply = self.merge_once(id, &args).await?;
        if let MergeReply::Arriving(from) = &reply {
            if !self.arrive(&id.hash, from, clock.now_ms).await? {
                return Ok(None);
            }
            reply = self.merge_once(id, &args).await?;
        }
        Ok(match reply {
            MergeReply::Merged(merged) => Some(merged),
            MergeReply::Missing | MergeReply::Arriving(_) => None,
        })
    }

    async fn merge_once(
        &self,
        id: &SessionId,
        args: &MergeArgs<'_>,
    ) -> Result<MergeReply, Failure> {
        let run = |again| {
            let (script, list, key) = (args.script(), args.list(again), self.key(id));
            let io = if args.is_subject_same {
                self.io.clone()
            } else {
                self.replicated()
            };
            async move { io.run(script, &key, &list).await }
        };
        let reply = match run(false).await {
            Err(Failure::Lost) if args.has_keys() => run(true).await.map_err(|_| Failure::Lost),
            reply => reply,
        };
        read_merge_reply(reply?)
    }
}

/// The arguments of the script that merges.
struct MergeArgs<'a> {
    set: Vec<(&'a str, &'a str)>,
    delete: Vec<&'a str>,
    is_subject_same: bool,
    /// The first arguments, in the script's order, and the number of keys that are set.
    first: [String; 8],
    count: String,
}

impl<'a> MergeArgs<'a> {
    fn of(changes: &'a Changes<String>, bounds: Bounds, clock: Clock) -> Result<Self, Failure> {
        let set = Fields::parse_or_none(&changes.set)?.0;
        let label = changes.label.as_deref().map(kept_label);
        let subject = match &changes.subject {
            SubjectChange::Unchanged => String::new(),
            SubjectChange::None => "-".to_owned(),
            SubjectChange::Is(subject) => ["=", subject].concat(),
        };
        Ok(Self {
            delete: Tokens::parse_or_none(&changes.delete)?.0,
            is_subject_same: changes.subject == SubjectChange::Unchanged,
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

    /// Returns the script. Without changes it is `Touch`, which may be repeated.
    fn script(&self) -> Script {
        if self.has_keys() || !self.is_subject_same {
            Script::Merge
        } else {
            Script::Touch
        }
    }

    /// Returns all arguments; `again` says that this merge may have been executed before.
    fn list(&self, again: bool) -> Vec<&str> {
        let mut args: Vec<&str> = self.first.iter().map(String::as_str).collect();
        args.extend([if again { "1" } else { "" }, &self.count]);
        args.extend(self.set.iter().flat_map(|(key, json)| [*key, *json]));
        args.extend(&self.delete);
        args
    }
}

/// Reads the reply to a merge: the new field `m`, and what is left to do, if anything.
fn read_merge_reply(reply: Reply) -> Result<MergeReply, Failure> {
    if let Some(from) = arriving(&reply) {
        return Ok(MergeReply::Arriving(from));
    }
    let (meta, left_to_do) = match reply {
        Reply::Int(0) => return Ok(MergeReply::Missing),
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
    Ok(MergeReply::Merged(Merged {
        rev,
        conflicts,
        max_age,
        created_ms,
        left,
    }))
}

/// Reads the size of a session that would be too large.
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
