//! Before a partition begins: where, and whether this log is the one the stored records came from.

use backon::Retryable as _;
use cart_schemas::cql::Table;
use cart_schemas::generation::Generation;
use cart_schemas::partition::Partition;
use cart_schemas::record::{Owner, Progress};
use cart_schemas::timestamp::Timestamp;
use cart_storage::log::{Bounds, Log, LogError};
use cart_storage::store::{Disposition, Store, StoreError};

use super::carrier::backoff;
use super::cursors::{self, NoSlot};
use crate::defects::{Defect, Defects as _};
use crate::fold::Fold;
use crate::intake::Home;
use crate::timers::{Shelf, Slot};
use crate::worker::{Begin, StopReason};

/// Why a partition must not begin. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The topic's partition count differs from the one the records were stored under.
    #[error(
        "partition {partition}: records were stored from a log of {stored} partitions and this one \
         has {present}; restore the topic or start a new log generation"
    )]
    OtherCount {
        /// The partition.
        partition: Partition,
        /// The count then.
        stored: u16,
        /// The count now.
        present: u16,
    },
    /// The store has records of a later generation.
    #[error(
        "partition {partition}: records were stored from log generation {stored}, later than this \
         one; start again, and the present one is read"
    )]
    LaterGeneration {
        /// The partition.
        partition: Partition,
        /// The later generation.
        stored: Generation,
    },
    /// The log ends before what was decided from it.
    #[error(
        "partition {partition}: the log ends at {end} but records were stored up to {known}: it was \
         re-created, truncated or restored; start a new log generation"
    )]
    Truncated {
        /// The partition.
        partition: Partition,
        /// Where the log ends.
        end: i64,
        /// What is known to have been in it.
        known: i64,
    },
    /// Commands were deleted before they were decided.
    #[error(
        "partition {partition}: the log starts at {start}, after the committed offset \
         {committed}: commands expired undecided; commit an offset by hand to accept their loss"
    )]
    Expired {
        /// The partition.
        partition: Partition,
        /// Where the log starts.
        start: i64,
        /// The committed offset.
        committed: i64,
    },
    /// The log holds another record where the stored records' last one was.
    #[error("partition {partition}: {reason}")]
    Foreign {
        /// The partition.
        partition: Partition,
        /// What was found.
        reason: StopReason,
    },
    /// The progress row cannot be read.
    #[error("partition {partition}: the progress row cannot be decoded")]
    Progress {
        /// The partition.
        partition: Partition,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The log refuses to be asked.
    #[error("partition {partition}: the log cannot be asked")]
    Log {
        /// The partition.
        partition: Partition,
        /// Why.
        #[source]
        source: LogError,
    },
    /// The row that says where timers are scanned cannot be read or made.
    #[error("partition {partition}: nobody knows where its timers are scanned from")]
    Cursor {
        /// The partition.
        partition: Partition,
        /// Why.
        #[source]
        source: NoSlot,
    },
    /// The store refuses to be read.
    #[error("partition {partition}: the progress row cannot be loaded")]
    Store {
        /// The partition.
        partition: Partition,
        /// Why.
        #[source]
        source: StoreError,
    },
}

impl Refusal {
    /// Whether the log as a whole is not the one the records came from. Anything else concerns one
    /// partition, and the others go on.
    pub(super) const fn ends_the_process(&self) -> bool {
        match self {
            Self::OtherCount { .. }
            | Self::LaterGeneration { .. }
            | Self::Truncated { .. }
            | Self::Foreign { .. } => true,
            Self::Expired { .. }
            | Self::Progress { .. }
            | Self::Cursor { .. }
            | Self::Log { .. }
            | Self::Store { .. } => false,
        }
    }
}

/// A partition that may begin: what the worker is told and where the tail starts to read.
#[derive(Debug)]
pub(super) struct Beginning {
    pub(super) partition: Partition,
    pub(super) begin: Begin,
    pub(super) read_from: i64,
    /// The slot its timers are scanned from, if its fold has any.
    pub(super) slot: Option<Slot>,
}

/// How a partition comes to begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entering {
    /// The number of its examination.
    pub(super) number: u64,
    /// Who is to have it.
    pub(super) owner: Owner,
    /// The time now.
    pub(super) now: Timestamp,
}

/// Waits for the log's and the store's answers, and compares them.
///
/// # Errors
/// See [`Refusal`].
pub(super) async fn examine<F: Fold, L: Log, S: Store>(
    (log, store): (&L, &S),
    home: Home,
    entering: Entering,
    fold: &F,
) -> Result<Beginning, Refusal> {
    let partition = home.partition;
    let key = F::SITE.progress_key(partition);
    let load = || store.load(Table::Progress, &key);
    let loaded =
        load.retry(backoff()).when(|error| error.disposition() == Disposition::Retry).notify(
            |error, _| tracing::warn!(%error, "waiting for the store before a partition begins"),
        );
    let cell = loaded.await.map_err(|source| Refusal::Store { partition, source })?;
    let progress = cell.map(|bytes| Progress::decode(&bytes)).transpose();
    let progress = progress.map_err(|source| Refusal::Progress { partition, source })?;
    // The log's end is asked for last: the owner before may still be at work, and what was stored
    // or committed before the answer lies before that end.
    let at = F::SITE.at(partition);
    let ask = || async {
        let committed = log.committed(F::SITE.group, at).await?;
        Ok((committed, log.bounds(at).await?))
    };
    let asked = ask.retry(backoff()).notify(|error: &LogError, _| {
        tracing::warn!(%error, "waiting for the log before a partition begins");
    });
    let (committed, bounds) = asked.await.map_err(|source| Refusal::Log { partition, source })?;
    let (mut begin, read_from) = compare(At { home, entering, bounds, committed }, progress)?;
    if fold.defects().has(Defect::BeginsAtCommitted) {
        begin.frontier = committed.unwrap_or(bounds.start);
    }
    let slot = match F::WAKE {
        None => None,
        Some(_) => {
            let shelf = Shelf { generation: home.log.generation, partition };
            let slot = cursors::first_slot(store, shelf, entering.now).await;
            Some(slot.map_err(|source| Refusal::Cursor { partition, source })?)
        }
    };
    Ok(Beginning { partition, begin, read_from, slot })
}

/// A partition and what the log says of it.
#[derive(Debug, Clone, Copy)]
struct At {
    home: Home,
    entering: Entering,
    bounds: Bounds,
    committed: Option<i64>,
}

/// How the partition begins, and where its tail does.
fn compare(at: At, progress: Option<Progress>) -> Result<(Begin, i64), Refusal> {
    let At { home: Home { log, partition }, entering, bounds, committed } = at;
    if let Some(progress) = &progress
        && progress.generation > log.generation
    {
        return Err(Refusal::LaterGeneration { partition, stored: progress.generation });
    }
    // A row of an earlier generation speaks of another log.
    let progress = progress.filter(|progress| progress.generation == log.generation);
    if let Some(progress) = &progress
        && progress.partitions != log.partitions.get()
    {
        let (stored, present) = (progress.partitions, log.partitions.get());
        return Err(Refusal::OtherCount { partition, stored, present });
    }
    let known = progress.as_ref().map(|progress| progress.offset + 1).max(committed);
    if let Some(known) = known.filter(|known| *known > bounds.end) {
        return Err(Refusal::Truncated { partition, end: bounds.end, known });
    }
    if let Some(committed) = committed.filter(|committed| *committed < bounds.start) {
        return Err(Refusal::Expired { partition, start: bounds.start, committed });
    }
    // Committed is what was decided and stored. A store that has forgotten it since, or was restored
    // from a copy, knows less, and the log has it still.
    let stored = progress.as_ref().map_or(bounds.start, |progress| progress.offset + 1);
    let frontier = committed.map_or(bounds.start, |at| at.min(stored).max(bounds.start));
    // The record the stored records end with is read again and compared, if it is still there.
    let witness = progress.clone().filter(|progress| progress.offset >= bounds.start);
    let named = witness.as_ref().map_or(frontier, |progress| progress.offset);
    let Entering { number, owner, .. } = entering;
    Ok((Begin { number, owner, frontier, progress, witness }, named))
}

#[cfg(test)]
mod tests {
    use cart_schemas::generation::CommandLog;
    use cart_schemas::id::CommandId;
    use cart_schemas::partition::PartitionCount;

    use super::*;

    const LOG: CommandLog = CommandLog {
        generation: Generation::FIRST.next(),
        partitions: match PartitionCount::new(4) {
            Some(count) => count,
            None => panic!("4 is a count"),
        },
    };

    const OWNER: Owner = Owner::new(uuid::Uuid::max());

    fn at(start: i64, end: i64, committed: Option<i64>) -> At {
        At {
            home: Home { log: LOG, partition: Partition::new(3) },
            entering: Entering { number: 1, owner: OWNER, now: Timestamp::default() },
            bounds: Bounds { start, end },
            committed,
        }
    }

    fn progress(offset: i64) -> Option<Progress> {
        let ts = Timestamp::from_micros(1);
        let command = CommandId::from_uuid(uuid::Uuid::nil());
        Some(Progress {
            generation: LOG.generation,
            partitions: 4,
            offset,
            command,
            ts,
            owner: None,
        })
    }

    #[test]
    fn without_a_committed_offset_a_partition_begins_at_the_logs_start() {
        let (begin, read_from) = compare(at(5, 9, None), None).unwrap();

        assert_eq!((read_from, begin.frontier), (5, 5));
    }

    #[test]
    fn the_record_the_store_ends_with_is_read_again() {
        let (begin, read_from) = compare(at(0, 90, Some(50)), progress(60)).unwrap();

        assert_eq!((read_from, begin.frontier), (60, 50));
    }

    #[test]
    fn what_the_store_has_forgotten_is_decided_again() {
        let (behind, read_from) = compare(at(0, 90, Some(50)), progress(40)).unwrap();
        let (empty, _) = compare(at(0, 90, Some(50)), None).unwrap();

        assert_eq!((read_from, behind.frontier), (40, 41));
        assert_eq!(empty.frontier, 0);
    }

    #[test]
    fn a_record_already_below_the_logs_start_is_no_mismatch() {
        let (begin, read_from) = compare(at(45, 90, Some(50)), progress(40)).unwrap();

        assert!(begin.witness.is_none());
        assert_eq!(read_from, 45);
    }

    #[test]
    fn a_log_that_is_not_the_one_the_carts_came_from_is_refused() {
        let mut other = progress(3);
        other.as_mut().unwrap().partitions = 8;
        let mut later = progress(3);
        later.as_mut().unwrap().generation = LOG.generation.next();

        assert!(matches!(compare(at(0, 9, None), progress(9)), Err(Refusal::Truncated { .. })));
        assert!(matches!(compare(at(0, 9, Some(10)), None), Err(Refusal::Truncated { .. })));
        assert!(matches!(compare(at(5, 9, Some(4)), None), Err(Refusal::Expired { .. })));
        assert!(matches!(compare(at(0, 9, None), other), Err(Refusal::OtherCount { .. })));
        assert!(matches!(compare(at(0, 9, None), later), Err(Refusal::LaterGeneration { .. })));
    }
}
