//! Transactions of the connection that writes: of many operations together, or of one.

use std::time::Instant;

use super::{Reason, SqliteError, SqliteStore, file};
use crate::store::StoreError;

impl SqliteStore {
    /// Runs operations in one transaction, and returns their results once it is committed. What fails leaves nothing behind, and
    /// the others stay. Each waits for other processes until its own deadline, and all together until the first of these.
    ///
    /// # Errors
    ///
    /// Where another process held the lock for too long, or the database fails: then nothing was done. Where the file was
    /// replaced: then what was done is lost.
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
        let failure = match self.together(ops, &run) {
            Ok(results) => return Ok(results),
            Err(failure) => failure,
        };
        self.roll_back()?;
        match failure.reason {
            Reason::Replaced => Err(failure),
            // Alone, it may be given room.
            reason if ops.len() == 1 && reason != Reason::Full => Err(failure),
            // Nothing of it is stored. Alone, each has its own result.
            _ => {
                let alone = |op| self.alone(deadline_of(op), || run(self, op));
                Ok(ops.iter().map(alone).collect())
            }
        }
    }

    /// Runs operations in the transaction that has begun, and commits it.
    fn together<Op, Out>(
        &self,
        ops: &[Op],
        run: impl Fn(&Self, &Op) -> Result<Out, StoreError>,
    ) -> Result<Vec<Result<Out, StoreError>>, SqliteError> {
        let mut results = Vec::with_capacity(ops.len());
        for op in ops {
            let result = run(self, op);
            let failure = result.as_ref().err().and_then(SqliteError::of);
            // Some failures take the whole transaction with them.
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

    /// Commits, and fails where that was into a file that nobody else will open.
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

    /// Runs in a transaction of its own; where the disk is full, once more after the log has made room.
    fn alone<T>(
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
            // Where the transaction is gone, so is what was written.
            self.commit()?;
            Ok(value)
        });
        if result.is_err() {
            self.roll_back()?;
        }
        result
    }

    /// Writes the log into the database, and leaves nothing of it on the disk.
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

    /// Runs so that a failure leaves nothing behind: in a savepoint of the group's transaction, or in a transaction.
    pub(super) fn atomically<T>(
        &self,
        run: impl Fn() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.connection.is_autocommit() {
            return self.alone(self.database.deadline(), run);
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
