//! Waits until replicas have the writes (`WAIT`).

use std::rc::Rc;
use std::time::Duration;

use koa_session_rs::store::redis::command::{Failure, Reply};
use redis::{Pipeline, Value};
use tokio::time::{Instant, timeout_at};

use super::Router;
use crate::connection::Connection;
use crate::fault::Fault;
use crate::node::Node;
use crate::pending_command::{PendingCommand, Response, Sent};
use crate::replication::Replication;

/// The time limit of one WAIT, since it blocks the other writes of its connection.
const SLICE: Duration = Duration::from_millis(50);

impl Router {
    /// Waits until enough replicas have the writes of a connection, for at most half of the remaining time, so that a failure is
    /// reported in time.
    pub(super) async fn replicate(
        self: &Rc<Self>,
        all_sent: Vec<(PendingCommand, Sent)>,
        wanted: u32,
        node: &Rc<Node>,
        connection: &mut Connection,
        deadline: Instant,
    ) -> Vec<(PendingCommand, Sent)> {
        let is_done = |(_, sent): &(PendingCommand, Sent)| {
            matches!(sent, Sent::Answered(Response { fault: None, .. }))
        };
        if wanted == 0 || !all_sent.iter().any(is_done) {
            return all_sent;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let until = Instant::now() + left / 2;
        let counted = self.wait_replicas(wanted, node, connection, until).await;
        let (done, mut all_sent): (Vec<_>, Vec<_>) = all_sent.into_iter().partition(is_done);
        match counted {
            Ok(acknowledged) if acknowledged >= wanted => all_sent.extend(done),
            Ok(acknowledged) => {
                let failure = Failure::Replicas {
                    wanted,
                    acknowledged,
                };
                let fault = Rc::new(
                    Fault::unknown()
                        .with_failure(failure)
                        .at(connection.server()),
                );
                let done = done.into_iter();
                all_sent.extend(
                    done.map(|(command, sent)| (command, with_too_few(sent, acknowledged, &fault))),
                );
            }
            Err(fault) => {
                let commands = done.into_iter().map(|(command, _)| command).collect();
                all_sent.extend(self.break_off(commands, fault.at(connection.server())));
            }
        }
        all_sent
    }

    /// Returns the number of replicas that have the writes of a connection, as soon as there are enough.
    async fn wait_replicas(
        self: &Rc<Self>,
        wanted: u32,
        node: &Rc<Node>,
        connection: &mut Connection,
        until: Instant,
    ) -> Result<u32, Fault> {
        let written = Instant::now();
        let line = connection.clone();
        let Replication { turn, covered } = line.replication();
        let mut acknowledged = 0;
        while let Ok(_turn) = timeout_at(until, turn.lock()).await {
            if covered.get().is_some_and(|covered| covered >= written) {
                return Ok(wanted);
            }
            let sent = Instant::now();
            let slice = SLICE.min(until.saturating_duration_since(sent));
            if slice.is_zero() {
                break;
            }
            let mut wait = Pipeline::with_capacity(1);
            wait.cmd("WAIT").arg(wanted).arg(slice.as_millis().max(1));
            // A late reply is a fault of the connection.
            let late = until + self.timeout();
            let answer = self.send(node, connection, &wait, late).await?.pop();
            acknowledged = read(&answer.unwrap_or(Value::Nil)).inspect_err(|_| line.abandon())?;
            if acknowledged >= wanted {
                covered.set(Some(sent));
                break;
            }
        }
        Ok(acknowledged)
    }
}

/// Reads the number of replicas. A server that is no longer a master replies with an error, and may have lost the writes.
fn read(answer: &Value) -> Result<u32, Fault> {
    match (answer, Fault::of_answer(answer)) {
        (Value::Int(count), _) => Ok(u32::try_from(*count).unwrap_or_default()),
        (_, Some(fault)) if fault.failure == Failure::Denied => Err(fault),
        (_, fault) => Err(fault
            .unwrap_or_else(Fault::unknown)
            .with_failure(Failure::Lost)),
    }
}

/// Replaces the reply to a write that too few replicas have.
fn with_too_few(sent: Sent, acknowledged: u32, fault: &Rc<Fault>) -> Sent {
    match sent {
        Sent::Answered(Response { reply, .. }) => Sent::Answered(Response {
            reply: Reply::Short(Box::new(reply), acknowledged),
            fault: Some(Rc::clone(fault)),
        }),
        Sent::Again => sent,
    }
}
