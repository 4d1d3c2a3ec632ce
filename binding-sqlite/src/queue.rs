//! The queue from JavaScript to the thread that writes.

use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use koa_session_rs::store::sqlite::Database;
use koa_session_rs_binding_common::Deliver;
use napi::Error;

use crate::task::{Job, Task};
use crate::writer::Writer;

/// The queue of the thread. The thread ends when this is dropped and all tasks are done.
pub struct Queue {
    sender: Sender<Job>,
    patience: Duration,
}

impl Queue {
    /// Starts the thread.
    pub fn new(database: Database, deliver: Deliver) -> napi::Result<Self> {
        let (sender, receiver) = channel();
        let patience = database.patience();
        let writer = Writer::new(database, deliver);
        thread::Builder::new()
            .name("koa-session-rs-sqlite".to_owned())
            .spawn(move || writer.run(&receiver))
            .map_err(|error| Error::from_reason(format!("no thread could be started: {error}")))?;
        Ok(Self { sender, patience })
    }

    /// Sends a task.
    pub fn send(&self, call_id: f64, task: Task) -> napi::Result<()> {
        self.send_with(call_id, task, self.patience)
    }

    /// Sends a task that waits for other processes for at most `patience`.
    pub fn send_with(&self, call_id: f64, task: Task, patience: Duration) -> napi::Result<()> {
        let job = Job {
            call_id,
            task,
            deadline: Instant::now() + patience,
        };
        self.sender
            .send(job)
            .map_err(|_| Error::from_reason("the store is closed"))
    }
}
