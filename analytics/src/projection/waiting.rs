//! Events that have come and are not kept yet. Pure.

use std::collections::BTreeMap;

use bytes::Bytes;
use cart_schemas::partition::Partition;
use cart_storage::log::Record;

/// Bytes that are kept at once, however early: what waits lies in memory.
const FULL_BYTES: usize = 4 * 1024 * 1024;

/// Records in the order they came, each partition's own.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    partitions: BTreeMap<Partition, Vec<Record>>,
    bytes: usize,
}

impl Waiting {
    /// Takes what comes next of a partition.
    pub(super) fn take(&mut self, partition: Partition, records: Vec<Record>) {
        let bytes = |record: &Record| record.value.as_ref().map_or(0, Bytes::len);
        self.bytes += records.iter().map(bytes).sum::<usize>();
        self.partitions.entry(partition).or_default().extend(records);
    }

    /// Lets go of what is another member's now.
    pub(super) fn retain(&mut self, is_ours: impl Fn(&Partition) -> bool) {
        self.partitions.retain(|partition, _| is_ours(partition));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    /// Whether there should not be more of them.
    pub(super) const fn is_full(&self) -> bool {
        self.bytes >= FULL_BYTES
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = &Record> {
        self.partitions.values().flatten()
    }

    /// The records of each partition, in their order.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = (Partition, &[Record])> {
        self.partitions.iter().map(|(partition, records)| (*partition, records.as_slice()))
    }

    /// The last record of each partition.
    pub(super) fn last(&self) -> impl Iterator<Item = (Partition, &Record)> {
        let last = |(partition, records): (&Partition, _)| {
            let records: &Vec<Record> = records;
            records.last().map(|last| (*partition, last))
        };
        self.partitions.iter().filter_map(last)
    }
}
