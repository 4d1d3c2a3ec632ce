//! One server, or the master that sentinels name: all commands go there.

use std::rc::Rc;
use std::time::Duration;

use koa_session_rs::store::redis::command::Failure;

use super::GRACE;
use crate::fault::Fault;
use crate::node::{Absence, Node};
use crate::pending_command::Sent;

/// In place of the address of a cluster's node.
pub const ADDRESS: &str = "";

/// Returns how long commands wait for the server: where sentinels name it, they may name another one.
pub fn patience(node: &Node, absence: &Absence, timeout: Duration) -> Duration {
    if absence.fault.is_named {
        timeout
    } else if node.was_up() {
        GRACE
    } else {
        Duration::ZERO
    }
}

/// Decides what becomes of a command that is redirected: the server is one of a cluster, which the options do not say.
pub fn redirect(fault: &Rc<Fault>) -> Sent {
    let mistaken = Fault::clone(fault).but(Failure::Options);
    Sent::failed(&Rc::new(mistaken))
}
