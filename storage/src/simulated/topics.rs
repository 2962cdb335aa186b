//! The topics: partitions of records, and who reads them. Knows no fate and no group.

use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;

use super::agenda::TailId;
use crate::log::{NewRecord, Record, TopicPartition};

/// Its place among [`Topic::ALL`].
pub(super) const fn ordinal(topic: Topic) -> usize {
    match topic {
        Topic::Commands => 0,
        Topic::Replies => 1,
        Topic::Events => 2,
        Topic::Products => 3,
        Topic::CommandsDeadLetters => 4,
        Topic::InventoryCommands => 5,
        Topic::InventoryLevels => 6,
        Topic::InventoryDeadLetters => 7,
        Topic::Analytics => 8,
    }
}

/// A partition's records, from offset 0.
#[derive(Default)]
struct Shard {
    records: Vec<Record>,
    readers: Vec<TailId>,
}

/// Every topic there is.
pub(super) struct Topics {
    /// By ordinal, then by partition.
    shards: Vec<Vec<Shard>>,
    partitions: PartitionCount,
}

impl Topics {
    pub(super) fn new(partitions: PartitionCount) -> Self {
        let mut topics = Self { shards: Vec::new(), partitions };
        let shards = |topic| topics.count(topic).partitions().map(|_| Shard::default()).collect();
        topics.shards = Topic::ALL.into_iter().map(shards).collect();
        topics
    }

    /// How many partitions a topic has.
    pub(super) fn count(&self, topic: Topic) -> PartitionCount {
        const ONE: PartitionCount = match PartitionCount::new(1) {
            Some(count) => count,
            None => panic!("1 is a count"),
        };
        if topic.is_partitioned() { self.partitions } else { ONE }
    }

    /// Whether there is such a partition.
    pub(super) fn has(&self, at: TopicPartition) -> bool {
        self.shard(at).is_some()
    }

    /// The offset the next record will get.
    pub(super) fn end(&self, at: TopicPartition) -> i64 {
        self.shard(at).map_or(0, |shard| offset(shard.records.len()))
    }

    /// The records from an offset on, at most so many.
    pub(super) fn read(&self, at: TopicPartition, from: i64, count: usize) -> &[Record] {
        let records = self.shard(at).map_or(&[][..], |shard| &shard.records);
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let rest = records.get(from..).unwrap_or_default();
        rest.get(..count.min(rest.len())).unwrap_or_default()
    }

    /// Appends a record at a time; `back` steps from the time of the last one instead.
    pub(super) fn append(
        &mut self,
        at: TopicPartition,
        new: NewRecord,
        now: i64,
        back: Option<i64>,
    ) -> Option<&Record> {
        let records = &mut self.shard_mut(at)?.records;
        let last = records.last().map(|last| last.appended.micros());
        let appended = last.zip(back).map_or(now, |(last, back)| last - back);
        records.push(Record {
            offset: offset(records.len()),
            appended: Timestamp::from_micros(appended),
            key: new.key,
            value: new.value,
            headers: new.headers,
        });
        records.last()
    }

    /// Deletes all records of a topic, and tells who reads which of its partitions.
    pub(super) fn clear(&mut self, topic: Topic) -> Vec<(TailId, TopicPartition)> {
        let mut readers = Vec::new();
        for (number, shard) in (0..).zip(self.shards.get_mut(ordinal(topic)).into_iter().flatten())
        {
            shard.records.clear();
            let at = TopicPartition { topic, partition: Partition::new(number) };
            readers.extend(shard.readers.iter().map(|tail| (*tail, at)));
        }
        readers
    }

    /// Who reads a partition: the one with this number, counted from 0.
    pub(super) fn reader(&self, at: TopicPartition, number: usize) -> Option<TailId> {
        self.shard(at)?.readers.get(number).copied()
    }

    /// Has a tail told of records to come.
    pub(super) fn join(&mut self, at: TopicPartition, tail: TailId) {
        if let Some(shard) = self.shard_mut(at)
            && !shard.readers.contains(&tail)
        {
            shard.readers.push(tail);
        }
    }

    /// The opposite of [`Self::join`].
    pub(super) fn leave(&mut self, at: TopicPartition, tail: TailId) {
        if let Some(shard) = self.shard_mut(at) {
            shard.readers.retain(|reader| *reader != tail);
        }
    }

    fn shard(&self, at: TopicPartition) -> Option<&Shard> {
        self.shards.get(ordinal(at.topic))?.get(usize::from(at.partition.number()))
    }

    fn shard_mut(&mut self, at: TopicPartition) -> Option<&mut Shard> {
        self.shards.get_mut(ordinal(at.topic))?.get_mut(usize::from(at.partition.number()))
    }
}

fn offset(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
