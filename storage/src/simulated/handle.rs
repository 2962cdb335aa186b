//! A process's handle on a world: the two ports. It only passes requests on.

use std::fmt;
use std::future::Future;

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::partition::PartitionCount;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use tokio::sync::oneshot;

use super::questions::Excerpt;
use super::replicas::Change;
use super::{ClientId, SimulatedTail, World};
use crate::log::{
    Ack, AppendError, Bounds, Lane, Log, LogError, NewRecord, Run, Start, TopicPartition,
};
use crate::store::{Cursor, Note, Page, Store, StoreError};

/// The log and the store as one process of a [`World`] reaches them. Clones are the same process.
#[derive(Clone)]
pub struct Simulated {
    world: World,
    id: ClientId,
}

impl Simulated {
    pub(super) const fn new(world: World, id: ClientId) -> Self {
        Self { world, id }
    }

    /// Which process this is.
    #[must_use]
    pub const fn id(&self) -> ClientId {
        self.id
    }

    /// The world it is in.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }
}

impl fmt::Debug for Simulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulated").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The answer, when it comes. The dead are answered nothing, for ever.
pub(super) async fn answered<T>(waiting: oneshot::Receiver<T>) -> T {
    match waiting.await {
        Ok(answer) => answer,
        Err(_) => std::future::pending().await,
    }
}

impl Log for Simulated {
    type Tail = SimulatedTail;

    fn append(
        &self,
        lane: Lane,
        to: TopicPartition,
        record: NewRecord,
    ) -> impl Future<Output = Result<Ack, AppendError>> + Send + 'static {
        let appended = self.world.call(|state| state.append(self.id, lane, to, record));
        async move { answered(appended?).await }
    }

    fn append_run(
        &self,
        lane: Lane,
        records: Vec<(TopicPartition, NewRecord)>,
    ) -> impl Future<Output = Run> + Send + 'static {
        let (waiting, failed) = self.world.call(|state| state.append_run(self.id, lane, records));
        Run::settle(waiting.into_iter().map(answered).collect(), failed)
    }

    fn subscribe(&self, group: &str, topic: Topic) -> Result<SimulatedTail, LogError> {
        let tail = self.world.call(|state| state.subscribe(self.id, group, topic));
        Ok(SimulatedTail::new(self.world.clone(), tail))
    }

    fn assign(&self, starts: Vec<(TopicPartition, Start)>) -> Result<SimulatedTail, LogError> {
        let tail = self.world.call(|state| state.assign(self.id, starts));
        Ok(SimulatedTail::new(self.world.clone(), tail))
    }

    fn partitions(
        &self,
        topic: Topic,
    ) -> impl Future<Output = Result<PartitionCount, LogError>> + Send {
        answered(self.world.call(|state| state.partitions(self.id, topic)))
    }

    fn bounds(&self, at: TopicPartition) -> impl Future<Output = Result<Bounds, LogError>> + Send {
        answered(self.world.call(|state| state.bounds(self.id, at)))
    }

    fn committed(
        &self,
        group: &str,
        at: TopicPartition,
    ) -> impl Future<Output = Result<Option<i64>, LogError>> + Send {
        answered(self.world.call(|state| state.committed(self.id, group, at)))
    }
}

impl Store for Simulated {
    fn load(
        &self,
        table: Table,
        key: &str,
    ) -> impl Future<Output = Result<Option<Bytes>, StoreError>> + Send {
        answered(self.world.call(|state| state.load(self.id, table, key)))
    }

    fn put(
        &self,
        table: Table,
        key: &str,
        cell: Bytes,
        ts: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let put = Change::Put { table, key: key.to_owned(), cell, ts };
        answered(self.world.call(|state| state.write(self.id, put)))
    }

    fn scan(
        &self,
        table: Table,
        after: Option<&Cursor>,
        limit: u16,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send {
        let after = after.map(|after| after.as_str().to_owned());
        let limit = usize::from(limit.max(1));
        answered(self.world.call(|state| state.scan(self.id, (table, after, limit))))
    }

    fn note(
        &self,
        index: Index,
        slot: &str,
        entry: &str,
        ts: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let note = Change::Note { index, slot: slot.to_owned(), entry: entry.to_owned(), ts };
        answered(self.world.call(|state| state.write(self.id, note)))
    }

    fn entries(
        &self,
        index: Index,
        slot: &str,
        after: Option<&str>,
        limit: u16,
    ) -> impl Future<Output = Result<Vec<Note>, StoreError>> + Send {
        let (slot, after) = (slot.to_owned(), after.map(str::to_owned));
        let page = Excerpt { index, slot, after, limit: usize::from(limit) };
        answered(self.world.call(|state| state.entries(self.id, page)))
    }

    fn drop_slot(
        &self,
        index: Index,
        slot: &str,
        ts: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let drop_slot = Change::Drop { index, slot: slot.to_owned(), ts };
        answered(self.world.call(|state| state.write(self.id, drop_slot)))
    }
}
