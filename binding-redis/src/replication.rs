//! What is known of the replicas of what was written on a connection.

use std::cell::Cell;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// One WAIT is for all that was written before it.
#[derive(Default)]
pub struct Replication {
    /// Whoever has it sends the next WAIT.
    pub turn: Mutex<()>,
    /// When the last WAIT was sent after which enough had it.
    pub covered: Cell<Option<Instant>>,
}
