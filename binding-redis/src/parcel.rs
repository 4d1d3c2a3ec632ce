//! A command on its way, and what becomes of it.

use std::rc::Rc;

use koa_session_rs::store::redis::command::{Command, Reply, Target};
use redis::{Cmd, Value};

use crate::trouble::Trouble;

/// How often in a row a command follows what answers tell.
const MOST_HOPS: u32 = 5;

/// What is sent, where, and how often that may be tried.
pub struct Parcel {
    /// Whose it is of those that go together, and which of its commands.
    pub owner: usize,
    pub place: usize,
    pub cmd: Cmd,
    pub target: Target,
    pub key: Option<Vec<u8>>,
    /// Whether it may be sent once more when nobody knows whether it was carried out.
    pub is_repeatable: bool,
    /// How many replicas have to have it before it is answered.
    pub replicas: u32,
    /// Whether it waits for a server that is away: what has been begun is to be ended.
    pub is_patient: bool,
    /// The node that the last answer told to ask, for this once.
    pub asked: Option<String>,
    hops: u32,
    /// What is told if time runs out.
    pub trouble: Rc<Trouble>,
}

/// An answer, or why there is none; of an error, what is known of it.
pub struct Answer {
    pub reply: Reply,
    pub trouble: Option<Rc<Trouble>>,
}

/// Commands that are on their way together.
pub struct Journey {
    pub left: Vec<Parcel>,
    /// Whether none was sent yet.
    pub is_new: bool,
}

/// What became of a command at a node.
pub enum Fate {
    Answered(Answer),
    Again,
}

impl Parcel {
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
            is_patient,
            asked: None,
            hops: 0,
            trouble: Rc::new(Trouble::unknown()),
        }
    }

    /// Has it sent where an answer told. Not for ever: two nodes may each tell the other.
    pub fn ask(&mut self, address: Option<&str>) {
        self.hops += 1;
        self.asked = address
            .filter(|address| self.hops <= MOST_HOPS && !address.starts_with(':'))
            .map(str::to_owned);
    }
}

impl Journey {
    pub fn new(parcels: Vec<Parcel>) -> Self {
        Self {
            left: parcels,
            is_new: true,
        }
    }

    pub fn is_over(&self) -> bool {
        self.left.is_empty()
    }
}

impl Answer {
    pub fn failed(trouble: &Rc<Trouble>) -> Self {
        Self {
            reply: Reply::Failed(trouble.failure.clone()),
            trouble: Some(Rc::clone(trouble)),
        }
    }
}

impl Fate {
    pub fn failed(trouble: &Rc<Trouble>) -> Self {
        Self::Answered(Answer::failed(trouble))
    }
}

/// Reads an answer; of an error, the first word.
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
