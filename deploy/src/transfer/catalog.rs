//! Copies the catalog and the levels of stock: what is for sale there is what was for sale here, and
//! nothing else.

use std::collections::BTreeMap;

use bytes::Bytes;
use cart_schemas::partition::Partition;
use cart_schemas::topic::Topic;
use cart_storage::log::{AppendError, Lane, Log, NewRecord, TopicPartition};

use crate::exit::Failure;
use crate::reading::{self, ReadError};

/// The catalog's only partition.
const CATALOG: TopicPartition =
    TopicPartition { topic: Topic::Products, partition: Partition::new(0) };
/// The only partition of the levels.
const LEVELS: TopicPartition =
    TopicPartition { topic: Topic::InventoryLevels, partition: Partition::new(0) };
/// Rows appended at a time: one round trip for many, and well below what a log takes at once.
const AT_ONCE: usize = 200;

type Rows = BTreeMap<Bytes, Bytes>;

/// A catalog that was copied.
#[derive(Debug)]
pub(super) struct Catalog {
    /// How many products it has.
    pub(super) products: usize,
    /// Where it ended when it was read.
    pub(super) end: i64,
}

/// Makes the target's catalog and its levels the source's. Levels are told by decisions alone, so
/// that a source whose commands are all decided tells no other.
pub(super) async fn copy<L: Log, M: Log>(source: &L, target: &M) -> Result<Catalog, Failure> {
    copy_table(source, target, LEVELS).await?;
    copy_table(source, target, CATALOG).await
}

async fn copy_table<L: Log, M: Log>(
    source: &L,
    target: &M,
    at: TopicPartition,
) -> Result<Catalog, Failure> {
    let (rows, end) = read(source, at).await?;
    let (there, _) = read(target, at).await?;
    let gone = there.keys().filter(|key| !rows.contains_key(*key));
    let gone = gone.map(|key| (at, record(key, None)));
    let other = rows.iter().filter(|(key, row)| there.get(*key) != Some(*row));
    let other = other.map(|(key, row)| (at, record(key, Some(row))));
    let changes: Vec<_> = other.chain(gone).collect();
    for some in changes.chunks(AT_ONCE) {
        append(target, some).await?;
    }
    if changes.is_empty() || read(target, at).await?.0 == rows {
        return Ok(Catalog { products: rows.len(), end });
    }
    Err(Failure::Usage("the catalog changes where the carts go to: stop what writes there".into()))
}

/// Appends all of these. A log takes as many at once as it has room for; what fails otherwise is
/// for the next time the move is run.
async fn append<M: Log>(
    target: &M,
    mut rest: &[(TopicPartition, NewRecord)],
) -> Result<(), Failure> {
    while !rest.is_empty() {
        let run = target.append_run(Lane::Facts, rest.to_vec()).await;
        let taken = run.acknowledged.min(rest.len());
        rest = rest.get(taken..).unwrap_or_default();
        match run.failure {
            None => {}
            Some(AppendError::Full) if taken > 0 => {}
            Some(error) => return Err(Failure::failed("the catalog cannot be copied", error)),
        }
    }
    Ok(())
}

/// Where a catalog ends.
pub(super) async fn end<L: Log>(log: &L) -> Result<i64, Failure> {
    let bounds = reading::bounds(log, CATALOG).await;
    bounds
        .map(|bounds| bounds.end)
        .map_err(|source| Failure::failed("the catalog cannot be read", source))
}

fn record(key: &Bytes, row: Option<&Bytes>) -> NewRecord {
    NewRecord { key: Some(key.clone()), value: row.cloned(), headers: Vec::new() }
}

async fn read<L: Log>(log: &L, at: TopicPartition) -> Result<(Rows, i64), Failure> {
    let mut rows = Rows::new();
    let unreadable = |source: ReadError| Failure::failed("the catalog cannot be read", source);
    let bounds = reading::bounds(log, at).await.map_err(unreadable)?;
    let reading = reading::read(log, at, bounds, |record| {
        match (record.key, record.value) {
            (Some(key), Some(value)) => drop(rows.insert(key, value)),
            (Some(key), None) => drop(rows.remove(&key)),
            (None, _) => {}
        }
        Ok::<(), ReadError>(())
    });
    reading.await.map_err(unreadable)?;
    Ok((rows, bounds.end))
}
