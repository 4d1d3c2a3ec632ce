//! Decides what becomes of commands: what an answer says, and how long a server that is away is waited for.

use std::rc::Rc;
use std::time::Duration;

use koa_session_rs::store::redis::command::Failure;
use redis::Value;
use tokio::time::Instant;

use crate::connection::Connection;
use crate::node::{Absence, Node};
use crate::parcel::{Answer, Fate, Parcel, to_reply};
use crate::router::{LATE, Router};
use crate::trouble::Trouble;

/// How long commands wait for a server without successors that was there before.
const GRACE: Duration = Duration::from_secs(1);

impl Router {
    /// Decides what becomes of commands while no node tells which has their keys.
    pub(crate) fn wait_blindly(
        &self,
        parcels: Vec<Parcel>,
        absence: &Absence,
    ) -> Vec<(Parcel, Fate)> {
        let patience = if self.nodes.has_slots() {
            GRACE
        } else {
            Duration::ZERO
        };
        self.all(parcels, |parcel| wait(parcel, absence, patience))
    }

    /// Gives all one fate. In a cluster, the keys may be elsewhere by now.
    pub(crate) fn all(
        &self,
        parcels: Vec<Parcel>,
        fate: impl Fn(&mut Parcel) -> Fate,
    ) -> Vec<(Parcel, Fate)> {
        self.nodes.distrust();
        let fated = parcels.into_iter().map(|mut parcel| {
            let fate = fate(&mut parcel);
            parcel.asked = None;
            (parcel, fate)
        });
        fated.collect()
    }

    /// Decides what becomes of commands whose server is away.
    pub(crate) fn wait_for(
        &self,
        parcels: Vec<Parcel>,
        node: &Node,
        absence: &Absence,
    ) -> Vec<(Parcel, Fate)> {
        let patience = if self.is_cluster() || absence.trouble.is_named {
            self.timeout()
        } else if node.was_up() {
            GRACE
        } else {
            Duration::ZERO
        };
        self.all(parcels, |parcel| wait(parcel, absence, patience))
    }

    /// Decides what becomes of a command whose key no node of the cluster serves.
    pub(crate) fn wait_down(&self, parcel: &mut Parcel, trouble: &Rc<Trouble>) -> Fate {
        let since = self.down.get().unwrap_or_else(Instant::now);
        self.down.set(Some(since));
        let absence = Absence::new(since, Rc::clone(trouble));
        wait(parcel, &absence, self.timeout())
    }

    /// Tells an answer from an error that says: not done, try again.
    pub(crate) fn judge(
        &self,
        mut parcel: Parcel,
        value: Value,
        node: &Rc<Node>,
        connection: &Connection,
    ) -> (Parcel, Fate) {
        parcel.asked = None;
        let trouble = Trouble::of_answer(&value);
        let trouble = trouble.map(|trouble| Rc::new(trouble.at(connection.server())));
        let again = trouble
            .as_ref()
            .and_then(|trouble| self.send_again(&mut parcel, trouble, node, connection));
        if trouble.is_none() {
            self.down.set(None);
        }
        let reply = to_reply(value);
        let fate = again.unwrap_or(Fate::Answered(Answer { reply, trouble }));
        (parcel, fate)
    }

    /// Decides what becomes of a command that was not carried out, and will be somewhere else or later.
    fn send_again(
        &self,
        parcel: &mut Parcel,
        trouble: &Rc<Trouble>,
        node: &Rc<Node>,
        connection: &Connection,
    ) -> Option<Fate> {
        let Failure::Server(code) = &trouble.failure else {
            return None;
        };
        match code.as_str() {
            _ if trouble.is_absence() => {
                self.nodes.distrust();
                node.leave(connection, trouble);
            }
            "MOVED" | "ASK" if !self.is_cluster() => {
                let mistaken = Trouble::clone(trouble).but(Failure::Options);
                return Some(Fate::failed(&Rc::new(mistaken)));
            }
            "ASK" => parcel.ask(trouble.address()),
            "MOVED" => {
                parcel.ask(trouble.address());
                self.nodes.distrust();
            }
            "CLUSTERDOWN" if self.is_cluster() => {
                self.nodes.distrust();
                return Some(self.wait_down(parcel, trouble));
            }
            // One that was opened just now leads where a new one would.
            "READONLY" if self.nodes.has_successors() || connection.is_older_than(LATE) => {
                self.nodes.distrust();
                connection.abandon();
            }
            "TRYAGAIN" | "BUSY" => self.nodes.distrust(),
            _ => return None,
        }
        parcel.trouble = Rc::clone(trouble);
        Some(Fate::Again)
    }
}

/// Decides whether a command waits for a server that is away.
fn wait(parcel: &mut Parcel, absence: &Absence, patience: Duration) -> Fate {
    let trouble = &absence.trouble;
    let is_over = !parcel.is_patient && absence.since.elapsed() >= patience;
    if trouble.is_final() || is_over {
        return Fate::failed(trouble);
    }
    parcel.trouble = Rc::clone(trouble);
    Fate::Again
}
