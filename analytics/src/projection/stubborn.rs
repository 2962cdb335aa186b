//! A store that is asked until it answers: whoever counts or keeps events skips none, whatever is wrong
//! with the store.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::{Filing, Note, Store, StoreError};
use futures::{StreamExt as _, stream};

use super::rounds::{Batch, rounds};

/// Requests under way at a time. Nobody waits for history, and a processor's 64, for which somebody
/// does, are asked of the same store: where that is busy, history comes later.
const NOTES_AT_ONCE: usize = 8;

/// Whether the store may have forgotten what it acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Memory {
    /// It was there all the time.
    Kept,
    /// It was away.
    Doubtful,
}

/// The way to the store.
#[derive(Debug)]
pub(crate) struct Stubborn<S> {
    store: S,
    away: AtomicBool,
}

impl<S: Store> Stubborn<S> {
    pub(crate) fn new(store: S) -> Self {
        Self { store, away: AtomicBool::new(false) }
    }

    /// The store itself, for who asks once.
    pub(crate) const fn once(&self) -> &S {
        &self.store
    }

    /// One that remembers by itself whether the store was away.
    pub(crate) fn apart(&self) -> Self {
        Self::new(self.store.clone())
    }

    /// Whether it was away since this was last asked.
    pub(crate) fn memory(&self) -> Memory {
        if self.away.swap(false, Ordering::Relaxed) { Memory::Doubtful } else { Memory::Kept }
    }

    pub(crate) async fn load(&self, table: Table, key: &str) -> Option<Bytes> {
        self.persist(|| self.store.load(table, key)).await
    }

    pub(crate) async fn put(&self, table: Table, key: &str, (cell, ts): (Bytes, Timestamp)) {
        self.persist(|| self.store.put(table, key, cell.clone(), ts)).await;
    }

    /// Notes entries, those of each list one after the other: whoever finds one finds those before it. Lists go
    /// together, as many in a request as a cluster takes gladly.
    pub(crate) async fn note(&self, index: Index, lists: impl IntoIterator<Item = Vec<Filing>>) {
        for round in rounds(lists) {
            let note = |batch: Batch| async move {
                self.persist(|| self.store.note_all(index, &batch)).await;
            };
            stream::iter(round).for_each_concurrent(NOTES_AT_ONCE, note).await;
        }
    }

    /// Up to so many entries of a slot after one.
    pub(crate) async fn entries(
        &self,
        index: Index,
        slot: &str,
        (after, limit): (Option<&str>, u16),
    ) -> Vec<Note> {
        self.persist(|| self.store.entries(index, slot, after, limit)).await
    }

    /// Drops the entries of a slot noted up to then.
    pub(crate) async fn drop_slot(&self, index: Index, slot: &str, ts: Timestamp) {
        self.persist(|| self.store.drop_slot(index, slot, ts)).await;
    }

    async fn persist<T, F>(&self, mut request: impl FnMut() -> F) -> T
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        loop {
            let tried = (&mut request).retry(backoff()).notify(|error, wait| {
                if error.may_have_forgotten() {
                    self.away.store(true, Ordering::Relaxed);
                }
                tracing::warn!(%error, ?wait, "the store is asked again to keep events");
            });
            // The waits have no end, so that this is the first answer.
            if let Ok(done) = tried.await {
                return done;
            }
        }
    }
}

/// Waits between tries: the first soon, the later ones not to add to an outage. Nobody waits for it.
pub(crate) fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(2))
        .without_max_times()
        .with_jitter()
}
