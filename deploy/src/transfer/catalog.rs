//! Copies the catalog: what is for sale there is what was for sale here, and nothing else.

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
/// Products appended at a time: one round trip for many, and well below what a log takes at once.
const AT_ONCE: usize = 200;

type Products = BTreeMap<Bytes, Bytes>;

/// A catalog that was copied.
#[derive(Debug)]
pub(super) struct Catalog {
    /// How many products it has.
    pub(super) products: usize,
    /// Where it ended when it was read.
    pub(super) end: i64,
}

/// Makes the target's catalog the source's.
pub(super) async fn copy<L: Log, M: Log>(source: &L, target: &M) -> Result<Catalog, Failure> {
    let (products, end) = read(source).await?;
    let (there, _) = read(target).await?;
    let gone = there.keys().filter(|key| !products.contains_key(*key));
    let gone = gone.map(|key| record(key, None));
    let other = products.iter().filter(|(key, product)| there.get(*key) != Some(*product));
    let changes: Vec<_> =
        other.map(|(key, product)| record(key, Some(product))).chain(gone).collect();
    for some in changes.chunks(AT_ONCE) {
        append(target, some).await?;
    }
    if changes.is_empty() || read(target).await?.0 == products {
        return Ok(Catalog { products: products.len(), end });
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

fn record(key: &Bytes, product: Option<&Bytes>) -> (TopicPartition, NewRecord) {
    let (key, value) = (Some(key.clone()), product.cloned());
    (CATALOG, NewRecord { key, value, headers: Vec::new() })
}

async fn read<L: Log>(log: &L) -> Result<(Products, i64), Failure> {
    let mut products = Products::new();
    let unreadable = |source: ReadError| Failure::failed("the catalog cannot be read", source);
    let bounds = reading::bounds(log, CATALOG).await.map_err(unreadable)?;
    let reading = reading::read(log, CATALOG, bounds, |record| {
        match (record.key, record.value) {
            (Some(key), Some(value)) => drop(products.insert(key, value)),
            (Some(key), None) => drop(products.remove(&key)),
            (None, _) => {}
        }
        Ok::<(), ReadError>(())
    });
    reading.await.map_err(unreadable)?;
    Ok((products, bounds.end))
}
