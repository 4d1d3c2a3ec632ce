//! What is known about the replication of the writes on a connection.

use std::cell::Cell;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// One WAIT covers all earlier writes of its connection.
#[derive(Default)]
pub struct Replication {
    /// The holder of this lock sends the next WAIT.
    pub turn: Mutex<()>,
    /// When the last WAIT was sent that enough replicas confirmed.
    pub covered: Cell<Option<Instant>>,
}
