//! A partition as the group holds it: who works on it, how far it is, what is committed.

use cart_schemas::partition::Partition;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// A partition of ours.
#[derive(Debug)]
pub(super) struct Held {
    /// Which beginning of it this is.
    pub(super) number: u64,
    /// The partition.
    pub(super) partition: Partition,
    /// Everything before it is done; the scanner listens.
    pub(super) frontier: watch::Sender<i64>,
    /// The last offset whose commit was acknowledged, or that it began with.
    pub(super) committed: i64,
    /// Since when it is being given up.
    pub(super) revoked: Option<Instant>,
    /// Its scanner, if its fold has timers.
    pub(super) scanner: Option<AbortHandle>,
}

impl Held {
    pub(super) fn frontier(&self) -> i64 {
        *self.frontier.borrow()
    }

    /// Its timers are looked for no more.
    pub(super) fn stop_scanning(&self) {
        self.scanner.iter().for_each(AbortHandle::abort);
    }
}

/// Dropping the partition ends its scanner.
impl Drop for Held {
    fn drop(&mut self) {
        self.stop_scanning();
    }
}
