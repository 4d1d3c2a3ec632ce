//! One server, or the master that sentinels name, gets all commands.

use std::rc::Rc;
use std::time::Duration;

use koa_session_rs::store::redis::command::Failure;

use super::GRACE;
use crate::fault::Fault;
use crate::node::{Absence, Node};
use crate::pending_command::Sent;

/// The key of the only node, instead of an address.
pub const ADDRESS: &str = "";

/// Returns how long commands wait for the server: longer with sentinels, which may name another one.
pub fn patience(node: &Node, absence: &Absence, timeout: Duration) -> Duration {
    if absence.fault.is_named {
        timeout
    } else if node.was_up() {
        GRACE
    } else {
        Duration::ZERO
    }
}

/// Decides about a redirected command: the server is a cluster's, but the option `nodes` is not set.
pub fn redirect(fault: &Rc<Fault>) -> Sent {
    let failed = Fault::clone(fault).with_failure(Failure::Options);
    Sent::failed(&Rc::new(failed))
}
