//! Every statement there is, prepared once: a local quorum, idempotent, log time on every write.

use cart_schemas::cql::{Index, Table};
use cart_schemas::topic::Namespace;
use futures::future::{try_join3, try_join4};
use scylla::client::session::Session;
use scylla::statement::Consistency;
use scylla::statement::prepared::PreparedStatement;
use scylla::statement::unprepared::Statement;

use crate::cql::{OpenError, fault};

/// The statements of every table and index.
pub(super) struct Statements {
    carts: Cells,
    progress: Cells,
    snapshots: Cells,
    skus: Cells,
    tallies: Cells,
    webhooks: Cells,
    consents: Cells,
    timers: Slots,
    history: Slots,
    holders: Slots,
    tallied: Slots,
    untaken: Slots,
}

/// The statements of a table.
pub(super) struct Cells {
    /// (key) → cell
    pub(super) load: PreparedStatement,
    /// (key, cell, timestamp)
    pub(super) put: PreparedStatement,
    /// (token) → (token, key, cell, timestamp), from that token on and in the order of tokens
    pub(super) scan: PreparedStatement,
}

/// The statements of an index.
pub(super) struct Slots {
    /// (slot, entry, ts, timestamp)
    pub(super) note: PreparedStatement,
    /// (slot, limit) → (entry, ts)
    pub(super) first: PreparedStatement,
    /// (slot, entry, limit) → (entry, ts)
    pub(super) after: PreparedStatement,
    /// (timestamp, slot)
    pub(super) drop_slot: PreparedStatement,
}

impl Statements {
    /// Prepares all of them.
    pub(super) async fn prepare(session: &Session, of: &Namespace) -> Result<Self, OpenError> {
        // Boxed, for they would be most of every future that opens a store.
        let cells = |table| Box::pin(Cells::prepare(session, of, table));
        let slots = |index| Box::pin(Slots::prepare(session, of, index));
        Ok(Self {
            carts: cells(Table::Carts).await?,
            progress: cells(Table::Progress).await?,
            snapshots: cells(Table::Snapshots).await?,
            skus: cells(Table::Skus).await?,
            tallies: cells(Table::Tallies).await?,
            webhooks: cells(Table::Webhooks).await?,
            consents: cells(Table::Consents).await?,
            timers: slots(Index::Timers).await?,
            history: slots(Index::History).await?,
            holders: slots(Index::Holders).await?,
            tallied: slots(Index::Tallied).await?,
            untaken: slots(Index::Untaken).await?,
        })
    }

    /// Those of a table.
    pub(super) const fn cells(&self, table: Table) -> &Cells {
        match table {
            Table::Carts => &self.carts,
            Table::Progress => &self.progress,
            Table::Snapshots => &self.snapshots,
            Table::Skus => &self.skus,
            Table::Tallies => &self.tallies,
            Table::Webhooks => &self.webhooks,
            Table::Consents => &self.consents,
        }
    }

    /// Those of an index.
    pub(super) const fn slots(&self, index: Index) -> &Slots {
        match index {
            Index::Timers => &self.timers,
            Index::History => &self.history,
            Index::Holders => &self.holders,
            Index::Tallied => &self.tallied,
            Index::Untaken => &self.untaken,
        }
    }
}

impl Cells {
    async fn prepare(session: &Session, of: &Namespace, table: Table) -> Result<Self, OpenError> {
        let name = format!("{}.{}", of.keyspace(), table.name());
        let load = format!("SELECT cell FROM {name} WHERE key = ?");
        let put = format!("INSERT INTO {name} (key, cell) VALUES (?, ?) USING TIMESTAMP ?");
        let scan = format!(
            "SELECT token(key), key, cell, writetime(cell) FROM {name} WHERE token(key) >= ?"
        );
        let (load, put, scan) =
            try_join3(prepare(session, load), prepare(session, put), prepare(session, scan))
                .await?;
        Ok(Self { load, put, scan })
    }
}

impl Slots {
    async fn prepare(session: &Session, of: &Namespace, index: Index) -> Result<Self, OpenError> {
        let name = format!("{}.{}", of.keyspace(), index.name());
        let rows = format!("SELECT entry, ts FROM {name} WHERE slot = ?");
        let note =
            format!("INSERT INTO {name} (slot, entry, ts) VALUES (?, ?, ?) USING TIMESTAMP ?");
        // A tombstone over the slot: it hides what is at or below its timestamp, whenever it
        // arrives, and nothing above.
        let drop_slot = format!("DELETE FROM {name} USING TIMESTAMP ? WHERE slot = ?");
        let (note, first, after, drop_slot) = try_join4(
            prepare(session, note),
            prepare(session, format!("{rows} LIMIT ?")),
            prepare(session, format!("{rows} AND entry > ? LIMIT ?")),
            prepare(session, drop_slot),
        )
        .await?;
        Ok(Self { note, first, after, drop_slot })
    }
}

async fn prepare(session: &Session, text: String) -> Result<PreparedStatement, OpenError> {
    let mut statement = Statement::new(text);
    statement.set_consistency(Consistency::LocalQuorum);
    statement.set_is_idempotent(true);
    session.prepare(statement).await.map_err(fault::prepare_error)
}
