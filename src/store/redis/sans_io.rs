//! The steps of an operation, as a future that is driven by hand: it waits for answers, and whoever drives it sends and answers.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use super::command::{Command, Failure, Reply};
use super::script::Script;

/// What lies between an operation and whoever drives it.
#[derive(Clone, Default)]
pub(super) struct Io {
    mailbox: Arc<Mutex<Mailbox>>,
    /// How many replicas have to have what is written.
    replicas: u32,
}

#[derive(Default)]
struct Mailbox {
    commands: Vec<Command>,
    replies: Option<Vec<Reply>>,
    /// Where fewer replicas had something than have to.
    shortfall: Option<Failure>,
}

/// What an operation wants next.
#[derive(Debug)]
pub enum Step<T> {
    /// These are to be sent, and answered each, in their order. None: it waits for something else, and goes on a little later.
    Send(Vec<Command>),
    /// It is over.
    Done(Result<T, Failure>),
}

/// An operation under way.
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
    /// Makes an operation of what it does; nothing is done until its first step.
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

    /// Goes on with the answers to what the last step wanted; with none, the first time.
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

    /// Returns a way to send what so many replicas have to have before it is answered. Where fewer have it, the operation goes on, so
    /// that nothing is left half done, without waiting once more; and fails in the end.
    pub(super) fn replicated(&self, replicas: u32) -> Self {
        Self {
            mailbox: Arc::clone(&self.mailbox),
            replicas,
        }
    }

    /// Returns the failure with which the operation will end, because fewer replicas had something than have to.
    pub(super) fn shortfall(&self) -> Option<Failure> {
        self.with(|mailbox| mailbox.shortfall.clone())
    }

    /// Sends commands; returns as many answers. Where there is nothing to send, none.
    pub(super) async fn send(&self, commands: Vec<Command>) -> Vec<Reply> {
        if commands.is_empty() {
            return Vec::new();
        }
        self.io(commands).await
    }

    /// Waits a little for something that no answer tells of.
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

    /// Notes where too few replicas have what was answered.
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

    /// Sends one command, for what it answers unless it fails.
    pub(super) async fn ask(&self, command: Command) -> Result<Reply, Failure> {
        let replies = self.send(vec![command]).await;
        replies
            .into_iter()
            .next()
            .ok_or(Failure::Unreadable)?
            .checked()
    }

    /// Sends several, each for what it answers.
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

    /// Runs scripts, each on a key. A node that does not know one yet gets its text.
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
