//! The known nodes: those of a cluster by address, or a single one.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use crate::connect::Connector;
use crate::node::Node;
use crate::options::ConnectionOptions;

pub struct Nodes {
    connector: Rc<Connector>,
    /// The nodes by their address. Writes that wait for replicas have a node of their own (`true`), since they block later commands.
    known: RefCell<HashMap<(String, bool), Rc<Node>>>,
}

impl Nodes {
    pub fn new(connector: Connector) -> Self {
        Self {
            connector: Rc::new(connector),
            known: RefCell::default(),
        }
    }

    pub fn options(&self) -> &ConnectionOptions {
        &self.connector.options
    }

    pub fn timeout(&self) -> Duration {
        self.options().timeout()
    }

    pub fn node(&self, address: &str, waits: bool) -> Rc<Node> {
        let mut known = self.known.borrow_mut();
        let new = || Node::new(self.options().endpoint(address), &self.connector);
        let node = known.entry((address.to_owned(), waits));
        Rc::clone(node.or_insert_with(new))
    }

    /// Returns whether a node is still known.
    pub fn has(&self, node: &Rc<Node>) -> bool {
        let known = self.known.borrow();
        known.values().any(|known| Rc::ptr_eq(known, node))
    }

    /// Returns the address of each node that is known or named by the options, once.
    pub fn addresses(&self) -> Vec<String> {
        let known: Vec<_> = self.known.borrow().keys().cloned().collect();
        let known = known.into_iter().map(|(address, _)| address);
        let seeds = self.options().nodes.iter();
        let seeds = seeds.map(|seed| format!("{}:{}", seed.host.0, seed.port));
        let mut addresses: Vec<String> = known.chain(seeds).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    /// Forgets all other nodes; pending commands keep theirs alive.
    pub fn keep(&self, addresses: &[&str]) {
        self.known.borrow_mut().retain(|(address, _), node| {
            let is_kept = addresses.contains(&address.as_str());
            if !is_kept {
                node.retire();
            }
            is_kept
        });
    }
}
