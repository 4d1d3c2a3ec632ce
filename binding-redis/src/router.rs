//! Sends commands to their nodes, and again if that is needed and safe.

mod cluster;
mod replicas;
mod retry;
mod slots;
mod standalone;

use std::collections::HashMap;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::join_all;
use koa_session_rs::store::redis::command::{Command, Failure, Reply, Target};
use redis::{Pipeline, Value};
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep, timeout_at};

use self::cluster::Cluster;
use crate::connect::Connector;
use crate::connection::Connection;
use crate::fault::Fault;
use crate::node::{Absence, Node};
use crate::nodes::Nodes;
use crate::pending_command::{InFlight, PendingCommand, Response, Sent};

/// The interval between attempts at a command that cannot be executed at present.
const PAUSE: Duration = Duration::from_millis(25);

/// The time without a reply after which a connection counts as unresponsive.
pub const LATE: Duration = Duration::from_millis(500);

/// How long commands wait for a lost server that nothing will replace.
const GRACE: Duration = Duration::from_secs(1);

pub struct Router {
    nodes: Nodes,
    /// `None` for a single server.
    cluster: Option<Cluster>,
}

impl Router {
    pub fn new(connector: Connector) -> Self {
        Self {
            cluster: connector.options.cluster.then(Cluster::new),
            nodes: Nodes::new(connector),
        }
    }

    pub fn is_cluster(&self) -> bool {
        self.cluster.is_some()
    }

    pub fn timeout(&self) -> Duration {
        self.nodes.timeout()
    }

    /// Names a command's node, if that is known.
    pub fn node_of(&self, command: &Command) -> String {
        let cluster = self.cluster.as_ref();
        let owner = cluster.and_then(|cluster| cluster.owner(command.key()?));
        owner.unwrap_or_default()
    }

    /// Records that keys may have moved.
    fn distrust(&self) {
        if let Some(cluster) = &self.cluster {
            cluster.distrust();
        }
    }

    /// Sends all commands once. Returns the outcomes that are final. The other commands stay pending, and may be sent again as soon
    /// as this function has returned.
    pub async fn advance(
        self: &Rc<Self>,
        in_flight: &mut InFlight,
        deadline: Instant,
    ) -> Vec<(PendingCommand, Response)> {
        let commands = std::mem::take(&mut in_flight.left);
        let is_first = std::mem::take(&mut in_flight.is_new);
        let seen = self.refresh_slots(&commands, is_first, deadline).await;
        // A command sent too late for its reply might be executed nevertheless.
        if !is_first && Instant::now() + PAUSE >= deadline {
            let fail = |command: PendingCommand| {
                let answer = Response::failed(&command.fault);
                command.settle(answer)
            };
            return commands.into_iter().map(fail).collect();
        }
        let all_sent = match (seen, &self.cluster) {
            (Err(absence), Some(cluster)) => {
                let patience = cluster.patience();
                self.decide(commands, |command| command.wait(&absence, patience))
            }
            _ => self.round(commands, deadline).await,
        };
        let mut answered = Vec::with_capacity(all_sent.len());
        for (command, sent) in all_sent {
            match sent {
                Sent::Answered(answer) => answered.push(command.settle(answer)),
                Sent::Again => in_flight.left.push(command),
            }
        }
        let waits = |command: &PendingCommand| command.asked.is_none();
        if answered.is_empty() && in_flight.left.iter().any(waits) {
            sleep(PAUSE.min(deadline.saturating_duration_since(Instant::now()))).await;
        }
        answered
    }

    /// Reloads the slots if they may be outdated. Commands sent for the first time do not wait for that.
    async fn refresh_slots(
        self: &Rc<Self>,
        commands: &[PendingCommand],
        is_first: bool,
        deadline: Instant,
    ) -> Result<(), Absence> {
        let Some(cluster) = self.cluster.as_ref().filter(|cluster| cluster.is_stale()) else {
            return Ok(());
        };
        let asks_for_all = commands
            .iter()
            .any(|command| command.target == Target::Masters);
        if is_first && cluster.has_slots() && !asks_for_all {
            self.refresh_in_background();
        } else if commands.iter().any(|command| command.asked.is_none()) {
            let silence = || Absence::new(Instant::now(), Rc::new(Fault::silence()));
            let read = timeout_at(deadline, cluster.read_slots(&self.nodes)).await;
            return read.unwrap_or_else(|_| Err(silence()));
        }
        Ok(())
    }

    fn refresh_in_background(self: &Rc<Self>) {
        let router = Rc::clone(self);
        spawn_local(async move {
            if let Some(cluster) = &router.cluster {
                let _ = cluster.read_slots(&router.nodes).await;
            }
        });
    }

    /// Sends each command once, to all nodes concurrently.
    async fn round(
        self: &Rc<Self>,
        commands: Vec<PendingCommand>,
        deadline: Instant,
    ) -> Vec<(PendingCommand, Sent)> {
        let (asking, commands): (Vec<_>, Vec<_>) = commands
            .into_iter()
            .partition(|command| command.target == Target::Masters);
        let mut all_sent: Vec<(PendingCommand, Sent)> = asking
            .into_iter()
            .map(|command| (command, Sent::Answered(self.masters())))
            .collect();
        let mut by_node: HashMap<(bool, u32, String), Vec<PendingCommand>> = HashMap::new();
        let mut unserved = Vec::new();
        for command in commands {
            let Some(address) = self.address(&command) else {
                unserved.push(command);
                continue;
            };
            let target = (command.asked.is_some(), command.replicas, address);
            by_node.entry(target).or_default().push(command);
        }
        all_sent.extend(self.wait_unserved(unserved));
        let rounds = by_node
            .into_iter()
            .map(|((_, replicas, address), commands)| {
                self.round_at(address, replicas, commands, deadline)
            });
        all_sent.extend(join_all(rounds).await.into_iter().flatten());
        all_sent
    }

    fn address(&self, command: &PendingCommand) -> Option<String> {
        match &self.cluster {
            Some(cluster) => cluster.address(command),
            None => Some(standalone::ADDRESS.to_owned()),
        }
    }

    /// Sends commands to a node in one pipeline.
    async fn round_at(
        self: &Rc<Self>,
        address: String,
        replicas: u32,
        commands: Vec<PendingCommand>,
        deadline: Instant,
    ) -> Vec<(PendingCommand, Sent)> {
        let node = self.nodes.node(&address, replicas > 0);
        let mut connection = match timeout_at(deadline, node.connection()).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(absence)) => return self.wait_for(commands, &node, &absence),
            Err(_) => {
                let fault = node.fault();
                return self.decide(commands, |_| Sent::failed(&fault));
            }
        };
        let (pipeline, step) = pipeline_of(&commands);
        let sent = self.send(&node, &mut connection, &pipeline, deadline);
        let answers = match sent.await {
            Ok(answers) => answers,
            Err(fault) => return self.break_off(commands, fault.at(connection.server())),
        };
        let answers = answers.into_iter().skip(step - 1).step_by(step);
        let answered = commands.into_iter().zip(answers);
        let all_sent = answered
            .map(|(command, answer)| self.read(command, answer, &node, &connection))
            .collect();
        self.replicate(all_sent, replicas, &node, &mut connection, deadline)
            .await
    }

    /// Sends commands to a node. Without a reply, checks that the connection still answers.
    async fn send(
        self: &Rc<Self>,
        node: &Rc<Node>,
        connection: &mut Connection,
        pipeline: &Pipeline,
        deadline: Instant,
    ) -> Result<Vec<Value>, Fault> {
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
                    Ok(_) => Err(Fault::unknown().with_failure(Failure::Lost)),
                    Err(fault) => Err(fault.with_failure(Failure::Lost)),
                };
            }
            if Instant::now() >= deadline {
                if line.is_silent_for(LATE.min(self.timeout())) {
                    line.abandon();
                }
                return Err(Fault::unknown().with_failure(Failure::Timeout));
            }
            if line.is_silent_for(LATE) {
                self.doubt(node, &line);
            }
        }
    }

    /// Replaces an unresponsive connection with pending commands.
    fn doubt(self: &Rc<Self>, node: &Rc<Node>, silent: &Connection) {
        if !self.nodes.has(node) {
            silent.cut();
            return;
        }
        node.doubt(silent);
        if self.is_cluster() {
            self.distrust();
            self.refresh_in_background();
        }
    }

    fn masters(&self) -> Response {
        let masters = match &self.cluster {
            Some(cluster) => cluster.masters(),
            None => vec![standalone::ADDRESS.to_owned()],
        };
        let masters = masters.into_iter().map(|name| Reply::Text(name.into()));
        Response {
            reply: Reply::List(masters.collect()),
            fault: None,
        }
    }
}

/// Makes the pipeline of commands for a node, with ASKING before each if keys are moving there. Also returns the number of
/// commands in the pipeline for each.
fn pipeline_of(commands: &[PendingCommand]) -> (Pipeline, usize) {
    let is_asking = commands.iter().any(|command| command.asked.is_some());
    let mut pipeline = Pipeline::with_capacity(commands.len());
    for command in commands {
        if is_asking {
            pipeline.add_command(redis::cmd("ASKING"));
        }
        pipeline.add_command(command.cmd.clone());
    }
    (pipeline, if is_asking { 2 } else { 1 })
}
