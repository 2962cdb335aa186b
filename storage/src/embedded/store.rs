//! The store's port: writes go to the queue, reads wait for the writes before them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable as _};
use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::timestamp::Timestamp;
use redb::ReadTransaction;

use super::Embedded;
use super::data::DataError;
use super::op::Op;
use super::scan;
use super::tables::{cells, notes};
use crate::log::Source;
use crate::store::{Cursor, Disposition, Note, Page, Store, StoreError};

impl Embedded {
    /// Reads from what is on disk. While the file is opened again after a failure, the reader
    /// waits: what is there can still be read from a disk that takes nothing.
    async fn read<T: Send + 'static>(
        &self,
        read: impl Fn(&ReadTransaction) -> Result<T, DataError> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let read = Arc::new(read);
        let is_passing = |error: &StoreError| {
            error.disposition() == Disposition::Retry && !self.shared.written.borrow().closed
        };
        (|| self.try_to_read(Arc::clone(&read))).retry(reopening()).when(is_passing).await
    }

    /// Reads once, on a thread that may wait for the disk.
    async fn try_to_read<T: Send + 'static>(
        &self,
        read: Arc<impl Fn(&ReadTransaction) -> Result<T, DataError> + Send + Sync + 'static>,
    ) -> Result<T, StoreError> {
        let shared = self.shared.clone();
        let reading = tokio::task::spawn_blocking(move || read(&shared.data.read()?));
        match reading.await {
            Ok(read) => read.map_err(store_error),
            // The engine panics over pages that make no sense.
            Err(panicked) => Err(StoreError::Refused(panicked.into())),
        }
    }

    async fn write(&self, op: Op, bytes: usize, first: impl FnOnce(u64)) -> Result<(), StoreError> {
        self.queue.write(op, bytes, first).await.map(drop).ok_or_else(closed)
    }

    /// Waits until a write is on disk.
    async fn settled(&self, number: u64) -> Result<(), StoreError> {
        if self.shared.settled(number).await { Ok(()) } else { Err(closed()) }
    }
}

impl Store for Embedded {
    async fn load(&self, table: Table, key: &str) -> Result<Option<Bytes>, StoreError> {
        let begun = Instant::now();
        if let Some(number) = self.shared.pending.last(table, key) {
            self.settled(number).await?;
        }
        let key = key.to_owned();
        let cell = self.read(move |reading| {
            let stored = reading.open_table(cells(table))?;
            let cell = stored.get(key.as_str())?;
            Ok(cell.map(|cell| Bytes::copy_from_slice(cell.value().1)))
        });
        let cell = cell.await;
        metrics::histogram!("cartstream_store_seconds", "op" => "load").record(begun.elapsed());
        cell
    }

    async fn put(
        &self,
        table: Table,
        key: &str,
        cell: Bytes,
        ts: Timestamp,
    ) -> Result<(), StoreError> {
        let (key, bytes) = (key.to_owned(), key.len() + cell.len());
        let pending = (&self.shared.pending, key.clone());
        let op = Op::Put { table, key, cell, ts };
        self.write(op, bytes, |number| pending.0.add(table, pending.1, number)).await
    }

    async fn scan(
        &self,
        table: Table,
        after: Option<&Cursor>,
        limit: u16,
    ) -> Result<Page, StoreError> {
        self.settled(self.queue.last()).await?;
        let after = after.map(|after| after.as_str().to_owned());
        self.read(move |reading| scan::page(reading, table, after.as_deref(), limit)).await
    }

    async fn note(
        &self,
        index: Index,
        slot: &str,
        entry: &str,
        ts: Timestamp,
    ) -> Result<(), StoreError> {
        let (bytes, slot, entry) = (slot.len() + entry.len(), slot.to_owned(), entry.to_owned());
        self.write(Op::Note { index, slot, entry, ts }, bytes, |_| {}).await
    }

    async fn entries(
        &self,
        index: Index,
        slot: &str,
        after: Option<&str>,
        limit: u16,
    ) -> Result<Vec<Note>, StoreError> {
        self.settled(self.queue.last()).await?;
        let (slot, after) = (slot.to_owned(), after.map(str::to_owned));
        self.read(move |reading| {
            let stored = reading.open_table(notes(index))?;
            // Nothing sorts between a text and itself with a zero at its end.
            let first = after.as_ref().map_or_else(String::new, |after| format!("{after}\0"));
            let next = format!("{slot}\0");
            let found = stored.range((slot.as_str(), first.as_str())..(next.as_str(), ""))?;
            let found = found.take(usize::from(limit)).map(|entry| {
                let (key, ts) = entry?;
                let ts = Timestamp::from_micros(ts.value());
                Ok(Note { entry: key.value().1.to_owned(), ts })
            });
            found.collect()
        })
        .await
    }

    async fn drop_slot(&self, index: Index, slot: &str, ts: Timestamp) -> Result<(), StoreError> {
        let slot = slot.to_owned();
        self.write(Op::DropSlot { index, slot, ts }, 0, |_| {}).await
    }
}

/// Waits of a reader, a second and a half in all: a file is opened again in milliseconds, and where
/// that fails, because another reader still has it, the writer tries once more within a second.
fn reopening() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(5))
        .with_max_delay(Duration::from_millis(50))
        .with_max_times(32)
}

fn closed() -> StoreError {
    StoreError::Unavailable(Source::from("the data folder is closed"))
}

fn store_error(error: DataError) -> StoreError {
    if error.is_damage() {
        StoreError::Refused(error.into())
    } else {
        StoreError::Unavailable(error.into())
    }
}
