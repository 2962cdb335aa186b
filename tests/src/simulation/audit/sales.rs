//! Whether stock is sold once: what carts are told to have sold is what their skus have sold, and
//! only a checkout under way holds anything. Also what lands of skus: their commands, rows, levels.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use cart_schemas::cql::Table;
use cart_schemas::envelope::Envelope;
use cart_schemas::event::Fact;
use cart_schemas::id::{CheckoutId, CommandId, ItemId, SkuKey};
use cart_schemas::partition::Partition;
use cart_schemas::stock::{Level, StockCommand, StockEnvelope, StockRecord};
use cart_schemas::timestamp::Timestamp;
use cart_storage::log::Record;

use super::{Audit, Broken, Invariant};
use crate::simulation::shadow::{Shelf, SkuHistory};

/// What is known of skus.
#[derive(Debug)]
pub(super) struct Sales {
    pub(super) shelf: Shelf,
    /// The level that everybody knows by version.
    levels: BTreeSet<(SkuKey, u64)>,
    /// What skus have told carts.
    told: BTreeSet<CommandId>,
}

/// Pieces by checkout and item.
type Sold = BTreeMap<(CheckoutId, ItemId), u32>;

impl Sales {
    pub(super) const fn new(shelf: Shelf) -> Self {
        Self { shelf, levels: BTreeSet::new(), told: BTreeSet::new() }
    }

    /// A sku's word is in its cart's log: it is one some sku had to say.
    pub(super) fn told(&mut self, envelope: &Envelope) -> bool {
        use cart_schemas::command::Command;
        let Command::Reserved { checkout, item, granted, available } = &envelope.command else {
            return true;
        };
        let Some((sku, word)) = self.shelf.word(envelope.id) else { return false };
        self.told.insert(envelope.id);
        sku.item() == item
            && (&word.cart, word.checkout) == (&envelope.cart, *checkout)
            && (word.granted, word.available) == (*granted, *available)
    }
}

impl Audit {
    /// The offset the next stock command of a partition will have.
    #[must_use]
    pub fn stock_end(&self, partition: Partition) -> i64 {
        self.sales.shelf.end(partition)
    }

    /// A stock command has landed: an operator's, or one that a cart asks.
    pub(super) fn stock_command(
        &mut self,
        partition: Partition,
        record: &Record,
    ) -> Result<(), Broken> {
        let end = self.sales.shelf.end(partition);
        let at = || format!("stock commands/{partition}@{}", record.offset);
        Invariant::NoHole.holds(record.offset == end, || format!("{} after {end}", at()))?;
        let appended = self.sales.shelf.append(partition, record);
        appended.map_err(|what| Invariant::OneOutcome.broken(format!("{}: {what}", at())))?;
        let value = record.value.as_deref().unwrap_or_default();
        let Ok(envelope) = StockEnvelope::decode(value) else { return Ok(()) };
        let asked = match envelope.command {
            StockCommand::Put { .. } | StockCommand::Adjust { .. } => true,
            StockCommand::Reserve { .. }
            | StockCommand::Commit { .. }
            | StockCommand::Release { .. } => self.shadow.may_be_asked_of_stock(&envelope),
        };
        Invariant::OneOutcome.holds(asked, || format!("{}: no cart asks {envelope:?}", at()))?;
        self.facts.land_stock_ask(envelope.sku, envelope.id);
        Ok(())
    }

    /// A level has landed: it is that of a version.
    pub(super) fn level(&mut self, record: &Record) -> Result<(), Broken> {
        let level = Level::decode(record.value.as_deref().unwrap_or_default());
        let level = level.map_err(|error| Invariant::OneContent.broken(error.to_string()))?;
        let history = self.sales.shelf.sku(&level.sku);
        let decisions = history.map_or(&[][..], SkuHistory::decisions);
        let known = decisions.iter().any(|decision| decision.level.as_ref() == Some(&level));
        Invariant::OneContent.holds(known, || format!("nobody decided {level:?}"))?;
        self.sales.levels.insert((level.sku, level.version));
        Ok(())
    }

    /// A sku's record was stored: it is the oracle's after one of its decisions.
    pub(super) fn sku_taken(&self, key: &str, cell: &Bytes, ts: Timestamp) -> Result<(), Broken> {
        let fold = |what: String| Invariant::Fold.broken(format!("the cell of sku {key}: {what}"));
        let sku: SkuKey = key.parse().map_err(|_| fold("no sku".to_owned()))?;
        let record = StockRecord::decode(cell).map_err(|error| fold(error.to_string()))?;
        let history = self.sales.shelf.sku(&sku).ok_or_else(|| fold("none".to_owned()))?;
        let decision = history.decisions().iter().find(|decision| decision.ts == ts);
        let decision = decision.ok_or_else(|| fold(format!("no decision at {}", ts.micros())))?;
        let position = record.memory.position().map(|position| position.offset);
        let same = record.version == decision.version
            && record.stock == decision.after
            && record.ts == ts
            && position == Some(decision.offset);
        Invariant::Fold.holds(same, || format!("{key}: {record:?} where {decision:?} was"))
    }

    /// In the end, every row is the last, everybody knows every level, every word was said, and what
    /// was sold is what was paid.
    pub(super) fn everything_sold_was_paid(&self) -> Result<(), Broken> {
        for (sku, history) in self.sales.shelf.skus() {
            self.sku_is_settled(sku, history)?;
            for (checkout, cart) in history.held() {
                let current = self.shadow.cart(cart).and_then(|cart| cart.last());
                let current = current.and_then(|last| last.after.checkout.as_ref());
                let under_way = current.is_some_and(|current| current.id == checkout);
                Invariant::Conserved.holds(under_way, || {
                    format!("{sku} still holds some for {checkout} of {cart}, which is over")
                })?;
            }
        }
        let (paid, sold) = (self.paid()?, self.sold()?);
        Invariant::Conserved.holds(paid == sold, || {
            let differs = paid.iter().find(|(what, pieces)| sold.get(what) != Some(pieces));
            let other = sold.iter().find(|(what, pieces)| paid.get(what) != Some(pieces));
            format!("paid {differs:?}, sold {other:?}")
        })
    }

    fn sku_is_settled(&self, sku: &SkuKey, history: &SkuHistory) -> Result<(), Broken> {
        let Some(last) = history.decisions().last() else { return Ok(()) };
        for read in self.world.quorum_reads(Table::Skus, &sku.to_string()) {
            let ts = read.map(|(_, ts)| ts);
            Invariant::Fold.holds(ts == Some(last.ts), || {
                format!("in the end, {sku} is as of {ts:?}, not {}", last.ts.micros())
            })?;
        }
        for decision in history.decisions() {
            let level = decision.level.as_ref();
            let known =
                level.is_none_or(|level| self.sales.levels.contains(&(sku.clone(), level.version)));
            let word = decision.word.as_ref();
            let said = word.is_none_or(|word| self.sales.told.contains(&word.id));
            Invariant::NothingLost
                .holds(known && said, || format!("{sku}: nothing landed of {decision:?}"))?;
        }
        Ok(())
    }

    /// What carts are told to have paid.
    fn paid(&self) -> Result<Sold, Broken> {
        let mut paid = Sold::new();
        let decisions = self.shadow.carts().flat_map(|cart| cart.decisions());
        for event in decisions.flat_map(|decision| &decision.events) {
            let Fact::CartConverted { checkout, lines, .. } = &event.fact else { continue };
            for line in lines {
                let twice = paid.insert((*checkout, line.item.clone()), line.quantity.get());
                Invariant::Conserved
                    .holds(twice.is_none(), || format!("{checkout} is paid twice"))?;
            }
        }
        Ok(paid)
    }

    /// What skus have sold.
    fn sold(&self) -> Result<Sold, Broken> {
        let mut sold = Sold::new();
        for (sku, history) in self.sales.shelf.skus() {
            for (checkout, pieces) in history.sold() {
                let twice = sold.insert((*checkout, sku.item().clone()), *pieces);
                Invariant::Conserved
                    .holds(twice.is_none(), || format!("{sku} is sold to {checkout} twice"))?;
            }
        }
        Ok(sold)
    }
}
