//! The way to store and log: rows, holders and Refreshes, for as long as it takes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBuilder, Retryable as _};
use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::generation::Generation;
use cart_schemas::holders;
use cart_schemas::id::SkuKey;
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::record::Progress;
use cart_schemas::topic::{PROCESSORS, Topic};
use cart_storage::log::{Lane, Log, LogError, NewRecord, TopicPartition};
use cart_storage::store::{Store, StoreError};
use futures::future::{join_all, try_join_all};

use super::told::{self, Cursor, Told};

/// Carts of a page: whoever changes a cart meanwhile waits behind so many decisions at most, ten
/// milliseconds of one partition's, and a crash tells so many again.
pub(super) const PAGE: u16 = 50;
/// Rows of a scan's page: a row is some 200 bytes.
const ROWS: u16 = 1_000;
/// How long it is waited for what was asked of carts to be decided. A processor that takes over needs
/// a session; a partition that stopped is not to keep the news from all others.
const DECIDED_WITHIN: Duration = Duration::from_secs(15);
/// Between two looks at it.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The way to store and log.
#[derive(Debug, Clone)]
pub(super) struct Keeper<L, S> {
    log: L,
    store: S,
    partitions: PartitionCount,
    /// Whose offsets are in the marks.
    generation: Generation,
}

const fn commands(partition: Partition) -> TopicPartition {
    TopicPartition { topic: Topic::Commands, partition }
}

/// Offsets by partition.
pub(super) type Ends = BTreeMap<Partition, i64>;

impl<L: Log, S: Store> Keeper<L, S> {
    /// Learns how many partitions there are.
    pub(super) async fn open((log, store): (L, S), generation: Generation) -> Self {
        let partitions = persist(|| log.partitions(Topic::Commands)).await;
        Self { log, store, partitions, generation }
    }

    /// The partition of a cart's commands.
    pub(super) fn partition_of(&self, key: &[u8]) -> Partition {
        self.partitions.partition_of(key)
    }

    /// Every row there is.
    pub(super) async fn rows(&self) -> BTreeMap<SkuKey, Told> {
        let (mut rows, mut after) = (BTreeMap::new(), None);
        loop {
            let page = persist(|| self.store.scan(Table::Progress, after.as_ref(), ROWS)).await;
            rows.extend(page.rows.into_iter().filter_map(|row| {
                let told = Told::decode(&row.cell)?;
                Some((told::sku(&row.key)?, told))
            }));
            after = page.next;
            if after.is_none() {
                return rows;
            }
        }
    }

    /// A sku's row.
    pub(super) async fn row(&self, sku: &SkuKey) -> Option<Told> {
        let key = told::key(sku);
        let cell = persist(|| self.store.load(Table::Progress, &key)).await;
        cell.and_then(|cell| Told::decode(&cell))
    }

    /// Writes a sku's row.
    pub(super) async fn put(&self, sku: &SkuKey, told: &Told) {
        let (key, cell) = (told::key(sku), Bytes::from(told.encode()));
        persist(|| self.store.put(Table::Progress, &key, cell.clone(), told.ts)).await;
    }

    /// The next page of those who hold a sku.
    pub(super) async fn holders(&self, sku: &SkuKey, cursor: &Cursor) -> Vec<String> {
        let (slot, after) = (holders::slot(sku, cursor.part), cursor.after.as_deref());
        let notes = persist(|| self.store.entries(Index::Holders, &slot, after, PAGE)).await;
        notes.into_iter().map(|note| note.entry).collect()
    }

    /// Appends commands until all are acknowledged, in whatever order, and gives where they end.
    pub(super) async fn append(&self, commands: Vec<(TopicPartition, NewRecord)>) -> Ends {
        let (mut rest, mut ends, mut waits) = (commands, Ends::new(), backoff().build());
        while !rest.is_empty() {
            let appends =
                rest.iter().map(|(to, record)| self.log.append(Lane::Facts, *to, record.clone()));
            let appended = join_all(appends.collect::<Vec<_>>()).await;
            let mut unsent = Vec::new();
            for ((to, record), ack) in rest.into_iter().zip(appended) {
                match ack {
                    Ok(ack) => {
                        let end = ends.entry(to.partition).or_default();
                        *end = (*end).max(ack.offset + 1);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "news are appended again");
                        unsent.push((to, record));
                    }
                }
            }
            rest = unsent;
            if !rest.is_empty() {
                tokio::time::sleep(waits.next().unwrap_or_default()).await;
            }
        }
        ends
    }

    /// Where the commands of all carts end now.
    pub(super) async fn ends(&self) -> Ends {
        let end = async |partition| {
            let bounds = self.log.bounds(commands(partition)).await?;
            Ok::<_, LogError>((partition, if bounds.start < bounds.end { bounds.end } else { 0 }))
        };
        let all = persist(|| try_join_all(self.partitions.partitions().map(end))).await;
        all.into_iter().filter(|(_, end)| *end > 0).collect()
    }

    /// Waits until everything before these offsets is decided, or it took too long; gives the
    /// partitions that stand still.
    pub(super) async fn decided(&self, ends: Ends) -> BTreeSet<Partition> {
        let (began, mut waiting) = (Instant::now(), ends);
        loop {
            let looks = waiting.into_iter().map(async |(partition, end)| {
                let behind = !self.is_decided(partition, end).await;
                behind.then_some((partition, end))
            });
            waiting = join_all(looks).await.into_iter().flatten().collect();
            if waiting.is_empty() || began.elapsed() > DECIDED_WITHIN {
                return waiting.into_keys().collect();
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Whether everything before an offset is decided. What is stored is marked at once, but not what
    /// stored nothing; what is committed is all of it, but only now and then.
    async fn is_decided(&self, partition: Partition, end: i64) -> bool {
        let key = format!("{}/{partition}", Topic::Commands);
        let mark = persist(|| self.store.load(Table::Progress, &key)).await;
        let mark = mark.and_then(|cell| Progress::decode(&cell).ok());
        let mark = mark.filter(|mark| mark.generation == self.generation);
        if mark.is_some_and(|mark| mark.offset >= end - 1) {
            return true;
        }
        let committed = persist(|| self.log.committed(PROCESSORS, commands(partition))).await;
        committed.is_some_and(|committed| committed >= end)
    }
}

/// What may have to be asked for again.
pub(super) trait Trouble: std::error::Error {}

impl Trouble for StoreError {}
impl Trouble for LogError {}

/// Repeats a request until it is done: nothing is skipped, whatever is wrong.
pub(super) async fn persist<T, E, F>(request: impl FnMut() -> F) -> T
where
    E: Trouble,
    F: Future<Output = Result<T, E>>,
{
    let mut request = request;
    loop {
        let tried = (&mut request).retry(backoff()).notify(|error, wait| {
            tracing::warn!(%error, ?wait, "asked again, to tell the news");
        });
        // The waits have no end, so that this is the first answer.
        if let Ok(done) = tried.await {
            return done;
        }
    }
}

/// Waits between tries: the first soon, the later ones not to add to an outage. Nobody waits for it.
fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(2))
        .without_max_times()
        .with_jitter()
}
