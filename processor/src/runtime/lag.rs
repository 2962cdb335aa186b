//! How far behind each partition is, for `/metrics`.

use cart_schemas::partition::Partition;
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, TopicPartition};

/// Measures the records that lie between each frontier and its partition's end.
pub(super) async fn measure<L: Log>(log: L, frontiers: Vec<(Partition, i64)>) {
    for (partition, frontier) in frontiers {
        let Ok(bounds) = log.bounds(TopicPartition { topic: Topic::Commands, partition }).await
        else {
            continue;
        };
        let lag = u32::try_from(bounds.end.saturating_sub(frontier).max(0)).unwrap_or(u32::MAX);
        metrics::gauge!("cartstream_lag_records", "partition" => partition.to_string()).set(lag);
    }
}
