//! What may be asked of the writer, and the queue to it. The order of the queue is the order of
//! everything.

use std::sync::{Arc, Mutex, PoisonError, mpsc};

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::timestamp::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::groups::{GroupKey, MemberId};
use crate::log::{AppendError, NewRecord, TopicPartition};

/// Bytes that may wait for the disk. At the slowest disk we serve from (20 MB/s) they are on it
/// within four seconds.
const QUEUE_BYTES: usize = 64 * 1024 * 1024;
/// What anything small is taken to weigh.
const SMALL: usize = 256;

/// Something to write, or to do once everything before it is written.
#[derive(Debug)]
pub(super) enum Op {
    /// Append records in this order and tell the last one's offset.
    Append {
        records: Vec<(TopicPartition, NewRecord)>,
        ack: oneshot::Sender<i64>,
    },
    Put {
        table: Table,
        key: String,
        cell: Bytes,
        ts: Timestamp,
    },
    Note {
        index: Index,
        slot: String,
        entry: String,
        ts: Timestamp,
    },
    DropSlot {
        index: Index,
        slot: String,
        ts: Timestamp,
    },
    Commit {
        member: MemberId,
        group: GroupKey,
        offsets: Vec<(TopicPartition, i64)>,
    },
    Release {
        member: MemberId,
        group: GroupKey,
        partitions: Vec<TopicPartition>,
    },
    Leave {
        member: MemberId,
        group: GroupKey,
        left: Option<oneshot::Sender<()>>,
    },
    /// Write what came before, and end.
    Close(oneshot::Sender<()>),
}

/// An op on its way, with its number and the room it takes.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) number: u64,
    pub(super) op: Op,
    pub(super) bytes: usize,
    _room: Option<OwnedSemaphorePermit>,
}

/// The way to the writer. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Queue(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The number of the last op, and where the next one goes.
    last: Mutex<(u64, mpsc::Sender<Queued>)>,
    room: Arc<Semaphore>,
}

impl Queue {
    pub(super) fn new(writer: mpsc::Sender<Queued>) -> Self {
        let room = Arc::new(Semaphore::new(QUEUE_BYTES));
        Self(Arc::new(Inner { last: Mutex::new((0, writer)), room }))
    }

    /// Queues an append, if there is room for it.
    pub(super) fn append(&self, op: Op, bytes: usize) -> Result<(), AppendError> {
        let weight = weight(bytes);
        let room = Arc::clone(&self.0.room).try_acquire_many_owned(weight);
        let room = room.map_err(|_| AppendError::Full)?;
        match self.send(op, bytes, Some(room)) {
            Some(_) => Ok(()),
            None => Err(AppendError::Refused("the data folder is closed".into())),
        }
    }

    /// Queues a write as soon as there is room for it, and gives its number; `None` if the engine
    /// is closed. `first` runs with the number before the writer can have seen the op.
    pub(super) async fn write(&self, op: Op, bytes: usize, first: impl FnOnce(u64)) -> Option<u64> {
        let room = Arc::clone(&self.0.room).acquire_many_owned(weight(bytes)).await.ok()?;
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        first(last.0 + 1);
        push(&mut last, op, bytes, Some(room))
    }

    /// Queues what takes no room; `false` if the engine is closed.
    pub(super) fn order(&self, op: Op) -> bool {
        self.send(op, SMALL, None).is_some()
    }

    /// The number of the last op.
    pub(super) fn last(&self) -> u64 {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn send(&self, op: Op, bytes: usize, room: Option<OwnedSemaphorePermit>) -> Option<u64> {
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        push(&mut last, op, bytes, room)
    }
}

/// Numbers an op and sends it: one at a time, so that numbers and the queue have one order.
fn push(
    (last, writer): &mut (u64, mpsc::Sender<Queued>),
    op: Op,
    bytes: usize,
    room: Option<OwnedSemaphorePermit>,
) -> Option<u64> {
    *last += 1;
    writer.send(Queued { number: *last, op, bytes, _room: room }).ok().map(|()| *last)
}

/// The room an op takes; one that is larger than everything takes everything.
fn weight(bytes: usize) -> u32 {
    u32::try_from(bytes.clamp(SMALL, QUEUE_BYTES)).unwrap_or(u32::MAX)
}

/// About how many bytes a record takes.
pub(super) fn record_size(record: &NewRecord) -> usize {
    let length = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len);
    let headers: usize = record.headers.iter().map(|h| h.name.len() + h.value.len()).sum();
    length(&record.key) + length(&record.value) + headers
}
