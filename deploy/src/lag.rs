//! `cartstream lag`: how far behind the processors are, by partition. Reads only.

use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::log::{Bounds, Log, TopicPartition};
use serde::Serialize;

use crate::answer::{self, Form};
use crate::backlog::{self, Backlog};
use crate::clock;
use crate::exit::Failure;
use crate::place::{Errand, Installation, Opened, Place};
use crate::reading::{self, ReadError};

/// Tells what waits. A backlog is no failure.
pub(crate) async fn run(form: Form, place: Place) -> Result<(), Failure> {
    place.run(Lag(form)).await
}

struct Lag(Form);

/// A partition, and since when its oldest command waits.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(flatten)]
    backlog: Backlog,
    oldest_appended: Option<String>,
    oldest_age_seconds: Option<u64>,
}

impl Errand for Lag {
    type Outcome = ();

    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        let log = Opened::open(at).await?.log;
        let mut rows = Vec::new();
        for partition in backlog::partitions(&log).await?.partitions() {
            rows.push(measure(&log, partition).await?);
        }
        let head = ["partition", "end", "committed", "waiting", "oldest waits for"];
        answer::rows(self.0, &rows, head, Row::cells)?;
        if self.0.json { Ok(()) } else { answer::write(&sum(&rows)) }
    }
}

/// What waits altogether: a table of 64 partitions is long.
fn sum(rows: &[Row]) -> String {
    let behind = rows.iter().filter(|row| row.backlog.waiting > 0).count();
    let waiting: u64 = rows.iter().map(|row| row.backlog.waiting).sum();
    match waiting {
        0 => "nothing waits\n".to_owned(),
        1.. => format!("{waiting} commands wait, on {behind} of {} partitions\n", rows.len()),
    }
}

async fn measure<L: Log>(log: &L, partition: Partition) -> Result<Row, Failure> {
    let backlog = backlog::of(log, partition).await?;
    let appended = match backlog.oldest() {
        Some(offset) => appended(log, partition, offset).await?,
        None => None,
    };
    Ok(Row::new(backlog, appended, clock::now()))
}

/// When the record there was appended.
async fn appended<L: Log>(
    log: &L,
    partition: Partition,
    offset: i64,
) -> Result<Option<Timestamp>, Failure> {
    let at = TopicPartition { topic: Topic::Commands, partition };
    let bounds = Bounds { start: offset, end: offset.saturating_add(1) };
    let mut found = None;
    let read = reading::read::<L, ReadError>(log, at, bounds, |record| {
        found = Some(record.appended);
        Ok(())
    });
    read.await.map_err(|source| Failure::failed("the oldest command cannot be read", source))?;
    Ok(found)
}

impl Row {
    fn new(backlog: Backlog, appended: Option<Timestamp>, now: Timestamp) -> Self {
        Self {
            backlog,
            oldest_appended: appended.map(|time| time.to_string()),
            oldest_age_seconds: appended.map(|time| time.seconds_until(now)),
        }
    }

    fn cells(&self) -> [String; 5] {
        let Backlog { partition, end, committed, waiting, .. } = self.backlog;
        [
            partition.to_string(),
            end.to_string(),
            committed.map_or_else(|| "-".to_owned(), |offset| offset.to_string()),
            waiting.to_string(),
            self.oldest_age_seconds.map_or_else(|| "-".to_owned(), answer::span),
        ]
    }
}
