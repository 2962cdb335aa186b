//! Where the timers of carts lie in a store they come to: on the shelves of its generation, and
//! never before the slot its scanners begin with.

use std::collections::HashMap;

use cart_processor::runtime::first_slot;
use cart_processor::timers::{Shelf, Slot, Timer};
use cart_schemas::generation::Generation;
use cart_schemas::id::CartKey;
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::record::CartRecord;
use cart_schemas::topic::Topic;
use cart_storage::log::Log;
use cart_storage::store::Store;

use crate::exit::Failure;
use crate::{clock, patience};

/// Where each partition's timers are noted.
#[derive(Debug)]
pub(super) struct Shelves {
    generation: Generation,
    count: PartitionCount,
    first: HashMap<Partition, Slot>,
}

/// A timer, and where it is noted.
#[derive(Debug)]
pub(super) struct Noted {
    pub(super) slot: String,
    pub(super) timer: Timer,
}

impl Shelves {
    /// Has every partition's scanner begin with the present, unless that was said before.
    pub(super) async fn open<L: Log, T: Store>(
        log: &L,
        target: &T,
        generation: Generation,
    ) -> Result<Self, Failure> {
        let count = patience::answered(|| log.partitions(Topic::Commands)).await;
        let count = count.map_err(|source| {
            Failure::failed("the log does not say how many partitions it has", source)
        })?;
        let mut first = HashMap::new();
        for partition in count.partitions() {
            let slot = first_slot(target, Shelf { generation, partition }, clock::now()).await;
            let slot = slot.map_err(|source| {
                Failure::failed("nobody knows where timers are to be noted", source)
            })?;
            first.insert(partition, slot);
        }
        Ok(Self { generation, count, first })
    }

    /// The timer a cart waits for.
    pub(super) fn timer_of(&self, cart: &CartKey, record: &CartRecord) -> Option<Noted> {
        let timer = Timer { cart: cart.clone(), due: record.timer?, ts: record.ts };
        let partition = self.count.partition_of(cart.as_str().as_bytes());
        let first = self.first.get(&partition).copied().unwrap_or_default();
        let shelf = Shelf { generation: self.generation, partition };
        Some(Noted { slot: shelf.slot(timer.slot().max(first)), timer })
    }
}
