//! Which nodes there are, and which of them has which keys. Without a cluster there is one, which has all.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use koa_session_rs::store::redis::command::Failure;
use redis::{Pipeline, Value};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until, timeout};

use crate::connect::{Connector, first};
use crate::node::{Absence, Node};
use crate::options::Address;
use crate::parcel::to_reply;
use crate::slots::Slots;
use crate::trouble::{Cause, Trouble};

/// Between two looks at a cluster's slots.
const REFRESH_PAUSE: Duration = Duration::from_millis(100);

pub struct Nodes {
    connector: Rc<Connector>,
    /// By their addresses, and those apart that writes go to which wait for replicas: these hold up what comes behind them.
    known: RefCell<HashMap<(String, bool), Rc<Node>>>,
    slots: RefCell<Slots>,
    /// Whether the slots are to be asked for before the next command.
    is_stale: Cell<bool>,
    /// When the last look ended; whoever looks has it.
    looked: Mutex<Option<Instant>>,
    /// Where no node could tell the slots the last time.
    blind: RefCell<Option<Absence>>,
}

impl Nodes {
    pub fn new(connector: Connector) -> Self {
        let is_cluster = connector.options.cluster;
        Self {
            connector: Rc::new(connector),
            known: RefCell::default(),
            slots: RefCell::default(),
            is_stale: Cell::new(is_cluster),
            looked: Mutex::new(None),
            blind: RefCell::default(),
        }
    }

    pub fn is_cluster(&self) -> bool {
        self.connector.options.cluster
    }

    /// Tells whether another server may take this one's place, in time.
    pub fn has_successors(&self) -> bool {
        self.is_cluster() || self.connector.options.master.is_some()
    }

    pub fn timeout(&self) -> Duration {
        self.connector.options.timeout()
    }

    /// Names the node that has a key, as far as that is known.
    pub fn owner(&self, key: &[u8]) -> Option<String> {
        self.slots.borrow().master_of(key).map(str::to_owned)
    }

    /// Names all nodes that have keys.
    pub fn masters(&self) -> Vec<String> {
        if !self.is_cluster() {
            return vec![String::new()];
        }
        let slots = self.slots.borrow();
        slots.masters().into_iter().map(str::to_owned).collect()
    }

    pub fn node(&self, address: &str, waits: bool) -> Rc<Node> {
        let mut known = self.known.borrow_mut();
        let new = || Node::new(self.connector.options.place(address), &self.connector);
        let node = known.entry((address.to_owned(), waits));
        Rc::clone(node.or_insert_with(new))
    }

    /// Tells whether a node is one of those that there are still.
    pub fn has(&self, node: &Rc<Node>) -> bool {
        let known = self.known.borrow();
        known.values().any(|known| Rc::ptr_eq(known, node))
    }

    /// Notes that keys may be elsewhere by now.
    pub fn distrust(&self) {
        self.is_stale.set(self.is_cluster());
    }

    pub fn is_stale(&self) -> bool {
        self.is_stale.get()
    }

    /// Tells whether the slots were known once.
    pub fn has_slots(&self) -> bool {
        !self.slots.borrow().is_empty()
    }

    /// Asks all nodes for the slots, and takes what the first one says: for all who ask meanwhile. Where none could tell just now,
    /// says so at once.
    pub async fn look(&self) -> Result<(), Absence> {
        let asked = Instant::now();
        let mut looked = self.looked.lock().await;
        if !self.is_stale() {
            return Ok(());
        }
        if let Some(ended) = *looked {
            let next = ended + REFRESH_PAUSE;
            match &*self.blind.borrow() {
                Some(blind) if asked < next => return Err(blind.clone()),
                None if asked <= ended => return Ok(()),
                _ => {}
            }
            sleep_until(next).await;
        }
        let options = &self.connector.options;
        let seeds = options
            .nodes
            .iter()
            .map(|Address { host, port }| format!("{}:{port}", host.0));
        let known: Vec<_> = self.known.borrow().keys().cloned().collect();
        let known = known.into_iter().map(|(address, _)| address);
        let mut addresses: Vec<String> = known.chain(seeds).collect();
        addresses.sort_unstable();
        addresses.dedup();
        let told = first(addresses.iter().map(|address| self.ask(address))).await;
        *looked = Some(Instant::now());
        match told {
            Ok(slots) => {
                self.take(slots);
                Ok(())
            }
            Err(trouble) => {
                let since = self.blind.borrow().as_ref().map(|blind| blind.since);
                let absence = Absence::new(since.unwrap_or(asked), trouble);
                self.blind.replace(Some(absence.clone()));
                Err(absence)
            }
        }
    }

    /// Takes the slots that a node told. Nodes that have none are forgotten; who waits for their answers holds them.
    fn take(&self, slots: Slots) {
        let masters = slots.masters();
        self.known.borrow_mut().retain(|(address, _), node| {
            let is_master = masters.contains(&address.as_str());
            if !is_master {
                node.retire();
            }
            is_master
        });
        self.slots.replace(slots);
        self.is_stale.set(false);
        self.blind.replace(None);
    }

    async fn ask(&self, address: &str) -> Result<Slots, Rc<Trouble>> {
        let node = self.node(address, false);
        let ask = async {
            let mut connection = node.connection().await.map_err(|absence| absence.trouble)?;
            let mut pipeline = Pipeline::with_capacity(1);
            pipeline.cmd("CLUSTER").arg("SLOTS");
            let told = connection.ask(&pipeline).await.and_then(|mut told| {
                let told = told.pop().unwrap_or(Value::Nil);
                read(told, address)
            });
            told.map_err(|trouble| Rc::new(trouble.at(connection.server())))
        };
        match timeout(self.connector.options.connect_timeout(), ask).await {
            Ok(told) => told,
            Err(_) => Err(node.trouble()),
        }
    }
}

/// Reads what a node told of the slots.
fn read(told: Value, address: &str) -> Result<Slots, Trouble> {
    if let Some(trouble) = Trouble::of_answer(&told) {
        return Err(trouble.or_options());
    }
    Slots::read(to_reply(told), address).ok_or_else(|| {
        let failure = Failure::Server("CLUSTERDOWN".to_owned());
        Trouble::new(failure, Cause::told("the node knows of no slots"))
    })
}
