//! Where things lie that an endpoint is told: how far it was, and what it did not take. Pure.

use cart_schemas::partition::Partition;
use cart_schemas::topic::Topic;

use super::endpoint::EndpointId;

/// The key of how far an endpoint was told of a partition.
pub(super) fn mark_key(id: EndpointId, partition: Partition) -> String {
    format!("{}/webhook-{id}/{partition}", Topic::Analytics)
}

/// The entry of something an endpoint did not take. Entries sort as the log does.
pub(super) fn entry(partition: Partition, offset: i64) -> String {
    format!("{:05}/{offset:019}", partition.number())
}

/// Where an entry lies; `None` if it is none.
pub(super) fn of_entry(entry: &str) -> Option<(Partition, i64)> {
    let (partition, offset) = entry.split_once('/')?;
    Some((Partition::new(partition.parse().ok()?), offset.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_where_it_lies() {
        for (partition, offset) in [(0, 0), (63, 1), (12, i64::MAX)] {
            let partition = Partition::new(partition);
            assert_eq!(of_entry(&entry(partition, offset)), Some((partition, offset)));
        }
        assert!(entry(Partition::new(2), 9) < entry(Partition::new(2), 10));
        assert_eq!(of_entry("1"), None);
    }
}
