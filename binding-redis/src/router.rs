//! Sends commands where they belong, and again where that is due and does no harm.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{join_all, select_ok};
use koa_session_rs::store::redis::command::{Command, Failure, Reply, Target};
use redis::{Cmd, Pipeline};
use tokio::sync::Mutex;
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use crate::node::{Connection, Node, Obstacle, Place, to_cmd};
use crate::options::{Address, ConnectionOptions};
use crate::slots::Slots;

/// Between two attempts at what cannot be done right now.
const PAUSE: Duration = Duration::from_millis(25);
/// Between two looks at a cluster's slots.
const REFRESH_PAUSE: Duration = Duration::from_millis(100);

/// How often in a row a command follows what answers tell.
const MOST_HOPS: u32 = 5;

pub struct Router {
    options: ConnectionOptions,
    nodes: RefCell<HashMap<String, Rc<Node>>>,
    slots: RefCell<Slots>,
    /// Whether the slots are to be asked for before the next command.
    is_stale: Cell<bool>,
    refresh: Mutex<Option<Instant>>,
}

/// A command on its way.
struct Parcel {
    place: usize,
    cmd: Cmd,
    key: Option<Vec<u8>>,
    node: Option<String>,
    repeatable: bool,
    /// The node that the last answer told to ask, for this once.
    asked: Option<String>,
    hops: u32,
    /// What is told if time runs out.
    failure: Failure,
}

/// What became of a command at a node.
enum Fate {
    Answered(Reply),
    Again,
}

impl Router {
    pub fn new(options: ConnectionOptions) -> Self {
        let is_cluster = options.cluster;
        Self {
            options,
            nodes: RefCell::default(),
            slots: RefCell::default(),
            is_stale: Cell::new(is_cluster),
            refresh: Mutex::new(None),
        }
    }

    pub fn is_cluster(&self) -> bool {
        self.options.cluster
    }

    pub fn timeout(&self) -> Duration {
        self.options.timeout()
    }

    /// Names the node that a command is for, as far as that is known.
    pub fn node_of(&self, command: &Command) -> String {
        let slots = self.slots.borrow();
        command
            .key()
            .and_then(|key| slots.master_of(key))
            .unwrap_or_default()
            .to_owned()
    }

    /// Sends commands; gives their answers, in their order, or why there is none.
    pub async fn execute(self: &Rc<Self>, commands: &[Command], deadline: Instant) -> Vec<Reply> {
        if let [
            Command {
                target: Target::Masters,
                ..
            },
        ] = commands
        {
            return vec![self.masters(deadline).await];
        }
        let mut replies: Vec<Reply> = commands.iter().map(|_| Reply::Nil).collect();
        let mut left: Vec<Parcel> = commands
            .iter()
            .enumerate()
            .map(|(place, command)| parcel(place, command))
            .collect();
        let mut is_first = true;
        loop {
            self.see_to_slots(&left, is_first, deadline).await;
            is_first = false;
            for (parcel, fate) in self.round(std::mem::take(&mut left), deadline).await {
                let reply = match fate {
                    Fate::Answered(reply) => reply,
                    Fate::Again if Instant::now() >= deadline => Reply::Failed(parcel.failure),
                    Fate::Again => {
                        left.push(parcel);
                        continue;
                    }
                };
                if let Some(place) = replies.get_mut(parcel.place) {
                    *place = reply;
                }
            }
            if left.is_empty() {
                return replies;
            }
            if left.iter().any(|parcel| parcel.asked.is_none()) {
                sleep(PAUSE.min(deadline.saturating_duration_since(Instant::now()))).await;
            }
        }
    }

    /// Has the slots looked at if they may be wrong. What is sent for the first time does not wait for that.
    async fn see_to_slots(self: &Rc<Self>, parcels: &[Parcel], is_first: bool, deadline: Instant) {
        if !self.is_stale.get() {
            return;
        }
        if is_first && !self.slots.borrow().is_empty() {
            let router = Rc::clone(self);
            spawn_local(async move { router.look_at_slots().await });
        } else if parcels.iter().any(|parcel| parcel.asked.is_none()) {
            let _ = timeout_at(deadline, self.look_at_slots()).await;
        }
    }

    /// Sends each once, to all nodes at the same time.
    async fn round(&self, parcels: Vec<Parcel>, deadline: Instant) -> Vec<(Parcel, Fate)> {
        if !self.is_cluster() {
            return self.round_at(String::new(), parcels, deadline).await;
        }
        let mut by_node: HashMap<(bool, String), Vec<Parcel>> = HashMap::new();
        for parcel in parcels {
            let address = {
                let slots = self.slots.borrow();
                let known = parcel.key.as_deref().and_then(|key| slots.master_of(key));
                let address = parcel.asked.as_deref().or(parcel.node.as_deref()).or(known);
                address.unwrap_or_default().to_owned()
            };
            by_node
                .entry((parcel.asked.is_some(), address))
                .or_default()
                .push(parcel);
        }
        let rounds = by_node
            .into_iter()
            .map(|((_, address), parcels)| self.round_at(address, parcels, deadline));
        join_all(rounds).await.into_iter().flatten().collect()
    }

    async fn round_at(
        &self,
        address: String,
        parcels: Vec<Parcel>,
        deadline: Instant,
    ) -> Vec<(Parcel, Fate)> {
        let is_cluster = self.is_cluster();
        if is_cluster && address.is_empty() {
            return self.all(parcels, |_| Fate::Again);
        }
        let node = match self.node(&address) {
            Ok(node) => node,
            Err(failure) => return self.all(parcels, |_| failed(&failure)),
        };
        let mut connection = match timeout_at(deadline, node.connection()).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(Obstacle::Final(failure))) => return self.all(parcels, |_| failed(&failure)),
            Ok(Err(Obstacle::Unreachable)) | Err(_) => return self.all(parcels, |_| Fate::Again),
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
        match timeout_at(deadline, connection.send(&pipeline)).await {
            Err(_) => {
                node.abandon(&connection);
                self.all(parcels, |_| failed(&Failure::Timeout))
            }
            Ok(None) => self.all(parcels, |parcel| {
                if parcel.repeatable {
                    return Fate::Again;
                }
                failed(&Failure::Lost)
            }),
            Ok(Some(replies)) => {
                let step = if is_asking { 2 } else { 1 };
                let replies = replies.into_iter().skip(step - 1).step_by(step);
                let judged = parcels.into_iter().zip(replies);
                judged
                    .map(|(parcel, reply)| self.judge(parcel, reply, &node, &connection))
                    .collect()
            }
        }
    }

    /// Gives all one fate. In a cluster, the keys may be elsewhere by now.
    fn all(&self, parcels: Vec<Parcel>, fate: impl Fn(&Parcel) -> Fate) -> Vec<(Parcel, Fate)> {
        self.is_stale.set(self.is_cluster());
        let fated = parcels.into_iter().map(|mut parcel| {
            let fate = fate(&parcel);
            parcel.asked = None;
            (parcel, fate)
        });
        fated.collect()
    }

    /// Tells an answer from an error that says: not done, try again.
    fn judge(
        &self,
        mut parcel: Parcel,
        reply: Reply,
        node: &Node,
        connection: &Connection,
    ) -> (Parcel, Fate) {
        parcel.asked = None;
        let Reply::Error(error) = &reply else {
            return (parcel, Fate::Answered(reply));
        };
        let mut words = error.split(' ');
        match words.next().unwrap_or_default() {
            "MOVED" => {
                parcel.ask(words.nth(1));
                self.is_stale.set(self.is_cluster());
            }
            "ASK" => parcel.ask(words.nth(1)),
            code
            @ ("TRYAGAIN" | "CLUSTERDOWN" | "MASTERDOWN" | "LOADING" | "BUSY" | "READONLY") => {
                if code == "READONLY" {
                    node.abandon(connection);
                }
                self.is_stale.set(self.is_cluster());
                parcel.failure = Failure::Server(code.to_owned());
            }
            _ => return (parcel, Fate::Answered(reply)),
        }
        (parcel, Fate::Again)
    }

    fn node(&self, address: &str) -> Result<Rc<Node>, Failure> {
        if let Some(node) = self.nodes.borrow().get(address) {
            return Ok(Rc::clone(node));
        }
        let place = match (&self.options.master, address.rsplit_once(':')) {
            (Some(master), _) => self
                .options
                .sentinel(master)
                .map(|client| Place::AskedOf(Box::new(client))),
            (None, Some((host, port))) => self
                .options
                .client_at(host, port.parse().unwrap_or_default())
                .map(|client| Place::At(Box::new(client))),
            (None, None) => self
                .options
                .only_client()
                .map(|client| Place::At(Box::new(client))),
        };
        let place = place.map_err(|_| Failure::Tls)?;
        let node = Rc::new(Node::new(place, self.options.connect_timeout()));
        self.nodes
            .borrow_mut()
            .insert(address.to_owned(), Rc::clone(&node));
        Ok(node)
    }

    async fn masters(&self, deadline: Instant) -> Reply {
        while self.is_stale.get() {
            if timeout_at(deadline, self.look_at_slots()).await.is_err() {
                return Reply::Failed(Failure::Unreachable);
            }
        }
        let slots = self.slots.borrow();
        let masters = if self.is_cluster() {
            slots.masters()
        } else {
            vec![""]
        };
        Reply::List(
            masters
                .into_iter()
                .map(|name| Reply::Text(name.into()))
                .collect(),
        )
    }

    /// Asks all nodes for the slots, and takes what the first one says.
    async fn look_at_slots(&self) {
        let mut last = self.refresh.lock().await;
        if !self.is_stale.get() {
            return;
        }
        if let Some(last) = *last {
            sleep_until(last + REFRESH_PAUSE).await;
        }
        *last = Some(Instant::now());
        let seeds = self
            .options
            .nodes
            .iter()
            .map(|Address { host, port }| format!("{}:{port}", host.0));
        let mut addresses: Vec<String> = self.nodes.borrow().keys().cloned().chain(seeds).collect();
        addresses.sort_unstable();
        addresses.dedup();
        let asked = addresses
            .iter()
            .map(|address| Box::pin(self.ask_for_slots(address)));
        if let Ok((slots, _)) = select_ok(asked).await {
            let masters: Vec<String> = slots.masters().into_iter().map(str::to_owned).collect();
            // Nodes that have gone are forgotten; who waits for their answers holds them.
            self.nodes
                .borrow_mut()
                .retain(|address, _| masters.contains(address));
            *self.slots.borrow_mut() = slots;
            self.is_stale.set(false);
        }
    }

    async fn ask_for_slots(&self, address: &str) -> Result<Slots, ()> {
        let ask = async {
            let node = self.node(address).map_err(|_| ())?;
            let mut connection = node.connection().await.map_err(|_| ())?;
            let mut pipeline = Pipeline::with_capacity(1);
            pipeline.cmd("CLUSTER").arg("SLOTS");
            let reply = connection
                .send(&pipeline)
                .await
                .and_then(|replies| replies.into_iter().next());
            Slots::read(reply.ok_or(())?, address).ok_or(())
        };
        timeout(self.options.connect_timeout(), ask)
            .await
            .map_err(|_| ())?
    }
}

impl Parcel {
    /// Has it sent where an answer told. Not for ever: two nodes may each tell the other.
    fn ask(&mut self, address: Option<&str>) {
        self.hops += 1;
        self.asked = address
            .filter(|address| self.hops <= MOST_HOPS && !address.starts_with(':'))
            .map(str::to_owned);
    }
}

fn parcel(place: usize, command: &Command) -> Parcel {
    Parcel {
        place,
        cmd: to_cmd(command),
        key: command.key().map(<[u8]>::to_vec),
        node: match &command.target {
            Target::Node(name) => Some(name.clone()),
            Target::Key(_) | Target::Masters => None,
        },
        repeatable: command.repeatable,
        asked: None,
        hops: 0,
        failure: Failure::Unreachable,
    }
}

fn failed(failure: &Failure) -> Fate {
    Fate::Answered(Reply::Failed(failure.clone()))
}
