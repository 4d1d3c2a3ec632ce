//! Decides which commands are repeated: those that were certainly not executed, or may be repeated, or wait for a server that
//! is down.

use std::rc::Rc;

use koa_session_rs::store::redis::command::Failure;
use redis::Value;

use super::{LATE, Router, standalone};
use crate::connection::Connection;
use crate::fault::{Cause, Fault};
use crate::node::{Absence, Node};
use crate::pending_command::{PendingCommand, Response, Sent, to_reply};

impl Router {
    /// Makes a decision about each command. In a cluster, also records that the keys may have moved.
    pub(super) fn decide(
        &self,
        commands: Vec<PendingCommand>,
        decide: impl Fn(&mut PendingCommand) -> Sent,
    ) -> Vec<(PendingCommand, Sent)> {
        self.distrust();
        let all_sent = commands.into_iter().map(|mut command| {
            let sent = decide(&mut command);
            command.asked = None;
            (command, sent)
        });
        all_sent.collect()
    }

    /// Decides about commands whose server is down.
    pub(super) fn wait_for(
        &self,
        commands: Vec<PendingCommand>,
        node: &Node,
        absence: &Absence,
    ) -> Vec<(PendingCommand, Sent)> {
        let patience = if self.is_cluster() {
            self.timeout()
        } else {
            standalone::patience(node, absence, self.timeout())
        };
        self.decide(commands, |command| command.wait(absence, patience))
    }

    /// Decides about commands whose keys have no node in the cluster.
    pub(super) fn wait_unserved(
        &self,
        commands: Vec<PendingCommand>,
    ) -> Vec<(PendingCommand, Sent)> {
        let (false, Some(cluster)) = (commands.is_empty(), &self.cluster) else {
            return Vec::new();
        };
        let down = Failure::Server("CLUSTERDOWN".to_owned());
        let fault = Rc::new(Fault::new(down, Cause::of_text("no node has the slot")));
        let wait = |command: &mut _| cluster.wait_down(command, &fault, self.timeout());
        self.decide(commands, wait)
    }

    /// Decides about commands whose connection failed. If it is unknown whether they were executed, repeats those that may be
    /// repeated.
    pub(super) fn break_off(
        &self,
        commands: Vec<PendingCommand>,
        broken: Fault,
    ) -> Vec<(PendingCommand, Sent)> {
        let broken = Rc::new(broken);
        self.decide(commands, |command| {
            if broken.failure == Failure::Lost && command.is_repeatable {
                command.mark_unknown();
                return Sent::Again;
            }
            Sent::failed(&broken)
        })
    }

    /// Separates replies from errors that say that the command was not executed, and may be repeated.
    pub(super) fn read(
        &self,
        mut command: PendingCommand,
        value: Value,
        node: &Rc<Node>,
        connection: &Connection,
    ) -> (PendingCommand, Sent) {
        command.asked = None;
        let fault = Fault::of_answer(&value);
        let fault = fault.map(|fault| Rc::new(fault.at(connection.server())));
        let again = fault
            .as_ref()
            .and_then(|fault| self.send_again(&mut command, fault, node, connection));
        if let (None, Some(cluster)) = (&fault, &self.cluster) {
            cluster.mark_up();
        }
        let reply = to_reply(value);
        let sent = again.unwrap_or(Sent::Answered(Response { reply, fault }));
        (command, sent)
    }

    /// Decides about a command that was not executed, but can be by another node, or later.
    fn send_again(
        &self,
        command: &mut PendingCommand,
        fault: &Rc<Fault>,
        node: &Rc<Node>,
        connection: &Connection,
    ) -> Option<Sent> {
        let Failure::Server(code) = &fault.failure else {
            return None;
        };
        match (code.as_str(), &self.cluster) {
            _ if fault.is_unavailable() => {
                self.distrust();
                node.mark_unavailable(connection, fault);
            }
            ("MOVED" | "ASK" | "CLUSTERDOWN", Some(cluster)) => {
                return Some(cluster.redirect(code, command, fault, self.timeout()));
            }
            ("MOVED" | "ASK", None) => return Some(standalone::redirect(fault)),
            // A connection that was just opened leads to the same server as a new one.
            ("READONLY", _) if self.has_successors() || connection.is_older_than(LATE) => {
                self.distrust();
                connection.abandon();
            }
            ("TRYAGAIN" | "BUSY", _) => self.distrust(),
            _ => return None,
        }
        command.fault = Rc::clone(fault);
        Some(Sent::Again)
    }

    /// Returns whether another server may replace this one in time.
    fn has_successors(&self) -> bool {
        self.is_cluster() || self.nodes.options().master.is_some()
    }
}
