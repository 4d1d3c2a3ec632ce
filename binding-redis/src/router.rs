//! Sends commands where they belong, and again where that is due and does no harm.

use std::cell::Cell;
use std::collections::HashMap;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::join_all;
use koa_session_rs::store::redis::command::{Command, Failure, Reply, Target};
use redis::{Pipeline, Value};
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep, timeout_at};

use crate::connect::Connector;
use crate::connection::Connection;
use crate::node::{Absence, Node};
use crate::nodes::Nodes;
use crate::parcel::{Answer, Fate, Journey, Parcel};
use crate::trouble::{Cause, Trouble};

/// Between two attempts at what cannot be done right now.
const PAUSE: Duration = Duration::from_millis(25);

/// After how long without an answer a connection is doubted.
pub const LATE: Duration = Duration::from_millis(500);

pub struct Router {
    pub(crate) nodes: Nodes,
    /// Since when a cluster has had no node for some keys.
    pub(crate) down: Cell<Option<Instant>>,
}

impl Router {
    pub fn new(connector: Connector) -> Self {
        Self {
            nodes: Nodes::new(connector),
            down: Cell::new(None),
        }
    }

    pub fn is_cluster(&self) -> bool {
        self.nodes.is_cluster()
    }

    pub fn timeout(&self) -> Duration {
        self.nodes.timeout()
    }

    /// Names the node that a command is for, as far as that is known.
    pub fn node_of(&self, command: &Command) -> String {
        if !self.is_cluster() {
            return String::new();
        }
        let owner = command.key().and_then(|key| self.nodes.owner(key));
        owner.unwrap_or_default()
    }

    /// Sends all commands once. Gives answers, or why there are none, as far as these are settled; the others are left, and due
    /// when this ends.
    pub async fn advance(
        self: &Rc<Self>,
        journey: &mut Journey,
        deadline: Instant,
    ) -> Vec<(Parcel, Answer)> {
        let parcels = std::mem::take(&mut journey.left);
        let is_first = std::mem::take(&mut journey.is_new);
        let seen = self.see_to_slots(&parcels, is_first, deadline).await;
        // What is sent too late for an answer might be carried out nevertheless.
        if !is_first && Instant::now() + PAUSE >= deadline {
            let fail = |parcel: Parcel| {
                let answer = Answer::failed(&parcel.trouble);
                (parcel, answer)
            };
            return parcels.into_iter().map(fail).collect();
        }
        let fated = match seen {
            Ok(()) => self.round(parcels, deadline).await,
            Err(absence) => self.wait_blindly(parcels, &absence),
        };
        let mut answered = Vec::with_capacity(fated.len());
        for (parcel, fate) in fated {
            match fate {
                Fate::Answered(answer) => answered.push((parcel, answer)),
                Fate::Again => journey.left.push(parcel),
            }
        }
        let waits = |parcel: &Parcel| parcel.asked.is_none();
        if answered.is_empty() && journey.left.iter().any(waits) {
            sleep(PAUSE.min(deadline.saturating_duration_since(Instant::now()))).await;
        }
        answered
    }

    /// Has the slots looked at if they may be wrong. What is sent for the first time does not wait for that.
    async fn see_to_slots(
        self: &Rc<Self>,
        parcels: &[Parcel],
        is_first: bool,
        deadline: Instant,
    ) -> Result<(), Absence> {
        if !self.nodes.is_stale() {
            return Ok(());
        }
        let asks_for_all = parcels
            .iter()
            .any(|parcel| parcel.target == Target::Masters);
        if is_first && self.nodes.has_slots() && !asks_for_all {
            self.look_aside();
        } else if parcels.iter().any(|parcel| parcel.asked.is_none()) {
            let silence = || Absence::new(Instant::now(), Rc::new(Trouble::silence()));
            let looked = timeout_at(deadline, self.nodes.look()).await;
            return looked.unwrap_or_else(|_| Err(silence()));
        }
        Ok(())
    }

    fn look_aside(self: &Rc<Self>) {
        let router = Rc::clone(self);
        spawn_local(async move { router.nodes.look().await });
    }

    /// Sends each once, to all nodes at the same time.
    async fn round(
        self: &Rc<Self>,
        parcels: Vec<Parcel>,
        deadline: Instant,
    ) -> Vec<(Parcel, Fate)> {
        let (asking, parcels): (Vec<_>, Vec<_>) = parcels
            .into_iter()
            .partition(|parcel| parcel.target == Target::Masters);
        let mut fated: Vec<(Parcel, Fate)> = asking
            .into_iter()
            .map(|parcel| (parcel, Fate::Answered(self.masters())))
            .collect();
        let mut by_node: HashMap<(bool, u32, String), Vec<Parcel>> = HashMap::new();
        for parcel in parcels {
            let way = (
                parcel.asked.is_some(),
                parcel.replicas,
                self.address(&parcel),
            );
            by_node.entry(way).or_default().push(parcel);
        }
        let rounds = by_node
            .into_iter()
            .map(|((_, replicas, address), parcels)| {
                self.round_at(address, replicas, parcels, deadline)
            });
        fated.extend(join_all(rounds).await.into_iter().flatten());
        fated
    }

    fn address(&self, parcel: &Parcel) -> String {
        if !self.is_cluster() {
            return String::new();
        }
        match (&parcel.asked, &parcel.target, &parcel.key) {
            (Some(address), ..) | (None, Target::Node(address), _) => address.clone(),
            (None, _, Some(key)) => self.nodes.owner(key).unwrap_or_default(),
            (None, _, None) => String::new(),
        }
    }

    async fn round_at(
        self: &Rc<Self>,
        address: String,
        replicas: u32,
        parcels: Vec<Parcel>,
        deadline: Instant,
    ) -> Vec<(Parcel, Fate)> {
        if self.is_cluster() && address.is_empty() {
            let told = Cause::told("no node has the slot");
            let trouble = Trouble::new(Failure::Server("CLUSTERDOWN".to_owned()), told);
            let trouble = Rc::new(trouble);
            return self.all(parcels, |parcel| self.wait_down(parcel, &trouble));
        }
        let node = self.nodes.node(&address, replicas > 0);
        let mut connection = match timeout_at(deadline, node.connection()).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(absence)) => return self.wait_for(parcels, &node, &absence),
            Err(_) => {
                let trouble = node.trouble();
                return self.all(parcels, |_| Fate::failed(&trouble));
            }
        };
        // ASKING goes before each command that is sent where its key is moving to.
        let is_asking = parcels.iter().any(|parcel| parcel.asked.is_some());
        let mut pipeline = Pipeline::with_capacity(parcels.len());
        for parcel in &parcels {
            if is_asking {
                pipeline.add_command(redis::cmd("ASKING"));
            }
            pipeline.add_command(parcel.cmd.clone());
        }
        let sent = self.send(&node, &mut connection, &pipeline, deadline);
        match sent.await {
            Ok(answers) => {
                let step = if is_asking { 2 } else { 1 };
                let answers = answers.into_iter().skip(step - 1).step_by(step);
                let judged = parcels.into_iter().zip(answers);
                let judged = judged
                    .map(|(parcel, answer)| self.judge(parcel, answer, &node, &connection))
                    .collect();
                self.replicate(judged, replicas, &node, &mut connection, deadline)
                    .await
            }
            Err(trouble) => self.break_off(parcels, trouble.at(connection.server())),
        }
    }

    /// Decides what becomes of commands of which nobody knows whether they were carried out, or for good.
    pub(crate) fn break_off(&self, parcels: Vec<Parcel>, broken: Trouble) -> Vec<(Parcel, Fate)> {
        let broken = Rc::new(broken);
        self.all(parcels, |parcel| {
            if broken.failure == Failure::Lost && parcel.is_repeatable {
                return Fate::Again;
            }
            Fate::failed(&broken)
        })
    }

    /// Sends commands to a node. While there is no answer, sees to it that they are not waiting in vain.
    pub(crate) async fn send(
        self: &Rc<Self>,
        node: &Rc<Node>,
        connection: &mut Connection,
        pipeline: &Pipeline,
        deadline: Instant,
    ) -> Result<Vec<Value>, Trouble> {
        let line = connection.clone();
        let mut answer = pin!(connection.ask(pipeline));
        loop {
            let next_look = deadline.min(Instant::now() + LATE);
            if let Ok(answer) = timeout_at(next_look, &mut answer).await {
                return match answer {
                    Ok(answers) if answers.len() == pipeline.len() => {
                        node.trust(&line);
                        Ok(answers)
                    }
                    Ok(_) => Err(Trouble::unknown().but(Failure::Lost)),
                    Err(trouble) => Err(trouble.but(Failure::Lost)),
                };
            }
            if Instant::now() >= deadline {
                if line.is_silent_for(LATE.min(self.timeout())) {
                    line.abandon();
                }
                return Err(Trouble::unknown().but(Failure::Timeout));
            }
            if !line.is_silent_for(LATE) {
                continue;
            }
            if !self.nodes.has(node) {
                line.cut();
                continue;
            }
            node.doubt(&line);
            if self.is_cluster() {
                self.nodes.distrust();
                self.look_aside();
            }
        }
    }

    fn masters(&self) -> Answer {
        let masters = self.nodes.masters().into_iter();
        let masters = masters.map(|name| Reply::Text(name.into())).collect();
        Answer {
            reply: Reply::List(masters),
            trouble: None,
        }
    }
}
