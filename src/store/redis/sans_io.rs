//! Runs an operation as a future without an executor: its driver sends the commands of each step, and passes the replies back.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use super::command::{Command, Failure, Reply};
use super::script::Script;

/// The state that an operation shares with its driver.
#[derive(Clone, Default)]
pub(super) struct Io {
    mailbox: Arc<Mutex<Mailbox>>,
    /// How many replicas have to confirm writes.
    replicas: u32,
}

#[derive(Default)]
struct Mailbox {
    commands: Vec<Command>,
    replies: Option<Vec<Reply>>,
    /// Set if too few replicas have confirmed a write.
    shortfall: Option<Failure>,
}

/// The next step of an operation.
#[derive(Debug)]
pub enum Step<T> {
    /// Commands to send, whose replies are passed back in the same order. If empty, the operation continues after a pause.
    Send(Vec<Command>),
    /// It is over.
    Done(Result<T, Failure>),
}

/// An operation in progress.
pub struct Operation<T> {
    future: Pin<Box<dyn Future<Output = Result<T, Failure>> + Send>>,
    io: Io,
}

impl<T> fmt::Debug for Operation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").finish_non_exhaustive()
    }
}

impl<T> Operation<T> {
    /// Makes an operation of a future, which does nothing before its first step.
    pub(super) fn new<F>(run: impl FnOnce(Io) -> F) -> Self
    where
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let io = Io::default();
        Self {
            future: Box::pin(run(io.clone())),
            io,
        }
    }

    /// Continues with the replies to the last step's commands; at first, with none.
    pub fn step(&mut self, replies: Vec<Reply>) -> Step<T> {
        self.io.with(|mailbox| mailbox.replies = Some(replies));
        match self
            .future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(Ok(result)) => Step::Done(self.io.shortfall().map_or(Ok(result), Err)),
            Poll::Ready(failed) => Step::Done(failed),
            Poll::Pending => Step::Send(
                self.io
                    .with(|mailbox| std::mem::take(&mut mailbox.commands)),
            ),
        }
    }
}

impl Io {
    fn with<R>(&self, use_it: impl FnOnce(&mut Mailbox) -> R) -> R {
        use_it(&mut self.mailbox.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns a sender for writes that replicas have to confirm. If too few do, the operation continues without waiting again,
    /// so that it is completed, and fails at its end.
    pub(super) fn replicated(&self, replicas: u32) -> Self {
        Self {
            mailbox: Arc::clone(&self.mailbox),
            replicas,
        }
    }

    /// Returns the failure with which the operation will end if too few replicas have confirmed a write.
    pub(super) fn shortfall(&self) -> Option<Failure> {
        self.with(|mailbox| mailbox.shortfall.clone())
    }

    /// Sends commands, and returns their replies. Does nothing without commands.
    pub(super) async fn send(&self, commands: Vec<Command>) -> Vec<Reply> {
        if commands.is_empty() {
            return Vec::new();
        }
        self.io(commands).await
    }

    /// Pauses the operation.
    pub(super) async fn pause(&self) {
        self.io(Vec::new()).await;
    }

    async fn io(&self, mut commands: Vec<Command>) -> Vec<Reply> {
        self.with(|mailbox| {
            if mailbox.shortfall.is_none() {
                for command in &mut commands {
                    command.replicas = self.replicas;
                }
            }
            mailbox.commands = commands;
            mailbox.replies = None;
        });
        let replies = poll_fn(|_| {
            self.with(|mailbox| mailbox.replies.take().map_or(Poll::Pending, Poll::Ready))
        });
        let replies = replies.await.into_iter();
        replies.map(|reply| self.note(reply)).collect()
    }

    /// Records whether too few replicas have confirmed a write.
    fn note(&self, reply: Reply) -> Reply {
        let Reply::Short(reply, acknowledged) = reply else {
            return reply;
        };
        let failure = Failure::Replicas {
            wanted: self.replicas,
            acknowledged,
        };
        self.with(|mailbox| mailbox.shortfall = Some(failure));
        *reply
    }

    /// Sends one command, and returns its reply, or its failure.
    pub(super) async fn ask(&self, command: Command) -> Result<Reply, Failure> {
        let replies = self.send(vec![command]).await;
        replies
            .into_iter()
            .next()
            .ok_or(Failure::Unreadable)?
            .checked()
    }

    /// Sends several commands, and returns their replies.
    pub(super) async fn ask_all(&self, commands: Vec<Command>) -> Result<Vec<Reply>, Failure> {
        let count = commands.len();
        let replies = self.send(commands).await;
        if replies.len() != count {
            return Err(Failure::Unreadable);
        }
        replies.into_iter().map(Reply::checked).collect()
    }

    /// Runs a script on a key.
    pub(super) async fn run(
        &self,
        script: Script,
        key: &str,
        args: &[&str],
    ) -> Result<Reply, Failure> {
        self.run_all(script, &[(key, args)])
            .await?
            .pop()
            .ok_or(Failure::Unreadable)
    }

    /// Runs a script on several keys.
    pub(super) async fn run_all(
        &self,
        script: Script,
        on: &[(&str, &[&str])],
    ) -> Result<Vec<Reply>, Failure> {
        let runs = on.iter().map(|(key, args)| (script, *key, *args));
        self.run_each(&runs.collect::<Vec<_>>()).await
    }

    /// Runs scripts, each on a key. If a node does not have a script, sends its text.
    pub(super) async fn run_each(
        &self,
        runs: &[(Script, &str, &[&str])],
    ) -> Result<Vec<Reply>, Failure> {
        let commands = runs
            .iter()
            .map(|(script, key, args)| invoke("evalsha", script.hash(), *script, key, args));
        let mut replies = self.send(commands.collect()).await;
        let unknown: Vec<usize> = (0..replies.len())
            .filter(|place| matches!(replies.get(*place), Some(Reply::Error(code)) if code == "NOSCRIPT"))
            .collect();
        let again = unknown.iter().filter_map(|place| runs.get(*place));
        let again =
            again.map(|(script, key, args)| invoke("eval", script.source(), *script, key, args));
        for (place, reply) in unknown.iter().zip(self.send(again.collect()).await) {
            if let Some(unanswered) = replies.get_mut(*place) {
                *unanswered = reply;
            }
        }
        if replies.len() != runs.len() {
            return Err(Failure::Unreadable);
        }
        replies.into_iter().map(Reply::checked).collect()
    }
}

fn invoke(name: &str, script_text: &str, script: Script, key: &str, args: &[&str]) -> Command {
    let mut command = Command::about_key(3, &[name, script_text, "1", key]);
    for arg in args {
        command.push(arg);
    }
    if script.is_repeatable() {
        command
    } else {
        command.once()
    }
}
