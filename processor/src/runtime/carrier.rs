//! Carries out effects against the ports, again and again with the same bytes until they are done.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBuilder, Retryable as _};
use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::generation::Generation;
use cart_schemas::id::CartKey;
use cart_schemas::partition::Partition;
use cart_schemas::record::Progress;
use cart_storage::log::{AppendError, Lane, Log, NewRecord, TopicPartition};
use cart_storage::store::{Disposition, Store, StoreError};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::assignment::progress_key;
use super::cursors::Cursors;
use crate::timers::{Shelf, Timer};
use crate::worker::{Action, CellWrite, Done, Emission, StopReason};

/// Requests to the store at a time for one micro-batch; the engine bounds them over all.
const CONCURRENT: usize = 64;

/// Waits between tries: long enough not to add to an outage, short enough to be back within
/// seconds of its end. It never gives up: the partition waits.
pub(super) fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(20))
        .with_max_delay(Duration::from_secs(1))
        .without_max_times()
        .with_jitter()
}

/// The ports, for one worker.
#[derive(Debug, Clone)]
pub(super) struct Carrier<L, S> {
    pub(super) log: L,
    pub(super) store: S,
    pub(super) generation: Generation,
    pub(super) cursors: Cursors,
}

impl<L: Log, S: Store> Carrier<L, S> {
    /// Carries out an answered action of `partition`.
    pub(super) async fn carry_out(self, partition: Partition, action: Action) -> Done {
        let (hop, started) = (hop(&action), Instant::now());
        let done = match action {
            Action::Load(carts) => self.load(&carts).await,
            Action::Arm(timers) => self.arm(partition, &timers).await,
            Action::Store(writes) => self.store(&writes).await,
            Action::Mark(progress) => self.mark(partition, &progress).await,
            Action::Emit(emission) => self.emit(emission).await,
            // These are not answered; the shell reports them instead of coming here.
            Action::Advance(_)
            | Action::Pause
            | Action::Resume
            | Action::Rewind(_)
            | Action::Drained
            | Action::Stop(_) => Ok(Done::Emitted),
        };
        metrics::histogram!("cartstream_hop_seconds", "hop" => hop).record(started.elapsed());
        done.unwrap_or_else(|refused| Done::Failed(StopReason::Refused(refused)))
    }

    async fn load(&self, carts: &[CartKey]) -> Result<Done, String> {
        let load = |cart: &CartKey| {
            let cart = cart.clone();
            async move { persist(|| self.store.load(Table::Carts, cart.as_str())).await }
        };
        let loads: Vec<_> = carts.iter().map(load).collect();
        let cells: Vec<Option<Bytes>> =
            stream::iter(loads).buffered(CONCURRENT).try_collect().await?;
        Ok(Done::Loaded(cells))
    }

    async fn arm(&self, partition: Partition, timers: &[Timer]) -> Result<Done, String> {
        let arm = |timer: &Timer| {
            let timer = timer.clone();
            async move { self.note(partition, &timer).await }
        };
        let notes: Vec<_> = timers.iter().map(arm).collect();
        stream::iter(notes).buffer_unordered(CONCURRENT).try_collect::<()>().await?;
        Ok(Done::Armed)
    }

    /// Notes a timer where it will be found: if its slot was left meanwhile, once more in the next.
    async fn note(&self, partition: Partition, timer: &Timer) -> Result<(), String> {
        let entry = timer.entry();
        let shelf = Shelf { generation: self.generation, partition };
        let mut slot = self.cursors.slot(partition, timer);
        loop {
            let name = shelf.slot(slot);
            persist(|| self.store.note(Index::Timers, &name, &entry, timer.ts)).await?;
            let present = self.cursors.slot(partition, timer);
            if present == slot {
                return Ok(());
            }
            slot = present;
        }
    }

    async fn store(&self, writes: &[CellWrite]) -> Result<Done, String> {
        let put = |write: &CellWrite| {
            let write = write.clone();
            async move {
                let put = || {
                    let cell = write.cell.clone();
                    self.store.put(Table::Carts, write.cart.as_str(), cell, write.ts)
                };
                persist(put).await
            }
        };
        let puts: Vec<_> = writes.iter().map(put).collect();
        stream::iter(puts).buffer_unordered(CONCURRENT).try_collect::<()>().await?;
        Ok(Done::Stored)
    }

    async fn mark(&self, partition: Partition, progress: &Progress) -> Result<Done, String> {
        let (key, cell) = (progress_key(partition), Bytes::from(progress.encode()));
        persist(|| self.store.put(Table::Progress, &key, cell.clone(), progress.ts)).await?;
        Ok(Done::Marked)
    }

    /// Replies go out without waiting: the outcome is stored, and a caller that misses its reply
    /// asks for the status. Facts are appended in order and acknowledged, all of them.
    async fn emit(&self, emission: Emission) -> Result<Done, String> {
        for (to, reply) in emission.replies {
            drop(self.log.append(Lane::Replies, to, reply));
        }
        append_in_order(&self.log, emission.facts).await?;
        Ok(Done::Emitted)
    }
}

fn hop(action: &Action) -> &'static str {
    match action {
        Action::Load(_) => "load",
        Action::Arm(_) => "arm",
        Action::Store(_) => "store",
        Action::Mark(_) => "mark",
        Action::Emit(_) => "emit",
        Action::Advance(_)
        | Action::Pause
        | Action::Resume
        | Action::Rewind(_)
        | Action::Drained
        | Action::Stop(_) => "none",
    }
}

/// Repeats a request until the store did it; what it refuses for good is the error.
pub(super) async fn persist<T, F>(request: impl FnMut() -> F) -> Result<T, String>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let persisted = request
        .retry(backoff())
        .when(|error| error.disposition() == Disposition::Retry)
        .notify(|error, wait| tracing::warn!(%error, ?wait, "the store is asked again"));
    persisted.await.map_err(|error| chain(&error))
}

/// Appends facts until all are acknowledged, and returns the last offset. A failure begins again
/// at the first fact not acknowledged, so that no fact first appears before an earlier one; those
/// appended twice are told apart by their ids.
pub(super) async fn append_in_order<L: Log>(
    log: &L,
    mut facts: Vec<(TopicPartition, NewRecord)>,
) -> Result<Option<i64>, String> {
    let mut last = None;
    let mut waits = backoff().build();
    while !facts.is_empty() {
        let run = log.append_run(Lane::Facts, facts.clone()).await;
        facts.drain(..run.acknowledged.min(facts.len()));
        last = run.last.map(|ack| ack.offset).max(last);
        match run.failure {
            None => {}
            Some(AppendError::Refused(source)) => return Err(chain(source.as_ref())),
            Some(error) => {
                tracing::warn!(%error, "facts are appended again");
                tokio::time::sleep(waits.next().unwrap_or_default()).await;
            }
        }
    }
    Ok(last)
}

/// An error with all its sources on one line.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
