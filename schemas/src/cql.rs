//! The tables and their CQL text, the same on `ScyllaDB` and Apache Cassandra.
//!
//! A table has one cell per key, so an equal timestamp can never mix two writers. No row has a TTL
//! and none is deleted: both would outlive or undo writes that carry log time.

use crate::topic::Namespace;

/// Tables of one cell per key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Table {
    /// A cart's record, by cart key.
    Carts,
    /// How far a partition is stored, and what the installation knows of itself.
    Progress,
    /// A cart as it came from another installation, by cart key: what its events here begin with.
    Snapshots,
    /// A sku's record, by sku.
    Skus,
    /// What is counted of carts, and what is remembered of each to go on counting.
    Tallies,
    /// Whom a shop wants told of its carts, by endpoint.
    Webhooks,
    /// Whether and when customers may be written to, by cart key.
    Consents,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 7] = [
        Self::Carts,
        Self::Progress,
        Self::Snapshots,
        Self::Skus,
        Self::Tallies,
        Self::Webhooks,
        Self::Consents,
    ];

    /// Its name in the keyspace.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Carts => "carts",
            Self::Progress => "progress",
            Self::Snapshots => "snapshots",
            Self::Skus => "skus",
            Self::Tallies => "tallies",
            Self::Webhooks => "webhooks",
            Self::Consents => "consents",
        }
    }
}

/// Insert-only indexes: sorted entries in slots, dropped by the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Index {
    /// Armed timers, by partition and five minutes of due time.
    Timers,
    /// The events of carts, by cart and a run of its versions.
    History,
    /// The carts that hold, or once held, a product, by sku and a part of the carts.
    Holders,
    /// The rows of counts there are, by shop.
    Tallied,
    /// Notices an endpoint did not take, by endpoint.
    Untaken,
}

impl Index {
    /// Every index.
    pub const ALL: [Self; 5] =
        [Self::Timers, Self::History, Self::Holders, Self::Tallied, Self::Untaken];

    /// Its name in the keyspace.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timers => "timers",
            Self::History => "history",
            Self::Holders => "holders",
            Self::Tallied => "tallied",
            Self::Untaken => "untaken",
        }
    }
}

/// How long a dropped slot is remembered: longer than commands are kept (7 days), so that no
/// replayed note brings an entry back.
pub const DROPPED_FOR_SECONDS: u32 = 10 * 24 * 60 * 60;

/// Creates the keyspace, each range on `replication` nodes of a data centre.
#[must_use]
pub fn create_keyspace(namespace: &Namespace, replication: u16) -> String {
    format!(
        "CREATE KEYSPACE IF NOT EXISTS {} WITH replication = \
         {{'class': 'NetworkTopologyStrategy', 'replication_factor': {replication}}}",
        namespace.keyspace()
    )
}

/// Creates every table and index.
pub fn create_tables(namespace: &Namespace) -> impl Iterator<Item = String> {
    let keyspace = namespace.keyspace();
    let tables = Table::ALL.map(|table| {
        format!(
            "CREATE TABLE IF NOT EXISTS {keyspace}.{} (key text PRIMARY KEY, cell blob) \
             WITH compression = {{'class': 'LZ4Compressor'}}",
            table.name()
        )
    });
    let indexes = Index::ALL.map(|index| {
        format!(
            "CREATE TABLE IF NOT EXISTS {keyspace}.{} \
             (slot text, entry text, ts bigint, PRIMARY KEY (slot, entry)) \
             WITH gc_grace_seconds = {DROPPED_FOR_SECONDS}",
            index.name()
        )
    });
    tables.into_iter().chain(indexes)
}
