//! A connection to a server, and whether it can still be used.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, Value};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::fault::Fault;
use crate::options::Server;
use crate::replication::Replication;

/// Commands are pipelined: they are sent while others wait for their replies.
#[derive(Clone)]
pub struct Connection {
    inner: MultiplexedConnection,
    line: Rc<Line>,
}

struct Line {
    server: Rc<Server>,
    driver: AbortHandle,
    opened: Instant,
    /// The time of the last reply.
    heard: Cell<Instant>,
    is_abandoned: Cell<bool>,
    replication: Replication,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    pub fn new(
        inner: MultiplexedConnection,
        driver: impl Future<Output = ()> + Send + 'static,
        server: &Rc<Server>,
    ) -> Self {
        let now = Instant::now();
        let line = Line {
            server: Rc::clone(server),
            driver: tokio::spawn(driver).abort_handle(),
            opened: now,
            heard: Cell::new(now),
            is_abandoned: Cell::new(false),
            replication: Replication::default(),
        };
        Self {
            inner,
            line: Rc::new(line),
        }
    }

    /// Sends commands as one pipeline. If that fails, it is unknown which of them were executed.
    pub async fn ask(&mut self, commands: &Pipeline) -> Result<Vec<Value>, Fault> {
        let asked = self
            .inner
            .send_packed_commands(commands, 0, commands.len())
            .await;
        let answers = asked.map_err(|error| Fault::of_redis(&error))?;
        self.line.heard.set(Instant::now());
        Ok(answers)
    }

    pub fn server(&self) -> &Rc<Server> {
        &self.line.server
    }

    pub fn replication(&self) -> &Replication {
        &self.line.replication
    }

    pub fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.line, &other.line)
    }

    /// Returns whether it takes commands.
    pub fn is_usable(&self) -> bool {
        !self.line.is_abandoned.get() && !self.line.driver.is_finished()
    }

    /// Returns whether a reply came since.
    pub fn has_answered_since(&self, moment: Instant) -> bool {
        self.line.heard.get() >= moment
    }

    /// Returns whether no reply came for that time.
    pub fn is_silent_for(&self, time: Duration) -> bool {
        self.line.heard.get().elapsed() >= time
    }

    pub fn is_older_than(&self, age: Duration) -> bool {
        self.line.opened.elapsed() > age
    }

    /// Takes no more commands. Pending commands may still get their replies.
    pub fn abandon(&self) {
        self.line.is_abandoned.set(true);
    }

    /// Closes the connection. Pending commands fail.
    pub fn cut(&self) {
        self.line.driver.abort();
    }
}
