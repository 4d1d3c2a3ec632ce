//! One server and its connection, which is made on demand, renewed when it breaks, and replaced when it does not answer.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::connect::{Attempt, Connector};
use crate::connection::Connection;
use crate::fault::Fault;
use crate::options::Endpoint;

/// The first and the longest interval between attempts to connect, while no command needs the connection.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// The shortest interval between attempts: after a transient fault, and after a permanent one.
const GAP: Duration = Duration::from_millis(25);
const FINAL_GAP: Duration = LONGEST_PAUSE;

/// How long a command waits for the current or next attempt, if the last one failed.
const QUICK: Duration = Duration::from_millis(100);

/// The time limit of an attempt while the old connection may still answer.
const PROBE_LIMIT: Duration = Duration::from_secs(1);

pub struct Node {
    endpoint: Endpoint,
    connector: Rc<Connector>,
    link: RefCell<Link>,
    /// Whether the connection is unresponsive: replies are overdue. Nothing more is sent on it meanwhile.
    is_doubted: Cell<bool>,
    was_up: Cell<bool>,
    /// Whether a task makes attempts.
    is_attempting: Cell<bool>,
    /// When the current attempt began, or the earliest time of the next.
    due: Cell<Instant>,
    changed: Notify,
    asked: Notify,
}

#[derive(Clone)]
enum Link {
    Never,
    Up(Connection),
    Away(Absence),
}

/// A loss of the connection: since when, when it was last confirmed, and why.
#[derive(Clone)]
pub struct Absence {
    pub since: Instant,
    found: Instant,
    pub fault: Rc<Fault>,
}

impl Absence {
    /// Makes a loss that begins now.
    pub fn new(since: Instant, fault: Rc<Fault>) -> Self {
        let found = Instant::now();
        Self {
            since,
            found,
            fault,
        }
    }
}

impl Node {
    pub fn new(endpoint: Endpoint, connector: &Rc<Connector>) -> Rc<Self> {
        Rc::new(Self {
            endpoint,
            connector: Rc::clone(connector),
            link: RefCell::new(Link::Never),
            is_doubted: Cell::new(false),
            was_up: Cell::new(false),
            is_attempting: Cell::new(false),
            due: Cell::new(Instant::now()),
            changed: Notify::new(),
            asked: Notify::new(),
        })
    }

    /// Returns why there is no connection, if that is known.
    pub fn fault(&self) -> Rc<Fault> {
        if let Link::Away(absence) = &*self.link.borrow() {
            return Rc::clone(&absence.fault);
        }
        let silence = Fault::silence();
        Rc::new(match self.endpoint.server() {
            Some(server) => silence.at(server),
            None => silence,
        })
    }

    /// Returns whether there has been a connection.
    pub fn was_up(&self) -> bool {
        self.was_up.get()
    }

    pub fn is_doubted(&self) -> bool {
        self.is_doubted.get()
    }

    /// Returns the connection, or waits for one. Fails at once if the server is known to be down.
    pub async fn connection(self: &Rc<Self>) -> Result<Connection, Absence> {
        let asked = Instant::now();
        loop {
            let link = self.link.borrow().clone();
            let absence = match link {
                Link::Up(connection) if connection.is_usable() && !self.is_doubted() => {
                    return Ok(connection);
                }
                Link::Away(absence) => Some(absence),
                Link::Up(_) | Link::Never => None,
            };
            let changed = self.changed.notified();
            if let Some(absence) = &absence
                && absence.found >= asked
            {
                return Err(absence.clone());
            }
            self.keep_attempting();
            let Some(absence) = absence else {
                changed.await;
                continue;
            };
            let (now, due) = (Instant::now(), self.due.get());
            if due > now + QUICK || due + QUICK <= now {
                return Err(absence);
            }
            let _ = timeout_at(due + QUICK, changed).await;
        }
    }

    /// Starts attempts until one succeeds. If they are in progress already, makes the next one soon.
    fn keep_attempting(self: &Rc<Self>) {
        if self.is_attempting.replace(true) {
            self.asked.notify_one();
        } else {
            self.due.set(Instant::now());
            spawn_local(Rc::clone(self).attempt());
        }
    }

    /// Makes attempts, one after another, until there is a connection or the node is dropped.
    async fn attempt(self: Rc<Self>) {
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        while Rc::strong_count(&self) > 1 {
            let started = Instant::now();
            self.due.set(started);
            let longest = self.connector.options.connect_timeout();
            let attempt = Attempt {
                limit: if self.is_doubted() {
                    longest.min(PROBE_LIMIT)
                } else {
                    longest
                },
                is_first: !self.was_up(),
            };
            let outcome = self.connector.connect(&self.endpoint, attempt).await;
            let gap = match &outcome {
                Err(fault) if fault.is_final() => FINAL_GAP,
                _ => GAP,
            };
            let is_over = match outcome {
                Ok(connection) => self.succeed(connection, started),
                Err(fault) => self.fail(fault, began),
            };
            let ended = Instant::now();
            self.due.set(ended + gap);
            self.changed.notify_waiters();
            if is_over {
                break;
            }
            if timeout(pause, self.asked.notified()).await.is_ok() {
                sleep_until(ended + gap).await;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.is_attempting.set(false);
        self.changed.notify_waiters();
    }

    /// Replaces the old connection, unless that has answered meanwhile.
    fn succeed(&self, connection: Connection, started: Instant) -> bool {
        let is_doubted = self.is_doubted.replace(false);
        if let Some(old) = self.usable() {
            if !is_doubted || old.has_answered_since(started) {
                return true;
            }
            old.cut();
        }
        self.was_up.set(true);
        self.link.replace(Link::Up(connection));
        true
    }

    /// Records that an attempt failed. Returns whether there is a connection nevertheless.
    fn fail(&self, fault: Rc<Fault>, since: Instant) -> bool {
        if self.usable().is_some() {
            return !self.is_doubted();
        }
        self.set_away(since, fault);
        false
    }

    fn usable(&self) -> Option<Connection> {
        match &*self.link.borrow() {
            Link::Up(connection) if connection.is_usable() => Some(connection.clone()),
            _ => None,
        }
    }

    /// Replaces an unresponsive connection: by a newer one if there is one, else by one that it makes.
    pub fn doubt(self: &Rc<Self>, silent: &Connection) {
        match self.usable() {
            Some(current) if !current.is(silent) => silent.cut(),
            Some(_) => {
                self.is_doubted.set(true);
                self.keep_attempting();
            }
            None => self.keep_attempting(),
        }
    }

    /// Records that a connection answers.
    pub fn trust(&self, connection: &Connection) {
        if self.is_doubted() && self.usable().is_some_and(|current| current.is(connection)) {
            self.is_doubted.set(false);
            self.changed.notify_waiters();
        }
    }

    /// Records that the server replies, but executes nothing at present.
    pub fn mark_unavailable(self: &Rc<Self>, connection: &Connection, fault: &Rc<Fault>) {
        if self.usable().is_some_and(|current| current.is(connection)) {
            self.set_away(Instant::now(), Rc::clone(fault));
            self.changed.notify_waiters();
            self.keep_attempting();
        }
    }

    /// Retires the node, since another server has its keys. Closes an unresponsive connection.
    pub fn retire(&self) {
        if !self.is_doubted() {
            return;
        }
        if let Some(silent) = self.usable() {
            silent.cut();
        }
        self.set_away(Instant::now(), self.fault());
        self.changed.notify_waiters();
    }

    fn set_away(&self, since: Instant, fault: Rc<Fault>) {
        self.is_doubted.set(false);
        self.link.replace(Link::Away(Absence::new(since, fault)));
    }
}
