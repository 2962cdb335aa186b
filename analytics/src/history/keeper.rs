//! Writes events and marks to the store, for as long as it takes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::id::CartId;
use cart_schemas::partition::Partition;
use cart_storage::log::Record;
use cart_storage::store::{Filing, Note, Store, StoreError};
use futures::{StreamExt as _, stream};

use super::beginning::{Mark, mark_key};
use super::entry::{self, Head};
use super::rounds::{Batch, rounds};

/// Requests under way at a time. Nobody waits for history, and a processor's 64, for which somebody
/// does, are asked of the same store: where that is busy, history comes later.
const AT_ONCE: usize = 8;

/// Whether the store may have forgotten what it acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// It was there all the time.
    Kept,
    /// It was away.
    Doubtful,
}

/// The way to the store.
#[derive(Debug, Clone)]
pub(super) struct Keeper<S> {
    store: S,
}

impl<S: Store> Keeper<S> {
    pub(super) const fn new(store: S) -> Self {
        Self { store }
    }

    /// Keeps the events of some records. Those of one cart go one after the other, so that whoever
    /// finds one finds all before it; carts go together and side by side.
    pub(super) async fn keep(&self, records: impl Iterator<Item = &Record>) -> Memory {
        let mut carts: HashMap<CartId, Vec<Filing>> = HashMap::new();
        for record in records {
            match filings(record) {
                Some((cart, filings)) => carts.entry(cart).or_default().extend(filings),
                None => skip(record),
            }
        }
        let away = AtomicBool::new(false);
        for round in rounds(carts.into_values()) {
            let note = |batch: Batch| {
                let away = &away;
                async move {
                    persist(|| self.store.note_all(Index::History, &batch), away).await;
                }
            };
            stream::iter(round).for_each_concurrent(AT_ONCE, note).await;
        }
        memory(&away)
    }

    /// What the store says of a partition.
    pub(super) async fn mark(&self, partition: Partition) -> (Mark, Memory) {
        let (key, away) = (mark_key(partition), AtomicBool::new(false));
        let cell = persist(|| self.store.load(Table::Progress, &key), &away).await;
        (Mark::decode(cell.as_deref()), memory(&away))
    }

    /// Marks how far a partition is kept.
    pub(super) async fn put(&self, partition: Partition, mark: Mark) -> Memory {
        let (key, cell, away) =
            (mark_key(partition), Bytes::from(mark.encode()), AtomicBool::new(false));
        persist(|| self.store.put(Table::Progress, &key, cell.clone(), mark.ts), &away).await;
        memory(&away)
    }
}

/// The event in a record, as entries of its cart.
fn filings(record: &Record) -> Option<(CartId, Vec<Filing>)> {
    let json = std::str::from_utf8(record.value.as_deref()?).ok()?;
    let head: Head = serde_json::from_str(json).ok()?;
    let place = head.place()?;
    let slot = entry::slot(head.cart, place.version);
    let filing = |entry| Filing { slot: slot.clone(), note: Note { entry, ts: head.at } };
    Some((head.cart, entry::entries(place, json).into_iter().map(filing).collect()))
}

/// Passes over what is no event. Anyone may write to a topic; what no processor decided has no version
/// that would be missed, and waiting for it to become one would hold up every cart of its partition.
/// An event of a later build is one: only its head is read.
fn skip(record: &Record) {
    tracing::warn!(offset = record.offset, "a record among the events is none");
    metrics::counter!("cartstream_history_skipped_total").increment(1);
}

fn memory(away: &AtomicBool) -> Memory {
    if away.load(Ordering::Relaxed) { Memory::Doubtful } else { Memory::Kept }
}

/// Repeats a request until the store did it: nothing is skipped, whatever is wrong with the store.
async fn persist<T, F>(request: impl FnMut() -> F, away: &AtomicBool) -> T
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut request = request;
    loop {
        let tried = (&mut request).retry(backoff()).notify(|error, wait| {
            if error.may_have_forgotten() {
                away.store(true, Ordering::Relaxed);
            }
            tracing::warn!(%error, ?wait, "the store is asked again to keep history");
        });
        // The waits have no end, so that this is the first answer.
        if let Ok(done) = tried.await {
            return done;
        }
    }
}

/// Waits between tries: the first soon, the later ones not to add to an outage. Nobody waits for it.
fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(2))
        .without_max_times()
        .with_jitter()
}
