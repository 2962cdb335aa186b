//! `cartstream export events`: every event there is as Parquet files, by the hour it was appended in and by
//! partition. Reads only, and may run beside a shop that is served by Kafka. docs/lake.md.

mod columns;
mod cut;
mod extent;
mod part;
mod row;

use cart_schemas::partition::Partition;
use cart_schemas::topic::Topic;
use cart_storage::log::{Bounds, Log, Record, TopicPartition};

use self::cut::{Cut, CutError};
use self::extent::{Course, gaps};
use self::part::{PartError, held};
use crate::cli::{EventsArgs, FileFormat};
use crate::exit::Failure;
use crate::hourly::{Folder, FolderError, Hour, Hours};
use crate::patience;
use crate::place::{Errand, Installation, Opened, Place};
use crate::progress::{Count, Progress};
use crate::reading::{self, ReadError};

/// What files are.
const KIND: &str = "parquet";

/// Writes out the events of a place.
pub(crate) async fn run(args: EventsArgs, place: Place) -> Result<(), Failure> {
    let EventsArgs { from, to, format: FileFormat::Parquet, dir } = args;
    place.run(Lake { folder: Folder::at(dir), hours: Hours::between(from, to) }).await
}

struct Lake {
    folder: Folder,
    hours: Hours,
}

/// Why events are not written out.
#[derive(Debug, thiserror::Error)]
enum LakeError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Part(#[from] PartError),
    #[error(transparent)]
    Cut(#[from] CutError),
    #[error("the folder has events of partition {0} that this log has not: give another folder")]
    OtherLog(Partition),
}

/// What is to be read of a partition.
struct Missing {
    at: TopicPartition,
    gaps: Vec<Bounds>,
    /// Where the log ended when it was asked.
    end: i64,
}

impl Errand for Lake {
    type Outcome = ();

    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        let log = Opened::open(at).await?.log;
        self.write_out(&log)
            .await
            .map_err(|source| Failure::failed("the events cannot be exported", source))
    }
}

impl Lake {
    async fn write_out<L: Log>(&self, log: &L) -> Result<(), LakeError> {
        let _writing = self.folder.write()?;
        let unreadable = |source| ReadError::Bounds(Topic::Events.to_string(), source);
        let partitions = patience::answered(|| log.partitions(Topic::Events)).await;
        let mut there = self.folder.hours()?;
        there.retain(|hour| self.hours.has(*hour));
        let mut all = Vec::new();
        for partition in partitions.map_err(unreadable)?.partitions() {
            all.push(self.missing(log, partition, &there).await?);
        }
        let lengths = all.iter().flat_map(|one| &one.gaps).map(|gap| gap.end - gap.start);
        let total = u64::try_from(lengths.sum::<i64>()).ok();
        let mut count = Progress::on_stderr().count("events exported", total);
        for one in &all {
            self.fill(log, one, &mut count).await?;
        }
        count.done();
        Ok(())
    }

    /// What of a partition is asked for and in no whole file.
    async fn missing<L: Log>(
        &self,
        log: &L,
        partition: Partition,
        there: &[Hour],
    ) -> Result<Missing, LakeError> {
        let at = TopicPartition { topic: Topic::Events, partition };
        let mut wanted = reading::bounds(log, at).await?;
        let end = wanted.end;
        let files = there.iter().map(|hour| held(&self.folder.part(*hour, partition, KIND)));
        let files: Vec<_> = files.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        if files.iter().any(|file| file.next > end) {
            return Err(LakeError::OtherLog(partition));
        }
        if let Some(to) = self.hours.to {
            wanted.end = reading::since(log, at, wanted, to.begins()).await?;
        }
        if let Some(from) = self.hours.from {
            wanted.start = reading::since(log, at, wanted, from.begins()).await?;
        }
        Ok(Missing { at, gaps: gaps(wanted, &files), end })
    }

    async fn fill<L: Log>(
        &self,
        log: &L,
        missing: &Missing,
        count: &mut Count,
    ) -> Result<(), CutError> {
        for gap in &missing.gaps {
            let mut cut = Cut::of(missing.at.partition, &self.folder);
            let take = |record: Record| {
                count.add(1);
                cut.take(&record)
            };
            reading::read(log, missing.at, *gap, take).await?;
            // What follows a gap is of a later hour: a whole file, or what was not asked for.
            cut.end(if gap.end < missing.end { Course::Ended } else { Course::Open })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
