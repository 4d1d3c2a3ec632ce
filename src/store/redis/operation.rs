//! What each operation does, step by step.

mod creating;
mod ending;
mod koa_redis;
mod merging;
mod moving;

use std::sync::Arc;

use self::ending::Named;
use super::command::{Command, Failure};
use super::exchange::{Exchange, Operation};
use super::layout::{self, Stored};
use super::request::{Format, Found, Outcome, Request, SessionId};
use super::subjects::Index;
use crate::record::MaxAge;
use crate::store::Written;

/// Starts an operation.
#[must_use]
pub fn start(format: Arc<Format>, request: Request) -> Operation<Outcome> {
    Operation::new(|exchange| Store { exchange, format }.answer(request))
}

/// What an operation has at hand.
struct Store {
    exchange: Exchange,
    format: Arc<Format>,
}

impl Store {
    async fn answer(self, request: Request) -> Result<Outcome, Failure> {
        match request {
            Request::Load(id, now_ms) => self.load(&id, now_ms).await.map(Outcome::Loaded),
            Request::Merge(id, changes, clock) => {
                self.merge(&id, changes, clock).await.map(Outcome::Written)
            }
            Request::Touch(id, clock) => self.touch(&id, clock).await.map(Outcome::Touched),
            Request::Create(id, new, clock) => {
                self.create(&id, &new, clock).await.map(Outcome::Written)
            }
            Request::Regenerate(old, new, changes, clock) => self
                .regenerate(&old, &new, &changes, clock)
                .await
                .map(Outcome::Written),
            Request::Destroy(id, now_ms) => self.destroy(&id, now_ms).await.map(Outcome::Known),
            Request::List(subject, now_ms) => {
                self.index(&subject).list(now_ms).await.map(Outcome::Listed)
            }
            Request::DestroyExcept(subject, but, now_ms) => self
                .destroy_except(&subject, but.as_deref(), now_ms)
                .await
                .map(Outcome::Count),
            Request::DestroyOnly(subject, hash, now_ms) => {
                let named = [Named::from(hash.as_str())];
                let ends = self.destroy_of(&subject, &named, now_ms).await?;
                Ok(Outcome::Count(ends.count))
            }
            Request::Clear => self.clear(&self.format.pattern()).await,
            Request::GetPlain(id) => {
                let reply = self
                    .exchange
                    .ask(Command::about_key(1, &["get", &self.plain(&id)]))
                    .await?;
                reply.optional_text().map(Outcome::Text)
            }
            Request::SetPlain(id, json, ttl_ms) => self.set_plain(&id, &json, ttl_ms).await,
            Request::DestroyPlain(id) => {
                let command = Command::about_key(1, &["del", &self.plain(&id)]);
                self.exchange.ask(command).await.map(|_| Outcome::Done)
            }
            Request::ClearPlain => self.clear(&self.format.plain_pattern("*")).await,
        }
    }

    fn index<'a>(&'a self, subject: &'a str) -> Index<'a> {
        Index::new(&self.exchange, &self.format, subject)
    }

    /// Gives a way to send the writes that a failover must not lose.
    fn replicated(&self) -> Exchange {
        self.exchange.replicated(self.format.replicas)
    }

    fn key(&self, id: &SessionId) -> String {
        self.format.session_key(&id.hash)
    }

    fn plain(&self, id: &str) -> String {
        [&self.format.prefix, id].concat()
    }

    async fn load(&self, id: &SessionId, now_ms: u64) -> Result<Option<Found>, Failure> {
        let reply = self
            .exchange
            .ask(Command::about_key(1, &["hgetall", &self.key(id)]))
            .await?;
        let record = match layout::read(reply)? {
            Some(Stored {
                from: Some(from), ..
            }) if !self.arrive(&id.hash, &from, now_ms).await? => None,
            Some(stored) => Some(stored.record),
            None => self.load_legacy(id, now_ms).await?,
        };
        Ok(record.map(|record| Found {
            has_subject: record.subject.is_some(),
            data: record.data,
            rev: record.rev,
            expire_ms: record.expire_ms,
            max_age: record.max_age,
        }))
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
