//! Carries out effects against the ports, again and again with the same bytes until they are done.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder, Retryable as _};
use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::generation::Generation;
use cart_schemas::partition::Partition;
use cart_schemas::record::Progress;
use cart_storage::log::{AppendError, Lane, Log, NewRecord, TopicPartition};
use cart_storage::store::{Disposition, FILING_SLOTS, Filing, Note, Store, StoreError};
use futures::future::try_join;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};

use super::cursors::Cursors;
use crate::fold::Site;
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
    pub(super) site: Site,
    pub(super) generation: Generation,
    pub(super) cursors: Cursors,
    /// What a mutant does: it writes on where the store was away.
    pub(super) ignores_interruptions: bool,
}

impl<L: Log, S: Store> Carrier<L, S> {
    /// Repeats a write until the store did it, or was away: then nothing more is written upon what
    /// it may have forgotten. A mark above all would vouch for it.
    async fn write<F>(&self, request: impl FnMut() -> F) -> Result<Memory, String>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        let doubtful =
            |error: &StoreError| error.may_have_forgotten() && !self.ignores_interruptions;
        let again =
            |error: &StoreError| error.disposition() == Disposition::Retry && !doubtful(error);
        match repeat(request, again).await {
            Ok(()) => Ok(Memory::Kept),
            Err(error) if doubtful(&error) => Ok(Memory::Doubtful),
            Err(error) => Err(chain(&error)),
        }
    }

    /// Carries out an answered action of `partition`.
    pub(super) async fn carry_out(self, partition: Partition, action: Action) -> Done {
        let done = match action {
            Action::Load(keys) => self.load(partition, &keys).await,
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
            | Action::BeginAnew
            | Action::Stop(_) => Ok(Done::Emitted),
        };
        done.unwrap_or_else(|refused| Done::Failed(StopReason::Refused(refused)))
    }

    /// The progress row is read last: if it is what was marked, the cells before it hold everything
    /// that was stored up to it.
    async fn load(&self, partition: Partition, keys: &[String]) -> Result<Done, String> {
        let load = |key: &String| {
            let key = key.clone();
            async move { persist(|| self.store.load(self.site.table, &key)).await }
        };
        let loads: Vec<_> = keys.iter().map(load).collect();
        let cells: Vec<Option<Bytes>> =
            stream::iter(loads).buffered(CONCURRENT).try_collect().await?;
        let key = self.site.progress_key(partition);
        let mark = persist(|| self.store.load(Table::Progress, &key)).await?;
        let mark = mark.map(|bytes| Progress::decode(&bytes)).transpose();
        let mark = mark.map_err(|error| format!("the progress row cannot be decoded: {error}"))?;
        Ok(Done::Loaded(cells, mark))
    }

    async fn arm(&self, partition: Partition, timers: &[Timer]) -> Result<Done, String> {
        let arm = |timer: &Timer| {
            let timer = timer.clone();
            async move { self.note(partition, &timer).await }
        };
        let notes: Vec<_> = timers.iter().map(arm).collect();
        let noted = stream::iter(notes).buffer_unordered(CONCURRENT);
        Ok(Memory::of(noted).await?.then(Done::Armed))
    }

    /// Notes a timer where it will be found: if its slot was left meanwhile, once more in the next.
    async fn note(&self, partition: Partition, timer: &Timer) -> Result<Memory, String> {
        let entry = timer.entry();
        let shelf = Shelf { generation: self.generation, partition };
        let mut slot = self.cursors.slot(partition, timer);
        let mut memory = Memory::Kept;
        loop {
            let name = shelf.slot(slot);
            let note = || self.store.note(Index::Timers, &name, &entry, timer.ts);
            memory = memory.max(self.write(note).await?);
            let present = self.cursors.slot(partition, timer);
            if present == slot {
                return Ok(memory);
            }
            slot = present;
        }
    }

    async fn store(&self, writes: &[CellWrite]) -> Result<Done, String> {
        let put = |write: &CellWrite| {
            let CellWrite { key, cell, ts, .. } = write.clone();
            async move { self.write(|| self.store.put(self.site.table, &key, cell.clone(), ts)).await }
        };
        let filing = |write: &CellWrite, slot: &String| {
            let note = Note { entry: write.key.clone(), ts: write.ts };
            Filing { slot: slot.clone(), note }
        };
        let filings =
            writes.iter().flat_map(|write| write.holds.iter().map(|slot| filing(write, slot)));
        let filings: Vec<_> = filings.collect();
        let note = |some: &[Filing]| {
            let some = some.to_vec();
            async move { self.write(|| self.store.note_all(Index::Holders, &some)).await }
        };
        let puts: Vec<_> = writes.iter().map(put).collect();
        let notes: Vec<_> = filings.chunks(FILING_SLOTS).map(note).collect();
        let stored = Memory::of(stream::iter(puts).buffer_unordered(CONCURRENT));
        let noted = Memory::of(stream::iter(notes).buffer_unordered(CONCURRENT));
        let (stored, noted) = try_join(stored, noted).await?;
        Ok(stored.max(noted).then(Done::Stored))
    }

    async fn mark(&self, partition: Partition, progress: &Progress) -> Result<Done, String> {
        let (key, cell) = (self.site.progress_key(partition), Bytes::from(progress.encode()));
        let put = || self.store.put(Table::Progress, &key, cell.clone(), progress.ts);
        Ok(self.write(put).await?.then(Done::Marked))
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

/// What the store remembers of the writes it acknowledged while it was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Memory {
    /// All of them: it was there all the time.
    Kept,
    /// Perhaps not the last ones: it was away.
    Doubtful,
}

impl Memory {
    /// Of all of these writes, once they are done.
    async fn of(writes: impl Stream<Item = Result<Self, String>>) -> Result<Self, String> {
        writes.try_fold(Self::Kept, |all, one| async move { Ok(all.max(one)) }).await
    }

    /// How an effect that wrote ended.
    fn then(self, done: Done) -> Done {
        match self {
            Self::Kept => done,
            Self::Doubtful => Done::Doubtful,
        }
    }
}

/// Repeats a request until the store did it; what it refuses for good is the error.
pub(super) async fn persist<T, F>(request: impl FnMut() -> F) -> Result<T, String>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let persisted = repeat(request, |error| error.disposition() == Disposition::Retry).await;
    persisted.map_err(|error| chain(&error))
}

async fn repeat<T, F>(
    request: impl FnMut() -> F,
    again: impl FnMut(&StoreError) -> bool,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    request
        .retry(backoff())
        .when(again)
        .notify(|error, wait| tracing::warn!(%error, ?wait, "the store is asked again"))
        .await
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
