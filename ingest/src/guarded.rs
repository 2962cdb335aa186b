//! The store as the edge reads it: one that is away is not waited for by everybody. A port around a
//! port; knows no cart.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::{Cursor, Filing, Note, Page, Store, StoreError};
use tokio::time::timeout;

use crate::fuse::Fuse;

/// How long a read may go unanswered before it counts against the store: as long as an append may
/// against the log, and less than any caller waits.
const READ_WITHIN: Duration = Duration::from_millis(1_500);

/// The store was asked in vain a moment ago.
#[derive(Debug, thiserror::Error)]
#[error("the store did not answer a moment ago")]
struct Away;

/// No answer came in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer came in time")]
struct Late;

/// A store whose reads fail at once while it does not answer. Writes, which nobody makes at the edge,
/// go through as they are. Clones share what is known of it.
#[derive(Debug, Clone)]
pub struct Guarded<S> {
    store: S,
    fuse: Arc<Fuse>,
}

impl<S: Store> Guarded<S> {
    pub(crate) fn new(store: S) -> Self {
        Self { store, fuse: Arc::new(Fuse::before("store")) }
    }

    async fn read<T>(
        &self,
        asked: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if !self.fuse.allows() {
            return Err(StoreError::Unavailable(Away.into()));
        }
        let answer = timeout(READ_WITHIN, asked).await;
        let answer = answer.unwrap_or_else(|_| Err(StoreError::Unavailable(Late.into())));
        match &answer {
            Ok(_) | Err(StoreError::Refused(_)) => self.fuse.succeeded(),
            Err(StoreError::Unavailable(_) | StoreError::Away(_)) => self.fuse.failed(),
        }
        answer
    }
}

impl<S: Store> Store for Guarded<S> {
    async fn load(&self, table: Table, key: &str) -> Result<Option<Bytes>, StoreError> {
        self.read(self.store.load(table, key)).await
    }

    async fn put(
        &self,
        table: Table,
        key: &str,
        cell: Bytes,
        ts: Timestamp,
    ) -> Result<(), StoreError> {
        self.store.put(table, key, cell, ts).await
    }

    async fn scan(
        &self,
        table: Table,
        after: Option<&Cursor>,
        limit: u16,
    ) -> Result<Page, StoreError> {
        self.read(self.store.scan(table, after, limit)).await
    }

    async fn note(
        &self,
        index: Index,
        slot: &str,
        entry: &str,
        ts: Timestamp,
    ) -> Result<(), StoreError> {
        self.store.note(index, slot, entry, ts).await
    }

    async fn note_all(&self, index: Index, filings: &[Filing]) -> Result<(), StoreError> {
        self.store.note_all(index, filings).await
    }

    async fn entries(
        &self,
        index: Index,
        slot: &str,
        after: Option<&str>,
        limit: u16,
    ) -> Result<Vec<Note>, StoreError> {
        self.read(self.store.entries(index, slot, after, limit)).await
    }

    async fn drop_slot(&self, index: Index, slot: &str, ts: Timestamp) -> Result<(), StoreError> {
        self.store.drop_slot(index, slot, ts).await
    }
}
