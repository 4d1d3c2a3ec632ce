//! A cluster: which of its nodes has which keys, as far as that is known.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use koa_session_rs::store::redis::command::{Failure, Target};
use redis::{Pipeline, Value};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until, timeout};

use super::GRACE;
use super::slots::Slots;
use crate::connect::first;
use crate::fault::{Cause, Fault};
use crate::node::Absence;
use crate::nodes::Nodes;
use crate::pending_command::{PendingCommand, Sent, to_reply};

/// Between two looks at the slots.
const REFRESH_PAUSE: Duration = Duration::from_millis(100);

pub struct Cluster {
    slots: RefCell<Slots>,
    /// Whether the slots are to be asked for before the next command.
    is_stale: Cell<bool>,
    /// When the last look ended; whoever looks has it.
    looked: Mutex<Option<Instant>>,
    /// Where no node could tell the slots the last time.
    blind: RefCell<Option<Absence>>,
    /// Since when there has been no node for some keys.
    down: Cell<Option<Instant>>,
}

impl Cluster {
    pub fn new() -> Self {
        Self {
            slots: RefCell::default(),
            is_stale: Cell::new(true),
            looked: Mutex::new(None),
            blind: RefCell::default(),
            down: Cell::new(None),
        }
    }

    /// Names the node that has a key, as far as that is known.
    pub fn owner(&self, key: &[u8]) -> Option<String> {
        self.slots.borrow().master_of(key).map(str::to_owned)
    }

    /// Names the node that a command is to be sent to, as far as that is known.
    pub fn address(&self, command: &PendingCommand) -> Option<String> {
        match (&command.asked, &command.target, &command.key) {
            (Some(address), ..) | (None, Target::Node(address), _) => Some(address.clone()),
            (None, _, Some(key)) => self.owner(key),
            (None, _, None) => None,
        }
    }

    /// Names all nodes that have keys.
    pub fn masters(&self) -> Vec<String> {
        let slots = self.slots.borrow();
        slots.masters().into_iter().map(str::to_owned).collect()
    }

    /// Notes that keys may be elsewhere by now.
    pub fn distrust(&self) {
        self.is_stale.set(true);
    }

    pub fn is_stale(&self) -> bool {
        self.is_stale.get()
    }

    /// Returns whether the slots were known once.
    pub fn has_slots(&self) -> bool {
        !self.slots.borrow().is_empty()
    }

    /// Notes that a node has carried out a command.
    pub fn note_up(&self) {
        self.down.set(None);
    }

    /// Returns how long commands wait while no node tells which has their keys.
    pub fn patience(&self) -> Duration {
        if self.has_slots() {
            GRACE
        } else {
            Duration::ZERO
        }
    }

    /// Decides what becomes of a command whose key no node serves.
    pub fn wait_down(
        &self,
        command: &mut PendingCommand,
        fault: &Rc<Fault>,
        patience: Duration,
    ) -> Sent {
        let since = self.down.get().unwrap_or_else(Instant::now);
        self.down.set(Some(since));
        command.wait(&Absence::new(since, Rc::clone(fault)), patience)
    }

    /// Decides what becomes of a command that a node does not carry out, since it has not the key, or not yet.
    pub fn redirect(
        &self,
        code: &str,
        command: &mut PendingCommand,
        fault: &Rc<Fault>,
        patience: Duration,
    ) -> Sent {
        if code != "ASK" {
            self.distrust();
        }
        if code == "CLUSTERDOWN" {
            return self.wait_down(command, fault, patience);
        }
        command.redirect(fault.address());
        command.fault = Rc::clone(fault);
        Sent::Again
    }

    /// Asks all nodes for the slots, and takes what the first one says: for all who ask meanwhile. Where none could tell just now,
    /// says so at once.
    pub async fn look(&self, nodes: &Nodes) -> Result<(), Absence> {
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
        let addresses = nodes.addresses();
        let told = first(addresses.iter().map(|address| ask(nodes, address))).await;
        *looked = Some(Instant::now());
        let fault = match told {
            Ok(slots) => {
                self.take(slots, nodes);
                return Ok(());
            }
            Err(fault) => fault,
        };
        let since = self.blind.borrow().as_ref().map(|blind| blind.since);
        let absence = Absence::new(since.unwrap_or(asked), fault);
        self.blind.replace(Some(absence.clone()));
        Err(absence)
    }

    /// Takes the slots that a node told.
    fn take(&self, slots: Slots, nodes: &Nodes) {
        nodes.keep(&slots.masters());
        self.slots.replace(slots);
        self.is_stale.set(false);
        self.blind.replace(None);
    }
}

async fn ask(nodes: &Nodes, address: &str) -> Result<Slots, Rc<Fault>> {
    let node = nodes.node(address, false);
    let ask = async {
        let mut connection = node.connection().await.map_err(|absence| absence.fault)?;
        let mut pipeline = Pipeline::with_capacity(1);
        pipeline.cmd("CLUSTER").arg("SLOTS");
        let told = connection.ask(&pipeline).await.and_then(|mut told| {
            let told = told.pop().unwrap_or(Value::Nil);
            read(told, address)
        });
        told.map_err(|fault| Rc::new(fault.at(connection.server())))
    };
    match timeout(nodes.options().connect_timeout(), ask).await {
        Ok(told) => told,
        Err(_) => Err(node.fault()),
    }
}

/// Reads what a node told of the slots.
fn read(told: Value, address: &str) -> Result<Slots, Fault> {
    if let Some(fault) = Fault::of_answer(&told) {
        return Err(fault.or_options());
    }
    Slots::read(to_reply(told), address).ok_or_else(|| {
        let failure = Failure::Server("CLUSTERDOWN".to_owned());
        Fault::new(failure, Cause::told("the node knows of no slots"))
    })
}
