//! Records that are none of ours in the command log: anyone may write to a topic.

use bytes::Bytes;
use cart_schemas::id::CartKey;
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::topic::Topic;
use cart_storage::log::{Lane, Log as _, NewRecord, Record, TopicPartition};
use cart_storage::simulated::{Simulated, World};

use super::plan::Stray;

/// The cart a stray is about, and the log it lies in.
pub(super) struct Near<'a> {
    world: &'a World,
    count: PartitionCount,
    key: Bytes,
    home: Partition,
}

impl<'a> Near<'a> {
    pub(super) fn new(world: &'a World, count: PartitionCount, key: &CartKey) -> Self {
        let key = Bytes::copy_from_slice(key.as_str().as_bytes());
        let home = count.partition_of(&key);
        Self { world, count, key, home }
    }

    /// Appends a stray of a kind; `pick` says which record is copied.
    pub(super) fn append(&self, outsider: &Simulated, kind: Stray, pick: u64) {
        let Some((partition, record)) = self.draw(kind, pick) else { return };
        let to = TopicPartition { topic: Topic::Commands, partition };
        drop(outsider.append(Lane::Commands, to, record));
    }

    fn draw(&self, kind: Stray, pick: u64) -> Option<(Partition, NewRecord)> {
        let own = || NewRecord { key: Some(self.key.clone()), ..NewRecord::default() };
        match kind {
            Stray::Garbage => {
                let value = Some(Bytes::from_static(b"{\"not\":\"a command\"}"));
                Some((self.home, NewRecord { value, ..own() }))
            }
            Stray::Empty => Some((self.home, own())),
            Stray::ForeignKey => {
                let key = Some(Bytes::from_static(b"somebody.else"));
                Some((self.home, NewRecord { key, ..self.copied(pick)? }))
            }
            Stray::WrongPartition => {
                let other = Partition::new((self.home.number() + 1) % self.count.get());
                (other != self.home).then_some((other, self.copied(pick)?))
            }
            Stray::Copy => Some((self.home, self.copied(pick)?)),
        }
    }

    /// A copy of a record of the cart's partition.
    fn copied(&self, pick: u64) -> Option<NewRecord> {
        let at = TopicPartition { topic: Topic::Commands, partition: self.home };
        let end = u64::try_from(self.world.end(at)).ok().filter(|end| *end > 0)?;
        let offset = i64::try_from(pick % end).ok()?;
        let Record { key, value, headers, .. } = self.world.record(at, offset)?;
        Some(NewRecord { key, value, headers })
    }
}
