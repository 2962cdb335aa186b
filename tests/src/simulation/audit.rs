//! The invariants, checked on everything that lands in the log and in the store, as it lands.
//!
//! It sees what lies outside the processes and asks no process anything: what one believes is no
//! fact. Each observation costs what it changes, never a look at everything.

use std::collections::{BTreeMap, BTreeSet};

use cart_schemas::cql::{Index, Table};
use cart_schemas::envelope::Envelope;
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::log::{Record, TopicPartition};
use cart_storage::simulated::{Observation, What, World};

use super::shadow::{Shadow, Shelf};
use cells::Cells;
use facts::Facts;
use forgetting::Kept;
use merges::Merges;
use sales::Sales;
use timers::Timers;

mod cells;
mod events;
mod facts;
mod forgetting;
mod holes;
mod invariant;
mod letters;
mod merges;
mod record;
mod replies;
mod sales;
mod settled;
mod timers;

pub use invariant::{Broken, Invariant};

/// Compares a world, observation by observation, with the oracle.
#[derive(Debug)]
pub struct Audit {
    world: World,
    count: PartitionCount,
    shadow: Shadow,
    /// The dead letters there must be: the records they are of.
    originals: BTreeMap<(Partition, i64), Record>,
    facts: Facts,
    merges: Merges,
    sales: Sales,
    cells: Cells,
    timers: Timers,
    /// What a kill of the store that is to come will leave.
    kept: Option<Kept>,
    /// Up to where each partition's decisions are known to be stored.
    stored: BTreeMap<Partition, i64>,
    /// Up to where each partition is known to be done, facts included.
    done: BTreeMap<Partition, i64>,
    /// Partitions whose command log was made anew: what it holds now is nobody's to decide.
    foreign: BTreeSet<Partition>,
}

impl Audit {
    /// An audit of a world in which nothing has happened yet.
    #[must_use]
    pub fn new(world: World, count: PartitionCount) -> Self {
        Self {
            world,
            count,
            shadow: Shadow::new(count),
            originals: BTreeMap::new(),
            facts: Facts::default(),
            merges: Merges::default(),
            sales: Sales::new(Shelf::new(count)),
            cells: Cells::default(),
            timers: Timers::default(),
            kept: None,
            stored: BTreeMap::new(),
            done: BTreeMap::new(),
            foreign: BTreeSet::new(),
        }
    }

    /// The oracle, as far as the log has been observed.
    #[must_use]
    pub const fn shadow(&self) -> &Shadow {
        &self.shadow
    }

    /// Checks one observation; they are given each once, in order.
    ///
    /// # Errors
    /// The invariant it breaks.
    pub fn observe(&mut self, observation: &Observation) -> Result<(), Broken> {
        match &observation.what {
            What::Appended { to, record } => self.appended(*to, record),
            What::CellTaken { table: Table::Carts, key, cell, ts, .. } => {
                self.cart_taken(key, cell, *ts)
            }
            What::CellTaken { table: Table::Progress, key, cell, .. } => {
                self.progress_taken(key, cell)
            }
            What::CellTaken { table: Table::Snapshots, key, .. } => {
                Err(Invariant::Fold.broken(format!("nobody moved {key} here")))
            }
            What::CellTaken { table: Table::Tallies, key, .. } => {
                Err(Invariant::Fold.broken(format!("nobody counts {key} here")))
            }
            What::CellTaken { table: Table::Webhooks | Table::Consents, key, .. } => {
                Err(Invariant::Fold.broken(format!("nobody is told of {key} here")))
            }
            What::CellTaken { table: Table::Skus, key, cell, ts, .. } => {
                self.sku_taken(key, cell, *ts)
            }
            What::Noted { index: Index::Timers, replica, slot, note, .. } => {
                self.timers.noted(&self.shadow, *replica, slot, note)
            }
            What::SlotDropped { slot, at, .. } => {
                self.timers.dropped(&self.shadow, &self.cells, slot, *at)
            }
            What::Committed { partition, offset } => self.done_to(*partition, *offset),
            What::StoreSynced => {
                self.synced();
                Ok(())
            }
            What::StoreForgot => {
                self.forgot();
                Ok(())
            }
            What::Noted { .. } | What::Answered(_) | What::Injected(_) => Ok(()),
        }
    }

    /// Checks what must be true in the end: every process calm, every fault over, and long enough
    /// since then for everything due to have happened by `now`.
    ///
    /// # Errors
    /// The invariant that does not hold.
    pub fn settled(&mut self, now: Timestamp) -> Result<(), Broken> {
        self.everything_is_told()?;
        self.merges.settled()?;
        self.everything_sold_was_paid()?;
        self.everything_is_done()?;
        self.every_row_is_the_last()?;
        self.everything_due_was_woken(now)?;
        self.everything_else_will_be()
    }

    fn appended(&mut self, to: TopicPartition, record: &Record) -> Result<(), Broken> {
        match to.topic {
            Topic::Commands => self.command(to.partition, record),
            Topic::Events => self.event(to.partition, record),
            Topic::Replies => self.reply(record),
            Topic::CommandsDeadLetters => self.letter(record),
            Topic::InventoryCommands => self.stock_command(to.partition, record),
            Topic::InventoryLevels => self.level(record),
            Topic::InventoryDeadLetters => {
                Err(Invariant::DeadLetters.broken("a stock command is a letter"))
            }
            Topic::Analytics => Err(Invariant::Fold.broken("nobody counts carts here")),
            Topic::Products => Ok(()),
        }
    }

    /// Tells the oracle of a command. An offset that was there before is a log made anew: the
    /// oracle goes on with the old one, and whatever is decided from the new one is no part of it.
    fn command(&mut self, partition: Partition, record: &Record) -> Result<(), Broken> {
        let end = self.shadow.end(partition);
        if record.offset < end {
            self.foreign.insert(partition);
        }
        if self.foreign.contains(&partition) {
            return Ok(());
        }
        Invariant::NoHole.holds(record.offset == end, || {
            format!("commands/{partition} goes on at {} after {end} records", record.offset)
        })?;
        let verdict = self.shadow.append(partition, record);
        if verdict.letter().is_some() {
            self.originals.insert((partition, record.offset), record.clone());
        }
        if verdict.command().is_none() {
            return Ok(());
        }
        let envelope = record.value.as_deref().map(Envelope::decode);
        let Some(Ok(envelope)) = envelope else { return Ok(()) };
        let asked = self.shadow.may_be_asked(&envelope) && self.sales.told(&envelope);
        Invariant::OneOutcome.holds(asked, || {
            format!("commands/{partition}@{}: nobody asks {envelope:?}", record.offset)
        })?;
        self.facts.land_ask(&envelope);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
