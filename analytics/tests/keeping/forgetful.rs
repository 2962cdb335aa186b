//! A store that can lose its last moments, as a killed node does: its index, its marks and its counts go back
//! to what they were. Everything else is the engine's. And whoever uses it may die with a write on its way.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::timestamp::Timestamp;
use cart_storage::embedded::Embedded;
use cart_storage::store::{Cursor, Note, Page, Store, StoreError};
use tokio::sync::Notify;

/// What a kill may take.
#[derive(Debug, Clone, Default)]
struct Volatile {
    notes: BTreeMap<(String, String), Timestamp>,
    cells: BTreeMap<(&'static str, String), (Timestamp, Bytes)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Forgetful {
    engine: Embedded,
    /// What it has now, and what would survive.
    volatile: Arc<Mutex<(Volatile, Volatile)>>,
    /// Cells that are put before its user dies.
    puts: Arc<AtomicI64>,
    dead: Arc<Notify>,
}

impl Forgetful {
    pub(crate) fn over(engine: Embedded) -> Self {
        let puts = Arc::new(AtomicI64::new(i64::MAX));
        Self { engine, volatile: Arc::default(), puts, dead: Arc::default() }
    }

    /// The same store for a user who dies after so many cells.
    pub(crate) fn until(&self, puts: i64) -> Self {
        let (engine, volatile) = (self.engine.clone(), Arc::clone(&self.volatile));
        Self { engine, volatile, puts: Arc::new(AtomicI64::new(puts)), dead: Arc::default() }
    }

    /// Waits until its user dies.
    pub(crate) async fn death(&self) {
        self.dead.notified().await;
    }

    /// Everything so far survives.
    pub(crate) fn sync(&self) {
        let mut volatile = self.volatile();
        volatile.1 = volatile.0.clone();
    }

    /// Everything since is gone.
    pub(crate) fn forget(&self) {
        let mut volatile = self.volatile();
        volatile.0 = volatile.1.clone();
    }

    fn volatile(&self) -> MutexGuard<'_, (Volatile, Volatile)> {
        self.volatile.lock().unwrap()
    }
}

fn is_volatile(table: Table) -> bool {
    table == Table::Progress || table == Table::Tallies
}

impl Store for Forgetful {
    async fn load(&self, table: Table, key: &str) -> Result<Option<Bytes>, StoreError> {
        if !is_volatile(table) {
            return self.engine.load(table, key).await;
        }
        let at = (table.name(), key.to_owned());
        Ok(self.volatile().0.cells.get(&at).map(|cell| cell.1.clone()))
    }

    async fn put(
        &self,
        table: Table,
        key: &str,
        cell: Bytes,
        ts: Timestamp,
    ) -> Result<(), StoreError> {
        if self.puts.fetch_sub(1, Ordering::Relaxed) <= 0 {
            self.dead.notify_one();
            pending::<()>().await;
        }
        if !is_volatile(table) {
            return self.engine.put(table, key, cell, ts).await;
        }
        let cells = &mut self.volatile().0.cells;
        let held = cells.entry((table.name(), key.to_owned())).or_default();
        if ts > held.0 {
            *held = (ts, cell);
        }
        Ok(())
    }

    async fn scan(
        &self,
        table: Table,
        after: Option<&Cursor>,
        limit: u16,
    ) -> Result<Page, StoreError> {
        self.engine.scan(table, after, limit).await
    }

    async fn note(
        &self,
        _: Index,
        slot: &str,
        entry: &str,
        ts: Timestamp,
    ) -> Result<(), StoreError> {
        self.volatile().0.notes.insert((slot.to_owned(), entry.to_owned()), ts);
        Ok(())
    }

    async fn entries(
        &self,
        _: Index,
        slot: &str,
        after: Option<&str>,
        limit: u16,
    ) -> Result<Vec<Note>, StoreError> {
        let volatile = self.volatile();
        let notes = volatile.0.notes.iter().filter(|((of, entry), _)| {
            of == slot && after.is_none_or(|after| entry.as_str() > after)
        });
        let notes = notes.map(|((_, entry), ts)| Note { entry: entry.clone(), ts: *ts });
        Ok(notes.take(usize::from(limit)).collect())
    }

    async fn drop_slot(&self, _: Index, _: &str, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }
}
