//! The tables of the data file. A change here is a new format.

use cart_schemas::cql::{Index, Table};
use cart_schemas::partition::PartitionCount;
use cart_schemas::topic::Topic;
use redb::TableDefinition;

/// The format of the data file this build writes and reads.
pub(super) const FORMAT: u64 = 1;

/// Numbers about the file itself: see the keys below.
pub(super) const ABOUT: TableDefinition<'static, &str, u64> = TableDefinition::new("about");
/// The format.
pub(super) const ABOUT_FORMAT: &str = "format";
/// How many partitions the command log has.
pub(super) const ABOUT_PARTITIONS: &str = "partitions";
/// The number of the last transaction.
pub(super) const ABOUT_TRANSACTION: &str = "transaction";
/// Is there where the first days of the log were simulated.
pub(super) const ABOUT_SIMULATED: &str = "simulated";

/// By topic and partition: the first offset, the next one, and the last append time.
pub(super) const BOUNDS: TableDefinition<'static, (&str, u16), (i64, i64, i64)> =
    TableDefinition::new("bounds");

/// By group, topic and partition: the committed offset.
pub(super) const COMMITS: TableDefinition<'static, (&str, &str, u16), i64> =
    TableDefinition::new("commits");

/// Append time, key, value, headers.
pub(super) type StoredRecord =
    (i64, Option<&'static [u8]>, Option<&'static [u8]>, Vec<(&'static str, &'static [u8])>);

/// The records of a topic by partition and offset; none for a topic that is kept in memory only.
pub(super) const fn records(
    topic: Topic,
) -> Option<TableDefinition<'static, (u16, i64), StoredRecord>> {
    match topic {
        Topic::Replies => None,
        Topic::Commands => Some(TableDefinition::new("commands")),
        Topic::Events => Some(TableDefinition::new("events")),
        Topic::Products => Some(TableDefinition::new("products")),
        Topic::CommandsDeadLetters => Some(TableDefinition::new("commands-dead-letters")),
        Topic::InventoryCommands => Some(TableDefinition::new("inventory-commands")),
        Topic::InventoryLevels => Some(TableDefinition::new("inventory-levels")),
        Topic::InventoryDeadLetters => Some(TableDefinition::new("inventory-dead-letters")),
        Topic::Analytics => Some(TableDefinition::new("analytics")),
    }
}

/// The name a topic has in [`BOUNDS`] and [`COMMITS`].
pub(super) const fn topic_name(topic: Topic) -> &'static str {
    match topic {
        Topic::Replies => "replies",
        Topic::Commands => "commands",
        Topic::Events => "events",
        Topic::Products => "products",
        Topic::CommandsDeadLetters => "commands-dead-letters",
        Topic::InventoryCommands => "inventory-commands",
        Topic::InventoryLevels => "inventory-levels",
        Topic::InventoryDeadLetters => "inventory-dead-letters",
        Topic::Analytics => "analytics",
    }
}

/// How many partitions a topic has if the command log has `count`.
pub(super) const fn partitions(topic: Topic, count: PartitionCount) -> PartitionCount {
    if topic.is_partitioned() { count } else { PartitionCount::ONE }
}

/// The cells of a table by key: timestamp and content.
pub(super) const fn cells(
    table: Table,
) -> TableDefinition<'static, &'static str, (i64, &'static [u8])> {
    TableDefinition::new(table.name())
}

/// The entries of an index by slot and entry: the largest timestamp each was noted at.
pub(super) const fn notes(
    index: Index,
) -> TableDefinition<'static, (&'static str, &'static str), i64> {
    TableDefinition::new(index.name())
}

/// The dropped slots of an index: the largest timestamp each was dropped at.
pub(super) const fn drops(index: Index) -> TableDefinition<'static, &'static str, i64> {
    match index {
        Index::Timers => TableDefinition::new("timers-dropped"),
        Index::History => TableDefinition::new("history-dropped"),
        Index::Holders => TableDefinition::new("holders-dropped"),
        Index::Tallied => TableDefinition::new("tallied-dropped"),
        Index::Untaken => TableDefinition::new("untaken-dropped"),
    }
}
