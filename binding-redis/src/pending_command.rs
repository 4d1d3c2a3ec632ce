//! A pending command, and its outcome.

use std::rc::Rc;
use std::time::Duration;

use koa_session_rs::store::redis::command::{Command, Failure, Reply, Target};
use redis::{Arg, Cmd, Value};

use crate::fault::Fault;
use crate::node::Absence;

/// The most redirects (MOVED, ASK) in a row that a command follows.
const MAX_REDIRECTS: u32 = 5;

/// Commands that change nothing.
const READS: [&[u8]; 7] = [
    b"exists",
    b"get",
    b"hgetall",
    b"hmget",
    b"pttl",
    b"scan",
    b"zlexcount",
];

/// A command with its target, and whether it may be repeated.
pub struct PendingCommand {
    /// The indices of its operation in the group, and of the command in the operation.
    pub owner: usize,
    pub place: usize,
    pub cmd: Cmd,
    pub target: Target,
    pub key: Option<Vec<u8>>,
    /// Whether it may be repeated if it is unknown whether it was executed.
    pub is_repeatable: bool,
    /// How many replicas have to confirm it before it is answered.
    pub replicas: u32,
    /// Whether it was sent without a reply, and may have changed something.
    may_be_done: bool,
    /// Whether it waits for a server that is down, to complete an operation that has begun.
    pub is_patient: bool,
    /// The node to which the last reply redirected it, for one attempt (ASK).
    pub asked: Option<String>,
    redirects: u32,
    /// The fault to report at the deadline.
    pub fault: Rc<Fault>,
}

/// A reply, or why there is none; and the details of an error.
pub struct Response {
    pub reply: Reply,
    pub fault: Option<Rc<Fault>>,
}

/// Commands that are sent together.
pub struct InFlight {
    pub left: Vec<PendingCommand>,
    /// Whether none was sent yet.
    pub is_new: bool,
}

/// The outcome of a command at a node.
pub enum Sent {
    Answered(Response),
    Again,
}

impl PendingCommand {
    pub fn new(owner: usize, place: usize, command: Command, is_patient: bool) -> Self {
        let length = command.args().map(<[u8]>::len).sum();
        let mut cmd = Cmd::with_capacity(command.len(), length);
        for arg in command.args() {
            cmd.arg(arg);
        }
        Self {
            owner,
            place,
            cmd,
            key: command.key().map(<[u8]>::to_vec),
            is_repeatable: command.repeatable,
            replicas: command.replicas,
            target: command.target,
            may_be_done: false,
            is_patient,
            asked: None,
            redirects: 0,
            fault: Rc::new(Fault::unknown()),
        }
    }

    /// Records that it was sent, and that it is unknown whether it was executed.
    pub fn mark_unknown(&mut self) {
        let name = self.cmd.args_iter().next();
        self.may_be_done = !matches!(name, Some(Arg::Simple(name)) if READS.contains(&name));
    }

    /// Ends it with a reply. If it may have been executed earlier, a failure that says the opposite becomes `lost`.
    pub fn settle(self, answer: Response) -> (Self, Response) {
        let says_not = match &answer.reply {
            Reply::Failed(failure) => *failure != Failure::Timeout,
            Reply::Error(code) => code != "NOSCRIPT",
            _ => false,
        };
        if !says_not || !self.may_be_done {
            return (self, answer);
        }
        let reply = Reply::Failed(Failure::Lost);
        (self, Response { reply, ..answer })
    }

    /// Sends it where a reply redirects it; a limited number of times, since two nodes may name each other.
    pub fn redirect(&mut self, address: Option<&str>) {
        self.redirects += 1;
        self.asked = address
            .filter(|address| self.redirects <= MAX_REDIRECTS && !address.starts_with(':'))
            .map(str::to_owned);
    }

    /// Decides whether it waits for a server that is down.
    pub fn wait(&mut self, absence: &Absence, patience: Duration) -> Sent {
        let fault = &absence.fault;
        let is_over = !self.is_patient && absence.since.elapsed() >= patience;
        if fault.is_final() || is_over {
            return Sent::failed(fault);
        }
        self.fault = Rc::clone(fault);
        Sent::Again
    }
}

impl InFlight {
    pub fn new(commands: Vec<PendingCommand>) -> Self {
        Self {
            left: commands,
            is_new: true,
        }
    }

    pub fn is_over(&self) -> bool {
        self.left.is_empty()
    }
}

impl Response {
    pub fn failed(fault: &Rc<Fault>) -> Self {
        Self {
            reply: Reply::Failed(fault.failure.clone()),
            fault: Some(Rc::clone(fault)),
        }
    }
}

impl Sent {
    pub fn failed(fault: &Rc<Fault>) -> Self {
        Self::Answered(Response::failed(fault))
    }
}

/// Converts a reply; an error to its first word.
pub fn to_reply(value: Value) -> Reply {
    match value {
        Value::Int(number) => Reply::Int(number),
        Value::BulkString(bytes) => Reply::Text(bytes),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => {
            Reply::Text(text.into_bytes())
        }
        Value::Okay => Reply::Text(b"OK".to_vec()),
        Value::Array(values) | Value::Set(values) => {
            Reply::List(values.into_iter().map(to_reply).collect())
        }
        Value::Map(pairs) => Reply::List(
            pairs
                .into_iter()
                .flat_map(|(key, value)| [to_reply(key), to_reply(value)])
                .collect(),
        ),
        Value::Boolean(is) => Reply::Int(i64::from(is)),
        Value::Attribute { data, .. } => to_reply(*data),
        Value::ServerError(error) => Reply::Error(error.code().to_owned()),
        _ => Reply::Nil,
    }
}
