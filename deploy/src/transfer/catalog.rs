//! Copies the catalog: what is for sale there is what was for sale here, and nothing else.

use std::collections::BTreeMap;

use bytes::Bytes;
use cart_schemas::partition::Partition;
use cart_schemas::topic::Topic;
use cart_storage::log::{Lane, Log, NewRecord, TopicPartition};

use crate::exit::Failure;
use crate::reading::{self, ReadError};

/// The catalog's only partition.
const CATALOG: TopicPartition =
    TopicPartition { topic: Topic::Products, partition: Partition::new(0) };
/// Products appended at a time: one round trip for many, and well below what a log takes at once.
const AT_ONCE: usize = 200;

type Products = BTreeMap<Bytes, Bytes>;

/// Makes the target's catalog the source's, and tells how many products that are.
pub(super) async fn copy<L: Log, M: Log>(source: &L, target: &M) -> Result<usize, Failure> {
    let products = read(source).await?;
    let there = read(target).await?;
    let gone = there.keys().filter(|key| !products.contains_key(*key));
    let gone = gone.map(|key| record(key, None));
    let other = products.iter().filter(|(key, product)| there.get(*key) != Some(*product));
    let changes: Vec<_> =
        other.map(|(key, product)| record(key, Some(product))).chain(gone).collect();
    for some in changes.chunks(AT_ONCE) {
        let run = target.append_run(Lane::Facts, some.to_vec()).await;
        if let Some(error) = run.failure {
            return Err(Failure::failed("the catalog cannot be copied", error));
        }
    }
    if changes.is_empty() || read(target).await? == products {
        return Ok(products.len());
    }
    Err(Failure::Usage("the catalog changes where the carts go to: stop what writes there".into()))
}

fn record(key: &Bytes, product: Option<&Bytes>) -> (TopicPartition, NewRecord) {
    let (key, value) = (Some(key.clone()), product.cloned());
    (CATALOG, NewRecord { key, value, headers: Vec::new() })
}

async fn read<L: Log>(log: &L) -> Result<Products, Failure> {
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
    Ok(products)
}
