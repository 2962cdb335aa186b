//! Cells on their way to the disk: which write a read must wait for.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cart_schemas::cql::Table;

/// By cell, the number of its last write that is queued. As long as the queue.
#[derive(Debug, Default)]
pub(super) struct Pending(Mutex<HashMap<(Table, String), u64>>);

impl Pending {
    /// A write of a cell is queued under this number.
    pub(super) fn add(&self, table: Table, key: String, number: u64) {
        self.lock().insert((table, key), number);
    }

    /// The write a read of this cell must wait for.
    pub(super) fn last(&self, table: Table, key: &str) -> Option<u64> {
        self.lock().get(&(table, key.to_owned())).copied()
    }

    /// Everything up to this number is on disk, these cells among it.
    pub(super) fn settle<'a>(&self, cells: impl Iterator<Item = &'a (Table, String)>, number: u64) {
        let mut pending = self.lock();
        for cell in cells {
            if pending.get(cell).is_some_and(|last| *last <= number) {
                pending.remove(cell);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Table, String), u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
