//! The steps of operations whose commands JavaScript sends by the user's client.

use std::collections::HashMap;
use std::sync::Arc;

use koa_session_rs::store::redis::command::{Command, Failure, Reply, Target};
use koa_session_rs::store::redis::{Format, Operation, Outcome, Step, start};
use serde_json::Value;

use crate::batch::{answer, read};

/// Separates replies in the text from JavaScript. JSON escapes it.
const SEPARATOR: char = '\0';

/// The operations of one store in progress.
pub struct ClientDriver {
    format: Arc<Format>,
    operations: HashMap<u32, Operation<Outcome>>,
    last: u32,
}

impl ClientDriver {
    pub fn new(format: Format) -> Self {
        Self {
            format: Arc::new(format),
            operations: HashMap::new(),
            last: 0,
        }
    }

    /// Starts an operation. Returns a step: see [`commands`] and [`result`].
    pub fn begin(&mut self, numbers: &[f64], text: &str) -> Vec<String> {
        self.last = self.last.wrapping_add(1);
        let request = read(numbers, text, &self.format)
            .pop()
            .and_then(|(_, request)| request);
        match request {
            Some(request) => self.go_on(
                self.last,
                start(Arc::clone(&self.format), request),
                Vec::new(),
            ),
            None => result(Err(Failure::Input)),
        }
    }

    /// Continues with the client's replies: see [`read_replies`].
    pub fn next(&mut self, operation: u32, replies: &str) -> Vec<String> {
        match self.operations.remove(&operation) {
            Some(running) => self.go_on(operation, running, read_replies(replies)),
            None => result(Err(Failure::Closed)),
        }
    }

    fn go_on(
        &mut self,
        operation: u32,
        mut running: Operation<Outcome>,
        replies: Vec<Reply>,
    ) -> Vec<String> {
        match running.step(replies) {
            Step::Done(done) => result(done),
            Step::Send(send) => {
                self.operations.insert(operation, running);
                commands(operation, &send)
            }
        }
    }
}

/// Encodes commands: the operation's number, and for each command the number of its arguments, its target, and the arguments. The
/// target is the index of the key among the arguments, or `@` and a node, or empty (a request for the names of all nodes).
/// After the index of a key, `+` says that replicas have to confirm the write.
fn commands(operation: u32, commands: &[Command]) -> Vec<String> {
    let mut step = Vec::with_capacity(
        1 + commands
            .iter()
            .map(|command| command.len() + 2)
            .sum::<usize>(),
    );
    step.push(operation.to_string());
    for command in commands {
        step.push(command.len().to_string());
        step.push(match &command.target {
            Target::Key(place) if command.replicas > 0 => format!("{place}+"),
            Target::Key(place) => place.to_string(),
            Target::Node(name) => ["@", name].concat(),
            Target::Masters => String::new(),
        });
        step.extend(
            command
                .args()
                .map(|arg| String::from_utf8_lossy(arg).into_owned()),
        );
    }
    step
}

/// Encodes a result: an empty text, the numbers as JSON, and the texts.
fn result(result: Result<Outcome, Failure>) -> Vec<String> {
    let (numbers, texts) = answer(result, "").into_parts();
    let numbers = serde_json::to_string(&numbers).unwrap_or_default();
    let parts = [String::new(), numbers].into_iter();
    parts.chain(texts).collect()
}

/// Decodes a list of replies. Each is a letter and a text up to the next separator. If a reply contains the separator, the list
/// is JSON instead.
fn read_replies(text: &str) -> Vec<Reply> {
    if text.starts_with('[') {
        let replies = serde_json::from_str::<Vec<Value>>(text).unwrap_or_default();
        return replies.into_iter().map(from_json).collect();
    }
    match read_reply(&mut text.split(SEPARATOR)) {
        Some(Reply::List(replies)) => replies,
        _ => Vec::new(),
    }
}

fn read_reply<'a>(parts: &mut impl Iterator<Item = &'a str>) -> Option<Reply> {
    let part = parts.next()?;
    let (kind, rest) = part.split_at_checked(1)?;
    Some(match kind {
        "t" => Reply::Text(rest.as_bytes().to_vec()),
        "i" => Reply::Int(rest.parse().ok()?),
        "l" => {
            let count: usize = rest.parse().ok()?;
            let mut replies = Vec::new();
            for _ in 0..count {
                replies.push(read_reply(parts)?);
            }
            Reply::List(replies)
        }
        "s" => Reply::Short(Box::new(read_reply(parts)?), rest.parse().ok()?),
        "e" => Reply::Error(rest.to_owned()),
        "f" => Reply::Failed(match rest {
            "unreachable" => Failure::Unreachable,
            "tls" => Failure::Tls,
            _ => Failure::Lost,
        }),
        _ => Reply::Nil,
    })
}

/// Decodes a reply in JSON: null, a number, a text or a list; or an object with an error, or with a reply and the number of
/// replicas that have the write, which are too few.
fn from_json(value: Value) -> Reply {
    match value {
        Value::Null => Reply::Nil,
        Value::Bool(is) => Reply::Int(i64::from(is)),
        Value::Number(number) => number.as_i64().map_or(Reply::Nil, Reply::Int),
        Value::String(text) => Reply::Text(text.into_bytes()),
        Value::Array(values) => Reply::List(values.into_iter().map(from_json).collect()),
        Value::Object(object) => {
            let number = object.get("acknowledged").and_then(Value::as_u64);
            if let Some(acknowledged) = number.and_then(|number| u32::try_from(number).ok()) {
                let reply = object.get("reply").cloned().unwrap_or_default();
                return Reply::Short(Box::new(from_json(reply)), acknowledged);
            }
            let error = object.get("error").and_then(Value::as_str);
            read_reply(&mut error.into_iter()).unwrap_or(Reply::Nil)
        }
    }
}
