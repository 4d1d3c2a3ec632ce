//! A cluster: the known slots of its nodes.

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

/// The interval between two requests for the slots.
const REFRESH_PAUSE: Duration = Duration::from_millis(100);

pub struct Cluster {
    slots: RefCell<Slots>,
    /// Whether to ask for the slots before the next command.
    is_stale: Cell<bool>,
    /// When the last request for the slots ended; locked during a request.
    looked: Mutex<Option<Instant>>,
    /// If no node returned the slots last time: since when, and why.
    blind: RefCell<Option<Absence>>,
    /// Since when some keys have had no node.
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

    /// Names a key's node, if that is known.
    pub fn owner(&self, key: &[u8]) -> Option<String> {
        self.slots.borrow().master_of(key).map(str::to_owned)
    }

    /// Names a command's node, if that is known.
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

    /// Records that keys may have moved.
    pub fn distrust(&self) {
        self.is_stale.set(true);
    }

    pub fn is_stale(&self) -> bool {
        self.is_stale.get()
    }

    /// Returns whether the slots have been known.
    pub fn has_slots(&self) -> bool {
        !self.slots.borrow().is_empty()
    }

    /// Records that a node has executed a command.
    pub fn mark_up(&self) {
        self.down.set(None);
    }

    /// Returns how long commands wait while no node returns the slots.
    pub fn patience(&self) -> Duration {
        if self.has_slots() {
            GRACE
        } else {
            Duration::ZERO
        }
    }

    /// Decides about a command whose key has no node.
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

    /// Decides about a command that a node did not execute, since it does not have the key, or not yet.
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

    /// Asks all nodes for the slots, and uses the first reply, also for concurrent callers. Fails at once if no node returned them
    /// just before.
    pub async fn read_slots(&self, nodes: &Nodes) -> Result<(), Absence> {
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
        let slots = first(addresses.iter().map(|address| ask(nodes, address))).await;
        *looked = Some(Instant::now());
        let fault = match slots {
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

    /// Stores the slots that a node has returned.
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
        let slots = connection.ask(&pipeline).await.and_then(|mut replies| {
            let reply = replies.pop().unwrap_or(Value::Nil);
            read(reply, address)
        });
        slots.map_err(|fault| Rc::new(fault.at(connection.server())))
    };
    match timeout(nodes.options().connect_timeout(), ask).await {
        Ok(slots) => slots,
        Err(_) => Err(node.fault()),
    }
}

/// Parses a reply with the slots.
fn read(slots: Value, address: &str) -> Result<Slots, Fault> {
    if let Some(fault) = Fault::of_answer(&slots) {
        return Err(fault.or_options());
    }
    Slots::read(to_reply(slots), address).ok_or_else(|| {
        let failure = Failure::Server("CLUSTERDOWN".to_owned());
        Fault::new(failure, Cause::of_text("the node knows of no slots"))
    })
}
