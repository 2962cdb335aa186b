//! Tells carts their events: every partition from its start to its end, and a little longer where
//! a row was stored and its events are still on their way.

use std::collections::HashSet;
use std::time::Duration;

use cart_schemas::event::Event;
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::topic::Topic;
use cart_storage::log::{Bounds, Log, Record, TopicPartition};
use tokio::time::Instant;

use super::Subjects;
use super::subject::Subject;
use crate::exit::Failure;
use crate::patience;
use crate::reading::{self, ReadError};

/// How long events may come after their row: a processor that stores a cart and dies leaves its
/// events to the next owner, who has the partition within ten seconds.
const LATE: Duration = Duration::from_secs(30);
const ASKED_EVERY: Duration = Duration::from_millis(500);

/// Which partitions hold every event there ever was.
#[derive(Debug)]
pub(super) struct Complete {
    count: PartitionCount,
    partitions: HashSet<Partition>,
}

impl Complete {
    /// Whether no event of this cart can have expired.
    pub(super) fn holds_all_of(&self, key: &str) -> bool {
        self.partitions.contains(&self.count.partition_of(key.as_bytes()))
    }
}

/// Why events cannot be told.
#[derive(Debug, thiserror::Error)]
enum TellError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the event at offset {0} is of another build")]
    Decode(i64, #[source] serde_json::Error),
}

/// Tells these carts every event there is.
pub(super) async fn tell<L: Log>(log: &L, subjects: &mut Subjects) -> Result<Complete, Failure> {
    let count = patience::answered(|| log.partitions(Topic::Events)).await;
    let count = count.map_err(|source| Failure::failed("the events cannot be read", source))?;
    let mut partitions = HashSet::new();
    for partition in count.partitions() {
        let at = TopicPartition { topic: Topic::Events, partition };
        let mut home = |key: &str| count.partition_of(key.as_bytes()) == partition;
        let start = tell_partition(log, at, (subjects, &mut home)).await;
        let start = start.map_err(|source| Failure::failed("the events cannot be read", source))?;
        if start == 0 {
            partitions.insert(partition);
        }
    }
    Ok(Complete { count, partitions })
}

/// Tells the events of a partition; gives the first offset it held.
async fn tell_partition<L: Log>(
    log: &L,
    at: TopicPartition,
    (subjects, is_home): (&mut Subjects, &mut impl FnMut(&str) -> bool),
) -> Result<i64, TellError> {
    let bounds = reading::bounds(log, at).await?;
    let (mut next, mut began) = (bounds.start, None);
    loop {
        let end = reading::bounds(log, at).await?.end;
        let take = |record| tell_record(&record, subjects);
        reading::read(log, at, Bounds { start: next, end }, take).await?;
        next = next.max(end);
        // Where events have expired, carts of which nothing was told wait in vain.
        let waits = |subject: &Subject| match bounds.start {
            0 => !subject.is_told(),
            _ => subject.is_being_told(),
        };
        let late = subjects.iter().any(|(key, subject)| waits(subject) && is_home(key));
        if !late || began.get_or_insert_with(Instant::now).elapsed() > LATE {
            return Ok(bounds.start);
        }
        tokio::time::sleep(ASKED_EVERY).await;
    }
}

fn tell_record(record: &Record, subjects: &mut Subjects) -> Result<(), TellError> {
    let key = record.key.as_deref().and_then(|key| std::str::from_utf8(key).ok());
    let Some(subject) = key.and_then(|key| subjects.get_mut(key)) else { return Ok(()) };
    let value = record.value.as_deref().unwrap_or_default();
    let event = Event::decode(value).map_err(|error| TellError::Decode(record.offset, error))?;
    subject.hear(&event);
    Ok(())
}
