//! Storing new sessions, and how a session comes to a subject.

use super::destroy::Named;
use super::{Executor, done};
use crate::record::{Limit, NewRecord, Record};
use crate::store::redis::command::Failure;
use crate::store::redis::format::SessionId;
use crate::store::redis::layout::{self, time_to_live};
use crate::store::redis::script::Script;
use crate::store::redis::subjects::{Admission, Admitted, Entrant, Entry, PORTION};
use crate::store::{Clock, Written};

/// How often an operation enters a session into an index from which others remove it, before it gives up.
const ENTRIES: u32 = 4;

impl Executor {
    pub(super) async fn create(
        &self,
        id: &SessionId,
        new: &NewRecord<String>,
        clock: Clock,
    ) -> Result<Written, Failure> {
        if self
            .load_legacy(id, clock.now_ms)
            .await?
            .is_some_and(|old| !old.is_expired(clock.now_ms))
        {
            return Ok(Written::Taken);
        }
        let record = Record::create(&new.borrow(), clock.now_ms, clock.ttl_ms)?;
        record.within(self.format.bounds)?;
        self.store(id, &record, None, new.limit, clock.now_ms).await
    }

    /// Adds the entry in the index, and then stores the record, unless the id has a live session. Returns `Done`, `Taken` or
    /// `Refused`. A record `from` another id is arriving.
    pub(super) async fn store(
        &self,
        id: &SessionId,
        record: &Record,
        from: Option<&str>,
        limit: Option<Limit>,
        now_ms: u64,
    ) -> Result<Written, Failure> {
        let fields = layout::fields(record, from)?;
        let written = done(record.rev, None, record.max_age);
        let Some(subject) = &record.subject else {
            if !self.put(id, &fields, record.expire_ms, now_ms).await? {
                return Ok(Written::Taken);
            }
            self.keep(id, record, now_ms).await?;
            return Ok(written);
        };
        let entrant = Entrant {
            hash: &id.hash,
            created_ms: record.created_ms,
            now_ms,
            limit,
        };
        let Admission::Admitted(admitted) = self.index(subject).admit(entrant).await? else {
            return Ok(Written::Refused);
        };
        if !self.put(id, &fields, record.expire_ms, now_ms).await? {
            self.remove_entry(subject, entrant, &admitted).await?;
            return Ok(Written::Taken);
        }
        if self.io.shortfall().is_none() {
            self.settle(subject, entrant, admitted).await?;
        }
        self.keep(id, record, now_ms).await?;
        Ok(written)
    }

    /// Removes the stored record if too few replicas have it, since the operation will fail.
    async fn keep(&self, id: &SessionId, record: &Record, now_ms: u64) -> Result<(), Failure> {
        let Some(failure) = self.io.shortfall() else {
            return Ok(());
        };
        self.withdraw(id, record, now_ms).await;
        Err(failure)
    }

    pub(super) async fn put(
        &self,
        id: &SessionId,
        fields: &[String],
        expire_ms: u64,
        now_ms: u64,
    ) -> Result<bool, Failure> {
        let ttl = time_to_live(expire_ms, now_ms).to_string();
        let now = now_ms.to_string();
        let put = |again| {
            let mut args: Vec<&str> = vec![&now, &ttl, again];
            args.extend(fields.iter().map(String::as_str));
            let key = self.key(id);
            async move { self.replicated().run(Script::Create, &key, &args).await }
        };
        // The stored record shows whether the first command was executed, unless there is none.
        let reply = match put("").await {
            Err(Failure::Lost) => put("1").await.map_err(|_| Failure::Lost),
            reply => reply,
        };
        Ok(reply?.int()? == 1)
    }

    /// Completes the entry of a session under a subject: destroys the sessions beyond the limit. If its entry was removed
    /// before the session existed, or the index was lost, it is added again.
    pub(super) async fn settle(
        &self,
        subject: &str,
        entrant: Entrant<'_>,
        mut admitted: Admitted,
    ) -> Result<(), Failure> {
        let index = self.index(subject);
        for _ in 0..ENTRIES {
            let sample = self.make_room(subject, entrant, admitted).await?;
            if index.confirm(entrant, sample).await? || !index.has(entrant.hash).await? {
                return Ok(());
            }
            match index.admit(entrant).await? {
                Admission::Admitted(again) => admitted = again,
                Admission::Refused => break,
            }
        }
        let named = [Named::from(entrant.hash)];
        self.destroy_of(subject, &named, entrant.now_ms).await?;
        Ok(())
    }

    /// Destroys the sessions beyond the limit, in batches. Returns some entries of the index.
    async fn make_room(
        &self,
        subject: &str,
        entrant: Entrant<'_>,
        mut admitted: Admitted,
    ) -> Result<Vec<Entry>, Failure> {
        loop {
            let is_last = admitted.victims.len() < PORTION;
            let victims = admitted.victims.into_iter().map(Named::from).collect();
            self.destroy_wherever(subject, victims, Some(entrant.hash), entrant.now_ms)
                .await?;
            if is_last || self.io.shortfall().is_some() {
                return Ok(admitted.sample);
            }
            match self.index(subject).admit(entrant).await? {
                Admission::Admitted(again) => admitted = again,
                Admission::Refused => return Ok(admitted.sample),
            }
        }
    }

    /// Removes the entry of a session that was not created.
    pub(super) async fn remove_entry(
        &self,
        subject: &str,
        entrant: Entrant<'_>,
        admitted: &Admitted,
    ) -> Result<(), Failure> {
        if admitted.was_known {
            return Ok(());
        }
        let index = self.index(subject);
        index.remove(entrant.created_ms, entrant.hash).await
    }
}
