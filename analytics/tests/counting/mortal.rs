//! A store whose client dies with a write on its way.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::timestamp::Timestamp;
use cart_storage::embedded::Embedded;
use cart_storage::store::{Cursor, Note, Page, Store, StoreError};
use tokio::sync::Notify;

/// A store whose client dies with a write on its way.
#[derive(Clone)]
pub(crate) struct Mortal {
    engine: Embedded,
    left: Arc<AtomicI64>,
    pub(crate) dead: Arc<Notify>,
}

impl Mortal {
    pub(crate) fn new(engine: Embedded, puts: i64) -> Self {
        Self { engine, left: Arc::new(AtomicI64::new(puts)), dead: Arc::default() }
    }
}

impl Store for Mortal {
    async fn load(&self, table: Table, key: &str) -> Result<Option<Bytes>, StoreError> {
        self.engine.load(table, key).await
    }

    async fn put(
        &self,
        table: Table,
        key: &str,
        cell: Bytes,
        ts: Timestamp,
    ) -> Result<(), StoreError> {
        if self.left.fetch_sub(1, Ordering::Relaxed) <= 0 {
            self.dead.notify_one();
            pending::<()>().await;
        }
        self.engine.put(table, key, cell, ts).await
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
        index: Index,
        slot: &str,
        entry: &str,
        ts: Timestamp,
    ) -> Result<(), StoreError> {
        self.engine.note(index, slot, entry, ts).await
    }

    async fn entries(
        &self,
        index: Index,
        slot: &str,
        after: Option<&str>,
        limit: u16,
    ) -> Result<Vec<Note>, StoreError> {
        self.engine.entries(index, slot, after, limit).await
    }

    async fn drop_slot(&self, index: Index, slot: &str, ts: Timestamp) -> Result<(), StoreError> {
        self.engine.drop_slot(index, slot, ts).await
    }
}
