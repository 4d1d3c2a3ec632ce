//! Loading sessions.

use super::Executor;
use crate::store::Loaded;
use crate::store::redis::command::{Command, Failure};
use crate::store::redis::format::SessionId;
use crate::store::redis::layout::{self, Stored};

impl Executor {
    pub(super) async fn load(
        &self,
        id: &SessionId,
        now_ms: u64,
    ) -> Result<Option<Loaded<String>>, Failure> {
        let reply = self
            .io
            .ask(Command::about_key(1, &["hgetall", &self.key(id)]))
            .await?;
        let record = match layout::read(reply)? {
            Some(Stored {
                from: Some(from), ..
            }) if !self.arrive(&id.hash, &from, now_ms).await? => None,
            Some(stored) => Some(stored.record),
            None => self.load_legacy(id, now_ms).await?,
        };
        Ok(record.map(|record| Loaded {
            has_subject: record.subject.is_some(),
            data: record.data,
            rev: record.rev,
            expire_ms: record.expire_ms,
            max_age: record.max_age,
        }))
    }
}
