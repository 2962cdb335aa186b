//! Where each partition's scanner is: the row that outlives an owner, and the table shared with
//! whoever notes timers.
//!
//! The scanner goes by this machine's clock and timers by the log's. If the two disagree, a timer
//! could be due in a slot the scanner has passed; it is then noted in the scanner's oldest slot
//! instead, and fires late rather than never.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::Store;

use super::carrier::persist;
use crate::timers::{Slot, Timer};

/// The oldest slot of each partition that is not dropped. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Cursors(Arc<Mutex<HashMap<Partition, Slot>>>);

impl Cursors {
    /// The scanner of `partition` goes on at `slot`; never before one it has left already.
    pub(super) fn set(&self, partition: Partition, slot: Slot) {
        let mut cursors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = cursors.entry(partition).or_insert(slot);
        *at = slot.max(*at);
    }

    /// The slot to note a timer in.
    pub(super) fn slot(&self, partition: Partition, timer: &Timer) -> Slot {
        let cursors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = cursors.get(&partition).copied().unwrap_or_default();
        timer.slot().max(oldest)
    }
}

/// A row is made at a timestamp below any that [`keep`] writes, and the lower the later its slot.
const MADE_BEFORE: i64 = u32::MAX as i64;

/// The slot a partition's timers are scanned from. The row is made before the partition first
/// begins: where there is none, nothing was ever armed, and scanning begins with the present. Of
/// two owners who make it at once the earlier slot wins, and both go by what is there then.
pub(super) async fn find<S: Store>(
    store: &S,
    partition: Partition,
    now: Timestamp,
) -> Result<Slot, String> {
    let key = key(partition);
    let load = || store.load(Table::Progress, &key);
    let cell = match persist(load).await? {
        Some(cell) => Some(cell),
        None => {
            let present = Slot::at(now);
            let ts = Timestamp::from_micros(MADE_BEFORE - present.number());
            let put = || store.put(Table::Progress, &key, cell_of(present), ts);
            persist(put).await?;
            persist(load).await?
        }
    };
    let number = cell.as_deref().and_then(|cell| std::str::from_utf8(cell).ok()?.parse().ok());
    number.map(Slot::from_number).ok_or_else(|| format!("the row {key} is no number"))
}

fn cell_of(slot: Slot) -> Bytes {
    Bytes::from(slot.number().to_string())
}

/// Stores where scanning goes on. The row's timestamp is the slot's own end, so an owner of old
/// cannot set it back.
pub(super) async fn keep<S: Store>(
    store: &S,
    partition: Partition,
    slot: Slot,
) -> Result<(), String> {
    let key = key(partition);
    persist(|| store.put(Table::Progress, &key, cell_of(slot), slot.end())).await
}

fn key(partition: Partition) -> String {
    format!("{}/{partition}", Index::Timers.name())
}
