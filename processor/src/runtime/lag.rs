//! How far behind each partition is, for `/metrics`.

use cart_schemas::partition::Partition;
use cart_storage::log::Log;

use crate::fold::Site;

/// Measures the records that lie between each frontier and its partition's end.
pub(super) async fn measure<L: Log>(log: L, site: Site, frontiers: Vec<(Partition, i64)>) {
    for (partition, frontier) in frontiers {
        let Ok(bounds) = log.bounds(site.at(partition)).await else { continue };
        let lag = u32::try_from(bounds.end.saturating_sub(frontier).max(0)).unwrap_or(u32::MAX);
        let (topic, partition) = (site.commands.to_string(), partition.to_string());
        metrics::gauge!("cartstream_lag_records", "topic" => topic, "partition" => partition)
            .set(lag);
    }
}
