//! Records of koa-redis: converting them, and writing in its format.

use super::Executor;
use crate::record::Record;
use crate::store::redis::command::{Command, Failure, Reply};
use crate::store::redis::format::SessionId;
use crate::store::redis::request::Outcome;
use crate::store::redis::script::Script;
use crate::store::redis::{layout, legacy};

impl Executor {
    pub(super) async fn load_legacy(
        &self,
        id: &SessionId,
        now_ms: u64,
    ) -> Result<Option<Record>, Failure> {
        let Some(key) = &id.legacy else {
            return Ok(None);
        };
        let commands = vec![
            Command::about_key(1, &["get", key]),
            Command::about_key(1, &["pttl", key]),
        ];
        let replies = self.io.send(commands).await;
        let [json, left] = <[Reply; 2]>::try_from(replies).map_err(|_| Failure::Unreadable)?;
        // A key named as the id that holds no string is no session.
        if matches!(&json, Reply::Error(code) if code == "WRONGTYPE") {
            return Ok(None);
        }
        legacy::read(json.checked()?, &left.checked()?, now_ms)
    }

    /// Converts a record that koa-redis wrote. Returns whether there may be a session now.
    ///
    /// The session is stored before the record is removed. If the record is gone by then, a concurrent operation removed it, perhaps a
    /// destroy: then the stored session is destroyed too.
    pub(super) async fn migrate(&self, id: &SessionId, now_ms: u64) -> Result<bool, Failure> {
        let Some(key) = &id.legacy else {
            return Ok(false);
        };
        let Some(record) = self
            .load_legacy(id, now_ms)
            .await?
            .filter(|record| !record.is_expired(now_ms))
        else {
            return Ok(false);
        };
        let is_stored = self
            .put(
                id,
                &layout::fields(&record, None)?,
                record.expire_ms,
                now_ms,
            )
            .await?;
        if !self.delete(key).await? && is_stored {
            let (now, meta) = (now_ms.to_string(), layout::meta(&record));
            self.io
                .run(Script::Destroy, &self.key(id), &[&now, "m", &meta])
                .await?;
            return Ok(false);
        }
        Ok(true)
    }

    pub(super) async fn delete(&self, key: &str) -> Result<bool, Failure> {
        // The reply shows whether this operation or a concurrent destroy removed the record. A repetition's reply would not show it.
        let command = Command::about_key(1, &["del", key]).once();
        Ok(self.replicated().ask(command).await?.int()? == 1)
    }

    pub(super) async fn set_plain(
        &self,
        id: &str,
        json: &str,
        ttl_ms: Option<u64>,
    ) -> Result<Outcome, Failure> {
        let mut command = Command::about_key(1, &["set", &self.plain(id), json]);
        if let Some(ttl_ms) = ttl_ms {
            command.push("px");
            command.push(&ttl_ms.max(1).to_string());
        }
        self.io.ask(command).await.map(|_| Outcome::Done)
    }

    pub(super) async fn get_plain(&self, id: &str) -> Result<Option<String>, Failure> {
        let command = Command::about_key(1, &["get", &self.plain(id)]);
        self.io.ask(command).await?.optional_text()
    }

    pub(super) async fn destroy_plain(&self, id: &str) -> Result<Outcome, Failure> {
        let command = Command::about_key(1, &["del", &self.plain(id)]);
        self.io.ask(command).await.map(|_| Outcome::Done)
    }

    fn plain(&self, id: &str) -> String {
        [&self.format.prefix, id].concat()
    }
}
