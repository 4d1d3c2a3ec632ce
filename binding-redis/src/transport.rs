//! The thread that talks to the servers: operations come in batches, and so do their results leave.

use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use koa_session_rs::store::redis::command::{Command, Failure, Reply};
use koa_session_rs::store::redis::{Format, Operation, Outcome, Step, start};
use koa_session_rs_crossing::Text;
use tokio::runtime;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep};

use crate::batch::{Answers, read};
use crate::options::ConnectionOptions;
use crate::router::Router;

/// How long an operation waits that waits for another one.
const PAUSE: Duration = Duration::from_millis(10);

/// Operations of one turn of the event loop.
pub struct Batch {
    pub numbers: Vec<f64>,
    pub text: Text,
}

/// Takes results to JavaScript; from any thread.
pub type Deliver = Arc<dyn Fn(Answers) + Send + Sync>;

/// An operation under way.
struct Running {
    /// Nothing once JavaScript has been told.
    slot: Option<f64>,
    operation: Operation<Outcome>,
    commands: Vec<Command>,
    /// Whether the time limit is one of each step.
    is_long: bool,
}

/// What the operations have in common.
#[derive(Clone)]
struct Shared {
    router: Rc<Router>,
    format: Arc<Format>,
    deliver: Deliver,
}

/// Runs until there are no more batches to come.
///
/// # Errors
///
/// Where the system gives no thread.
pub fn spawn(
    options: ConnectionOptions,
    format: Format,
    mut batches: UnboundedReceiver<Batch>,
    deliver: Deliver,
) -> std::io::Result<()> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let serve = move || {
        let serving = async move {
            let router = Rc::new(Router::new(options));
            let shared = Shared {
                router,
                format: Arc::new(format),
                deliver,
            };
            while let Some(batch) = batches.recv().await {
                shared.begin(&batch);
            }
        };
        let tasks = LocalSet::new();
        tasks.block_on(&runtime, serving);
        // What was asked for is answered, by its deadline at the latest.
        runtime.block_on(tasks);
        // A look-up of a name may be under way in a thread of its own, and nobody waits for that.
        runtime.shutdown_background();
    };
    thread::Builder::new()
        .name("koa-session-rs".to_owned())
        .spawn(serve)
        .map(|_| ())
}

impl Shared {
    /// Starts the operations of a batch: in a cluster, those of each node on their own, since one may be slow.
    fn begin(&self, batch: &Batch) {
        let asked = read(&batch.numbers, &batch.text, &self.format);
        let deadline = Instant::now() + self.router.timeout();
        let mut answers = Answers::default();
        let mut groups: Vec<(String, Vec<Running>)> = Vec::new();
        for (slot, request) in asked {
            let Some(request) = request else {
                answers.push(slot, Err(Failure::Input));
                continue;
            };
            let is_long = request.is_long();
            let operation = start(Arc::clone(&self.format), request);
            let running = Running {
                slot: Some(slot),
                operation,
                commands: Vec::new(),
                is_long,
            };
            let Some(running) = running.step(Vec::new(), &mut answers) else {
                continue;
            };
            let node = match running.commands.first() {
                Some(command) if self.router.is_cluster() => self.router.node_of(command),
                _ => String::new(),
            };
            if is_long {
                spawn_local(self.clone().drive(vec![running], deadline));
                continue;
            }
            match groups.iter_mut().find(|(name, _)| *name == node) {
                Some((_, group)) => group.push(running),
                None => groups.push((node, vec![running])),
            }
        }
        self.deliver(answers);
        for (_, group) in groups {
            spawn_local(self.clone().drive(group, deadline));
        }
    }

    /// Takes operations from step to step until all are done.
    async fn drive(self, mut group: Vec<Running>, mut deadline: Instant) {
        while !group.is_empty() {
            let counts: Vec<usize> = group.iter().map(|running| running.commands.len()).collect();
            let commands = group
                .iter_mut()
                .flat_map(|running| std::mem::take(&mut running.commands));
            let commands: Vec<Command> = commands.collect();
            let replies = if commands.is_empty() {
                sleep(PAUSE).await;
                Vec::new()
            } else {
                self.router.execute(&commands, deadline).await
            };
            let mut replies = replies.into_iter();
            let mut answers = Answers::with_capacity(group.len());
            let mut left = Vec::new();
            for (running, count) in group.into_iter().zip(counts) {
                let replies: Vec<Reply> = replies.by_ref().take(count).collect();
                left.extend(running.step(replies, &mut answers));
            }
            group = left;
            if group.iter().any(|running| running.is_long) && Instant::now() < deadline {
                deadline = Instant::now() + self.router.timeout();
            }
            if Instant::now() >= deadline {
                // What is left has to be put in order, which JavaScript does not wait for.
                for running in &mut group {
                    if let Some(slot) = running.slot.take() {
                        answers.push(slot, Err(Failure::Timeout));
                    }
                }
                deadline = Instant::now() + self.router.timeout();
            }
            self.deliver(answers);
            if self.router.is_cluster() && group.len() > 1 {
                for running in group {
                    spawn_local(self.clone().drive(vec![running], deadline));
                }
                return;
            }
        }
    }

    fn deliver(&self, answers: Answers) {
        if !answers.is_empty() {
            (self.deliver)(answers);
        }
    }
}

impl Running {
    /// Goes on with answers. Gives itself back unless it is done.
    fn step(mut self, replies: Vec<Reply>, answers: &mut Answers) -> Option<Self> {
        match self.operation.step(replies) {
            Step::Send(commands) => {
                self.commands = commands;
                Some(self)
            }
            Step::Done(result) => {
                if let Some(slot) = self.slot {
                    answers.push(slot, result);
                }
                None
            }
        }
    }
}
