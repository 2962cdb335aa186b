//! Where each partition's scanner is, shared with whoever notes timers.
//!
//! The scanner goes by this machine's clock and timers by the log's. If the two disagree, a timer
//! could be due in a slot the scanner has passed; it is then noted in the scanner's oldest slot
//! instead, and fires late rather than never.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cart_schemas::partition::Partition;

use crate::timers::{Slot, Timer};

/// The oldest slot of each partition that is not dropped. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Cursors(Arc<Mutex<HashMap<Partition, Slot>>>);

impl Cursors {
    /// The scanner of `partition` goes on at `slot`.
    pub(super) fn set(&self, partition: Partition, slot: Slot) {
        let mut cursors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cursors.insert(partition, slot);
    }

    /// The slot to note a timer in.
    pub(super) fn slot(&self, partition: Partition, timer: &Timer) -> Slot {
        let cursors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = cursors.get(&partition).copied().unwrap_or_default();
        timer.slot().max(oldest)
    }
}
