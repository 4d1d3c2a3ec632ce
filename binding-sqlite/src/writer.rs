//! The thread that writes: each time, all tasks in the queue run in one transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use std::time::Instant;

use koa_session_rs::store::sqlite::{Database, Reason, SqliteError, SqliteStore};
use koa_session_rs_binding_common::{Answer, Answers, Deliver};

use crate::failure::Failure;
use crate::task::{Job, Task};

/// The most tasks of one transaction, which blocks the writers of all processes, but no readers.
const BATCH: usize = 512;

/// How many expired sessions are removed at once, at most.
const SWEPT: u32 = 100;

/// How long a session is kept after its expiry, so that a request learns that it has expired, not that it is missing.
const KEPT_MS: u64 = 10_000;

/// The interval between removals of expired sessions, unless there are many.
const SWEEP_MS: u64 = 1000;

pub struct Writer {
    database: Database,
    deliver: Deliver,
    store: Option<SqliteStore>,
    /// The time of the last removal of expired sessions; `None` if there are more to remove.
    swept_ms: Option<u64>,
}

impl Writer {
    pub fn new(database: Database, deliver: Deliver) -> Self {
        Self {
            database,
            deliver,
            store: None,
            swept_ms: None,
        }
    }

    /// Runs until the store is closed, or was garbage-collected.
    pub fn run(mut self, receiver: &Receiver<Job>) {
        let mut waiting = Vec::new();
        loop {
            if waiting.is_empty() {
                let Ok(job) = receiver.recv() else {
                    return;
                };
                waiting.push(job);
            }
            waiting.extend(
                receiver
                    .try_iter()
                    .take(BATCH.saturating_sub(waiting.len())),
            );
            let is_close = |job: &Job| matches!(job.task, Task::Close);
            let before_close = waiting.iter().position(is_close);
            if before_close == Some(0) {
                // Closes the file before the answer says so.
                self.store = None;
                let answers = waiting.iter().map(|_| Answer::done()).collect();
                return self.answer(&waiting, answers);
            }
            let rest = waiting.split_off(before_close.unwrap_or(waiting.len()));
            let now_ms = waiting.iter().filter_map(|job| job.task.now_ms()).max();
            waiting = self.serve(waiting);
            waiting.extend(rest);
            if let Some(now_ms) = now_ms {
                self.sweep(now_ms);
            }
        }
    }

    /// Runs jobs, and delivers their answers. Returns the jobs that may still wait for other processes.
    fn serve(&mut self, jobs: Vec<Job>) -> Vec<Job> {
        let written = catch_unwind(AssertUnwindSafe(|| self.write(&jobs)));
        let (done, answers, waiting) = match written {
            Ok(Ok(answers)) => (jobs, answers, Vec::new()),
            Ok(Err(error)) => {
                let now = Instant::now();
                let waits = |job: &Job| error.is_busy() && job.deadline > now;
                let (waiting, failed): (Vec<_>, Vec<_>) = jobs.into_iter().partition(waits);
                let answers = fail(&failed, &error.into());
                (failed, answers, waiting)
            }
            Err(_) => {
                // After a panic, the connection is dropped, so that nothing uncommitted remains.
                self.store = None;
                let failure = Failure::new("failed", "the store's thread panicked");
                let answers = fail(&jobs, &failure);
                (jobs, answers, Vec::new())
            }
        };
        self.answer(&done, answers);
        waiting
    }

    fn answer(&self, jobs: &[Job], answers: Vec<Answer>) {
        let mut batch = Answers::default();
        for (job, answer) in jobs.iter().zip(answers) {
            batch.push(job.call_id, answer);
        }
        (self.deliver)(batch);
    }

    fn write(&mut self, jobs: &[Job]) -> Result<Vec<Answer>, SqliteError> {
        let store = match self.store.take() {
            Some(store) => store,
            None => self.open(jobs)?,
        };
        let results = store.group(jobs, |job| job.deadline, |store, job| job.task.run(store));
        // A connection to a replaced file is useless, and keeps the deleted file on the disk.
        if !matches!(&results, Err(error) if error.reason == Reason::Replaced) {
            self.store = Some(store);
        }
        let failed = |error| Answer::failed(Failure::from(error).to_string());
        let answers = results?.into_iter();
        Ok(answers
            .map(|result| result.unwrap_or_else(failed))
            .collect())
    }

    fn open(&self, jobs: &[Job]) -> Result<SqliteStore, SqliteError> {
        let deadline = jobs.iter().map(|job| job.deadline).min();
        let deadline = deadline.unwrap_or_else(|| self.database.deadline());
        SqliteStore::open_until(&self.database, deadline)
    }

    /// Removes some expired sessions, if the interval is over. A failure is ignored, since the next removal tries again.
    fn sweep(&mut self, now_ms: u64) {
        let is_due = self
            .swept_ms
            .is_none_or(|swept_ms| now_ms.abs_diff(swept_ms) >= SWEEP_MS);
        let Some(store) = self.store.as_ref().filter(|_| is_due) else {
            return;
        };
        let removed = store.remove_expired(now_ms.saturating_sub(KEPT_MS), SWEPT);
        self.swept_ms = match removed {
            Ok(count) if count == SWEPT as usize => None,
            _ => Some(now_ms),
        };
    }
}

fn fail(jobs: &[Job], failure: &Failure) -> Vec<Answer> {
    jobs.iter()
        .map(|_| Answer::failed(failure.to_string()))
        .collect()
}
