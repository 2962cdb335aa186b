//! The ports as a node sees them: the simulated ones, or those of a mutant whose shell does
//! something wrong at one of them.

use std::future::Future;

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::partition::PartitionCount;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::log::{
    Ack, AppendError, Bounds, Lane, Log, LogError, NewRecord, Run, Start, Tail, TailEvent,
    TopicPartition,
};
use cart_storage::simulated::{Simulated, SimulatedTail};
use cart_storage::store::{Cursor, Note, Page, Store, StoreError};
use futures::FutureExt as _;
use futures::future::Either;

use super::altered;
use super::mutant::{Sabotage, Subject};
use super::surroundings;

/// The ports of one node.
#[derive(Debug, Clone)]
pub struct Tampered {
    inner: Simulated,
    subject: Subject,
    /// Whether they are those of an edge.
    edge: bool,
}

impl Tampered {
    /// The ports of a processor.
    #[must_use]
    pub fn of_processor(inner: Simulated, subject: Subject) -> Self {
        Self { inner, subject, edge: false }
    }

    /// The ports of an edge.
    #[must_use]
    pub fn of_edge(inner: Simulated, subject: Subject) -> Self {
        Self { inner, subject, edge: true }
    }

    /// What a mutant writes instead.
    fn alter(&self, topic: Topic, record: &mut NewRecord) {
        let is = |sabotage| self.subject.is(sabotage);
        match topic {
            Topic::Commands if is(Sabotage::WakeIdRepeated) => altered::repeat_wake_id(record),
            Topic::Events if is(Sabotage::EventsTellTheTime) => altered::tell_the_time(record),
            Topic::CommandsDeadLetters if is(Sabotage::LetterWithoutHeaders) => {
                record.headers.clear();
            }
            Topic::Commands
            | Topic::Events
            | Topic::CommandsDeadLetters
            | Topic::Replies
            | Topic::Products
            | Topic::InventoryCommands
            | Topic::InventoryLevels
            | Topic::InventoryDeadLetters
            | Topic::Analytics => {}
        }
    }
}

impl Log for Tampered {
    type Tail = TamperedTail;

    fn append(
        &self,
        lane: Lane,
        to: TopicPartition,
        record: NewRecord,
    ) -> impl Future<Output = Result<Ack, AppendError>> + Send + 'static {
        let weight = record.value.as_ref().map_or(0, Bytes::len);
        let denied = self.subject.is(Sabotage::FullAfterAppend) && weight.is_multiple_of(8);
        let append = self.inner.append(lane, to, record);
        async move { if denied { Err(AppendError::Full) } else { append.await } }
    }

    fn append_run(
        &self,
        lane: Lane,
        mut records: Vec<(TopicPartition, NewRecord)>,
    ) -> impl Future<Output = Run> + Send + 'static {
        for (to, record) in &mut records {
            self.alter(to.topic, record);
        }
        if self.subject.is(Sabotage::FactsNotAwaited) {
            let acknowledged = records.len();
            drop(self.inner.append_run(lane, records));
            let run = Run { acknowledged, last: Some(Ack { offset: 0 }), failure: None };
            return Either::Left(Either::Left(std::future::ready(run)));
        }
        if self.subject.is(Sabotage::FactsOnManyClients) {
            let appends: Vec<_> = records
                .into_iter()
                .map(|(to, record)| self.inner.append(lane, to, record))
                .collect();
            return Either::Left(Either::Right(one_by_one(appends)));
        }
        Either::Right(self.inner.append_run(lane, records))
    }

    fn subscribe(&self, group: &str, topic: Topic) -> Result<Self::Tail, LogError> {
        let inner = self.inner.subscribe(group, topic)?;
        Ok(TamperedTail { inner, subject: self.subject })
    }

    fn assign(&self, starts: Vec<(TopicPartition, Start)>) -> Result<Self::Tail, LogError> {
        Ok(TamperedTail { inner: self.inner.assign(starts)?, subject: self.subject })
    }

    fn partitions(
        &self,
        topic: Topic,
    ) -> impl Future<Output = Result<PartitionCount, LogError>> + Send {
        self.inner.partitions(topic)
    }

    fn bounds(&self, at: TopicPartition) -> impl Future<Output = Result<Bounds, LogError>> + Send {
        let blind = self.edge && self.subject.is(Sabotage::LogEndNotRead);
        let bounds = self.inner.bounds(at);
        bounds.map(move |bounds| {
            let bounds = bounds?;
            let end = if blind { bounds.start } else { bounds.end };
            Ok(Bounds { end, ..bounds })
        })
    }

    fn committed(
        &self,
        group: &str,
        at: TopicPartition,
    ) -> impl Future<Output = Result<Option<i64>, LogError>> + Send {
        self.inner.committed(group, at)
    }
}

/// What became of appends that were made one after another.
async fn one_by_one(appends: Vec<impl Future<Output = Result<Ack, AppendError>>>) -> Run {
    let mut run = Run::default();
    for append in appends {
        match append.await {
            Ok(ack) if run.failure.is_none() => {
                run.acknowledged += 1;
                run.last = Some(ack);
            }
            Ok(_) => {}
            Err(error) => run.failure = run.failure.or(Some(error)),
        }
    }
    run
}

impl Store for Tampered {
    async fn load(&self, table: Table, key: &str) -> Result<Option<Bytes>, StoreError> {
        let cell = self.inner.load(table, key).await?;
        if self.subject.is(Sabotage::TwoCells) && table == Table::Carts {
            let rest = self.inner.load(Table::Progress, &altered::second_key(key)).await?;
            return Ok(altered::joined(cell, rest));
        }
        Ok(cell)
    }

    async fn put(
        &self,
        table: Table,
        key: &str,
        cell: Bytes,
        ts: Timestamp,
    ) -> Result<(), StoreError> {
        if self.subject.is(Sabotage::TwoCells) && table == Table::Carts {
            let second = altered::second_key(key);
            self.inner.put(Table::Progress, &second, cell.clone(), ts).await?;
        }
        let own_clock = self.subject.is(Sabotage::CellAtLocalClock) && table == Table::Carts;
        let ts = if own_clock { surroundings::now() } else { ts };
        self.inner.put(table, key, cell, ts).await
    }

    fn scan(
        &self,
        table: Table,
        after: Option<&Cursor>,
        limit: u16,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send {
        self.inner.scan(table, after, limit)
    }

    async fn note(
        &self,
        index: Index,
        slot: &str,
        entry: &str,
        ts: Timestamp,
    ) -> Result<(), StoreError> {
        if self.subject.is(Sabotage::TimerBehindScanner) {
            let slot = altered::due_slot(slot, entry);
            return self.inner.note(index, &slot, entry, ts).await;
        }
        self.inner.note(index, slot, entry, ts).await
    }

    fn entries(
        &self,
        index: Index,
        slot: &str,
        after: Option<&str>,
        limit: u16,
    ) -> impl Future<Output = Result<Vec<Note>, StoreError>> + Send {
        self.inner.entries(index, slot, after, limit)
    }

    fn drop_slot(
        &self,
        index: Index,
        slot: &str,
        ts: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.inner.drop_slot(index, slot, ts)
    }
}

/// A tail of those ports.
#[derive(Debug)]
pub struct TamperedTail {
    inner: SimulatedTail,
    subject: Subject,
}

impl Tail for TamperedTail {
    fn next(&mut self) -> impl Future<Output = TailEvent> + Send {
        self.inner.next()
    }

    fn start(&mut self, offsets: &[(TopicPartition, i64)]) {
        self.inner.start(offsets);
    }

    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) {
        let ahead = i64::from(self.subject.is(Sabotage::CommitRunsAhead));
        let offsets: Vec<_> = offsets.iter().map(|(at, offset)| (*at, offset + ahead)).collect();
        self.inner.commit(&offsets);
    }

    fn pause(&mut self, at: TopicPartition) {
        self.inner.pause(at);
    }

    fn resume(&mut self, at: TopicPartition) {
        if !self.subject.is(Sabotage::NeverResumed) {
            self.inner.resume(at);
        }
    }

    fn rewind(&mut self, at: TopicPartition, offset: i64) {
        self.inner.rewind(at, offset);
    }

    fn release(&mut self, at: &[TopicPartition]) {
        self.inner.release(at);
    }

    fn close(self) -> impl Future<Output = ()> + Send {
        self.inner.close()
    }
}
