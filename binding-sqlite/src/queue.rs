//! The way from JavaScript to the thread that writes, and back.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use koa_session_rs::store::sqlite::Database;
use napi::bindgen_prelude::{FnArgs, Function, Status};
use napi::threadsafe_function::{
    ThreadsafeCallContext, ThreadsafeFunction, ThreadsafeFunctionCallMode,
};
use napi::{Env, Error};

use crate::answer::Answer;
use crate::task::Task;
use crate::writer::Writer;

/// A task, and the slot that its answer is for.
pub struct Job {
    pub slot: u32,
    pub task: Task,
    /// Until when it waits for other processes: for how long, is counted from when it was asked for.
    pub deadline: Instant,
}

/// The answers of a batch, as JavaScript's callback takes them.
pub type Answers = FnArgs<(Vec<u32>, Vec<Answer>)>;

/// It does not keep the process alive by itself.
type Callback = ThreadsafeFunction<Answers, (), Answers, Status, false, true>;

/// Tells JavaScript what was done. While it has not been told everything, the process stays alive.
pub struct Completion {
    callback: Mutex<Callback>,
    pending: AtomicU32,
}

impl Completion {
    fn new(complete: Function<'_, Answers, ()>) -> napi::Result<Arc<Self>> {
        // Weak: the callback must not hold what holds the callback.
        let place = Arc::new(OnceLock::<Weak<Self>>::new());
        let this = Arc::clone(&place);
        let callback = complete
            .build_threadsafe_function::<Answers>()
            .callee_handled::<false>()
            .weak::<true>()
            .build_callback(move |context: ThreadsafeCallContext<Answers>| {
                if let Some(this) = this.get().and_then(Weak::upgrade) {
                    let count = u32::try_from(context.value.data.0.len()).unwrap_or(u32::MAX);
                    this.told(context.env, count)?;
                }
                Ok(context.value)
            })?;
        let completion = Arc::new(Self {
            callback: Mutex::new(callback),
            pending: AtomicU32::new(0),
        });
        // It was empty.
        let _ = place.set(Arc::downgrade(&completion));
        Ok(completion)
    }

    /// Tells JavaScript of a batch. Where there is no JavaScript any more, nobody is told.
    pub fn tell(&self, slots: Vec<u32>, answers: Vec<Answer>) {
        let answers = FnArgs::from((slots, answers));
        self.callback()
            .call(answers, ThreadsafeFunctionCallMode::NonBlocking);
    }

    fn callback(&self) -> MutexGuard<'_, Callback> {
        self.callback.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[allow(
        deprecated,
        reason = "nothing else lets an idle store end and a busy one not"
    )]
    fn asked(&self, env: Env) -> napi::Result<()> {
        if self.pending.fetch_add(1, Ordering::Relaxed) == 0 {
            self.callback().refer(&env)?;
        }
        Ok(())
    }

    #[allow(deprecated, reason = "as above")]
    fn told(&self, env: Env, count: u32) -> napi::Result<()> {
        if self.pending.fetch_sub(count, Ordering::Relaxed) == count {
            self.callback().unref(&env)?;
        }
        Ok(())
    }
}

/// The way to the thread. The thread ends when this is gone and everything sent is done.
pub struct Queue {
    sender: Sender<Job>,
    completion: Arc<Completion>,
    patience: Duration,
}

impl Queue {
    /// Starts the thread.
    pub fn new(database: Database, complete: Function<'_, Answers, ()>) -> napi::Result<Self> {
        let completion = Completion::new(complete)?;
        let (sender, receiver) = channel();
        let patience = database.patience();
        let writer = Writer::new(database, Arc::clone(&completion));
        thread::Builder::new()
            .name("koa-session-rs-sqlite".to_owned())
            .spawn(move || writer.run(&receiver))
            .map_err(|error| Error::from_reason(format!("no thread could be started: {error}")))?;
        Ok(Self {
            sender,
            completion,
            patience,
        })
    }

    /// Sends a task.
    pub fn send(&self, env: Env, slot: u32, task: Task) -> napi::Result<()> {
        self.send_with(env, slot, task, self.patience)
    }

    /// Sends a task that waits for other processes no longer than that.
    pub fn send_with(
        &self,
        env: Env,
        slot: u32,
        task: Task,
        patience: Duration,
    ) -> napi::Result<()> {
        let job = Job {
            slot,
            task,
            deadline: Instant::now() + patience,
        };
        self.sender
            .send(job)
            .map_err(|_| Error::from_reason("the store is closed"))?;
        self.completion.asked(env)
    }
}
