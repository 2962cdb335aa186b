//! How much of a partition of the command log is not decided yet. Processors commit what they have
//! decided about once a second, so it may be told a second late.

use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::topic::{PROCESSORS, Topic};
use cart_storage::log::{Log, LogError, TopicPartition};
use serde::Serialize;

use crate::exit::Failure;
use crate::patience;

/// What lies behind the processors' committed offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Backlog {
    /// The partition's number.
    pub(crate) partition: u16,
    /// The first offset there is.
    pub(crate) start: i64,
    /// The offset the next command will get.
    pub(crate) end: i64,
    /// Everything before it is decided; `None` if no processor ever said so.
    pub(crate) committed: Option<i64>,
    /// How many commands wait.
    pub(crate) waiting: u64,
}

impl Backlog {
    fn new(partition: Partition, (start, end): (i64, i64), committed: Option<i64>) -> Self {
        let waiting = end.saturating_sub(committed.unwrap_or(start).max(start));
        let waiting = u64::try_from(waiting).unwrap_or(0);
        Self { partition: partition.number(), start, end, committed, waiting }
    }

    /// Where the oldest command lies that waits.
    pub(crate) fn oldest(&self) -> Option<i64> {
        let first = self.committed.unwrap_or(self.start).max(self.start);
        (self.waiting > 0).then_some(first)
    }
}

/// What is not decided of a partition. The end is asked for last: what was committed before lies
/// before it.
pub(crate) async fn of<L: Log>(log: &L, partition: Partition) -> Result<Backlog, Failure> {
    let at = TopicPartition { topic: Topic::Commands, partition };
    let committed = patience::answered(|| log.committed(PROCESSORS, at)).await.map_err(silent)?;
    let bounds = patience::answered(|| log.bounds(at)).await.map_err(silent)?;
    Ok(Backlog::new(partition, (bounds.start, bounds.end), committed))
}

/// How many partitions the command log has.
pub(crate) async fn partitions<L: Log>(log: &L) -> Result<PartitionCount, Failure> {
    patience::answered(|| log.partitions(Topic::Commands)).await.map_err(silent)
}

fn silent(source: LogError) -> Failure {
    Failure::failed("the command log does not answer", source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backlog(start: i64, end: i64, committed: Option<i64>) -> Backlog {
        Backlog::new(Partition::new(0), (start, end), committed)
    }

    #[test]
    fn what_waits_begins_at_the_committed_offset() {
        let some = backlog(10, 50, Some(47));
        assert_eq!((some.waiting, some.oldest()), (3, Some(47)));
        let none = backlog(10, 50, Some(50));
        assert_eq!((none.waiting, none.oldest()), (0, None));
    }

    #[test]
    fn where_nobody_committed_or_it_expired_everything_there_is_waits() {
        for committed in [None, Some(3)] {
            let all = backlog(10, 50, committed);
            assert_eq!((all.waiting, all.oldest()), (40, Some(10)));
        }
    }
}
