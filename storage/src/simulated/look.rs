//! Looking into a world without asking it: for checks. Nothing here takes time or fails.

use bytes::Bytes;
use cart_schemas::cql::{Index, Table};
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::{PROCESSORS, STOCK_PROCESSORS, Topic};

use super::replicas::{ALL, Cell, PAIRS};
use super::{ClientId, World};
use crate::log::{Record, TopicPartition};
use crate::store::Note;

impl World {
    /// Every record of a partition.
    #[must_use]
    pub fn records(&self, at: TopicPartition) -> Vec<Record> {
        self.look().topics.read(at, 0, usize::MAX).to_vec()
    }

    /// The offset the next record of a partition will get.
    #[must_use]
    pub fn end(&self, at: TopicPartition) -> i64 {
        self.look().topics.end(at)
    }

    /// The record at an offset.
    #[must_use]
    pub fn record(&self, at: TopicPartition, offset: i64) -> Option<Record> {
        self.look().topics.read(at, offset, 1).first().cloned()
    }

    /// What each pair of replicas would answer: (0, 1), (0, 2), (1, 2).
    #[must_use]
    pub fn quorum_reads(&self, table: Table, key: &str) -> [Option<(Bytes, Timestamp)>; 3] {
        let state = self.look();
        PAIRS.map(|pair| state.replicas.cell(table, key, &pair).map(bytes_first))
    }

    /// The newest cell of any replica.
    #[must_use]
    pub fn cell(&self, table: Table, key: &str) -> Option<(Bytes, Timestamp)> {
        self.look().replicas.cell(table, key, &ALL).map(bytes_first)
    }

    /// Every key of a table that any replica has.
    #[must_use]
    pub fn keys(&self, table: Table) -> Vec<String> {
        self.look().replicas.keys(table)
    }

    /// The entries of a slot, of all replicas together.
    #[must_use]
    pub fn notes(&self, index: Index, slot: &str) -> Vec<Note> {
        self.look().replicas.notes((index, slot), None, &ALL).collect()
    }

    /// Every slot of an index that any replica has heard of, also if it was dropped since.
    #[must_use]
    pub fn slots(&self, index: Index) -> Vec<String> {
        self.look().replicas.slot_names(index)
    }

    /// The offset the processors have committed for a partition of the commands.
    #[must_use]
    pub fn committed(&self, partition: Partition) -> Option<i64> {
        let at = TopicPartition { topic: Topic::Commands, partition };
        self.look().committed_now(PROCESSORS, at)
    }

    /// The offset the skus' processors have committed for a partition of the stock commands.
    #[must_use]
    pub fn stock_committed(&self, partition: Partition) -> Option<i64> {
        let at = TopicPartition { topic: Topic::InventoryCommands, partition };
        self.look().committed_now(STOCK_PROCESSORS, at)
    }

    /// Whom the processors' coordinator holds for the owner of a partition.
    #[must_use]
    pub fn owner(&self, partition: Partition) -> Option<ClientId> {
        let state = self.look();
        let group = state.groups.iter().find(|group| group.is(PROCESSORS, Topic::Commands))?;
        group.owner(partition)
    }
}

fn bytes_first((ts, bytes): &Cell) -> (Bytes, Timestamp) {
    (bytes.clone(), *ts)
}
