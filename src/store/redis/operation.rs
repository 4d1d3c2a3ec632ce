//! The operations, step by step.

mod create;
mod destroy;
mod koa_redis;
mod load;
mod merge;
mod regenerate;

use std::sync::Arc;

use self::destroy::Named;
use super::command::Failure;
use super::format::{Format, SessionId};
use super::request::{Outcome, Request};
use super::sans_io::{Io, Operation};
use super::subjects::Index;
use crate::record::MaxAge;
use crate::store::Written;

/// Starts an operation.
#[must_use]
pub fn start(format: Arc<Format>, request: Request) -> Operation<Outcome> {
    Operation::new(|io| Executor { io, format }.execute(request))
}

/// Executes one request.
struct Executor {
    io: Io,
    format: Arc<Format>,
}

impl Executor {
    async fn execute(self, request: Request) -> Result<Outcome, Failure> {
        Ok(match request {
            Request::Create(id, new, clock) => {
                Outcome::Written(self.create(&id, &new, clock).await?)
            }
            Request::Load(id, now_ms) => Outcome::Loaded(self.load(&id, now_ms).await?),
            Request::Merge(id, changes, clock) => {
                Outcome::Written(self.merge(&id, changes, clock).await?)
            }
            Request::Touch(id, clock) => Outcome::Touched(self.touch(&id, clock).await?),
            Request::Regenerate(old, new, changes, clock) => {
                Outcome::Written(self.regenerate(&old, &new, &changes, clock).await?)
            }
            Request::Destroy(id, now_ms) => Outcome::Known(self.destroy(&id, now_ms).await?),
            Request::List(subject, now_ms) => {
                Outcome::Listed(self.index(&subject).list(now_ms).await?)
            }
            Request::DestroyExcept(subject, but, now_ms) => {
                let but = but.as_deref();
                Outcome::Count(self.destroy_except(&subject, but, now_ms).await?)
            }
            Request::DestroyOnly(subject, hash, now_ms) => {
                let named = [Named::from(hash.as_str())];
                Outcome::Count(self.destroy_of(&subject, &named, now_ms).await?.count)
            }
            Request::Clear => self.clear(&self.format.pattern()).await?,
            Request::GetPlain(id) => Outcome::Text(self.get_plain(&id).await?),
            Request::SetPlain(id, json, ttl_ms) => self.set_plain(&id, &json, ttl_ms).await?,
            Request::DestroyPlain(id) => self.destroy_plain(&id).await?,
            Request::ClearPlain => self.clear(&self.format.plain_pattern("*")).await?,
        })
    }

    fn index<'a>(&'a self, subject: &'a str) -> Index<'a> {
        Index::new(&self.io, &self.format, subject)
    }

    /// Returns a sender for the writes that a failover must not lose.
    fn replicated(&self) -> Io {
        self.io.replicated(self.format.replicas)
    }

    fn key(&self, id: &SessionId) -> String {
        self.format.session_key(&id.hash)
    }
}

fn done(rev: u64, conflicts: Option<String>, max_age: MaxAge) -> Written {
    Written::Done {
        rev,
        conflicts,
        max_age,
    }
}

#[cfg(test)]
mod tests;
