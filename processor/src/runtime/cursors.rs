//! Where each partition's scanner is: the row that outlives an owner, and the table shared with
//! whoever notes timers.
//!
//! The scanner goes by this machine's clock and timers by the log's. If the two disagree, a timer
//! could be due in a slot the scanner has passed; it is then noted in the scanner's oldest slot
//! instead, and fires late rather than never.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use cart_schemas::cql::Table;
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::Store;

use super::carrier::persist;
use crate::timers::{Shelf, Slot, Timer};

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

/// The row that says where timers are scanned from is not to be had.
#[derive(Debug, thiserror::Error)]
#[error("the row {row}: {reason}")]
pub struct NoSlot {
    row: String,
    reason: String,
}

/// The slot a partition's timers are scanned from. The row is made before the partition first
/// begins: where there is none, nothing was ever armed, and scanning begins with the present. Of
/// two owners who make it at once the earlier slot wins, and both go by what is there then.
///
/// # Errors
/// The store refuses for good, or the row is not ours. One that does not answer is asked again.
pub async fn first_slot<S: Store>(store: &S, shelf: Shelf, now: Timestamp) -> Result<Slot, NoSlot> {
    let row = shelf.cursor();
    let found = found_or_made(store, &row, now).await;
    found.map_err(|reason| NoSlot { row, reason })
}

async fn found_or_made<S: Store>(store: &S, row: &str, now: Timestamp) -> Result<Slot, String> {
    let load = || store.load(Table::Progress, row);
    let cell = match persist(load).await? {
        Some(cell) => Some(cell),
        None => {
            let present = Slot::at(now);
            let ts = Timestamp::from_micros(MADE_BEFORE - present.number());
            let put = || store.put(Table::Progress, row, cell_of(present), ts);
            persist(put).await?;
            persist(load).await?
        }
    };
    let number = cell.as_deref().and_then(|cell| std::str::from_utf8(cell).ok()?.parse().ok());
    number.map(Slot::from_number).ok_or_else(|| "it is no number".to_owned())
}

fn cell_of(slot: Slot) -> Bytes {
    Bytes::from(slot.number().to_string())
}

/// Stores where scanning goes on. The row's timestamp is the slot's own end, so an owner of old
/// cannot set it back.
pub(super) async fn keep<S: Store>(store: &S, shelf: Shelf, slot: Slot) -> Result<(), String> {
    let key = shelf.cursor();
    persist(|| store.put(Table::Progress, &key, cell_of(slot), slot.end())).await
}
