//! A store of cells in memory; nothing is kept in its indexes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::record::CartRecord;
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::{Cursor, Note, Page, Store, StoreError};

#[derive(Debug, Clone, Default)]
pub(crate) struct MemoryStore {
    cells: Arc<Mutex<HashMap<(Table, String), Bytes>>>,
    is_down: Arc<AtomicBool>,
    is_silent: Arc<AtomicBool>,
}

impl MemoryStore {
    pub(crate) fn hold(&self, key: &str, record: &CartRecord) {
        self.hold_bytes(key, record.encode());
    }

    pub(crate) fn hold_bytes(&self, key: &str, bytes: Vec<u8>) {
        self.cells.lock().unwrap().insert((Table::Carts, key.to_owned()), bytes.into());
    }

    /// Whether nobody is answered any more.
    pub(crate) fn set_silent(&self, is_silent: bool) {
        self.is_silent.store(is_silent, Ordering::SeqCst);
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }
}

impl Store for MemoryStore {
    async fn load(&self, table: Table, key: &str) -> Result<Option<Bytes>, StoreError> {
        if self.is_silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.is_down.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("down".into()));
        }
        Ok(self.cells.lock().unwrap().get(&(table, key.to_owned())).cloned())
    }

    async fn put(
        &self,
        table: Table,
        key: &str,
        cell: Bytes,
        _: Timestamp,
    ) -> Result<(), StoreError> {
        self.cells.lock().unwrap().insert((table, key.to_owned()), cell);
        Ok(())
    }

    async fn scan(&self, _: Table, _: Option<&Cursor>, _: u16) -> Result<Page, StoreError> {
        Ok(Page { rows: Vec::new(), next: None })
    }

    async fn note(&self, _: Index, _: &str, _: &str, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    async fn entries(
        &self,
        _: Index,
        _: &str,
        _: Option<&str>,
        _: u16,
    ) -> Result<Vec<Note>, StoreError> {
        Ok(Vec::new())
    }

    async fn drop_slot(&self, _: Index, _: &str, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }
}
