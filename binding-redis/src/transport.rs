//! The thread of the connections: it receives operations, and returns results, in batches.

use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use koa_session_rs::store::redis::command::{Command, Failure, Reply};
use koa_session_rs::store::redis::{Format, Operation, Outcome, Step, start};
use koa_session_rs_binding_common::{Answer, Answers, Deliver, Text};
use tokio::runtime;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep};

use crate::batch::{answer, read};
use crate::connect::Connector;
use crate::fault::Fault;
use crate::options::ConnectionOptions;
use crate::pending_command::{InFlight, PendingCommand, Response};
use crate::router::Router;

/// The pause of an operation that waits for another one.
const PAUSE: Duration = Duration::from_millis(10);

/// Operations of one turn of the event loop.
pub struct Batch {
    pub numbers: Vec<f64>,
    pub text: Text,
}

/// The id of a notice, which is no operation's answer.
const NOBODY: f64 = -1.0;

/// An operation in progress.
struct Running {
    /// `None` once its result was delivered.
    call_id: Option<f64>,
    operation: Operation<Outcome>,
    commands: Vec<Command>,
    /// The replies to its last commands, so far.
    replies: Vec<Option<Reply>>,
    /// Whether the time limit applies to each step.
    is_long: bool,
    /// Whether a step may have been executed: then the operation is completed, even if the server is down for a while.
    has_begun: bool,
    /// The fault behind its last missing reply.
    fault: Option<Rc<Fault>>,
}

/// The state that operations share.
#[derive(Clone)]
struct Shared {
    router: Rc<Router>,
    format: Arc<Format>,
    deliver: Deliver,
}

/// Runs until the sender of batches is dropped.
///
/// # Errors
///
/// If the system cannot start a thread.
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
            let deliver_skew = Arc::clone(&deliver);
            let connector = Connector::new(options, move |skew_s| {
                let mut answers = Answers::default();
                answers.push(NOBODY, Answer::text(Some(skew_s.to_string())));
                deliver_skew(answers);
            });
            let router = Rc::new(Router::new(connector));
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
        // Pending operations are answered, at their deadline at the latest.
        runtime.block_on(tasks);
        // A DNS lookup may still run on a thread of its own, which is not waited for.
        runtime.shutdown_background();
    };
    thread::Builder::new()
        .name("koa-session-rs".to_owned())
        .spawn(serve)
        .map(|_| ())
}

impl Shared {
    /// Starts the operations of a batch, in groups: those of each node of a cluster, since one may be slow, and those that wait
    /// for replicas.
    fn begin(&self, batch: &Batch) {
        let asked = read(&batch.numbers, &batch.text, &self.format);
        let deadline = Instant::now() + self.router.timeout();
        let mut answers = Answers::default();
        let mut groups: Vec<((String, bool), Vec<Running>)> = Vec::new();
        for (call_id, request) in asked {
            let Some(request) = request else {
                answers.push(call_id, answer(Err(Failure::Input), ""));
                continue;
            };
            let is_long = request.is_long();
            let operation = start(Arc::clone(&self.format), request);
            let Some(running) = Running::new(call_id, operation, is_long).step(&mut answers) else {
                continue;
            };
            let target = running.commands.first().map(|command| {
                let node = self.router.node_of(command);
                (node, command.replicas > 0)
            });
            let target = target.unwrap_or_default();
            if is_long {
                spawn_local(self.clone().drive(vec![running], deadline));
                continue;
            }
            match groups.iter_mut().find(|(other, _)| *other == target) {
                Some((_, group)) => group.push(running),
                None => groups.push((target, vec![running])),
            }
        }
        self.deliver(answers);
        for (_, group) in groups {
            spawn_local(self.clone().drive(group, deadline));
        }
    }

    /// Runs a group of operations, step by step, until all are done.
    async fn drive(self, mut group: Vec<Running>, mut deadline: Instant) {
        while !group.is_empty() {
            let answered = self.round_trip(group, deadline).await;
            let mut answers = Answers::default();
            group = answered
                .into_iter()
                .filter_map(|running| running.step(&mut answers))
                .collect();
            if group.iter().any(|running| running.is_long) && Instant::now() < deadline {
                deadline = Instant::now() + self.router.timeout();
            }
            if Instant::now() >= deadline {
                // JavaScript does not wait any longer. The remaining steps only complete the operations, or clean up.
                for running in &mut group {
                    if let Some(call_id) = running.call_id.take() {
                        answers.push(call_id, answer(Err(Failure::Timeout), ""));
                    }
                }
                deadline = Instant::now() + self.router.timeout();
            }
            self.deliver(answers);
            let may_be_slow = self.router.is_cluster() || self.format.replicas > 0;
            if may_be_slow && group.len() > 1 {
                for running in group {
                    spawn_local(self.clone().drive(vec![running], deadline));
                }
                return;
            }
        }
    }

    /// Sends the next commands of operations. Returns the operations with their replies, except those that have gone on alone.
    async fn round_trip(&self, mut group: Vec<Running>, deadline: Instant) -> Vec<Running> {
        let commands = group.iter_mut().enumerate();
        let commands = commands.flat_map(|(owner, running)| running.commands(owner));
        let mut in_flight = InFlight::new(commands.collect());
        if in_flight.is_over() {
            sleep(PAUSE).await;
        }
        let mut waiting: Vec<Option<Running>> = group.into_iter().map(Some).collect();
        while !in_flight.is_over() {
            for (command, response) in self.router.advance(&mut in_flight, deadline).await {
                if let Some(Some(running)) = waiting.get_mut(command.owner) {
                    running.store_reply(command.place, response);
                }
            }
            if !in_flight.is_over() {
                self.continue_answered(&mut waiting, deadline);
            }
        }
        waiting.into_iter().flatten().collect()
    }

    /// Lets the operations with all replies go on, while the others wait.
    fn continue_answered(&self, waiting: &mut [Option<Running>], deadline: Instant) {
        let mut answers = Answers::default();
        for place in waiting {
            let running = place.take_if(|running| running.is_answered());
            if let Some(running) = running.and_then(|running| running.step(&mut answers)) {
                spawn_local(self.clone().drive(vec![running], deadline));
            }
        }
        self.deliver(answers);
    }

    fn deliver(&self, answers: Answers) {
        if !answers.is_empty() {
            (self.deliver)(answers);
        }
    }
}

impl Running {
    fn new(call_id: f64, operation: Operation<Outcome>, is_long: bool) -> Self {
        Self {
            call_id: Some(call_id),
            operation,
            commands: Vec::new(),
            replies: Vec::new(),
            is_long,
            has_begun: false,
            fault: None,
        }
    }

    /// Returns the next commands.
    fn commands(&mut self, owner: usize) -> Vec<PendingCommand> {
        let commands = std::mem::take(&mut self.commands);
        self.replies = commands.iter().map(|_| None).collect();
        let commands = commands.into_iter().enumerate();
        commands
            .map(|(place, command)| PendingCommand::new(owner, place, command, self.has_begun))
            .collect()
    }

    /// Stores a reply.
    fn store_reply(&mut self, place: usize, Response { reply, fault }: Response) {
        self.has_begun |= match &reply {
            Reply::Failed(failure) => *failure == Failure::Timeout,
            _ => true,
        };
        self.fault = fault.or(self.fault.take());
        if let Some(place) = self.replies.get_mut(place) {
            *place = Some(reply);
        }
    }

    fn is_answered(&self) -> bool {
        self.replies.iter().all(Option::is_some)
    }

    /// Continues with the replies. Returns itself unless it is done.
    fn step(mut self, answers: &mut Answers) -> Option<Self> {
        let replies = std::mem::take(&mut self.replies);
        match self.operation.step(replies.into_iter().flatten().collect()) {
            Step::Send(commands) => {
                self.commands = commands;
                Some(self)
            }
            Step::Done(result) => {
                let details = match (&result, &self.fault) {
                    (Err(failure), Some(fault))
                        if *failure == fault.failure || *failure == Failure::Lost =>
                    {
                        fault.details()
                    }
                    _ => String::new(),
                };
                if let Some(call_id) = self.call_id {
                    answers.push(call_id, answer(result, &details));
                }
                None
            }
        }
    }
}
