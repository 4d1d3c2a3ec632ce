//! Waits until replicas have what was written.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use koa_session_rs::store::redis::command::{Failure, Reply};
use redis::{Pipeline, Value};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use crate::connection::Connection;
use crate::node::Node;
use crate::parcel::{Answer, Fate, Parcel};
use crate::router::Router;
use crate::trouble::Trouble;

/// How long a connection waits for replicas at a time: what others have to write meanwhile comes behind that.
const SLICE: Duration = Duration::from_millis(50);

/// What is known of the replicas of what was written on a connection. One WAIT is for all that was written before it.
#[derive(Default)]
pub struct Replication {
    turn: Mutex<()>,
    /// When the last WAIT was sent after which enough had it.
    covered: Cell<Option<Instant>>,
}

impl Router {
    /// Waits until so many replicas have what was carried out on a connection, for half of the time that is left at most: it has to
    /// be said in time if they have not.
    pub(crate) async fn replicate(
        self: &Rc<Self>,
        judged: Vec<(Parcel, Fate)>,
        wanted: u32,
        node: &Rc<Node>,
        connection: &mut Connection,
        deadline: Instant,
    ) -> Vec<(Parcel, Fate)> {
        let is_done = |(_, fate): &(Parcel, Fate)| {
            matches!(fate, Fate::Answered(Answer { trouble: None, .. }))
        };
        if wanted == 0 || !judged.iter().any(is_done) {
            return judged;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let until = Instant::now() + left / 2;
        let heard = self.wait_replicas(wanted, node, connection, until).await;
        let (done, mut fated): (Vec<_>, Vec<_>) = judged.into_iter().partition(is_done);
        match heard {
            Ok(acknowledged) if acknowledged >= wanted => fated.extend(done),
            Ok(acknowledged) => {
                let failure = Failure::Replicas {
                    wanted,
                    acknowledged,
                };
                let trouble = Rc::new(Trouble::unknown().but(failure).at(connection.server()));
                let done = done.into_iter();
                fated.extend(
                    done.map(|(parcel, fate)| (parcel, shorten(fate, acknowledged, &trouble))),
                );
            }
            Err(trouble) => {
                let parcels = done.into_iter().map(|(parcel, _)| parcel).collect();
                fated.extend(self.break_off(parcels, trouble.at(connection.server())));
            }
        }
        fated
    }

    /// Gives how many replicas have what was written on a connection, as soon as it is as many as wanted.
    async fn wait_replicas(
        self: &Rc<Self>,
        wanted: u32,
        node: &Rc<Node>,
        connection: &mut Connection,
        until: Instant,
    ) -> Result<u32, Trouble> {
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
            // An answer that is late is a fault of the connection.
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

/// Reads how many there are. A server that is no master any more tells an error, and may have lost what was written.
fn read(answer: &Value) -> Result<u32, Trouble> {
    match (answer, Trouble::of_answer(answer)) {
        (Value::Int(count), _) => Ok(u32::try_from(*count).unwrap_or_default()),
        (_, Some(trouble)) if trouble.failure == Failure::Denied => Err(trouble),
        (_, trouble) => Err(trouble.unwrap_or_else(Trouble::unknown).but(Failure::Lost)),
    }
}

fn shorten(fate: Fate, acknowledged: u32, trouble: &Rc<Trouble>) -> Fate {
    match fate {
        Fate::Answered(Answer { reply, .. }) => Fate::Answered(Answer {
            reply: Reply::Short(Box::new(reply), acknowledged),
            trouble: Some(Rc::clone(trouble)),
        }),
        Fate::Again => fate,
    }
}
