//! A store that can lose its last moments, as a killed node does: its index and its marks go back to
//! what they were. Everything else is the engine's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::timestamp::Timestamp;
use cart_storage::embedded::Embedded;
use cart_storage::store::{Cursor, Note, Page, Store, StoreError};

/// What a kill may take.
#[derive(Debug, Clone, Default)]
struct Volatile {
    notes: BTreeMap<(String, String), Timestamp>,
    marks: BTreeMap<String, (Timestamp, Bytes)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Forgetful {
    engine: Embedded,
    /// What it has now, and what would survive.
    volatile: Arc<Mutex<(Volatile, Volatile)>>,
}

impl Forgetful {
    pub(crate) fn over(engine: Embedded) -> Self {
        Self { engine, volatile: Arc::default() }
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

impl Store for Forgetful {
    async fn load(&self, table: Table, key: &str) -> Result<Option<Bytes>, StoreError> {
        if table != Table::Progress {
            return self.engine.load(table, key).await;
        }
        Ok(self.volatile().0.marks.get(key).map(|mark| mark.1.clone()))
    }

    async fn put(
        &self,
        table: Table,
        key: &str,
        cell: Bytes,
        ts: Timestamp,
    ) -> Result<(), StoreError> {
        if table != Table::Progress {
            return self.engine.put(table, key, cell, ts).await;
        }
        let marks = &mut self.volatile().0.marks;
        let mark = marks.entry(key.to_owned()).or_default();
        if ts > mark.0 {
            *mark = (ts, cell);
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
