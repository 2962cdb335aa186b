//! Log and store in one data folder: one process, one file, one order.
//!
//! Everything written goes through one queue to one thread, which takes whatever waits there,
//! writes it in one transaction and syncs it: a crash cuts the history of log and store together,
//! between two transactions. An append is acknowledged, a record given to a tail and a cell read
//! only when it is on disk. A `put` is answered as soon as it is queued: it is on disk before
//! anything that was written after it, and a read waits for it.
//!
//! Replies are kept in memory only: whoever waits for one ends with this process.

mod batch;
mod clock;
mod compact;
mod data;
mod folder;
mod groups;
mod held;
mod op;
mod pending;
mod places;
mod read;
mod save;
mod scan;
mod shared;
mod store;
mod sweep;
mod tables;
mod tail;
#[cfg(test)]
mod tests;
mod writer;

use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cart_schemas::partition::PartitionCount;
use cart_schemas::topic::{FACT_BYTES_MAX, Topic};
use tokio::sync::oneshot;

use crate::log::{
    Ack, AppendError, Bounds, Lane, Log, LogError, NewRecord, Run, Start, TopicPartition,
};
use clock::Clock;
pub use clock::DrivenClock;
pub use folder::OpenError;
use folder::Opened;
use op::{Op, Queue, record_size};
use shared::Shared;
pub use tail::EmbeddedTail;

/// How long an end waits for the disk.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);
/// The same where much that was told is not synced yet: simulated days.
const CLOSE_SIMULATED_WITHIN: Duration = Duration::from_secs(120);
/// Bytes of one run: room for it is found while others write, too. The rest is for the next run.
const RUN_BYTES: usize = 4 * 1024 * 1024;

/// How the engine is opened.
#[derive(Debug, Clone)]
pub struct EmbeddedSettings {
    /// The data folder; made if it is not there.
    pub folder: PathBuf,
    /// Partitions of a new log; a log that is there keeps its own.
    pub partitions: PartitionCount,
    /// Memory for pages of the file.
    pub cache_bytes: usize,
}

/// An engine was closed, and not all it was given is on the disk; or it had ended before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the disk does not take what is left to be written")]
pub struct Unwritten;

impl EmbeddedSettings {
    /// A folder with the usual settings.
    #[must_use]
    pub const fn new(folder: PathBuf, partitions: PartitionCount) -> Self {
        // A quarter of what a small machine has; the file's hot pages are far fewer.
        Self { folder, partitions, cache_bytes: 128 * 1024 * 1024 }
    }
}

/// Log and store of a data folder. Cheap to clone; needs a tokio runtime.
#[derive(Clone)]
pub struct Embedded {
    shared: Arc<Shared>,
    queue: Queue,
}

impl Embedded {
    /// Opens the folder, and locks it for as long as this process lives or until
    /// [`Embedded::close`]. Blocks; after a crash no longer than otherwise.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(settings: &EmbeddedSettings) -> Result<Self, OpenError> {
        Self::begin(folder::open(settings)?, settings.folder.clone(), Clock::Machine)
    }

    /// Makes a folder that is not there yet, whose log has its time from `clock` for as long as this
    /// engine is open. Opened again it goes on by this machine's clock, as any other, and says that it
    /// [is simulated](Embedded::is_simulated). Meanwhile what is told is not always synced, for whoever
    /// simulates days can do so again; all of it is once it is closed. Blocks.
    ///
    /// # Errors
    /// The folder is there already, or as [`Embedded::open`].
    pub fn create_simulated(
        settings: &EmbeddedSettings,
        clock: &DrivenClock,
    ) -> Result<Self, OpenError> {
        let (opened, folder) = (folder::create_simulated(settings)?, settings.folder.clone());
        Self::begin(opened, folder, Clock::Driven(clock.clone()))
    }

    fn begin(opened: Opened, folder: PathBuf, clock: Clock) -> Result<Self, OpenError> {
        let transaction = opened.transaction;
        let shared = Arc::new(Shared::new(opened, folder));
        let queue =
            writer::start(Arc::clone(&shared), transaction, clock).map_err(OpenError::Thread)?;
        Ok(Self { shared, queue })
    }

    /// Whether there is a shop in a folder.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        folder.join(folder::FILE).exists()
    }

    /// Whether the disk takes what must be written. While it does not, everything waits.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        !self.shared.failing.load(Ordering::Relaxed) && !self.shared.written.borrow().closed
    }

    /// Whether the first days of its log were simulated.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.shared.simulated
    }

    /// Writes what is queued and closes the file. Whatever is asked of a clone afterwards fails.
    ///
    /// # Errors
    /// The disk does not take what is left, which is not waited for for ever. What is lost was not acknowledged,
    /// unless the days are simulated.
    pub async fn close(self) -> Result<(), Unwritten> {
        let within = if self.shared.simulated { CLOSE_SIMULATED_WITHIN } else { CLOSE_WITHIN };
        let (closed, waiting) = oneshot::channel();
        if !self.queue.order(Op::Close(closed)) {
            return Err(Unwritten);
        }
        let written = tokio::time::timeout(within, waiting).await;
        written.map_err(|_elapsed| Unwritten)?.map_err(|_dropped| Unwritten)
    }

    /// Why a record cannot be appended there, whatever happens.
    fn refusal(&self, to: TopicPartition, record: &NewRecord) -> Option<AppendError> {
        if self.shared.held(to).is_none() {
            return Some(AppendError::Refused(absent(to).into()));
        }
        let size = record_size(record);
        let fits = u32::try_from(size).is_ok_and(|size| size <= FACT_BYTES_MAX);
        (!fits).then(|| AppendError::Refused(format!("a record of {size} bytes").into()))
    }

    /// How many records make one piece, and why the one after them is none of it.
    fn run_of(&self, records: &[(TopicPartition, NewRecord)]) -> (usize, Option<AppendError>) {
        let mut bytes = 0;
        for (place, (to, record)) in records.iter().enumerate() {
            if let Some(refusal) = self.refusal(*to, record) {
                return (place, Some(refusal));
            }
            bytes += record_size(record);
            if bytes > RUN_BYTES && place > 0 {
                return (place, Some(AppendError::Full));
            }
        }
        (records.len(), None)
    }

    /// Queues records that may be appended, as one piece.
    fn queue_run(
        &self,
        records: Vec<(TopicPartition, NewRecord)>,
    ) -> Result<oneshot::Receiver<i64>, AppendError> {
        let (ack, waiting) = oneshot::channel();
        let bytes = records.iter().map(|(_, record)| record_size(record)).sum();
        self.queue.append(Op::Append { records, ack }, bytes).map(|()| waiting)
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Embedded").field(&self.shared.folder).finish()
    }
}

fn absent(at: TopicPartition) -> LogError {
    LogError::NoTopic(format!("{}/{}", at.topic, at.partition))
}

async fn acknowledged(waiting: oneshot::Receiver<i64>) -> Result<Ack, AppendError> {
    // The writer goes away only with the process or by `close`.
    let offset = waiting.await.map_err(|closed| AppendError::Unknown(closed.into()))?;
    Ok(Ack { offset })
}

impl Log for Embedded {
    type Tail = EmbeddedTail;

    /// The lanes share one queue; none gives up by itself.
    fn append(
        &self,
        _lane: Lane,
        to: TopicPartition,
        record: NewRecord,
    ) -> impl Future<Output = Result<Ack, AppendError>> + Send + 'static {
        let queued = match self.refusal(to, &record) {
            Some(refusal) => Err(refusal),
            None => self.queue_run(vec![(to, record)]),
        };
        async move { acknowledged(queued?).await }
    }

    fn append_run(
        &self,
        _lane: Lane,
        mut records: Vec<(TopicPartition, NewRecord)>,
    ) -> impl Future<Output = Run> + Send + 'static {
        let (count, failure) = self.run_of(&records);
        records.truncate(count);
        let queued = (count > 0).then(|| self.queue_run(records));
        async move {
            let Some(queued) = queued else { return Run { failure, ..Run::default() } };
            let landed = async { acknowledged(queued?).await }.await;
            match landed {
                Ok(ack) => Run { acknowledged: count, last: Some(ack), failure },
                Err(error) => Run { failure: Some(error), ..Run::default() },
            }
        }
    }

    fn subscribe(&self, group: &str, topic: Topic) -> Result<EmbeddedTail, LogError> {
        Ok(EmbeddedTail::subscribe((&self.shared, &self.queue), group, topic))
    }

    fn assign(&self, starts: Vec<(TopicPartition, Start)>) -> Result<EmbeddedTail, LogError> {
        EmbeddedTail::assign((&self.shared, &self.queue), &starts)
    }

    async fn partitions(&self, topic: Topic) -> Result<PartitionCount, LogError> {
        Ok(self.shared.count(topic))
    }

    async fn bounds(&self, at: TopicPartition) -> Result<Bounds, LogError> {
        let held = self.shared.held(at).ok_or_else(|| absent(at))?;
        Ok(held.bounds())
    }

    async fn committed(&self, group: &str, at: TopicPartition) -> Result<Option<i64>, LogError> {
        self.shared.held(at).ok_or_else(|| absent(at))?;
        Ok(self.shared.groups().committed(group, at))
    }
}
