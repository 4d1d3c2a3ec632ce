//! Transactions of the writing connection, with many operations or one.

use std::time::Instant;

use super::{Reason, SqliteError, SqliteStore, file};
use crate::store::StoreError;

impl SqliteStore {
    /// Runs operations in one transaction, and returns their results once it is committed. An operation that fails is rolled back
    /// alone. The lock of another process is waited for until the earliest deadline of the operations.
    ///
    /// # Errors
    ///
    /// If another process held the lock for too long, or the database fails: then nothing was written. If the file was
    /// replaced: then the writes are lost.
    pub fn group<Op, Out>(
        &self,
        ops: &[Op],
        deadline_of: impl Fn(&Op) -> Instant,
        run: impl Fn(&Self, &Op) -> Result<Out, StoreError>,
    ) -> Result<Vec<Result<Out, StoreError>>, SqliteError> {
        let Some(deadline) = ops.iter().map(&deadline_of).min() else {
            return Ok(Vec::new());
        };
        self.begin(deadline)?;
        let failure = match self.run_together(ops, &run) {
            Ok(results) => return Ok(results),
            Err(failure) => failure,
        };
        self.roll_back()?;
        match failure.reason {
            Reason::Replaced => Err(failure),
            // A full disk is left to `run_alone`, which tries again after a checkpoint.
            reason if ops.len() == 1 && reason != Reason::Full => Err(failure),
            // Nothing was stored. Run one by one, each has its own result.
            _ => {
                let alone = |op| self.run_alone(deadline_of(op), || run(self, op));
                Ok(ops.iter().map(alone).collect())
            }
        }
    }

    /// Runs operations in the open transaction, and commits it.
    fn run_together<Op, Out>(
        &self,
        ops: &[Op],
        run: impl Fn(&Self, &Op) -> Result<Out, StoreError>,
    ) -> Result<Vec<Result<Out, StoreError>>, SqliteError> {
        let mut results = Vec::with_capacity(ops.len());
        for op in ops {
            let result = run(self, op);
            let failure = result.as_ref().err().and_then(SqliteError::of);
            // Some failures roll back the whole transaction.
            let is_lost = |failure: &&SqliteError| {
                failure.reason == Reason::Full || self.connection.is_autocommit()
            };
            if let Some(failure) = failure.filter(is_lost) {
                return Err(failure.clone());
            }
            results.push(result);
        }
        self.commit()?;
        Ok(results)
    }

    fn begin(&self, deadline: Instant) -> Result<(), SqliteError> {
        file::patiently(deadline, || self.execute("BEGIN IMMEDIATE"))
    }

    /// Commits, and fails if the file was replaced.
    fn commit(&self) -> Result<(), SqliteError> {
        self.execute("COMMIT")?;
        self.database.check()
    }

    fn roll_back(&self) -> Result<(), SqliteError> {
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.execute("ROLLBACK")
    }

    /// Runs in a transaction of its own; if the disk is full, once more after a checkpoint has freed space.
    fn run_alone<T>(
        &self,
        deadline: Instant,
        run: impl Fn() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let result = self.transact(deadline, &run);
        let failure = result.as_ref().err().and_then(SqliteError::of);
        let is_full = failure.is_some_and(|failure| failure.reason == Reason::Full);
        if is_full && self.cut_log(deadline).is_ok() {
            return self.transact(deadline, &run);
        }
        result
    }

    fn transact<T>(
        &self,
        deadline: Instant,
        run: impl Fn() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.begin(deadline)?;
        let result = run().and_then(|value| {
            // Fails if SQLite has rolled back the transaction by itself.
            self.commit()?;
            Ok(value)
        });
        if result.is_err() {
            self.roll_back()?;
        }
        result
    }

    /// Runs a checkpoint, and truncates the log.
    fn cut_log(&self, deadline: Instant) -> Result<(), SqliteError> {
        file::patiently(deadline, || {
            let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
            let is_busy = self
                .connection
                .query_row(sql, [], |row| row.get::<_, bool>(0))?;
            if is_busy {
                return Err(SqliteError::new(Reason::Busy, "the log is in use"));
            }
            Ok(())
        })
    }

    /// Runs atomically: in a savepoint of the group's transaction, or in a transaction of its own.
    pub(super) fn atomically<T>(
        &self,
        run: impl Fn() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.connection.is_autocommit() {
            return self.run_alone(self.database.deadline(), run);
        }
        self.execute("SAVEPOINT operation")?;
        let result = run();
        if result.is_err() && !self.connection.is_autocommit() {
            self.execute("ROLLBACK TO operation")?;
        }
        if !self.connection.is_autocommit() {
            self.execute("RELEASE operation")?;
        }
        result
    }
}
