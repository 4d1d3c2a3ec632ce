//! The thread that writes: everything that is there when it comes around goes into one transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use koa_session_rs::store::sqlite::{Settings, SqliteStore};
use napi::bindgen_prelude::Either3;

use crate::answer::{Answer, Failure};
use crate::queue::{Completion, Job};
use crate::task::Task;

/// How many tasks a transaction has at most: it holds back readers of none and writers of all processes.
const BATCH: usize = 512;

/// How many expired sessions are removed at once.
const SWEPT: u32 = 100;

/// How long after its expiry a session is kept: until then it can be told from one that never was.
const KEPT_MS: u64 = 10_000;

/// How often it is looked for expired sessions, where there were few.
const SWEEP_MS: u64 = 1000;

pub struct Writer {
    settings: Settings,
    completion: Arc<Completion>,
    store: Option<SqliteStore>,
    /// When it was last looked for expired sessions, unless there are more.
    swept_ms: Option<u64>,
}

impl Writer {
    pub fn new(settings: Settings, completion: Arc<Completion>) -> Self {
        Self {
            settings,
            completion,
            store: None,
            swept_ms: None,
        }
    }

    /// Runs until the store is closed, or gone.
    pub fn run(mut self, receiver: &Receiver<Job>) {
        while let Ok(first) = receiver.recv() {
            let mut jobs = vec![first];
            jobs.extend(receiver.try_iter().take(BATCH - 1));
            let is_last = jobs.iter().any(|job| matches!(job.task, Task::Close));
            let answers = self.answer(&jobs);
            if is_last {
                self.store = None;
            }
            let slots = jobs.iter().map(|job| job.slot).collect();
            self.completion.tell(slots, answers);
            if is_last {
                break;
            }
            if let Some(now_ms) = jobs.iter().filter_map(|job| job.task.now_ms()).max() {
                self.sweep(now_ms);
            }
        }
    }

    fn answer(&mut self, jobs: &[Job]) -> Vec<Answer> {
        let answered = catch_unwind(AssertUnwindSafe(|| self.write(jobs)));
        answered
            .unwrap_or_else(|_| {
                // Whatever state the connection is in, nothing of it is committed.
                self.store = None;
                Err(Failure::new("failed", "the store's thread panicked"))
            })
            .unwrap_or_else(|failure| {
                let fail = |job: &Job| match job.task {
                    Task::Close => Either3::A(1.0),
                    _ => Either3::C(failure.clone()),
                };
                jobs.iter().map(fail).collect()
            })
    }

    fn write(&mut self, jobs: &[Job]) -> Result<Vec<Answer>, Failure> {
        // To close, nothing has to be open.
        if jobs.iter().all(|job| matches!(job.task, Task::Close)) {
            return Ok(jobs.iter().map(|_| Either3::A(1.0)).collect());
        }
        let store = match self.store.take() {
            Some(store) => store,
            None => SqliteStore::open(&self.settings)?,
        };
        let store = self.store.insert(store);
        let results = store.group(jobs, |store, job| job.task.run(store))?;
        let answer = |result| match result {
            Ok(answer) => answer,
            Err(error) => Either3::C(Failure::from(error)),
        };
        Ok(results.into_iter().map(answer).collect())
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
