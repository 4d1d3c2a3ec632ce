//! The thread that writes: everything that is there when it comes around goes into one transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use std::time::Instant;

use koa_session_rs::store::sqlite::{Database, Reason, SqliteError, SqliteStore};
use koa_session_rs_binding_common::{Answer, Answers, Deliver};

use crate::failure::Failure;
use crate::task::{Job, Task};

/// How many tasks a transaction has at most: it holds back readers of none and writers of all processes.
const BATCH: usize = 512;

/// How many expired sessions are removed at once.
const SWEPT: u32 = 100;

/// How long after its expiry a session is kept: until then it can be told from one that never was.
const KEPT_MS: u64 = 10_000;

/// How often it is looked for expired sessions, where there were few.
const SWEEP_MS: u64 = 1000;

pub struct Writer {
    database: Database,
    deliver: Deliver,
    store: Option<SqliteStore>,
    /// When it was last looked for expired sessions, unless there are more.
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

    /// Runs until the store is closed, or gone.
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
                // The file is closed before it is said to be.
                self.store = None;
                let answers = waiting.iter().map(|_| Answer::done()).collect();
                return self.tell(&waiting, answers);
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

    /// Does what can be done of some jobs, and tells JavaScript. Returns those that may go on waiting for other processes.
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
                // Whatever state the connection is in, nothing of it is committed.
                self.store = None;
                let failure = Failure::new("failed", "the store's thread panicked");
                let answers = fail(&jobs, &failure);
                (jobs, answers, Vec::new())
            }
        };
        self.tell(&done, answers);
        waiting
    }

    fn tell(&self, jobs: &[Job], answers: Vec<Answer>) {
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
        // What is left of a file that was replaced is of no use, and takes room.
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

    /// Removes some expired sessions, if it is time. What fails here is tried again, and nobody waits for it.
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
